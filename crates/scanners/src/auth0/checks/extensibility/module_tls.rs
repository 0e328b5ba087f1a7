//! Action modules check whom they talk to.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.module-tls",
        title: "Action modules check whom they talk to",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "With the check of certificates off, anybody on the way can answer in the other side's name, and \
                     read what is sent.",
        fix: "Remove the option; if the other side has a private authority, give its certificate.",
        steps: &["Dashboard: Actions > Library > Modules."],
        references: &[("Actions", "https://auth0.com/docs/customize/actions")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ActionModules, ask),
};

fn ask(module: &Item, tenant: &TenantSnapshot) -> Answer {
    action::module_spots(
        module,
        tenant,
        |facts| &facts.tls_off,
        (Severity::High, "A module does not check certificates", "certificates are checked"),
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
                    r#"actionModules: [{name: a, code: "request({url: u, rejectUnauthorized: false});\n"}]"#,
                ),
                ("passed", r#"actionModules: [{name: a, code: "request({url: u});\n"}]"#),
                ("not-assessed", r#"actionModules: [{name: a, code: "((;\n"}]"#),
            ],
        );
    }
}
