//! The next signing key is ready.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.keys.next-key",
        title: "The next signing key is ready",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "Applications learn the next key in advance, so that a rotation in an emergency does not log everybody \
                     out. Without it they cannot.",
        fix: "Rotate the signing key; Auth0 then makes the next one.",
        steps: &["Dashboard: Settings > Signing Keys."],
        references: &[("Signing keys", "https://auth0.com/docs/get-started/tenant-settings/signing-keys")],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    for key in tenant.all(Collection::SigningKeys)? {
        if key.flag("next")? == Some(true) {
            return Ok(Verdict::Passed);
        }
    }
    failed(Severity::Low, "There is no next signing key", "signing-keys", "none", "a key that is next")
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
                ("failed low", "signingKeys: [{kid: a, current: true}]"),
                ("passed", "signingKeys: [{kid: a, current: true}, {kid: b, next: true}]"),
                ("not-assessed", "signingKeys: [{kid: a, next: ##X##}]"),
            ],
        );
    }
}
