//! Logins name organizations by id.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.organization-names",
        title: "Logins name organizations by id",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "Names of organizations can be guessed and may change hands; ids cannot. Applications that accept names \
                     must compare them with care.",
        fix: "Turn off allow_organization_name_in_authentication_api unless applications need names.",
        steps: &["Dashboard: Settings > Advanced: Allow organization names in Authentication API."],
        references: &[("Organizations", "https://auth0.com/docs/manage-users/organizations")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::off(
        settings,
        "allow_organization_name_in_authentication_api",
        Severity::Info,
        "Logins may name organizations by their names",
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
                ("failed info", "tenant: {allow_organization_name_in_authentication_api: true}"),
                ("passed", "tenant: {friendly_name: Acme}"),
                ("not-assessed", "tenant: {allow_organization_name_in_authentication_api: ##X##}"),
            ],
        );
    }
}
