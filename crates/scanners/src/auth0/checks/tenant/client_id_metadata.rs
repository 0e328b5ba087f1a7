//! Applications cannot introduce themselves by a web address.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.client-id-metadata",
        title: "Applications cannot introduce themselves by a web address",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "With client id metadata documents an application is whoever publishes a document on the web. That is \
                     wanted for agents and tools of strangers, and a surprise everywhere else.",
        fix: "Turn off client_id_metadata_document_supported unless strangers' applications are wanted.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with client_id_metadata_document_supported false.",
        ],
        references: &[("Tenant settings", "https://auth0.com/docs/get-started/tenant-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::off(
        settings,
        "client_id_metadata_document_supported",
        Severity::Moderate,
        "Applications of strangers are accepted by their web address",
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
                ("failed moderate", "tenant: {client_id_metadata_document_supported: true}"),
                ("passed", "tenant: {friendly_name: Acme}"),
                ("not-assessed", "tenant: {client_id_metadata_document_supported: ##X##}"),
            ],
        );
    }
}
