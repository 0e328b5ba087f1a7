//! Google Workspace logins come from the company's domain.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.google-workspace",
        title: "Google Workspace logins come from the company's domain",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Without a domain any Google account of the world is taken as an employee's, with whatever employees may do.",
        fix: "Set the company's domain.",
        steps: &[
            "Dashboard: Authentication > Enterprise > Google Workspace > the connection: Google Workspace Domain.",
        ],
        references: &[(
            "Google Workspace connections",
            "https://auth0.com/docs/authenticate/identity-providers/enterprise-identity-providers/google-apps",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if connection.text("strategy")? != Some("google-apps") {
        return Ok(Verdict::NotApplicable("it is no Google Workspace connection"));
    }
    if connection.has("options/tenant_domain")? {
        return question::written(
            connection,
            "options/tenant_domain",
            Severity::Moderate,
            "Any Google account may log in",
            "a domain",
        );
    }
    question::written(
        connection,
        "options/domain",
        Severity::Moderate,
        "Any Google account may log in",
        "a domain",
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
                ("failed moderate", "connections: [{name: s, strategy: google-apps, options: {}}]"),
                ("passed", "connections: [{name: s, strategy: google-apps, options: {domain: example.com}}]"),
                ("not-applicable", "connections: [{name: s, strategy: samlp}]"),
                ("not-assessed", "connections: [{name: s, strategy: google-apps, options: @@X@@}]"),
            ],
        );
    }
}
