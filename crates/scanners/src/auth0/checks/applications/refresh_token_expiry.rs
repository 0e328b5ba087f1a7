//! Refresh tokens end.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.refresh-token-expiry",
        title: "Refresh tokens end",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A refresh token that never ends is a login for ever: it outlives the device, the job and the person's \
                     interest.",
        fix: "Set an absolute and an idle lifetime for refresh tokens.",
        steps: &["Dashboard: Applications > the application > Refresh Token Expiration."],
        references: &[(
            "Configure refresh token expiration",
            "https://auth0.com/docs/secure/tokens/refresh-tokens/configure-refresh-token-expiration",
        )],
        checkmate: &["checkRefreshToken"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if !client::has_grant(application, "refresh_token")? {
        return Ok(Verdict::NotApplicable("the application gets no refresh tokens"));
    }
    let title = "Refresh tokens never end";
    let expiring = question::one_of(
        application,
        "refresh_token/expiration_type",
        &["expiring"],
        Severity::Moderate,
        title,
    );
    // Infinite takes precedence over whichever lifetime is written beside it.
    let infinite = ["refresh_token/infinite_token_lifetime", "refresh_token/infinite_idle_token_lifetime"]
        .map(|path| question::off(application, path, Severity::Moderate, title));
    question::first_problem(std::iter::once(expiring).chain(infinite))
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
                    "clients: [{name: Shop, grant_types: [refresh_token], refresh_token: {expiration_type: non-expiring}}]",
                ),
                ("failed moderate", "clients: [{name: Shop, grant_types: [refresh_token]}]"),
                (
                    "failed moderate",
                    "clients: [{name: Shop, grant_types: [refresh_token], refresh_token: {infinite_token_lifetime: true}}]",
                ),
                (
                    "passed",
                    "clients: [{name: Shop, grant_types: [refresh_token], refresh_token: {expiration_type: expiring}}]",
                ),
                ("not-applicable", "clients: [{name: Shop, grant_types: [implicit]}]"),
                (
                    "not-assessed",
                    "clients: [{name: Shop, grant_types: [refresh_token], refresh_token: @@X@@}]",
                ),
                (
                    "failed moderate",
                    "clients: [{name: Shop, grant_types: [refresh_token], refresh_token: {expiration_type: expiring, infinite_token_lifetime: true, token_lifetime: 86400}}]",
                ),
                (
                    "failed moderate",
                    "clients: [{name: Shop, grant_types: [refresh_token], refresh_token: {expiration_type: expiring, infinite_idle_token_lifetime: true, idle_token_lifetime: 3600}}]",
                ),
                (
                    "passed",
                    "clients: [{name: Shop, grant_types: [refresh_token], refresh_token: {expiration_type: expiring, infinite_token_lifetime: false, infinite_idle_token_lifetime: false}}]",
                ),
                (
                    "not-assessed",
                    "clients: [{name: Shop, grant_types: [refresh_token], refresh_token: {expiration_type: expiring, infinite_token_lifetime: ##X##}}]",
                ),
            ],
        );
    }
}
