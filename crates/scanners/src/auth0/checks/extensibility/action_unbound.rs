//! An Action that is deployed runs somewhere.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::bindings;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-unbound",
        title: "An Action that is deployed runs somewhere",
        severity: Severity::Low,
        exposure: Exposure::Internal,
        rationale: "An Action that is deployed and bound to nothing never runs. Where it was to protect something, it does \
                     not.",
        fix: "Bind the Action to its trigger, or delete it.",
        steps: &["Dashboard: Actions > Triggers."],
        references: &[("Actions", "https://auth0.com/docs/customize/actions")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, tenant: &TenantSnapshot) -> Answer {
    if !bindings::is_deployed(action)? {
        return Ok(Verdict::NotApplicable("it is not deployed"));
    }
    let triggers = bindings::triggers(action)?;
    let bindable: Vec<&&str> =
        triggers.iter().filter(|trigger| bindings::BINDABLE.contains(*trigger)).collect();
    if bindable.is_empty() {
        return Ok(Verdict::NotApplicable("it is called by name, not bound"));
    }
    for trigger in bindable {
        let names = bindings::bound(tenant, trigger)?;
        if names.iter().any(|name| *name == action.id.as_str() || *name == action.name) {
            return Ok(Verdict::Passed);
        }
    }
    failed(
        Severity::Low,
        "An Action runs nowhere",
        &action.pointer("supported_triggers"),
        &first_few(&triggers),
        "bound to its trigger",
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
                    "failed low",
                    "actions: [{name: a, deployed: true, supported_triggers: [{id: post-login}]}]\ntriggers: {post-login: []}",
                ),
                (
                    "passed",
                    "actions: [{name: a, deployed: true, supported_triggers: [{id: post-login}]}]\ntriggers: {post-login: [{action_name: a}]}",
                ),
                ("not-applicable", "actions: [{name: a, deployed: false}]"),
                (
                    "not-assessed",
                    "actions: [{name: a, deployed: true, supported_triggers: [{id: post-login}]}]",
                ),
            ],
        );
    }
}
