//! Rules run no texts as code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.rule-dangerous-calls",
        title: "Rules run no texts as code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "eval, new Function and child_process turn a text into a program. If any of that text comes from outside, \
                     so does the program.",
        fix: "Move what the rule does to an Action, written out.",
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
        |facts| &facts.dangerous,
        (Severity::High, "A rule runs texts as code", "no eval, new Function or child_process"),
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
                    r#"rules: [{name: a, script: "function (user, context, cb) { eval(context.request.query.x); }\n"}]"#,
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
