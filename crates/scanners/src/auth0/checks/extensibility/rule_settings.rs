//! No values are left in the settings of rules.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.rule-settings",
        title: "No values are left in the settings of rules",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "Settings of rules hold passwords and keys that every rule can read. With rules gone, they are secrets \
                     that nobody looks after.",
        fix: "Move the value to the secrets of the Action that uses it, change it, and delete the setting.",
        steps: &["Dashboard: Auth Pipeline > Rules: Settings."],
        references: &[(
            "Migrate from rules to Actions",
            "https://auth0.com/docs/customize/actions/migrate/migrate-from-rules-to-actions",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let names: Vec<&str> =
        tenant.all(Collection::RulesConfigs)?.iter().map(|item| item.name.as_str()).collect();
    if names.is_empty() {
        return Ok(Verdict::Passed);
    }
    let title = "Values are left in the settings of rules";
    failed(Severity::Moderate, title, "rules-configs", &first_few(&names), "no setting")
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
                ("failed moderate", "rulesConfigs: [{key: API_KEY, value: ##X##}]"),
                ("passed", "rulesConfigs: []"),
                ("not-assessed", "tenant: {}"),
            ],
        );
    }
}
