//! Everything that a person must mend, with what it says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use std::fmt::Write as _;

use checkmate_domain::Scopes;
use checkmate_sandbox::{ClientAuth, Demand, Fault};
use checkmate_vault::{LeaseClass, ManagementRequest, Mode, Place};
use common::{Setup, Site, USER, github, refresh_token};

/// A trouble, the site it happens at, and what is done to it before the lease.
type Trouble = (&'static str, fn(&mut Setup), fn(&Site), &'static str);

const NOTHING: fn(&mut Setup) = |_| {};
const AS_IT_IS: fn(&Site) = |_| {};

const TROUBLES: [Trouble; 22] = [
    ("wrong client key", |setup| setup.wrong_client_key = true, AS_IT_IS, "misconfigured"),
    (
        "wrong client secret",
        |setup| setup.client_secret = true,
        |site| another_secret(site, "worker"),
        "misconfigured",
    ),
    ("wrong subject key", |setup| setup.wrong_subject_key = true, AS_IT_IS, "misconfigured"),
    ("wrong domain", |setup| setup.domain = "login.acme.example".into(), AS_IT_IS, "misconfigured"),
    ("clock behind", NOTHING, |site| site.sandbox.skew_clock(90), "misconfigured"),
    ("clock ahead", NOTHING, |site| site.sandbox.skew_clock(-90), "misconfigured"),
    (
        "grant off",
        NOTHING,
        |site| site.sandbox.set(|t| t.client_mut("worker").unwrap().grant_types.clear()),
        "denied",
    ),
    (
        "no privileged access",
        NOTHING,
        |site| site.sandbox.set(|t| t.client_mut("worker").unwrap().privileged = None),
        "denied",
    ),
    (
        "connection off",
        NOTHING,
        |site| site.sandbox.set(|t| t.connection_mut("github").unwrap().enabled_clients.clear()),
        "denied",
    ),
    (
        "connection not among the grants",
        NOTHING,
        |site| {
            site.sandbox.set(|t| t.client_mut("worker").unwrap().privileged.as_mut().unwrap().grants.clear());
        },
        "denied",
    ),
    (
        "address not allowed",
        NOTHING,
        |site| {
            site.sandbox
                .set(|t| t.client_mut("worker").unwrap().privileged.as_mut().unwrap().ip_allowlist.clear());
        },
        "denied",
    ),
    ("no account", NOTHING, |site| site.sandbox.disconnect(USER, "github"), "needs-connect"),
    ("revoked at the provider", NOTHING, |site| site.sandbox.revoke(USER, "github"), "needs-connect"),
    (
        "scope missing",
        NOTHING,
        |site| site.sandbox.set(|t| t.accounts_mut()[0].scopes = "read:org".to_owned()),
        "needs-connect",
    ),
    (
        "no such user",
        NOTHING,
        |site| site.sandbox.set(|t| *t = checkmate_sandbox::Tenant::without_users(t)),
        "needs-connect",
    ),
    (
        "session lost",
        |setup| setup.mode = Some(Mode::RefreshToken(refresh_token("rt_gone"))),
        AS_IT_IS,
        "needs-connect",
    ),
    (
        "a second factor of everybody",
        |setup| setup.mode = Some(Mode::RefreshToken(refresh_token("rt_1"))),
        |site| site.sandbox.set(|t| t.demands = Demand::SecondFactor),
        "misconfigured",
    ),
    (
        "a stronger sign-in",
        |setup| setup.mode = Some(Mode::RefreshToken(refresh_token("rt_1"))),
        |site| site.sandbox.set(|t| t.demands = Demand::StepUp),
        "denied",
    ),
    ("rate limited", NOTHING, |site| site.sandbox.order(Fault::RateLimited { retry_after: 90 }), "transient"),
    ("no network", |setup| setup.base = Some("http://127.0.0.1:1".into()), AS_IT_IS, "transient"),
    ("unknown answer", NOTHING, |site| site.sandbox.order(Fault::Status(418)), "denied"),
    ("no audit trail", NOTHING, |site| site.audit.away(true, false), "no-audit"),
];

/// Of the clients for the Management API: each by where it stands in the configuration.
const OF_MANAGEMENT: [Trouble; 9] = [
    (
        "wrong key of the client that looks",
        |setup| setup.place = Place::Management,
        |site| another_key(site),
        "misconfigured",
    ),
    (
        "no grant of the client that looks",
        |setup| setup.place = Place::Management,
        |site| ungranted(site),
        "denied",
    ),
    (
        "no address of the client that looks",
        |setup| setup.place = Place::Management,
        |site| elsewhere(site),
        "misconfigured",
    ),
    (
        "wrong key of a scanned tenant",
        |setup| setup.place = acme(),
        |site| another_key(site),
        "misconfigured",
    ),
    (
        "wrong secret of a scanned tenant",
        |setup| (setup.place, setup.client_secret) = (acme(), true),
        |site| another_secret(site, "management"),
        "misconfigured",
    ),
    ("no grant of a scanned tenant", |setup| setup.place = acme(), |site| ungranted(site), "denied"),
    ("no address of a scanned tenant", |setup| setup.place = acme(), |site| elsewhere(site), "misconfigured"),
    (
        "wrong key on the command line",
        |setup| setup.place = Place::CommandLine,
        |site| another_key(site),
        "misconfigured",
    ),
    (
        "wrong secret on the command line",
        |setup| (setup.place, setup.client_secret) = (Place::CommandLine, true),
        |site| another_secret(site, "management"),
        "misconfigured",
    ),
];

fn acme() -> Place {
    Place::Tenant("acme".to_owned())
}

fn another_secret(site: &Site, client: &str) {
    let auth = ClientAuth::Secret("rotated".to_owned());
    site.sandbox.set(|t| t.client_mut(client).unwrap().auth = auth);
}

fn another_key(site: &Site) {
    site.sandbox.set(|t| {
        let of_another = t.client_mut("worker").unwrap().auth.clone();
        t.client_mut("management").unwrap().auth = of_another;
    });
}

fn ungranted(site: &Site) {
    site.sandbox.set(|t| t.client_mut("management").unwrap().management_scopes = None);
}

fn elsewhere(site: &Site) {
    site.sandbox.order(Fault::Redirect("https://login.acme.example/oauth/token".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_names_the_client_that_is_meant() {
    let mut page = String::new();
    for (trouble, setup, before, class) in OF_MANAGEMENT {
        let site = Site::with(|one| {
            one.management = true;
            setup(one);
        })
        .await;
        before(&site);
        let (scopes, purpose) = ("read:users".parse().unwrap(), "test".to_owned());
        let request = ManagementRequest { job: None, scan: None, scopes, purpose };
        let error = site.vault.management(&site.client, &request).await.expect_err(trouble);
        assert_eq!(error.class.word(), class, "{trouble}: {error}");
        let text = error.to_string().replace(&site.sandbox.base().replace("http://", ""), "STAND-IN");
        writeln!(page, "{trouble} [{class}]\n  {text}\n").unwrap();
    }
    insta::assert_snapshot!(page);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_trouble_says_whose_account_and_what_mends_it() {
    let mut page = String::new();
    for (trouble, setup, before, class) in TROUBLES {
        let site = Site::with(setup).await;
        before(&site);
        let needed: Scopes = "repo".parse().unwrap();
        let error = site.lease_for(&site.client, &github(), needed).await.expect_err(trouble);
        assert_eq!(error.class.word(), class, "{trouble}: {error}");
        assert!(
            matches!(error.class, LeaseClass::NoAudit)
                || site.audit.outcomes().len() == site.audit.intents().len()
        );
        let text = error.to_string().replace(&site.sandbox.base().replace("http://", ""), "STAND-IN");
        let clock = ["89 s", "91 s"].iter().fold(text, |text, near| text.replace(near, "90 s"));
        writeln!(page, "{trouble} [{class}]\n  {clock}\n").unwrap();
    }
    let site = Site::with(|setup| setup.no_mode = true).await;
    writeln!(page, "not configured\n  {}", site.lease(&github()).await.unwrap_err()).unwrap();
    insta::assert_snapshot!(page);
}
