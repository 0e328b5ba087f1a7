//! Users get no Management API tokens.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.management-user-access",
        title: "Users get no Management API tokens",
        severity: Severity::High,
        exposure: Exposure::Authenticated,
        rationale: "Where the Management API takes tokens of users, a script on any page of an application can change its \
                     user's own account: link another login to it, and keep it.",
        fix: "Set the user policy of the Management API to require_client_grant or deny_all.",
        steps: &[
            "Dashboard: Applications > APIs > Auth0 Management API > Settings: Application Access Policy.",
        ],
        references: &[(
            "User account linking",
            "https://auth0.com/docs/manage-users/user-accounts/user-account-linking",
        )],
        checkmate: &["checkManagementAPIUserAccess"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if !management::is_management(api)? {
        return Ok(Verdict::NotApplicable("it is not the Management API"));
    }
    let path = "subject_type_authorization/user/policy";
    question::one_of(
        api,
        path,
        &["require_client_grant", "deny_all"],
        Severity::High,
        "Users may get Management API tokens",
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
                    "resourceServers: [{name: M, is_system: true, identifier: 'https://acme.eu.auth0.com/api/v2/'}]",
                ),
                (
                    "passed",
                    "resourceServers: [{name: M, identifier: 'https://acme.eu.auth0.com/api/v2/', subject_type_authorization: {user: {policy: deny_all}}}]",
                ),
                ("not-applicable", "resourceServers: [{name: A, identifier: 'https://api.example.com'}]"),
                (
                    "not-assessed",
                    "resourceServers: [{name: M, identifier: 'https://acme.eu.auth0.com/api/v2/', subject_type_authorization: @@X@@}]",
                ),
                (
                    "not-applicable",
                    "resourceServers: [{name: A, is_system: true, identifier: 'https://acme.eu.auth0.com/me/'}]",
                ),
                (
                    "not-applicable",
                    "resourceServers: [{name: A, identifier: 'https://##AUTH0_DOMAIN##/me/'}]",
                ),
            ],
        );
    }
}
