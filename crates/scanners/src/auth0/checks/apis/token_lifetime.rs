//! Access tokens are short-lived.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.token-lifetime",
        title: "Access tokens are short-lived",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "An access token cannot be called back. What is copied from a log or a browser works until it ends, so \
                     its lifetime is the time of the damage.",
        fix: "Bring the lifetime down to 86400 seconds, or far less where users are behind it.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: Maximum Access Token Lifetime."],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        checkmate: &["checkAPITokenLifetime"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    match question::at_most(
        api,
        "token_lifetime",
        604_799.0,
        Severity::Moderate,
        "Access tokens are valid for a week or more",
    )? {
        Verdict::Passed => question::at_most(
            api,
            "token_lifetime",
            86_400.0,
            Severity::Low,
            "Access tokens are valid for more than a day",
        ),
        other => Ok(other),
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
                ("failed moderate", "resourceServers: [{name: A, token_lifetime: 2592000}]"),
                ("failed low", "resourceServers: [{name: A, token_lifetime: 172800}]"),
                ("passed", "resourceServers: [{name: A, token_lifetime: 3600}]"),
                ("passed", "resourceServers: [{name: A}]"),
                ("not-assessed", "resourceServers: [{name: A, token_lifetime: ##X##}]"),
            ],
        );
    }
}
