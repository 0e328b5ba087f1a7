//! No hooks run.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.hooks",
        title: "No hooks run",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "Hooks reached their end of life on 18 November 2026. They get no fixes, and stop on a day that you do \
                     not choose.",
        fix: "Move what the hook does to an Action, and turn the hook off.",
        steps: &["Dashboard: Auth Pipeline > Hooks."],
        references: &[(
            "Migrate from hooks to Actions",
            "https://auth0.com/docs/customize/actions/migrate/migrate-from-hooks-to-actions",
        )],
        checkmate: &["checkHooks"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Hooks, ask),
};

fn ask(hook: &Item, _: &TenantSnapshot) -> Answer {
    question::stated_off(hook, "enabled", Severity::High, "A hook is on, beyond the end of life of hooks")
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
                ("failed high", "hooks: [{name: a, enabled: true}]"),
                ("passed", "hooks: [{name: a, enabled: false}]"),
                ("not-assessed", "hooks: [{name: a, enabled: ##X##}]"),
                ("not-applicable", "hooks: []"),
                ("not-assessed", "hooks: [{name: a}]"),
            ],
        );
    }
}
