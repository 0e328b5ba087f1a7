//! Nobody logs in on the vendor's host.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::address;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::domain;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.domains.canonical-logins",
        title: "Nobody logs in on the vendor's host",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "Logins on the tenant's own host pass by what protects the custom domain: its firewall, its name that \
                     people know, its passkeys.",
        fix: "Move the applications that still use the tenant's host to the custom domain.",
        steps: &["Search the tenant's log for the host name to see which applications those are."],
        references: &[("Custom domains", "https://auth0.com/docs/customize/custom-domains")],
        checkmate: &["checkCanonicalDomain"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    if !question::any(tenant.all(Collection::CustomDomains)?, domain::is_ready)? {
        return Ok(Verdict::NotApplicable("there is no custom domain to log in on"));
    }
    let logins = tenant.all(Collection::Logins)?;
    for login in logins {
        let path = "hostname";
        let host = login.text(path)?.ok_or_else(|| login.not_stated(path))?;
        if address::is_auth0_host(host) {
            let seen = format!("{host}, {}", login.text("date").ok().flatten().unwrap_or("in the log"));
            let title = "Somebody logs in on the tenant's own host";
            return failed(Severity::Low, title, &login.pointer(path), &seen, "no login there");
        }
    }
    if logins.is_empty() {
        let why = "the log holds no login; it is kept for days only".to_owned();
        return Err(NotAssessed::Unknown(why));
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
                    "customDomains: [{domain: a.example.com}]\nlogins: [{type: s, date: '2026-11-01T00:00:00Z', hostname: acme.eu.auth0.com}]",
                ),
                (
                    "passed",
                    "customDomains: [{domain: a.example.com}]\nlogins: [{type: s, hostname: a.example.com}]",
                ),
                ("not-applicable", "customDomains: []"),
                ("not-assessed", "customDomains: [{domain: a.example.com}]\nlogins: []"),
                ("not-assessed", "customDomains: [{domain: a.example.com}]"),
                (
                    "not-applicable",
                    "customDomains: [{domain: a.example.com, status: pending_verification}]\nlogins: [{type: s, hostname: acme.eu.auth0.com}]",
                ),
            ],
        );
    }
}
