//! Access tokens with personal data are encrypted.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.token-encryption",
        title: "Access tokens with personal data are encrypted",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "An access token can be read by the application and by everything that logs it. What it says about a \
                     person is readable too, unless it is encrypted for the API.",
        fix: "Turn on JSON Web Encryption for APIs whose tokens carry personal data.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: JSON Web Encryption."],
        references: &[(
            "JSON Web Encryption",
            "https://auth0.com/docs/secure/tokens/access-tokens/json-web-encryption",
        )],
        checkmate: &["checkJWEResourceServer"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if management::is_system(api)? {
        return Ok(Verdict::NotApplicable("it is one of Auth0's own"));
    }
    question::one_of(
        api,
        "token_encryption/format",
        &["compact-nested-jwe"],
        Severity::Info,
        "Access tokens can be read by anybody who has them",
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
                ("failed info", "resourceServers: [{name: A, identifier: 'urn:a'}]"),
                ("failed info", "resourceServers: [{name: A, identifier: 'urn:a', token_encryption: null}]"),
                (
                    "passed",
                    "resourceServers: [{name: A, identifier: 'urn:a', token_encryption: {format: compact-nested-jwe, encryption_key: {kid: k}}}]",
                ),
                ("not-applicable", "resourceServers: [{name: M, is_system: true}]"),
                (
                    "not-assessed",
                    "resourceServers: [{name: A, identifier: 'urn:a', token_encryption: @@X@@}]",
                ),
            ],
        );
    }
}
