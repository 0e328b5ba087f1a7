//! Actions check whom they talk to.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-tls",
        title: "Actions check whom they talk to",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "With the check of certificates off, anybody on the way can answer in the other side's name, and read \
                     what the Action sends.",
        fix: "Remove the option; if the other side has a private authority, give its certificate.",
        steps: &["Dashboard: Actions > Library > the Action."],
        references: &[(
            "Action coding guidelines",
            "https://auth0.com/docs/customize/actions/action-coding-guidelines",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, tenant: &TenantSnapshot) -> Answer {
    action::spots(
        action,
        tenant,
        |facts| &facts.tls_off,
        (Severity::High, "An Action does not check certificates", "certificates are checked"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        fixture::holds(
            &CHECK,
            &[
                (
                    "failed high",
                    r#"actions: [{name: a, code: "const agent = new https.Agent({rejectUnauthorized: false});\n"}]"#,
                ),
                ("passed", r#"actions: [{name: a, code: "const agent = new https.Agent({});\n"}]"#),
                ("not-assessed", r#"actions: [{name: a, code: "{{{\n"}]"#),
            ],
        );
    }
}
