//! Keys of applications are renewed in time.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.credential-age",
        title: "Keys of applications are renewed in time",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "A key that has run out stops the application; one that never runs out is as old as the day it leaked.",
        fix: "Register a new key, move the application to it, and delete the old one.",
        steps: &["Dashboard: Applications > the application > Credentials."],
        references: &[(
            "Private key JWT",
            "https://auth0.com/docs/get-started/applications/configure-private-key-jwt",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, tenant: &TenantSnapshot) -> Answer {
    let Some(credentials) = question::objects(application, "credentials")? else {
        return Err(application.not_stated("credentials"));
    };
    if credentials.is_empty() {
        return Ok(Verdict::NotApplicable("the application has no registered key"));
    }
    let mut unknown = None;
    for (n, credential) in credentials.iter().enumerate() {
        let pointer = application.pointer(&format!("credentials/{n}/expires_at"));
        let text = |field: &str| match credential.get(field) {
            Some(Node::Text(text)) => Some(text),
            _ => None,
        };
        if let Some(ends) = text("expires_at")
            && let Some(days) = tenant.days_until(ends)
        {
            if days < 0 {
                return failed(
                    Severity::Low,
                    "A key of the application has run out",
                    &pointer,
                    ends,
                    "a key that is valid",
                );
            }
            if days < 30 {
                return failed(
                    Severity::Low,
                    "A key of the application runs out within 30 days",
                    &pointer,
                    ends,
                    "a key that is valid for longer",
                );
            }
        } else if let (None | Some(Node::Null), Some(made)) =
            (credential.get("expires_at"), text("created_at"))
            && let Some(days) = tenant.days_until(made)
        {
            if days < -365 {
                return failed(
                    Severity::Low,
                    "A key of the application is older than a year and never runs out",
                    &pointer,
                    made,
                    "a newer key",
                );
            }
        } else {
            unknown = Some(NotAssessed::Unknown(format!("{pointer}: no date that can be read")));
        }
    }
    unknown.map_or(Ok(Verdict::Passed), Err)
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
                    "clients: [{name: A, credentials: [{id: c, created_at: '2020-01-01T00:00:00Z', expires_at: '2021-01-01T00:00:00Z'}]}]",
                ),
                (
                    "failed low",
                    "clients: [{name: A, credentials: [{id: c, created_at: '2020-01-01T00:00:00Z'}]}]",
                ),
                (
                    "passed",
                    "clients: [{name: A, credentials: [{id: c, created_at: '2020-01-01T00:00:00Z', expires_at: '2999-01-01T00:00:00Z'}]}]",
                ),
                ("not-assessed", "clients: [{name: A, credentials: [{id: c}]}]"),
                ("not-assessed", "clients: [{name: A, credentials: [{id: c, expires_at: soon}]}]"),
                ("not-applicable", "clients: [{name: A, credentials: []}]"),
                ("not-assessed", "clients: [{name: A}]"),
            ],
        );
    }
}
