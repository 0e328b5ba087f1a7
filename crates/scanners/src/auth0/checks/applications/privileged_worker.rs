//! Privileged workers lease only from known addresses.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::allowlist;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const PATH: &str = "token_vault_privileged_access";

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.privileged-worker",
        title: "Privileged workers lease only from known addresses",
        severity: Severity::High,
        exposure: Exposure::Authenticated,
        rationale: "A privileged worker gets tokens of any connected user without that user. Only its key and its addresses \
                     stand between a thief and all those accounts.",
        fix: "List the addresses of the worker, as narrow as they are.",
        steps: &[
            "Management API: PATCH /api/v2/clients/{id} with token_vault_privileged_access.ip_allowlist.",
        ],
        references: &[("Token Vault", "https://auth0.com/docs/secure/call-apis-on-users-behalf/token-vault")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if !application.has(PATH)? {
        return Ok(Verdict::NotApplicable("the application has no privileged access"));
    }
    let path = "token_vault_privileged_access/ip_allowlist";
    let allowed = application.texts(path)?.unwrap_or_default();
    if allowed.known.is_empty() {
        allowed.all_known()?;
        return failed(
            Severity::High,
            "A privileged worker may lease from anywhere",
            &application.pointer(path),
            "empty",
            "the worker's own addresses",
        );
    }
    let severity = allowlist::severity(&allowed.known);
    if severity >= Severity::Moderate {
        return failed(
            severity,
            "A privileged worker may lease from a wide range",
            &application.pointer(path),
            &first_few(&allowed.known),
            "the worker's own addresses",
        );
    }
    allowed.all_known().map(|()| Verdict::Passed)
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
                ("failed high", "clients: [{name: A, token_vault_privileged_access: {credentials: []}}]"),
                (
                    "failed high",
                    "clients: [{name: A, token_vault_privileged_access: {ip_allowlist: [0.0.0.0/0]}}]",
                ),
                (
                    "failed moderate",
                    "clients: [{name: A, token_vault_privileged_access: {ip_allowlist: [203.0.0.0/16]}}]",
                ),
                (
                    "passed",
                    "clients: [{name: A, token_vault_privileged_access: {ip_allowlist: [203.0.113.7]}}]",
                ),
                ("not-applicable", "clients: [{name: A}]"),
                (
                    "not-assessed",
                    "clients: [{name: A, token_vault_privileged_access: {ip_allowlist: ['##X##']}}]",
                ),
            ],
        );
    }
}
