//! Applications have no login page of their own.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.custom-login-page",
        title: "Applications have no login page of their own",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A page of its own is code that takes passwords and that nobody updates. It misses what the hosted login \
                     gets: bot detection, passkeys, fixes.",
        fix: "Use Universal Login instead of a custom page.",
        steps: &["Dashboard: Branding > Universal Login > Advanced Options > Login."],
        references: &[("Universal Login", "https://auth0.com/docs/authenticate/login/auth0-universal-login")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if application.flag("custom_login_page_on")? == Some(false) {
        return Ok(Verdict::Passed);
    }
    question::absent(
        application,
        "custom_login_page",
        Severity::Low,
        "The application has a login page of its own",
    )
    .map(|verdict| match verdict {
        // The page itself is no evidence: it is long and may hold anything.
        Verdict::Failed(mut problem) => {
            problem.evidence.seen = "a page".to_owned();
            Verdict::Failed(problem)
        }
        other => other,
    })
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
                    "clients: [{name: A, custom_login_page_on: true, custom_login_page: '<html>'}]",
                ),
                ("passed", "clients: [{name: A, custom_login_page_on: true}]"),
                ("passed", "clients: [{name: A}]"),
                ("not-assessed", "clients: [{name: A, custom_login_page_on: ##X##}]"),
                ("failed low", "clients: [{name: A, custom_login_page: '<html>'}]"),
                ("passed", "clients: [{name: A, custom_login_page_on: false, custom_login_page: '<html>'}]"),
            ],
        );
    }
}
