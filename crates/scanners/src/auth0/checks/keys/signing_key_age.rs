//! The key that signs tokens is renewed.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.keys.signing-key-age",
        title: "The key that signs tokens is renewed",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A key that is never changed is known to every backup and every person of years. Rotating it also shows \
                     whether applications can follow, before they must.",
        fix: "Rotate the signing key once a year.",
        steps: &["Dashboard: Settings > Signing Keys: Rotate Signing Key."],
        references: &[("Signing keys", "https://auth0.com/docs/get-started/tenant-settings/signing-keys")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::SigningKeys, ask),
};

fn ask(key: &Item, tenant: &TenantSnapshot) -> Answer {
    if key.flag("current")? != Some(true) {
        return Ok(Verdict::NotApplicable("it is not the current key"));
    }
    let path = "current_since";
    let Some(since) = key.text(path)? else { return Err(key.not_stated(path)) };
    match tenant.days_until(since) {
        Some(days) if days < -365 => failed(
            Severity::Low,
            "The signing key is older than a year",
            &key.pointer(path),
            since,
            "a newer key",
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
                    "signingKeys: [{kid: a, current: true, current_since: '2020-01-01T00:00:00Z'}]",
                ),
                ("passed", "signingKeys: [{kid: a, current: true, current_since: '2999-01-01T00:00:00Z'}]"),
                ("not-applicable", "signingKeys: [{kid: a, next: true}]"),
                ("not-assessed", "signingKeys: [{kid: a, current: true}]"),
            ],
        );
    }
}
