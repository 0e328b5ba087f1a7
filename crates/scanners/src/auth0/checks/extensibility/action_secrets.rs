//! Actions hold no secrets in their code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-secrets",
        title: "Actions hold no secrets in their code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "Code is read by everybody who may read Actions, is exported, copied and kept in histories. A secret in \
                     it is known to all of them.",
        fix: "Move the value into the secrets of the Action, and change it where it is used.",
        steps: &["Dashboard: Actions > Library > the Action > Secrets."],
        references: &[(
            "Action coding guidelines",
            "https://auth0.com/docs/customize/actions/action-coding-guidelines",
        )],
        checkmate: &["checkActionsHardCodedValues"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, tenant: &TenantSnapshot) -> Answer {
    // Both the draft and what runs are read by everybody who may read Actions.
    code::spots_in(
        action,
        &["code", "deployed_version/code"],
        tenant,
        |facts| &facts.secrets,
        (Severity::High, "An Action holds what looks like a secret", "event.secrets"),
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
                ("failed high", r#"actions: [{name: a, code: "const apiKey = 'q8ZrT1xWm4Kd9LpVb2Nc';\n"}]"#),
                ("passed", r#"actions: [{name: a, code: "exports.onExecutePostLogin = async () => {};\n"}]"#),
                ("not-assessed", r#"actions: [{name: a, code: "exports.x = (;\n"}]"#),
                (
                    "failed high",
                    r#"actions: [{name: a, code: "x();\n", all_changes_deployed: false, deployed_version: {code: "const apiKey = 'q8ZrT1xWm4Kd9LpVb2Nc';\n"}}]"#,
                ),
                ("not-applicable", "actions: []"),
            ],
        );
    }
}
