//! Pages run no scripts that others can change.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.pages.foreign-scripts",
        title: "Pages run no scripts that others can change",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A script from another host runs on the page that takes passwords. Without integrity, whoever changes it \
                     there reads them.",
        fix: "Add the integrity attribute, or serve the script yourself.",
        steps: &["Dashboard: Branding > Universal Login > Advanced Options."],
        references: &[("Universal Login", "https://auth0.com/docs/authenticate/login/auth0-universal-login")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Pages, ask),
};

fn ask(page: &Item, tenant: &TenantSnapshot) -> Answer {
    if !page.has("html")? {
        return Ok(Verdict::NotApplicable("the page is Auth0's own"));
    }
    let scripts = &tenant.page(&page.pointer("html"))?.foreign_scripts;
    if scripts.is_empty() {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Moderate,
        "A page runs scripts of other hosts",
        &page.pointer("html"),
        &first_few(scripts),
        "integrity on each of them",
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
                    "failed moderate",
                    r#"pages: [{name: login, html: '<script src="https://cdn.example.com/a.js"></script>'}]"#,
                ),
                ("passed", "pages: [{name: login, html: '<script>1</script>'}]"),
                ("not-applicable", "pages: [{name: login}]"),
                ("not-assessed", "pages: [{name: login, html: @@X@@}]"),
            ],
        );
    }
}
