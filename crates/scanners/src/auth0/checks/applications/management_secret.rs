//! Who administers the tenant authenticates with a key.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.management-secret",
        title: "Who administers the tenant authenticates with a key",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "This application holds a grant for the Management API and shows who it is by a secret. Whoever reads its \
                     configuration administers the tenant.",
        fix: "Give the application a key pair and private_key_jwt.",
        steps: &["Dashboard: Applications > the application > Credentials: Private Key JWT."],
        references: &[(
            "Private key JWT",
            "https://auth0.com/docs/get-started/applications/configure-private-key-jwt",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ClientGrants, ask),
};

fn ask(grant: &Item, tenant: &TenantSnapshot) -> Answer {
    if !management::is_management_api(grant)? {
        return Ok(Verdict::NotApplicable("no grant is for the Management API"));
    }
    let Some(id) = grant.text("client_id")? else { return Err(grant.not_stated("client_id")) };
    let application = tenant.one(Collection::Clients, id)?;
    if client::has_key(application)? {
        return Ok(Verdict::Passed);
    }
    let title = "An application with a Management API grant authenticates with a secret";
    failed(
        Severity::Moderate,
        title,
        &application.pointer("client_authentication_methods"),
        "not set",
        "private_key_jwt or mTLS",
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
                    "clients: [{name: Job}]\nclientGrants: [{client_id: Job, audience: 'https://acme.eu.auth0.com/api/v2/', scope: [read:clients]}]",
                ),
                (
                    "passed",
                    "clients: [{name: Job, client_authentication_methods: {private_key_jwt: {credentials: [{id: c}]}}}]\nclientGrants: [{client_id: Job, audience: 'https://acme.eu.auth0.com/api/v2/', scope: [read:clients]}]",
                ),
                (
                    "not-applicable",
                    "clientGrants: [{client_id: Job, audience: 'https://api.example.com/', scope: [a]}]",
                ),
                (
                    "not-assessed",
                    "clientGrants: [{client_id: Job, audience: 'https://acme.eu.auth0.com/api/v2/', scope: [read:clients]}]",
                ),
                (
                    "failed moderate",
                    "clients: [{name: Job, client_authentication_methods: {private_key_jwt: {credentials: []}}}]\nclientGrants: [{client_id: Job, audience: 'https://acme.eu.auth0.com/api/v2/', scope: [read:clients]}]",
                ),
            ],
        );
    }
}
