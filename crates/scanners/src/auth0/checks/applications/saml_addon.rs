//! SAML responses are signed with a current algorithm.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::connection;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.saml-addon",
        title: "SAML responses are signed with a current algorithm",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A service that gets an unsigned response, or one signed with SHA-1, can be given a forged login.",
        fix: "Sign the response, with rsa-sha256.",
        steps: &["Dashboard: Applications > the application > Addons > SAML2 Web App > Settings."],
        references: &[(
            "SAML add-on",
            "https://auth0.com/docs/authenticate/protocols/saml/saml-configuration",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

/// What the add-on takes where nothing is written is the weak one.
const WEAK: [(&str, &str); 2] =
    [("addons/samlp/signatureAlgorithm", "rsa-sha1"), ("addons/samlp/digestAlgorithm", "sha1")];

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if !application.has("addons/samlp")? {
        return Ok(Verdict::NotApplicable("the application does not speak SAML"));
    }
    let [signature, digest] = WEAK.map(|(path, weak)| algorithm(application, path, weak));
    question::first_problem([signature, digest, response(application)])
}

fn algorithm(application: &Item, path: &str, weak: &str) -> Answer {
    let seen = match application.text(path)? {
        Some("") | None => format!("not set, which is {weak}"),
        Some(word) if connection::is_sha1(word) => word.to_owned(),
        Some(_) => return Ok(Verdict::Passed),
    };
    failed(Severity::Moderate, "SAML uses SHA-1", &application.pointer(path), &seen, "sha256")
}

/// Without the switch the add-on signs the assertion alone.
fn response(application: &Item) -> Answer {
    let title = "The SAML response is not signed as a whole";
    question::on(application, "addons/samlp/signResponse", Severity::Moderate, title)
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
                ("failed moderate", "clients: [{name: A, addons: {samlp: {signatureAlgorithm: rsa-sha1}}}]"),
                ("failed moderate", "clients: [{name: A, addons: {samlp: {signResponse: false}}}]"),
                (
                    "passed",
                    "clients: [{name: A, addons: {samlp: {signatureAlgorithm: rsa-sha256, digestAlgorithm: sha256, signResponse: true}}}]",
                ),
                ("not-applicable", "clients: [{name: A}]"),
                (
                    "not-assessed",
                    "clients: [{name: A, addons: {samlp: {signatureAlgorithm: ##X##, digestAlgorithm: sha256, signResponse: true}}}]",
                ),
                ("failed moderate", "clients: [{name: A, addons: {samlp: {}}}]"),
                (
                    "failed moderate",
                    "clients: [{name: A, addons: {samlp: {signatureAlgorithm: rsa-sha256, signResponse: true}}}]",
                ),
                (
                    "failed moderate",
                    "clients: [{name: A, addons: {samlp: {digestAlgorithm: sha256, signResponse: true}}}]",
                ),
                (
                    "failed moderate",
                    "clients: [{name: A, addons: {samlp: {signatureAlgorithm: rsa-sha256, digestAlgorithm: sha256}}}]",
                ),
                (
                    "failed moderate",
                    "clients: [{name: A, addons: {samlp: {signatureAlgorithm: RSA-SHA1, digestAlgorithm: sha256, signResponse: true}}}]",
                ),
            ],
        );
    }
}
