//! Every application was made by your people.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::{Item, Written};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.self-registered",
        title: "Every application was made by your people",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "This application registered itself, or introduces itself by a web address. Nobody of yours has decided \
                     what it may do.",
        fix: "Review the application; delete it, or accept it with an owner.",
        steps: &["Dashboard: Applications > the application."],
        references: &[(
            "Dynamic client registration",
            "https://auth0.com/docs/get-started/applications/dynamic-client-registration",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let title = "An application registered itself";
    if let Some(Written::Known(_)) = application.written("external_client_id")? {
        return question::absent(application, "external_client_id", Severity::Moderate, title);
    }
    question::none_of(
        application,
        "external_metadata_type",
        &["dcr", "cimd"],
        Severity::Moderate,
        title,
        "made by your people",
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
                ("failed moderate", "clients: [{name: A, external_metadata_type: dcr}]"),
                (
                    "failed moderate",
                    "clients: [{name: A, external_client_id: 'https://mcp.example.com/client.json'}]",
                ),
                ("passed", "clients: [{name: A}]"),
                ("not-assessed", "clients: [{name: A, external_metadata_type: ##X##}]"),
            ],
        );
    }
}
