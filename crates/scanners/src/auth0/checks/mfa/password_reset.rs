//! A password reset asks for the second factor.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::bindings;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const TRIGGER: &str = "password-reset-post-challenge";

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.mfa.password-reset",
        title: "A password reset asks for the second factor",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A new password is set by whoever reads the mailbox. Without a second factor the mailbox is the account.",
        fix: "Challenge for a second factor in an Action of password-reset-post-challenge.",
        steps: &["Dashboard: Actions > Triggers > password-reset-post-challenge."],
        references: &[(
            "Password reset triggers",
            "https://auth0.com/docs/customize/actions/explore-triggers/password-reset-triggers",
        )],
        checkmate: &["checkPasswordResetMFA"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    for action in bindings::running(tenant, TRIGGER)? {
        let Some((_, script)) = action::script(action, tenant)? else { continue };
        let calls = &script.facts()?.calls;
        let challenges = calls.contains("api.authentication.challengeWith")
            || calls.contains("api.authentication.challengeWithAny");
        if challenges && bindings::is_deployed(action)? {
            return Ok(Verdict::Passed);
        }
    }
    let pointer = tenant.only(Collection::Triggers)?.pointer(TRIGGER);
    failed(
        Severity::Moderate,
        "A password is reset without a second factor",
        &pointer,
        "no Action asks",
        "an Action that challenges",
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
                ("failed moderate", "triggers: {password-reset-post-challenge: []}"),
                (
                    "passed",
                    r#"triggers: {password-reset-post-challenge: [{action_name: a}]}
actions: [{name: a, deployed: true, code: "exports.x = (event, api) => { api.authentication.challengeWithAny([{type: 'otp'}]); };\n"}]"#,
                ),
                ("not-assessed", "triggers: {post-login: []}"),
            ],
        );
    }
}
