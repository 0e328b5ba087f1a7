//! An application may not use the grants that hand out tokens or passwords in the open.
//!
//! Next on the way of a finding: `crates/triage/src/score.rs`.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const PASSWORD: [&str; 2] = ["password", "http://auth0.com/oauth/grant-type/password-realm"];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.grant-types",
        aliases: &[],
        title: "Applications use neither the implicit nor the password grant",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "The implicit grant puts tokens into addresses, where history, logs and scripts see them. The password \
                    grant has users type their password into the application, past MFA and attack protection.",
        fix: "Use the authorization code grant with PKCE, and turn off the implicit and password grants.",
        steps: &[
            "Move the application's login to the authorization code flow with PKCE.",
            "Dashboard: Applications > the application > Advanced Settings > Grant Types: clear Implicit and Password.",
        ],
        references: &[(
            "Application grant types",
            "https://auth0.com/docs/get-started/applications/application-grant-types",
        )],
        checkmate: &["checkGrantTypes"],
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let grants = client::grants(application)?;
    let held = |grant: &&&str| **grant == "implicit" || PASSWORD.contains(*grant);
    let weak: Vec<&str> = grants.known.iter().filter(held).copied().collect();
    if weak.is_empty() {
        return grants.all_known().map(|()| Verdict::Passed);
    }
    // Least without certainty: an unknown kind of application is not taken for one in a browser.
    let in_browser = matches!(application.text("app_type"), Ok(Some("spa")));
    let password = weak.iter().any(|grant| PASSWORD.contains(grant));
    let severity = if password || in_browser { Severity::High } else { Severity::Moderate };
    let title = if password { "The password grant is allowed" } else { "The implicit grant is allowed" };
    let expected = "neither implicit, password nor password-realm";
    failed(severity, title, &application.pointer("grant_types"), &first_few(&weak), expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |kind: &str, grants: &str| {
            format!("clients: [{{name: Shop, app_type: {kind}, grant_types: {grants}}}]")
        };
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("spa", "[implicit]")),
                ("failed moderate", &with("native", "[authorization_code, implicit]")),
                ("failed moderate", &with("##KIND##", "[implicit, '##MORE##']")),
                ("failed high", &with("regular_web", "[password, implicit]")),
                ("failed high", &with("native", "['http://auth0.com/oauth/grant-type/password-realm']")),
                ("passed", &with("spa", "[authorization_code, refresh_token]")),
                (
                    "passed",
                    &with(
                        "regular_web",
                        "['urn:openid:params:grant-type:ciba', 'http://auth0.com/oauth/grant-type/mfa-otp']",
                    ),
                ),
                ("passed", &with("spa", "[]")),
                ("not-assessed", &with("spa", "[authorization_code, '##MORE##']")),
                ("not-assessed", "clients: [{name: Shop, app_type: spa}]"),
                ("not-assessed", "tenant: {}"),
                ("not-applicable", "clients: []"),
            ],
        );
    }

    #[test]
    fn one_application_that_cannot_be_judged_hides_no_other() {
        let (outcome, findings) = fixture::ask(
            &CHECK,
            "clients: [{name: A}, {name: B, grant_types: [implicit]}, {name: C, grant_types: []}]",
        );
        assert_eq!(outcome.word(), "failed");
        assert_eq!(findings.iter().map(|f| f.resource_name.as_str()).collect::<Vec<_>>(), ["B"]);
    }
}
