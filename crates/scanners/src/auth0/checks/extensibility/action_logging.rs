//! Actions write no secrets and no whole users to the log.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-logging",
        title: "Actions write no secrets and no whole users to the log",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "What an Action logs is kept and shown to all who look for an error. A whole event holds tokens, \
                     addresses and all that is known of a person.",
        fix: "Log what is needed to find an error, not the event.",
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
        |facts| &facts.logging,
        (Severity::Moderate, "An Action logs secrets or whole users", "only what is needed"),
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
                    r#"actions: [{name: a, code: "exports.x = async (event) => { console.log(event); };\n"}]"#,
                ),
                ("passed", r#"actions: [{name: a, code: "console.log('done');\n"}]"#),
                ("not-assessed", r#"actions: [{name: a, code: "console.log(;\n"}]"#),
            ],
        );
    }
}
