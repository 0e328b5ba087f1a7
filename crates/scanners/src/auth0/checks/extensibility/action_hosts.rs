//! Actions talk to nobody you do not know of.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-hosts",
        title: "Actions talk to nobody you do not know of",
        severity: Severity::Info,
        exposure: Exposure::Internal,
        rationale: "Each host that an Action talks to learns of logins, and can slow them down or stop them. The list is \
                     short, and somebody should know it.",
        fix: "Review the hosts, and accept this finding for those that are meant.",
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
    let Some((path, script)) = action::script(action, tenant)? else {
        return Ok(Verdict::NotApplicable("it has no code"));
    };
    let hosts: Vec<&String> = script.facts()?.hosts.iter().collect();
    if hosts.is_empty() {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Info,
        "An Action talks to other hosts",
        &action.pointer(&path),
        &first_few(&hosts),
        "hosts that somebody has reviewed",
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
                ("failed info", r#"actions: [{name: a, code: "fetch('https://api.example.com/users');\n"}]"#),
                ("passed", r#"actions: [{name: a, code: "exports.x = 1;\n"}]"#),
                ("not-assessed", r#"actions: [{name: a, code: "(;\n"}]"#),
            ],
        );
    }
}
