//! Passwords are not sent to a default directory.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.default-directory",
        title: "Passwords are not sent to a default directory",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "The default directory is what the password grant logs in to. Where it is set, applications may collect \
                     passwords themselves, past all that the login page does.",
        fix: "Clear the default directory.",
        steps: &["Dashboard: Settings > General > API Authorization Settings: Default Directory."],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        checkmate: &["checkDefaultDirectory"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::absent(settings, "default_directory", Severity::Low, "The password grant has a directory")
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
                ("failed low", "tenant: {default_directory: users}"),
                ("passed", "tenant: {friendly_name: Acme}"),
                ("not-assessed", "tenant: {default_directory: ##X##}"),
            ],
        );
    }
}
