//! Tokens and codes are sent only to encrypted addresses of the application's own.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::address::{Flaw, shown};
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::{Item, Written};
use crate::auth0::question::{self, Flaws, SAFE_ADDRESSES};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const FIELD: &str = "callbacks";

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.callbacks",
        aliases: &[],
        title: "Callback addresses are exact and encrypted",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "After login Auth0 sends the user, with the authorization code, to one of these addresses. With 'http' \
                    others on the way read it; with '*' an attacker who gets any matching host or page receives it; with \
                    'localhost' any program on the user's machine can.",
        fix: "List each callback address in full, with https, and keep localhost to development tenants.",
        steps: &[
            "Dashboard: Applications > the application > Allowed Callback URLs.",
            "Replace '*' by the addresses in use, 'http' by 'https', and remove localhost.",
        ],
        references: &[(
            "Redirect users after login",
            "https://auth0.com/docs/authenticate/login/redirect-users-after-login",
        )],
        checkmate: &["checkAllowedCallbacks"],
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let Some(callbacks) = application.texts(FIELD)? else { return Ok(Verdict::Passed) };
    let Flaws { found: flawed, unknown } = question::flaws(&callbacks);
    // A program on the user's own device may be called back there (RFC 8252).
    let kind = application.text("app_type");
    let not_stated = || Err(application.not_stated("app_type"));
    let loopback_is_fine: Result<bool, NotAssessed> = match kind {
        Ok(Some(kind)) => Ok(kind == "native"),
        Ok(None) => not_stated(),
        Err(reason) => Err(reason),
    };
    let worst = flawed.iter().map(|(flaw, _)| *flaw).max();
    match (worst, loopback_is_fine) {
        (Some(Flaw::Loopback), Err(reason)) => Err(reason),
        (None, _) | (Some(Flaw::Loopback), Ok(true)) if unknown => {
            callbacks.all_known().map(|()| Verdict::Passed)
        }
        (None, _) | (Some(Flaw::Loopback), Ok(true)) => Ok(Verdict::Passed),
        (Some(worst), _) => problem(application, worst, &flawed),
    }
}

fn problem(application: &Item, worst: Flaw, flawed: &[(Flaw, Written<'_>)]) -> Answer {
    let (severity, title) = match worst {
        Flaw::Insecure => (Severity::High, "Logins are sent to an address that is not encrypted"),
        Flaw::AnyHostOrPath => (Severity::High, "Logins are sent to any host or page that matches"),
        Flaw::AnySubdomain => (Severity::Moderate, "Logins are sent to any subdomain"),
        Flaw::Loopback => (Severity::Low, "Logins are sent to the user's own machine"),
    };
    let texts: Vec<String> = flawed
        .iter()
        .filter(|(flaw, _)| *flaw == worst)
        .map(|(_, Written::Known(text) | Written::Partly(text))| shown(text))
        .collect();
    failed(severity, title, &application.pointer(FIELD), &first_few(&texts), SAFE_ADDRESSES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |kind: &str, callbacks: &str| {
            format!("clients: [{{name: Shop, app_type: {kind}, callbacks: {callbacks}}}]")
        };
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("spa", "['http://shop.example.com/cb', '##MORE##']")),
                ("failed high", &with("native", "['https://*/cb']")),
                ("failed moderate", &with("spa", "['https://*.example.com/cb', 'http://localhost']")),
                ("failed moderate", &with("spa", "['https://*.##ENV##.example.com/cb']")),
                ("failed low", &with("regular_web", "['http://localhost:3000/cb']")),
                ("passed", &with("native", "['http://127.0.0.1/cb', 'com.example.shop://cb']")),
                ("passed", &with("spa", "['https://shop.example.com/cb']")),
                ("passed", &with("##KIND##", "['https://shop.example.com/cb']")),
                ("passed", "clients: [{name: Shop, app_type: spa}]"),
                ("not-assessed", &with("native", "['http://127.0.0.1/cb', '##MORE##']")),
                ("not-assessed", &with("spa", "['https://##ENV##.example.com/cb']")),
                ("not-assessed", &with("spa", "@@CALLBACKS@@")),
                ("not-assessed", "clients: [{name: Shop, callbacks: ['http://localhost']}]"),
                ("not-assessed", "tenant: {}"),
                ("not-applicable", "clients: []"),
            ],
        );
    }

    #[test]
    fn secrets_in_addresses_are_not_evidence() {
        let text =
            "clients: [{name: A, app_type: spa, callbacks: ['http://u:hunter2@a.example/cb?key=hunter2']}]";
        let (_, findings) = fixture::ask(&CHECK, text);
        assert_eq!(findings.first().map(|f| f.evidence.seen.as_str()), Some("http://a.example/cb"));
    }
}
