//! Applications get user tokens of an API only by a grant.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.user-access",
        title: "Applications get user tokens of an API only by a grant",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "Without the policy every application of the tenant may ask its users for any scope of this API. One \
                     careless application is then enough.",
        fix: "Set the user policy of the API to require_client_grant.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: Application Access Policy."],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        checkmate: &["checkAPIAuthorizationPolicy"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if management::is_system(api)? {
        return Ok(Verdict::NotApplicable(
            "it is one of Auth0's own, of which the Management API has a check of its own",
        ));
    }
    let path = "subject_type_authorization/user/policy";
    question::one_of(
        api,
        path,
        &["require_client_grant", "deny_all"],
        Severity::Moderate,
        "Every application may ask for user tokens of this API",
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
                    "resourceServers: [{name: A, identifier: 'urn:a', subject_type_authorization: {user: {policy: allow_all}}}]",
                ),
                ("failed moderate", "resourceServers: [{name: A, identifier: 'urn:a'}]"),
                (
                    "passed",
                    "resourceServers: [{name: A, identifier: 'urn:a', subject_type_authorization: {user: {policy: require_client_grant}}}]",
                ),
                (
                    "not-applicable",
                    "resourceServers: [{name: M, identifier: 'https://acme.eu.auth0.com/api/v2/'}]",
                ),
                (
                    "not-assessed",
                    "resourceServers: [{name: A, identifier: 'urn:a', subject_type_authorization: @@X@@}]",
                ),
                (
                    "not-applicable",
                    "resourceServers: [{name: A, identifier: 'https://acme.eu.auth0.com/me/'}]",
                ),
            ],
        );
    }
}
