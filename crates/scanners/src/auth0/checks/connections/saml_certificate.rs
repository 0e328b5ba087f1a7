//! Certificates of SAML identity providers are valid and strong.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::certificate;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.saml-certificate",
        title: "Certificates of SAML identity providers are valid and strong",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "The certificate is what a login is checked with. One that has run out stops all logins of that company \
                     or is ignored; one with a weak key can be imitated.",
        fix: "Ask the identity provider for its current certificate and upload it.",
        steps: &["Dashboard: Authentication > Enterprise > SAML > the connection: X509 Signing Certificate."],
        references: &[(
            "SAML identity providers",
            "https://auth0.com/docs/authenticate/protocols/saml/saml-configuration",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, tenant: &TenantSnapshot) -> Answer {
    if !connection::is_saml(connection) {
        return Ok(Verdict::NotApplicable("the connection does not speak SAML"));
    }
    for path in ["options/signingCert", "options/cert"] {
        if let Some(text) = connection.text(path)? {
            return certificate::judge(text, &connection.pointer(path), tenant.now());
        }
    }
    Err(connection.not_stated("options/signingCert"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    /// A certificate that ends so many days from the day of the fixtures, as Auth0 keeps it.
    fn ends_in(days: i64) -> String {
        let seconds = fixture::NOW.as_millis() / 1_000 + days * 86_400;
        let date = time_of(seconds);
        let mut params = rcgen::CertificateParams::new(vec!["idp.example.com".to_owned()]).expect("name");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(date.0, date.1, date.2);
        let key = rcgen::KeyPair::generate().expect("key");
        let pem = params.self_signed(&key).expect("signed").pem();
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pem)
    }

    fn time_of(seconds: i64) -> (i32, u8, u8) {
        let text = checkmate_domain::Timestamp::from_millis(seconds * 1_000).to_string();
        let part = |range: std::ops::Range<usize>| text[range].parse::<u16>().expect("number");
        (i32::from(part(0..4)), part(5..7).to_le_bytes()[0], part(8..10).to_le_bytes()[0])
    }

    #[test]
    fn answers() {
        let with = |certificate: &str| {
            format!("connections: [{{name: s, strategy: samlp, options: {{signingCert: '{certificate}'}}}}]")
        };
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with(&ends_in(-2))),
                ("failed moderate", &with(&ends_in(10))),
                ("passed", &with(&ends_in(400))),
                ("not-applicable", "connections: [{name: s, strategy: oidc}]"),
                ("not-assessed", &with("nonsense")),
                ("not-assessed", "connections: [{name: s, strategy: samlp, options: {}}]"),
            ],
        );
    }
}
