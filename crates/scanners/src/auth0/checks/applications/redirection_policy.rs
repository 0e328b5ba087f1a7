//! Third-party applications cannot use the login as an open redirect.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.redirection-policy",
        title: "Third-party applications cannot use the login as an open redirect",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "With allow_always an error of a login is sent to the application's address at once. A link with your \
                     name then leads wherever a stranger's application says.",
        fix: "Set the redirection policy to open_redirect_protection.",
        steps: &[
            "Management API: PATCH /api/v2/clients/{id} with redirection_policy open_redirect_protection.",
        ],
        references: &[(
            "Third-party applications",
            "https://auth0.com/docs/get-started/applications/third-party-applications",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if !client::third_party(application)? {
        return Ok(Verdict::NotApplicable("it is your own application"));
    }
    question::none_of(
        application,
        "redirection_policy",
        &["allow_always"],
        Severity::Moderate,
        "A third-party application can redirect at will",
        "open_redirect_protection",
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
                    "clients: [{name: A, is_first_party: false, redirection_policy: allow_always}]",
                ),
                (
                    "passed",
                    "clients: [{name: A, is_first_party: false, redirection_policy: open_redirect_protection}]",
                ),
                ("not-applicable", "clients: [{name: A}]"),
                ("not-assessed", "clients: [{name: A, is_first_party: ##X##}]"),
            ],
        );
    }
}
