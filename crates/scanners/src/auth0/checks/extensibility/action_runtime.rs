//! Actions run on a supported Node version.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action::{self, Running};
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-runtime",
        title: "Actions run on a supported Node version",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "Versions past their end of life get no security fixes. An Action keeps its version until somebody \
                     changes it.",
        fix: "Change the runtime of the Action to Node 22 and deploy it.",
        steps: &["Dashboard: Actions > Library > the Action > Runtime."],
        references: &[(
            "Migrate to Node 18",
            "https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations/migrate-nodejs-16-to-nodejs-18",
        )],
        checkmate: &["checkActionsRuntime"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, _: &TenantSnapshot) -> Answer {
    let Running::At(path) = action::running(action, "runtime")? else { return Ok(action::NEVER_DEPLOYED) };
    let Some(version) = action.text(&path)? else { return Err(action.not_stated(&path)) };
    code::runtime(version, &action.pointer(&path))
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
                ("failed moderate", "actions: [{name: a, runtime: node18}]"),
                ("failed high", "actions: [{name: a, runtime: node16}]"),
                ("passed", "actions: [{name: a, runtime: node22}]"),
                ("not-assessed", "actions: [{name: a}]"),
                (
                    "failed high",
                    "actions: [{name: a, runtime: node22, all_changes_deployed: false, deployed_version: {runtime: node16}}]",
                ),
                ("not-applicable", "actions: [{name: a, runtime: node16, all_changes_deployed: false}]"),
            ],
        );
    }
}
