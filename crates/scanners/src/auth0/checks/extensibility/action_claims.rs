//! Tokens carry no personal data that an API does not need.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-claims",
        title: "Tokens carry no personal data that an API does not need",
        severity: Severity::Low,
        exposure: Exposure::Internal,
        rationale: "A claim travels in every token, to every API and into many logs. Names and addresses in it do too.",
        fix: "Have APIs ask for personal data when they need it.",
        steps: &["Dashboard: Actions > Library > the Action."],
        references: &[(
            "Custom claims",
            "https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, tenant: &TenantSnapshot) -> Answer {
    action::spots(
        action,
        tenant,
        |facts| &facts.claims,
        (Severity::Low, "An Action puts personal data into tokens", "ids and roles"),
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
                    "failed low",
                    r#"actions: [{name: a, code: "api.accessToken.setCustomClaim('https://example.com/mail', event.user.email);\n"}]"#,
                ),
                (
                    "passed",
                    r#"actions: [{name: a, code: "api.accessToken.setCustomClaim('https://example.com/roles', event.authorization.roles);\n"}]"#,
                ),
                ("not-assessed", r#"actions: [{name: a, code: "(;\n"}]"#),
            ],
        );
    }
}
