//! Business applications ask for the organization.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.organization-usage",
        title: "Business applications ask for the organization",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "The tenant has organizations, and this application also takes logins without one. Then it must decide by \
                     itself whose data somebody may see.",
        fix: "Set the organization usage to require, where every user belongs to an organization.",
        steps: &["Dashboard: Applications > the application > Login Experience."],
        references: &[("Organizations", "https://auth0.com/docs/manage-users/organizations")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, tenant: &TenantSnapshot) -> Answer {
    if tenant.all(Collection::Organizations)?.is_empty() {
        return Ok(Verdict::NotApplicable("the tenant has no organizations"));
    }
    if !matches!(application.text("app_type")?, Some("spa" | "regular_web" | "native")) {
        return Ok(Verdict::NotApplicable("nobody logs in to it"));
    }
    question::one_of(
        application,
        "organization_usage",
        &["require"],
        Severity::Info,
        "Logins without an organization are taken",
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
                ("failed info", "clients: [{name: A, app_type: spa}]\norganizations: [{name: acme}]"),
                (
                    "passed",
                    "clients: [{name: A, app_type: spa, organization_usage: require}]\norganizations: [{name: acme}]",
                ),
                ("not-applicable", "clients: [{name: A, app_type: spa}]\norganizations: []"),
                ("not-assessed", "clients: [{name: A, app_type: spa}]"),
            ],
        );
    }
}
