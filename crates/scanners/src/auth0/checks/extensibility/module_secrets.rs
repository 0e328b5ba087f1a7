//! Action modules hold no secrets in their code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.module-secrets",
        title: "Action modules hold no secrets in their code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "A module is shared by Actions and read by everybody who may read them. A secret in it is known to all of \
                     them.",
        fix: "Move the value into the secrets of the module or Action, and change it where it is used.",
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
        |facts| &facts.secrets,
        (Severity::High, "A module holds what looks like a secret", "no secret in code"),
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
                    r#"actionModules: [{name: a, code: "const apiKey = 'q8ZrT1xWm4Kd9LpVb2Nc';\n"}]"#,
                ),
                ("passed", r#"actionModules: [{name: a, code: "exports.x = 1;\n"}]"#),
                ("not-assessed", "actionModules: [{name: a, code: ./missing.js}]"),
                (
                    "not-assessed",
                    r#"actionModules: [{name: a, all_changes_published: false, code: "exports.x = 1;\n"}]"#,
                ),
            ],
        );
    }
}
