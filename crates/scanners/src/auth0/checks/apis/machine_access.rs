//! Machines get tokens of an API only by a grant.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.machine-access",
        title: "Machines get tokens of an API only by a grant",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "With an open policy every machine application of the tenant gets tokens for this API, whoever made it.",
        fix: "Set the client policy of the API to require_client_grant.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: Application Access Policy."],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    question::none_of(
        api,
        "subject_type_authorization/client/policy",
        &["allow_all"],
        Severity::Moderate,
        "Every machine gets tokens of this API",
        "require_client_grant or deny_all",
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
                    "resourceServers: [{name: A, subject_type_authorization: {client: {policy: allow_all}}}]",
                ),
                (
                    "passed",
                    "resourceServers: [{name: A, subject_type_authorization: {client: {policy: require_client_grant}}}]",
                ),
                ("not-assessed", "resourceServers: [{name: A, subject_type_authorization: @@X@@}]"),
            ],
        );
    }
}
