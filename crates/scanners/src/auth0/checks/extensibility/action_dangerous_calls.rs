//! Actions run no texts as code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-dangerous-calls",
        title: "Actions run no texts as code",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "eval, new Function and child_process turn a text into a program. If any of that text comes from outside, \
                     so does the program.",
        fix: "Write the code out, and load modules by their names.",
        steps: &["Dashboard: Actions > Library > the Action."],
        references: &[(
            "Action coding guidelines",
            "https://auth0.com/docs/customize/actions/action-coding-guidelines",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, tenant: &TenantSnapshot) -> Answer {
    action::spots(
        action,
        tenant,
        |facts| &facts.dangerous,
        (Severity::High, "An Action runs texts as code", "no eval, new Function or child_process"),
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
                ("failed high", r#"actions: [{name: a, code: "eval(event.request.query.x);\n"}]"#),
                ("passed", r#"actions: [{name: a, code: "exports.onExecutePostLogin = async () => {};\n"}]"#),
                ("not-assessed", "actions: [{name: a, code: ./missing.js}]"),
                (
                    "failed high",
                    r#"actions: [{name: a, code: "x();\n", all_changes_deployed: false, deployed_version: {code: "eval(x);\n"}}]"#,
                ),
                (
                    "not-applicable",
                    r#"actions: [{name: a, code: "eval(x);\n", all_changes_deployed: false}]"#,
                ),
                (
                    "not-assessed",
                    r#"actions: [{name: a, code: "x();\n", all_changes_deployed: false, deployed_version: {id: v}}]"#,
                ),
            ],
        );
    }
}
