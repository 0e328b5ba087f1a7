//! People are asked before an application acts for them.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.consent",
        title: "People are asked before an application acts for them",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "Own applications may skip consent, so that people never see which application got access to this API.",
        fix: "Turn off the skipping of consent where the API holds personal data.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: Allow Skipping User Consent."],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if management::is_system(api)? {
        return Ok(Verdict::NotApplicable("it is one of Auth0's own"));
    }
    question::stated_off(
        api,
        "skip_consent_for_verifiable_first_party_clients",
        Severity::Info,
        "Own applications skip consent",
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
                    "resourceServers: [{name: A, identifier: 'urn:a', skip_consent_for_verifiable_first_party_clients: true}]",
                ),
                (
                    "passed",
                    "resourceServers: [{name: A, identifier: 'urn:a', skip_consent_for_verifiable_first_party_clients: false}]",
                ),
                ("not-applicable", "resourceServers: [{name: M, is_system: true}]"),
                (
                    "not-assessed",
                    "resourceServers: [{name: A, identifier: 'urn:a', skip_consent_for_verifiable_first_party_clients: ##X##}]",
                ),
                ("not-assessed", "resourceServers: [{name: A, identifier: 'urn:a'}]"),
                (
                    "not-applicable",
                    "resourceServers: [{name: A, identifier: 'https://##AUTH0_DOMAIN##/me/', skip_consent_for_verifiable_first_party_clients: true}]",
                ),
            ],
        );
    }
}
