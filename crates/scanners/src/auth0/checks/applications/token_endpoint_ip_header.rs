//! Applications do not vouch for the address of their users.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.token-endpoint-ip-header",
        title: "Applications do not vouch for the address of their users",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "With this switch the tenant believes the address that the application sends, for brute-force protection \
                     and the log. Public applications can send any.",
        fix: "Turn it off, unless a confidential application logs people in from its own server.",
        steps: &[
            "Dashboard: Applications > the application > Advanced Settings: Trust Token Endpoint IP Header.",
        ],
        references: &[(
            "Application settings",
            "https://auth0.com/docs/get-started/applications/application-settings",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let title = "The application says which address its users have";
    question::off(application, "is_token_endpoint_ip_header_trusted", Severity::Moderate, title)
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
                ("failed moderate", "clients: [{name: A, is_token_endpoint_ip_header_trusted: true}]"),
                ("passed", "clients: [{name: A}]"),
                ("not-assessed", "clients: [{name: A, is_token_endpoint_ip_header_trusted: ##X##}]"),
            ],
        );
    }
}
