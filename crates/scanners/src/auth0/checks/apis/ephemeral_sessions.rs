//! Access to an API ends with the browser session.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.ephemeral-sessions",
        title: "Access to an API ends with the browser session",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "With this switch applications keep online access although the session was meant to end with the browser.",
        fix: "Turn off online access with ephemeral sessions, or review who uses it.",
        steps: &[
            "Management API: PATCH /api/v2/resource-servers/{id} with allow_online_access_with_ephemeral_sessions false.",
        ],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if management::is_system(api) == Ok(true) {
        return Ok(Verdict::NotApplicable("it is one of Auth0's own"));
    }
    question::stated_off(
        api,
        "allow_online_access_with_ephemeral_sessions",
        Severity::Info,
        "Access outlives an ephemeral session",
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
                    "failed info",
                    "resourceServers: [{name: A, allow_online_access_with_ephemeral_sessions: true}]",
                ),
                (
                    "passed",
                    "resourceServers: [{name: A, allow_online_access_with_ephemeral_sessions: false}]",
                ),
                (
                    "not-assessed",
                    "resourceServers: [{name: A, allow_online_access_with_ephemeral_sessions: ##X##}]",
                ),
                ("not-assessed", "resourceServers: [{name: A}]"),
                ("not-applicable", "resourceServers: [{name: M, is_system: true}]"),
            ],
        );
    }
}
