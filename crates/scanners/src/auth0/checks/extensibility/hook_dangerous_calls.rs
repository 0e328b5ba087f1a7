//! Hooks run no texts as code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.hook-dangerous-calls",
        title: "Hooks run no texts as code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "eval, new Function and child_process turn a text into a program, in the middle of a login.",
        fix: "Write the code out, and load modules by their names.",
        steps: &["Dashboard: Auth Pipeline > Hooks > the hook."],
        references: &[(
            "Migrate from hooks to Actions",
            "https://auth0.com/docs/customize/actions/migrate/migrate-from-hooks-to-actions",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Hooks, ask),
};

fn ask(hook: &Item, tenant: &TenantSnapshot) -> Answer {
    code::spots(
        hook,
        "script",
        tenant,
        |facts| &facts.dangerous,
        (Severity::High, "A hook runs texts as code", "no eval, new Function or child_process"),
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
                    r#"hooks: [{name: a, script: "module.exports = function (user, cb) { eval(x); };\n"}]"#,
                ),
                (
                    "passed",
                    r#"hooks: [{name: a, script: "module.exports = function (user, cb) { f(x); };\n"}]"#,
                ),
                (
                    "not-assessed",
                    r#"hooks: [{name: a, script: "module.exports = function (user, cb) { ((; };\n"}]"#,
                ),
            ],
        );
    }
}
