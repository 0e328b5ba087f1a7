//! Consent says what scopes mean.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.consent-descriptions",
        title: "Consent says what scopes mean",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "People are asked whether an application of a third party may have some scopes. Names such as read:ctc-4 \
                     tell them nothing, so they agree to anything; descriptions let them decide.",
        fix: "Turn on use_scope_descriptions_for_consent, so that people read what they agree to.",
        steps: &[
            "Management API: PATCH /api/v2/tenants/settings with flags.use_scope_descriptions_for_consent true.",
        ],
        references: &[(
            "User consent and third-party applications",
            "https://auth0.com/docs/get-started/applications/third-party-applications/user-consent-and-third-party-applications",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    if !tenant.known(Collection::Clients).iter().any(client::is_third_party) {
        tenant.all(Collection::Clients)?;
        return Ok(Verdict::NotApplicable("the tenant has no third-party application"));
    }
    let settings = tenant.only(Collection::Tenant)?;
    question::on(
        settings,
        "flags/use_scope_descriptions_for_consent",
        Severity::Low,
        "Consent shows names of scopes, not what they mean",
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
                ("failed low", "tenant: {flags: {}}\nclients: [{name: A, is_first_party: false}]"),
                (
                    "passed",
                    "tenant: {flags: {use_scope_descriptions_for_consent: true}}\nclients: [{name: A, is_first_party: false}]",
                ),
                ("not-applicable", "clients: []"),
                ("not-assessed", "tenant: {flags: {}}"),
            ],
        );
    }
}
