//! Rules hold no secrets in their code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.rule-secrets",
        title: "Rules hold no secrets in their code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "Code is read by everybody who may read rules, is exported, copied and kept. A secret in it is known to \
                     all of them.",
        fix: "Change the secret where it is used, and keep the new one in the secrets of an Action.",
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
        |facts| &facts.secrets,
        (Severity::High, "A rule holds what looks like a secret", "no secret in code"),
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
                    "failed high",
                    r#"rules: [{name: a, script: "function (user, context, cb) { const token = 'q8ZrT1xWm4Kd9LpVb2Nc'; }\n"}]"#,
                ),
                (
                    "passed",
                    r#"rules: [{name: a, script: "function (user, context, cb) { cb(null, user, context); }\n"}]"#,
                ),
                ("not-assessed", "rules: [{name: a, script: ./missing.js}]"),
            ],
        );
    }
}
