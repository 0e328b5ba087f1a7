//! Public pages do not list enterprise connections.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::connection;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.enterprise-disclosure",
        title: "Public pages do not list enterprise connections",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "The public configuration of the login page names the companies that log in with their own identity \
                     provider, with their domains. It tells attackers whom to imitate.",
        fix: "Turn on no_disclose_enterprise_connections.",
        steps: &["Dashboard: Settings > Advanced: turn off the publication of enterprise connections."],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    if !tenant.known(Collection::Connections).iter().any(connection::is_enterprise) {
        tenant.all(Collection::Connections)?;
        return Ok(Verdict::NotApplicable("the tenant has no enterprise connection"));
    }
    let settings = tenant.only(Collection::Tenant)?;
    question::on(
        settings,
        "flags/no_disclose_enterprise_connections",
        Severity::Low,
        "Enterprise connections are published",
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
                ("failed low", "tenant: {flags: {}}\nconnections: [{name: acme, strategy: samlp}]"),
                (
                    "passed",
                    "tenant: {flags: {no_disclose_enterprise_connections: true}}\nconnections: [{name: acme, strategy: samlp}]",
                ),
                ("not-applicable", "tenant: {flags: {}}\nconnections: [{name: g, strategy: google-oauth2}]"),
                ("not-assessed", "tenant: {flags: {}}"),
            ],
        );
    }
}
