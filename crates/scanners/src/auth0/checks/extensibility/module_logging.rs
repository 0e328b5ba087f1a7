//! Action modules log no secrets and no whole profiles.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.module-logging",
        title: "Action modules log no secrets and no whole profiles",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "Logs are read by more people than profiles are, are copied to other systems and kept there.",
        fix: "Log ids and outcomes; leave out passwords, tokens and whole objects.",
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
        |facts| &facts.logging,
        (
            Severity::Moderate,
            "A module logs secrets or whole profiles",
            "only what is needed to find an error",
        ),
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
                ("failed moderate", r#"actionModules: [{name: a, code: "console.log(user);\n"}]"#),
                ("passed", r#"actionModules: [{name: a, code: "console.log('done');\n"}]"#),
                ("not-assessed", r#"actionModules: [{name: a, code: "((;\n"}]"#),
            ],
        );
    }
}
