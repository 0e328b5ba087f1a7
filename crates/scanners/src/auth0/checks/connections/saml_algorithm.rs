//! SAML uses SHA-256.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.saml-algorithm",
        title: "SAML uses SHA-256",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "SHA-1 collisions can be made for money. With it a signature says little about who wrote the login.",
        fix: "Set signature and digest algorithm to SHA-256.",
        steps: &["Dashboard: Authentication > Enterprise > SAML > the connection: Sign Request Algorithm."],
        references: &[(
            "SAML identity providers",
            "https://auth0.com/docs/authenticate/protocols/saml/saml-configuration",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if !connection::is_saml(connection) {
        return Ok(Verdict::NotApplicable("the connection does not speak SAML"));
    }
    if !connection.has("options")? {
        return Err(connection.not_stated("options"));
    }
    let paths = ["options/signatureAlgorithm", "options/digestAlgorithm"];
    question::first_problem(paths.map(|path| algorithm(connection, path)))
}

/// Where nothing is written it is SHA-256, says the documentation of every kind but ADFS.
fn algorithm(connection: &Item, path: &str) -> Answer {
    match connection.text(path)? {
        Some(word) if connection::is_sha1(word) => {
            failed(Severity::High, "SAML uses SHA-1", &connection.pointer(path), word, "sha256")
        }
        None if connection.text("strategy")? == Some("adfs") => Err(connection.not_stated(path)),
        Some(_) | None => Ok(Verdict::Passed),
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
                    "connections: [{name: s, strategy: samlp, options: {signatureAlgorithm: rsa-sha1}}]",
                ),
                ("failed high", "connections: [{name: s, strategy: adfs, options: {digestAlgorithm: sha1}}]"),
                (
                    "passed",
                    "connections: [{name: s, strategy: samlp, options: {signatureAlgorithm: rsa-sha256, digestAlgorithm: sha256}}]",
                ),
                ("not-applicable", "connections: [{name: s, strategy: oidc}]"),
                (
                    "not-assessed",
                    "connections: [{name: s, strategy: samlp, options: {signatureAlgorithm: ##X##}}]",
                ),
                (
                    "failed high",
                    "connections: [{name: s, strategy: samlp, options: {signatureAlgorithm: RSA-SHA1}}]",
                ),
                (
                    "failed high",
                    "connections: [{name: s, strategy: samlp, options: {digestAlgorithm: SHA1}}]",
                ),
                (
                    "failed high",
                    "connections: [{name: s, strategy: samlp, options: {signatureAlgorithm: ##X##, digestAlgorithm: sha1}}]",
                ),
                ("passed", "connections: [{name: s, strategy: samlp, options: {}}]"),
                ("not-assessed", "connections: [{name: s, strategy: adfs, options: {}}]"),
                ("not-assessed", "connections: [{name: s, strategy: samlp}]"),
            ],
        );
    }
}
