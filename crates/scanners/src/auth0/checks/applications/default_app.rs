//! The default application is gone.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.default-app",
        title: "The default application is gone",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "Every tenant begins with it, with every grant and connection on. Nobody owns it, and its id is used for \
                     trying things out.",
        fix: "Delete the application, or give it a name and an owner.",
        steps: &["Dashboard: Applications > Default App > Danger Zone."],
        references: &[(
            "Application settings",
            "https://auth0.com/docs/get-started/applications/application-settings",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if application.name == "Default App" {
        return failed(
            Severity::Info,
            "The default application is still there",
            &application.pointer("name"),
            "Default App",
            "no such application",
        );
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
                ("failed info", "clients: [{name: Default App}]"),
                ("passed", "clients: [{name: Shop}]"),
                ("not-assessed", "tenant: {}"),
            ],
        );
    }
}
