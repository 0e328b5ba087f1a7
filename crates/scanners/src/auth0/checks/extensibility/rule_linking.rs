//! Rules link accounts only by verified addresses.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.rule-linking",
        title: "Rules link accounts only by verified addresses",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "This rule links accounts and never looks whether the e-mail address is verified. Whoever opens an \
                     account with somebody else's address becomes that person.",
        fix: "Move the linking to an Action that looks at email_verified on both sides.",
        steps: &["Dashboard: Auth Pipeline > Rules > the rule."],
        references: &[(
            "User account linking",
            "https://auth0.com/docs/manage-users/user-accounts/user-account-linking",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Rules, ask),
};

fn ask(rule: &Item, tenant: &TenantSnapshot) -> Answer {
    let title = "A rule links accounts by addresses that are not verified";
    code::links_unverified(rule, "script", tenant, title)
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
                    r#"rules: [{name: a, script: "function (user, context, cb) { request.post({url: userApiUrl + '/' + user.user_id + '/identities'}); }\n"}]"#,
                ),
                (
                    "passed",
                    r#"rules: [{name: a, script: "function (user, context, cb) { cb(null, user, context); }\n"}]"#,
                ),
                ("not-assessed", "rules: [{name: a, script: ./missing.js}]"),
            ],
        );
    }
}
