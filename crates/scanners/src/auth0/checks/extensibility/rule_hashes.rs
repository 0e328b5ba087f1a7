//! Rules use no weak hashes.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.rule-hashes",
        title: "Rules use no weak hashes",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "MD5 and SHA-1 are broken for signatures and made by the billion in a second, so that what they \
                     protect can be guessed or forged.",
        fix: "Use SHA-256 or better; for passwords bcrypt, scrypt or Argon2.",
        steps: &["Dashboard: Auth Pipeline > Rules > the rule."],
        references: &[(
            "Migrate from rules to Actions",
            "https://auth0.com/docs/customize/actions/migrate/migrate-from-rules-to-actions",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Rules, ask),
};

fn ask(rule: &Item, tenant: &TenantSnapshot) -> Answer {
    code::spots(
        rule,
        "script",
        tenant,
        |facts| &facts.weak_hashes,
        (Severity::Moderate, "A rule uses a weak hash", "SHA-256, or for passwords bcrypt, scrypt or Argon2"),
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
                (
                    "failed moderate",
                    r#"rules: [{name: a, script: "function (user, context, cb) { crypto.createHash('md5').update(x); }\n"}]"#,
                ),
                (
                    "passed",
                    r#"rules: [{name: a, script: "function (user, context, cb) { crypto.createHash('sha256').update(x); }\n"}]"#,
                ),
                ("not-assessed", r#"rules: [{name: a, script: "function (user, context, cb) { ((; }\n"}]"#),
            ],
        );
    }
}
