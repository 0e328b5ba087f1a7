//! Authorization requests are signed.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.signed-requests",
        title: "Authorization requests are signed",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "A signed request cannot be changed on its way through the browser, so that nobody can widen what is \
                     asked for.",
        fix: "Require signed request objects for confidential applications.",
        steps: &[
            "Dashboard: Applications > the application > Credentials: JWT-Secured Authorization Requests.",
        ],
        references: &[(
            "Authorization code flow with JAR",
            "https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow/authorization-code-flow-with-jar",
        )],
        checkmate: &["checkJAR"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if client::is_public(application)? || !client::has_grant(application, "authorization_code")? {
        return Ok(Verdict::NotApplicable(
            "only confidential applications with the code grant sign requests",
        ));
    }
    let title = "Authorization requests need not be signed";
    match question::on(application, "signed_request_object/required", Severity::Info, title)? {
        Verdict::Passed => registered(application),
        other => Ok(other),
    }
}

/// The keys that signatures are checked with.
fn registered(application: &Item) -> Answer {
    let path = "signed_request_object/credentials";
    let keys = question::objects(application, path)?.ok_or_else(|| application.not_stated(path))?;
    if keys.is_empty() {
        let title = "Signed authorization requests have no key";
        return failed(Severity::Info, title, &application.pointer(path), "empty", "a registered key");
    }
    Ok(Verdict::Passed)
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
                    "clients: [{name: Shop, app_type: regular_web, grant_types: [authorization_code]}]",
                ),
                (
                    "passed",
                    "clients: [{name: Shop, app_type: regular_web, grant_types: [authorization_code], signed_request_object: {required: true, credentials: [{id: c}]}}]",
                ),
                (
                    "not-applicable",
                    "clients: [{name: Shop, app_type: native, grant_types: [authorization_code]}]",
                ),
                ("not-assessed", "clients: [{name: Shop, app_type: ##X##}]"),
                (
                    "failed info",
                    "clients: [{name: Shop, app_type: regular_web, grant_types: [authorization_code], signed_request_object: {required: true, credentials: []}}]",
                ),
                (
                    "not-assessed",
                    "clients: [{name: Shop, app_type: regular_web, grant_types: [authorization_code], signed_request_object: {required: true}}]",
                ),
                (
                    "not-assessed",
                    "clients: [{name: Shop, app_type: regular_web, grant_types: [authorization_code], signed_request_object: {required: true, credentials: ##X##}}]",
                ),
            ],
        );
    }
}
