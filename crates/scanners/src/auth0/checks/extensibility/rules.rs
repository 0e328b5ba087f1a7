//! No rule runs any more.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.rules",
        aliases: &[],
        title: "No rule is on; Actions do its work",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "Rules reached their end of life on 2026-11-18: they get no fixes and may stop running. A rule that \
                    denies access or asks for a second factor then does so no longer.",
        fix: "Move the rule to an Action and turn it off.",
        steps: &[
            "Write its code as a post-login Action and bind it.",
            "Turn the rule off, test a login, then delete it.",
        ],
        references: &[(
            "Migrate from rules to Actions",
            "https://auth0.com/docs/customize/actions/migrate/migrate-from-rules-to-actions",
        )],
        checkmate: &["checkRules"],
    },
    ask: Ask::Each(Collection::Rules, ask),
};

fn ask(rule: &Item, _: &TenantSnapshot) -> Answer {
    if rule.stated_flag("enabled")? {
        let title = "A rule is on, beyond the end of life of rules";
        return failed(Severity::High, title, &rule.pointer("enabled"), "true", "false, or no rule");
    }
    Ok(Verdict::Passed)
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
                ("failed high", "rules: [{name: a, enabled: true}, {name: b, enabled: false}]"),
                ("passed", "rules: [{name: a, enabled: false}]"),
                ("not-assessed", "rules: [{name: a, enabled: ##ON##}]"),
                ("not-assessed", "rules: [{name: a}]"),
                ("not-assessed", "clients: []"),
                ("not-applicable", "rules: []"),
            ],
        );
    }
}
