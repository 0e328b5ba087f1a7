//! Tokens of others are exchanged only by applications that need it.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.custom-token-exchange",
        title: "Tokens of others are exchanged only by applications that need it",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "An application with custom token exchange can hand in a token that an Action then believes. If that \
                     Action errs, the application can log in as anybody.",
        fix: "Take custom token exchange away from applications that do not use it.",
        steps: &[
            "Management API: PATCH /api/v2/clients/{id} with token_exchange.allow_any_profile_of_type [].",
        ],
        references: &[("Custom token exchange", "https://auth0.com/docs/authenticate/custom-token-exchange")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let path = "token_exchange/allow_any_profile_of_type";
    let Some(types) = application.texts(path)? else { return Ok(Verdict::Passed) };
    if types.known.is_empty() {
        return types.all_known().map(|()| Verdict::Passed);
    }
    failed(
        Severity::Moderate,
        "The application may exchange tokens of others",
        &application.pointer(path),
        &first_few(&types.known),
        "none",
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
                    "clients: [{name: A, token_exchange: {allow_any_profile_of_type: [custom_authentication]}}]",
                ),
                ("passed", "clients: [{name: A}]"),
                (
                    "not-assessed",
                    "clients: [{name: A, token_exchange: {allow_any_profile_of_type: ['##X##']}}]",
                ),
            ],
        );
    }
}
