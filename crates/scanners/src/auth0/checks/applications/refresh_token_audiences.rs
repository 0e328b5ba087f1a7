//! A refresh token is for a few APIs only.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const MANY: usize = 5;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.refresh-token-audiences",
        title: "A refresh token is for a few APIs only",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "A multi-resource refresh token yields access tokens for every API on its list. The longer the list, the \
                     more is lost with one token.",
        fix: "Remove the APIs that the application does not call.",
        steps: &["Dashboard: Applications > the application > Multi-Resource Refresh Token."],
        references: &[("Refresh tokens", "https://auth0.com/docs/secure/tokens/refresh-tokens")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let path = "refresh_token/policies";
    let policies = question::objects(application, path)?.unwrap_or_default();
    if policies.len() > MANY {
        let seen = format!("{} APIs", policies.len());
        return failed(
            Severity::Low,
            "A refresh token is good for many APIs",
            &application.pointer(path),
            &seen,
            "at most 5",
        );
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
                    "failed low",
                    "clients: [{name: Shop, refresh_token: {policies: [{audience: a}, {audience: b}, {audience: c}, {audience: d}, {audience: e}, {audience: f}]}}]",
                ),
                ("passed", "clients: [{name: Shop, refresh_token: {policies: [{audience: a}]}}]"),
                ("not-assessed", "clients: [{name: Shop, refresh_token: {policies: @@X@@}}]"),
            ],
        );
    }
}
