//! Old signing keys are revoked.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.keys.previous-key",
        title: "Old signing keys are revoked",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "While the previous key is not revoked, tokens that it signed, or that somebody signs with it, are still \
                     taken.",
        fix: "Revoke the previous key once its tokens have ended.",
        steps: &["Dashboard: Settings > Signing Keys: Revoke."],
        references: &[("Signing keys", "https://auth0.com/docs/get-started/tenant-settings/signing-keys")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::SigningKeys, ask),
};

fn ask(key: &Item, tenant: &TenantSnapshot) -> Answer {
    if key.flag("previous")? != Some(true) || key.flag("revoked")? == Some(true) {
        return Ok(Verdict::NotApplicable("it is not a previous key, or revoked"));
    }
    let path = "current_until";
    let Some(until) = key.text(path)? else { return Err(key.not_stated(path)) };
    match tenant.days_until(until) {
        Some(days) if days < -90 => failed(
            Severity::Low,
            "An old signing key is not revoked",
            &key.pointer(path),
            until,
            "revoked after 90 days",
        ),
        Some(_) => Ok(Verdict::Passed),
        None => Err(NotAssessed::Unknown(format!("{} is no date", key.pointer(path)))),
    }
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
                    "failed low",
                    "signingKeys: [{kid: a, previous: true, current_until: '2020-01-01T00:00:00Z'}]",
                ),
                ("passed", "signingKeys: [{kid: a, previous: true, current_until: '2999-01-01T00:00:00Z'}]"),
                ("not-applicable", "signingKeys: [{kid: a, previous: true, revoked: true}]"),
                ("not-assessed", "signingKeys: [{kid: a, previous: true}]"),
            ],
        );
    }
}
