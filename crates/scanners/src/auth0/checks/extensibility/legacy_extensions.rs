//! No extensions of the old kind run in logins.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const EXTENSIONS: [&str; 3] =
    ["auth0-account-link-extension", "auth0-authorization-extension", "auth0-authz"];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.legacy-extensions",
        title: "No extensions of the old kind run in logins",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "The account link and authorization extensions put rules into every login. They are code of another time, \
                     and end with rules.",
        fix: "Use Actions and role-based access control instead, and remove the extension.",
        steps: &["Dashboard: Extensions."],
        references: &[(
            "Migrate from rules to Actions",
            "https://auth0.com/docs/customize/actions/migrate/migrate-from-rules-to-actions",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Rules, ask),
};

fn ask(rule: &Item, _: &TenantSnapshot) -> Answer {
    if EXTENSIONS.iter().any(|name| rule.name.to_ascii_lowercase().contains(name)) {
        return failed(
            Severity::Moderate,
            "A rule of an old extension is there",
            &rule.pointer("name"),
            &rule.name,
            "no such rule",
        );
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
                ("failed moderate", "rules: [{name: auth0-account-link-extension}]"),
                ("passed", "rules: [{name: my-rule}]"),
                ("not-assessed", "tenant: {}"),
            ],
        );
    }
}
