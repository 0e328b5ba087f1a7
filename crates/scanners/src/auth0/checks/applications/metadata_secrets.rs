//! Metadata of applications holds no secrets.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.metadata-secrets",
        title: "Metadata of applications holds no secrets",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "Metadata is shown to everybody who may read applications and handed to Actions and rules. It is not a \
                     place for passwords and keys.",
        fix: "Move the value into the secrets of the Action that uses it, and change it.",
        steps: &["Dashboard: Applications > the application > Advanced Settings > Application Metadata."],
        references: &[(
            "Application metadata",
            "https://auth0.com/docs/get-started/applications/configure-application-metadata",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let title = "Metadata holds what looks like a secret";
    question::no_secrets(application, "client_metadata", None, Severity::Moderate, title)
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
                    "failed moderate",
                    "clients: [{name: A, client_metadata: {api_key: 'q8ZrT1xWm4Kd9LpVb2Nc'}}]",
                ),
                ("not-assessed", "clients: [{name: A, client_metadata: {api_key: '##X##'}}]"),
                ("passed", "clients: [{name: A, client_metadata: {owner: team-shop}}]"),
                ("not-assessed", "clients: [{name: A, client_metadata: @@X@@}]"),
            ],
        );
    }
}
