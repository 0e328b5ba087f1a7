//! The error page shows nothing as it came.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.pages.error-page",
        title: "The error page shows nothing as it came",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "Whoever makes a link chooses what the error page says. Shown without escaping, that can be a script on \
                     your own login domain.",
        fix: "Escape each value of the request: {{ error_description | escape }}.",
        steps: &["Dashboard: Settings > General > Error Pages."],
        references: &[(
            "Custom error pages",
            "https://auth0.com/docs/customize/login-pages/custom-error-pages",
        )],
        checkmate: &["checkErrorPageTemplate"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Pages, ask),
};

fn ask(page: &Item, tenant: &TenantSnapshot) -> Answer {
    if page.name != "error_page" {
        return Ok(Verdict::NotApplicable("it is not the error page"));
    }
    if !page.has("html")? {
        return Ok(Verdict::NotApplicable("the error page is Auth0's own"));
    }
    let unescaped = &tenant.page(&page.pointer("html"))?.unescaped;
    if unescaped.is_empty() {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::High,
        "The error page shows values as they came",
        &page.pointer("html"),
        &first_few(unescaped),
        "each of them escaped",
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
                ("failed high", "pages: [{name: error_page, html: '<p>{{ error_description }}</p>'}]"),
                ("passed", "pages: [{name: error_page, html: '<p>{{ error_description | escape }}</p>'}]"),
                ("not-applicable", "pages: [{name: login, html: '<p></p>'}]"),
                ("not-assessed", "pages: [{name: error_page, html: @@X@@}]"),
            ],
        );
    }
}
