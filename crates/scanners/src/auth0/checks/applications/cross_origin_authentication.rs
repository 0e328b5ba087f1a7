//! Passwords are typed on the login page only.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::{Section, TenantSnapshot};
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.cross-origin-authentication",
        title: "Passwords are typed on the login page only",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "With cross-origin authentication the application's own page takes the password. A script on any page of \
                     it can read it, and third-party cookies are needed.",
        fix: "Use Universal Login, and turn cross-origin authentication off.",
        steps: &[
            "Dashboard: Applications > the application > Advanced Settings: Cross-Origin Authentication.",
        ],
        references: &[(
            "Cross-origin authentication",
            "https://auth0.com/docs/authenticate/login/cross-origin-authentication",
        )],
        checkmate: &["checkCrossOriginAuthentication"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, tenant: &TenantSnapshot) -> Answer {
    let severity = if *tenant.section(Collection::CustomDomains) == Section::Empty {
        Severity::High
    } else {
        Severity::Moderate
    };
    for path in ["cross_origin_authentication", "cross_origin_auth"] {
        if application.flag(path)? == Some(true) {
            return failed(
                severity,
                "The application's own page takes passwords",
                &application.pointer(path),
                "true",
                "false",
            );
        }
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
                    "failed high",
                    "clients: [{name: Shop, cross_origin_authentication: true}]\ncustomDomains: []",
                ),
                ("failed moderate", "clients: [{name: Shop, cross_origin_auth: true}]"),
                ("passed", "clients: [{name: Shop, cross_origin_authentication: false}]"),
                ("not-assessed", "clients: [{name: Shop, cross_origin_authentication: ##X##}]"),
            ],
        );
    }
}
