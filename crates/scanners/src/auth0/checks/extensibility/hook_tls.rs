//! Hooks check whom they talk to.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::code;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.hook-tls",
        title: "Hooks check whom they talk to",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "With the check of certificates off, anybody on the way can answer in the other side's name, and \
                     read what is sent.",
        fix: "Remove the option; if the other side has a private authority, give its certificate.",
        steps: &["Dashboard: Auth Pipeline > Hooks > the hook."],
        references: &[(
            "Migrate from hooks to Actions",
            "https://auth0.com/docs/customize/actions/migrate/migrate-from-hooks-to-actions",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Hooks, ask),
};

fn ask(hook: &Item, tenant: &TenantSnapshot) -> Answer {
    code::spots(
        hook,
        "script",
        tenant,
        |facts| &facts.tls_off,
        (Severity::High, "A hook does not check certificates", "certificates are checked"),
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
                    r#"hooks: [{name: a, script: "module.exports = function (user, cb) { request({url: u, rejectUnauthorized: false}); };\n"}]"#,
                ),
                (
                    "passed",
                    r#"hooks: [{name: a, script: "module.exports = function (user, cb) { request({url: u}); };\n"}]"#,
                ),
                (
                    "not-assessed",
                    r#"hooks: [{name: a, script: "module.exports = function (user, cb) { ((; };\n"}]"#,
                ),
            ],
        );
    }
}
