//! Accounts are linked only by verified addresses.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action::{self, Running};
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-linking",
        title: "Accounts are linked only by verified addresses",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "This Action links accounts and never looks whether the e-mail address is verified. Whoever opens an \
                     account with somebody else's address becomes that person.",
        fix: "Link only where email_verified is true on both sides.",
        steps: &["Dashboard: Actions > Library > the Action."],
        references: &[(
            "User account linking",
            "https://auth0.com/docs/manage-users/user-accounts/user-account-linking",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, tenant: &TenantSnapshot) -> Answer {
    let title = "An Action links accounts by addresses that are not verified";
    match action::running(action, "code")? {
        Running::At(path) => code::links_unverified(action, &path, tenant, title),
        Running::Nothing => Ok(action::NEVER_DEPLOYED),
    }
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
                    r#"actions: [{name: a, code: "management.usersManager.link({id: a}, {user_id: b});\n"}]"#,
                ),
                (
                    "passed",
                    r#"actions: [{name: a, code: "if (event.user.email_verified) management.users.link({id: a}, {user_id: b});\n"}]"#,
                ),
                ("not-assessed", r#"actions: [{name: a, code: "(;\n"}]"#),
            ],
        );
    }
}
