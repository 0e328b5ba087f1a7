//! A broken login leads back to the application.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const PATH: &str = "initiate_login_uri";

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.login-uri",
        title: "A broken login leads back to the application",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "From a stale link or a bookmark of the login page Auth0 sends people to this address to begin again. \
                     Without it they end on an error page.",
        fix: "Set the application login URI to an https address that starts a login.",
        steps: &["Dashboard: Applications > the application > Application Login URI."],
        references: &[(
            "Configure default login routes",
            "https://auth0.com/docs/authenticate/login/auth0-universal-login/configure-default-login-routes",
        )],
        checkmate: &["checkApplicationLoginUri"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if !matches!(application.text("app_type")?, Some("spa" | "regular_web")) {
        return Ok(Verdict::NotApplicable("only web applications have one"));
    }
    match question::written(
        application,
        PATH,
        Severity::Info,
        "There is no login address",
        "an https address",
    )? {
        Verdict::Passed => {
            question::encrypted(application, PATH, Severity::Info, "The login address is not encrypted")
        }
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
                ("failed info", "clients: [{name: Shop, app_type: spa}]"),
                (
                    "failed info",
                    "clients: [{name: Shop, app_type: spa, initiate_login_uri: 'http://shop.example.com'}]",
                ),
                (
                    "passed",
                    "clients: [{name: Shop, app_type: spa, initiate_login_uri: 'https://shop.example.com'}]",
                ),
                ("not-applicable", "clients: [{name: Shop, app_type: native}]"),
                ("not-assessed", "clients: [{name: Shop, app_type: ##X##}]"),
            ],
        );
    }
}
