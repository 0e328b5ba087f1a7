//! Actions talk only over encrypted connections.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-addresses",
        title: "Actions talk only over encrypted connections",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "What an Action sends to an http address, users and tokens among it, can be read and answered by \
                     everybody on the way.",
        fix: "Use the https address.",
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
        |facts| &facts.insecure,
        (Severity::Moderate, "An Action talks without encryption", "https"),
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
                    "failed moderate",
                    r#"actions: [{name: a, code: "fetch('http://api.example.com/users');\n"}]"#,
                ),
                ("passed", r#"actions: [{name: a, code: "fetch('https://api.example.com/users');\n"}]"#),
                ("not-assessed", r#"actions: [{name: a, code: "fetch(;\n"}]"#),
            ],
        );
    }
}
