//! Rules check whom they talk to.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.rule-tls",
        title: "Rules check whom they talk to",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "With the check of certificates off, anybody on the way can answer in the other side's name, and \
                     read what is sent.",
        fix: "Remove the option; if the other side has a private authority, give its certificate.",
        steps: &["Dashboard: Auth Pipeline > Rules > the rule."],
        references: &[(
            "Migrate from rules to Actions",
            "https://auth0.com/docs/customize/actions/migrate/migrate-from-rules-to-actions",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Rules, ask),
};

fn ask(rule: &Item, tenant: &TenantSnapshot) -> Answer {
    code::spots(
        rule,
        "script",
        tenant,
        |facts| &facts.tls_off,
        (Severity::High, "A rule does not check certificates", "certificates are checked"),
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
                    r#"rules: [{name: a, script: "function (user, context, cb) { request({url: u, rejectUnauthorized: false}); }\n"}]"#,
                ),
                (
                    "passed",
                    r#"rules: [{name: a, script: "function (user, context, cb) { request({url: u}); }\n"}]"#,
                ),
                ("not-assessed", r#"rules: [{name: a, script: "function (user, context, cb) { ((; }\n"}]"#),
            ],
        );
    }
}
