//! Rules log no secrets and no whole profiles.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.rule-logging",
        title: "Rules log no secrets and no whole profiles",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "Logs are read by more people than profiles are, are copied to other systems and kept there.",
        fix: "Log ids and outcomes; leave out passwords, tokens and whole objects.",
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
        |facts| &facts.logging,
        (Severity::Moderate, "A rule logs secrets or whole profiles", "only what is needed to find an error"),
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
                    r#"rules: [{name: a, script: "function (user, context, cb) { console.log(user); }\n"}]"#,
                ),
                (
                    "passed",
                    r#"rules: [{name: a, script: "function (user, context, cb) { console.log('done'); }\n"}]"#,
                ),
                ("not-assessed", r#"rules: [{name: a, script: "function (user, context, cb) { ((; }\n"}]"#),
            ],
        );
    }
}
