//! No classic pages are on.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.pages.classic-pages",
        title: "No classic pages are on",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A classic page is code that takes passwords and that nobody updates. It misses what the hosted pages \
                     get: bot detection, passkeys, fixes.",
        fix: "Use Universal Login, and turn the page off.",
        steps: &["Dashboard: Branding > Universal Login > Advanced Options."],
        references: &[("Universal Login", "https://auth0.com/docs/authenticate/login/auth0-universal-login")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Pages, ask),
};

fn ask(page: &Item, _: &TenantSnapshot) -> Answer {
    let title = "A classic page is on";
    match page.name.as_str() {
        "error_page" => Ok(Verdict::NotApplicable("an error page takes no passwords")),
        // Whether a login page without the switch is on depends on an application that no export holds.
        "login" => question::stated_off(page, "enabled", Severity::Moderate, title),
        _ => question::off(page, "enabled", Severity::Moderate, title),
    }
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
                ("failed moderate", "pages: [{name: login, enabled: true}]"),
                ("passed", "pages: [{name: login, enabled: false}]"),
                ("not-applicable", "pages: [{name: error_page, html: x}]"),
                ("not-assessed", "pages: [{name: login, enabled: ##X##}]"),
                ("not-assessed", "pages: [{name: login, html: x}]"),
                ("passed", "pages: [{name: password_reset, html: x}]"),
            ],
        );
    }
}
