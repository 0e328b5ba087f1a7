//! What is written is what runs.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::bindings;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-undeployed",
        title: "What is written is what runs",
        severity: Severity::Low,
        exposure: Exposure::Internal,
        rationale: "Somebody changed this Action and did not deploy it. Who reads the code to see what logins do reads \
                     something else.",
        fix: "Deploy the change or discard it.",
        steps: &["Dashboard: Actions > Library > the Action: Deploy."],
        references: &[("Actions", "https://auth0.com/docs/customize/actions")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, _: &TenantSnapshot) -> Answer {
    if let Some(all) = action.flag("all_changes_deployed")? {
        return if all {
            Ok(Verdict::Passed)
        } else {
            failed(
                Severity::Low,
                "An Action has changes that do not run",
                &action.pointer("all_changes_deployed"),
                "false",
                "true",
            )
        };
    }
    if bindings::is_deployed(action)? {
        Ok(Verdict::Passed)
    } else {
        failed(Severity::Low, "An Action is not deployed", &action.pointer("deployed"), "false", "true")
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
                ("failed low", "actions: [{name: a, all_changes_deployed: false}]"),
                ("failed low", "actions: [{name: a, deployed: false}]"),
                ("passed", "actions: [{name: a, deployed: true}]"),
                ("not-assessed", "actions: [{name: a}]"),
            ],
        );
    }
}
