//! Actions put no queries together from texts.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-sql",
        title: "Actions put no queries together from texts",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "Text of a login that becomes part of a query can change what the query does: read other data, \
                     or delete it.",
        fix: "Hand values over as parameters of the query.",
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
        |facts| &facts.sql,
        (Severity::High, "An Action puts a query together from texts", "parameters"),
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
                    r#"actions: [{name: a, code: "db.query('SELECT * FROM t WHERE id = ' + id);\n"}]"#,
                ),
                (
                    "passed",
                    r#"actions: [{name: a, code: "db.query('SELECT * FROM t WHERE id = ?', [id]);\n"}]"#,
                ),
                ("not-assessed", r#"actions: [{name: a, code: "((;\n"}]"#),
            ],
        );
    }
}
