//! Applications hear of a logout.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.backchannel-logout",
        title: "Applications hear of a logout",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "Without back-channel logout an application goes on with its own session when the person was logged out \
                     everywhere else, or the account was blocked.",
        fix: "Set a back-channel logout address for web applications.",
        steps: &["Dashboard: Applications > the application > OpenID Connect Back-Channel Logout."],
        references: &[(
            "Back-channel logout",
            "https://auth0.com/docs/authenticate/login/logout/back-channel-logout",
        )],
        checkmate: &["checkBackchannelLogout"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if application.text("app_type")? != Some("regular_web") {
        return Ok(Verdict::NotApplicable("only web applications with a server hear of it"));
    }
    for path in ["oidc_logout/backchannel_logout_urls", "oidc_backchannel_logout/backchannel_logout_urls"] {
        if application.texts(path)?.is_some_and(|urls| !urls.known.is_empty() || !urls.unknown.is_empty()) {
            return Ok(Verdict::Passed);
        }
    }
    failed(
        Severity::Info,
        "An application does not hear of a logout",
        &application.pointer("oidc_logout"),
        "no address",
        "a back-channel logout address",
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
                ("failed info", "clients: [{name: Shop, app_type: regular_web}]"),
                (
                    "passed",
                    "clients: [{name: Shop, app_type: regular_web, oidc_logout: {backchannel_logout_urls: ['https://a.example/out']}}]",
                ),
                ("not-applicable", "clients: [{name: Shop, app_type: spa}]"),
                ("not-assessed", "clients: [{name: Shop, app_type: regular_web, oidc_logout: @@X@@}]"),
            ],
        );
    }
}
