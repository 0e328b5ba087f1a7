//! Custom OAuth logins use a proof key.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.connections.oauth-proof-key",
        title: "Custom OAuth logins use a proof key",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "The proof key (PKCE) binds the code to the login that asked for it. Without it, a code that leaks from \
                     the browser logs somebody else in.",
        fix: "Turn on PKCE for the connection.",
        steps: &["Management API: PATCH /api/v2/connections/{id} with options.pkce_enabled true."],
        references: &[(
            "Custom social connections",
            "https://auth0.com/docs/authenticate/identity-providers/social-identity-providers/oauth2",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Connections, ask),
};

fn ask(connection: &Item, _: &TenantSnapshot) -> Answer {
    if connection.text("strategy")? != Some("oauth2") {
        return Ok(Verdict::NotApplicable("it is no custom OAuth connection"));
    }
    question::on(
        connection,
        "options/pkce_enabled",
        Severity::Moderate,
        "Logins are not bound by a proof key",
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
                ("failed moderate", "connections: [{name: s, strategy: oauth2, options: {}}]"),
                ("passed", "connections: [{name: s, strategy: oauth2, options: {pkce_enabled: true}}]"),
                ("not-applicable", "connections: [{name: s, strategy: samlp}]"),
                ("not-assessed", "connections: [{name: s, strategy: oauth2, options: @@X@@}]"),
            ],
        );
    }
}
