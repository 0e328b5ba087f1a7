//! Action modules run no texts as code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.module-dangerous-calls",
        title: "Action modules run no texts as code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "eval, new Function and child_process turn a text into a program, in every Action that uses the module.",
        fix: "Write the code out, and load modules by their names.",
        steps: &["Dashboard: Actions > Library > Modules."],
        references: &[("Actions", "https://auth0.com/docs/customize/actions")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ActionModules, ask),
};

fn ask(module: &Item, tenant: &TenantSnapshot) -> Answer {
    action::module_spots(
        module,
        tenant,
        |facts| &facts.dangerous,
        (Severity::High, "A module runs texts as code", "no eval, new Function or child_process"),
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
                ("failed high", r#"actionModules: [{name: a, code: "eval(x);\n"}]"#),
                ("passed", r#"actionModules: [{name: a, code: "exports.x = 1;\n"}]"#),
                ("not-assessed", "actionModules: [{name: a, code: ./missing.js}]"),
                (
                    "not-assessed",
                    r#"actionModules: [{name: a, all_changes_published: false, code: "exports.x = 1;\n"}]"#,
                ),
            ],
        );
    }
}
