//! A broken login leads back to a page of yours.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.login-url",
        title: "A broken login leads back to a page of yours",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "When a login page is opened from a bookmark or a link has expired, Auth0 sends the person to this \
                     address. Without it the login ends on an error page; without https it can be read on the way.",
        fix: "Set the tenant login URI to an https address that starts a login.",
        steps: &["Dashboard: Settings > Advanced: Tenant Login URI."],
        references: &[(
            "Configure default login routes",
            "https://auth0.com/docs/authenticate/login/auth0-universal-login/configure-default-login-routes",
        )],
        checkmate: &["checkTenantLoginUrl"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    match question::written(
        settings,
        "default_redirection_uri",
        Severity::Info,
        "There is no tenant login address",
        "an https address",
    )? {
        Verdict::Passed => question::encrypted(
            settings,
            "default_redirection_uri",
            Severity::Info,
            "The tenant login address is not encrypted",
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
                ("failed info", "tenant: {friendly_name: Acme}"),
                ("failed info", "tenant: {default_redirection_uri: 'http://example.com/'}"),
                ("passed", "tenant: {default_redirection_uri: 'https://example.com/login'}"),
                ("passed", "tenant: {default_redirection_uri: 'https://##E##.example.com/login'}"),
                ("not-assessed", "tenant: {default_redirection_uri: ##X##}"),
            ],
        );
    }
}
