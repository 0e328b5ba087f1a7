//! Refused sign-ups do not tell who has an account.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::bindings;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.signup-enumeration",
        title: "Refused sign-ups do not tell who has an account",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "This Action refuses sign-ups. If the answer differs for people who have an account, anybody can find out \
                     who has.",
        fix: "Give the same answer whatever the reason, and check in another place.",
        steps: &["Dashboard: Actions > Library > the Action."],
        references: &[(
            "Action coding guidelines",
            "https://auth0.com/docs/customize/actions/action-coding-guidelines",
        )],
        checkmate: &["checkPreRegistrationUserEnumeration"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, tenant: &TenantSnapshot) -> Answer {
    if !bindings::triggers(action)?.contains(&"pre-user-registration") {
        return Ok(Verdict::NotApplicable("it does not run before a sign-up"));
    }
    let Some((path, script)) = action::script(action, tenant)? else {
        return Ok(Verdict::NotApplicable("it has no code"));
    };
    if script.facts()?.calls.contains("api.access.deny") {
        return failed(
            Severity::Low,
            "An Action refuses sign-ups",
            &action.pointer(&path),
            "api.access.deny",
            "the same answer for everybody",
        );
    }
    Ok(Verdict::Passed)
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
                    "failed low",
                    r#"actions: [{name: a, supported_triggers: [{id: pre-user-registration}], code: "exports.x = async (event, api) => { api.access.deny('known', 'no'); };\n"}]"#,
                ),
                (
                    "passed",
                    r#"actions: [{name: a, supported_triggers: [{id: pre-user-registration}], code: "exports.x = 1;\n"}]"#,
                ),
                (
                    "not-applicable",
                    r#"actions: [{name: a, supported_triggers: [{id: post-login}], code: "exports.x = 1;\n"}]"#,
                ),
                ("not-assessed", r#"actions: [{name: a, code: "exports.x = 1;\n"}]"#),
            ],
        );
    }
}
