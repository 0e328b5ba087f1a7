//! Access tokens in browsers are shorter-lived.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.web-token-lifetime",
        title: "Access tokens in browsers are shorter-lived",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A token in a browser is nearer to a thief than one on a server. Its own, shorter lifetime limits what a \
                     script on the page can take.",
        fix: "Bring the lifetime for browser flows down to 7200 seconds.",
        steps: &[
            "Dashboard: Applications > APIs > the API > Settings: Implicit / Hybrid Flow Access Token Lifetime.",
        ],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    question::at_most(
        api,
        "token_lifetime_for_web",
        7_200.0,
        Severity::Low,
        "Access tokens in browsers are valid for long",
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
                ("failed low", "resourceServers: [{name: A, token_lifetime_for_web: 86400}]"),
                ("passed", "resourceServers: [{name: A, token_lifetime_for_web: 7200}]"),
                ("not-assessed", "resourceServers: [{name: A, token_lifetime_for_web: ##X##}]"),
            ],
        );
    }
}
