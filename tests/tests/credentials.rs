//! The promise: the app never holds a token. Whole runs with the real binary, and then a search for every credential that
//! was given, wherever one could have been left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

#[path = "credentials/browser.rs"]
mod browser;
#[path = "telemetry/collector.rs"]
#[allow(dead_code, reason = "the tests of telemetry use the rest")]
mod collector;
#[path = "credentials/crowd.rs"]
mod crowd;
#[path = "cli/home.rs"]
#[allow(dead_code, reason = "the tests of the command line use the rest")]
mod home;
#[path = "credentials/import.rs"]
mod import;
#[path = "credentials/search.rs"]
mod search;
#[path = "credentials/site.rs"]
mod site;
#[path = "credentials/trail.rs"]
mod trail;
#[path = "credentials/waits.rs"]
mod waits;

use std::path::Path;
use std::time::{Duration, Instant};

use checkmate_sandbox::{Fault, Tenant, User};
use checkmate_testkit::browser::Browser;
use checkmate_testkit::rabbit::Rabbit;
use checkmate_testkit::redis::Redis;
use search::{Needles, in_files, in_memory};
use site::{CANARY, Plan, Site};

/// Leases of every kind: good ones, one that the provider does not take any more, refusals, faults.
async fn a_day_of_leases(site: &Site) {
    for _ in 0..3 {
        site.check(&["github", "jira", "teams"]).await;
    }
    site.sandbox.order(Fault::Status(503));
    site.sandbox.order(Fault::Garbage);
    site.check(&["teams"]).await;
    site.sandbox.disconnect("auth0|checkmate", "atlassian");
    let said = site.checkmate(&["connections", "check", "jira"]).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("connections connect jira"), "{said:?}");
    let said = site.checkmate(&["connections", "list"]).await.fine();
    assert!(said.out.contains("not connected"), "{said:?}");
    assert!(
        said.out.contains("ready") && !said.out.contains("ends at"),
        "an access token's end is none: {said:?}"
    );
    let tokens = site.sandbox.tokens();
    assert!(tokens.len() >= 11, "{} tokens were given", tokens.len());
}

/// Nothing of a credential is anywhere, and what was put there on purpose is found.
async fn nothing_is_left(site: Site, servers: &[&Path]) {
    let needles = Needles::new(&site.sandbox.tokens());
    let canary = Needles::new(&[CANARY.to_owned()]);

    let metrics = site.metrics();
    assert_eq!(needles.found_in(metrics.as_bytes()), None, "in the metrics");
    assert!(metrics.contains("checkmate_job_duration_seconds_count"));
    let spans = || serde_json::to_string(&site.collector.spans()).unwrap();
    home::until("traces are sent", || spans().contains("process checkmate.scan.interactive"));
    let spans = spans();
    assert_eq!(needles.found_in(spans.as_bytes()), None, "in the traces");

    match in_memory(site.pid(), &needles, &canary) {
        Err(why) => eprintln!("SKIPPED: the memory of a process cannot be read here ({why})"),
        Ok((sighting, canary_seen)) => {
            assert!(canary_seen, "a text that is in the memory for certain was not found");
            assert_eq!(sighting, None, "in the memory, after the jobs");
        }
    }
    let trail = site.checkmate(&["audit", "verify"]).await.fine();
    assert!(trail.out.contains("The audit trail is whole"), "{trail:?}");
    let home = site.stop();

    let own = home.path();
    let places: Vec<&Path> = servers.iter().copied().chain([own.as_path()]).collect();
    for place in places {
        assert_eq!(in_files(place, &needles), None, "below {}", place.display());
        for (form, text) in canary.forms() {
            let planted = place.join("planted");
            std::fs::write(&planted, [b"\x00binary\xff", text.as_slice(), b"\n"].concat()).unwrap();
            let found = in_files(place, &canary);
            std::fs::remove_file(&planted).unwrap();
            assert_eq!(found.as_deref(), Some(planted.as_path()), "{form} below {}", place.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_credential_is_left_anywhere_on_one_machine() {
    let site = Site::embedded().await;
    a_day_of_leases(&site).await;
    nothing_is_left(site, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_credential_is_left_anywhere_on_rabbitmq_and_redis() {
    let redis = tokio::task::block_in_place(Redis::start);
    let rabbit = Rabbit::start().await;
    let site = Site::distributed(&rabbit, &redis).await;
    a_day_of_leases(&site).await;
    nothing_is_left(site, &[rabbit.folder(), redis.folder()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_the_trail_is_named() {
    let site = Site::embedded().await;
    site.check(&["github"]).await;
    let home = site.stop();
    let store = home.path().join("data/store.db");
    let edit = |sql: &str| {
        let db = rusqlite::Connection::open(&store).unwrap();
        assert!(db.execute(sql, []).unwrap() > 0, "{sql}");
    };
    let verify = || home.checkmate(&["audit", "verify"]);
    assert_eq!(verify().code, Some(0));
    edit("UPDATE audit SET record = replace(record, 'connection-check', 'something-else') WHERE seq = 1");
    let said = verify();
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(said.out.contains("record 1 of segment") && said.out.contains("was changed"), "{said:?}");
    edit("UPDATE audit SET record = replace(record, 'something-else', 'connection-check') WHERE seq = 1");
    assert_eq!(verify().code, Some(0));
    edit("DELETE FROM audit WHERE seq = 2");
    let said = verify();
    assert!(said.out.contains("ends with record 1; checkpoint"), "{said:?}");
    edit("DELETE FROM audit");
    assert!(verify().out.contains("is gone; checkpoint"), "{:?}", verify());
}

/// A person connects an account by the browser, uses it, and disconnects it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_connected_from_the_terminal() {
    let site = Site::embedded().await;
    site.sandbox.disconnect("auth0|checkmate", "atlassian");
    let said = site.checkmate(&["connections", "check", "jira"]).await;
    assert_eq!(said.code, Some(3), "{said:?}");

    let (connecting, url) = site.begin(&["connections", "connect", "jira"]);
    let page = tokio::task::block_in_place(|| {
        let wrong = browser::open(&url).send(&[("user", "auth0|checkmate"), ("password", "guess")]);
        assert_eq!(wrong.status, 401);
        assert!(wrong.body.contains("Wrong user or password"), "{}", wrong.body);
        let signed_in = wrong.send(&[("user", "auth0|checkmate"), ("password", "correct horse")]);
        assert!(signed_in.body.contains("read:jira-work"), "{}", signed_in.body);
        signed_in.send(&[])
    });
    assert!(page.body.contains("The account is connected"), "{}", page.body);
    let said = tokio::task::block_in_place(|| connecting.said()).fine();
    assert!(said.out.contains("jira is connected: atlassian of auth0|checkmate"), "{said:?}");
    site.check(&["jira"]).await;

    let (leaving, url) = site.begin(&["connections", "disconnect", "jira"]);
    tokio::task::block_in_place(|| {
        browser::open(&url).send(&[("user", "auth0|checkmate"), ("password", "correct horse")])
    });
    let said = tokio::task::block_in_place(|| leaving.said()).fine();
    assert!(said.out.contains("revoke the app there too"), "{said:?}");
    let said = site.checkmate(&["audit", "list"]).await.fine();
    assert!(said.out.contains("for connections connect, a person at the terminal"), "{said:?}");
    nothing_is_left(site, &[]).await;
}

/// Somebody else signs in: nothing of theirs and nothing of the user's is touched, and the trail says who it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wrong_person_changes_nothing() {
    let site = Site::embedded().await;
    site.sandbox.set(|tenant| {
        let ceo = User {
            id: "auth0|ceo".to_owned(),
            password: "correct horse".to_owned(),
            refresh_tokens: vec![],
            access_tokens: vec![],
        };
        *tenant = tenant.clone().user(ceo).account("auth0|ceo", "atlassian", "read:me");
    });
    for command in ["connect", "disconnect"] {
        let (going_on, url) = site.begin(&["connections", command, "jira"]);
        assert!(url.contains("prompt=login") && url.contains("nonce="), "{url}");
        let page = tokio::task::block_in_place(|| {
            browser::open(&url).send(&[("user", "auth0|ceo"), ("password", "correct horse")])
        });
        assert!(page.body.contains("Somebody else signed in"), "{}", page.body);
        let said = tokio::task::block_in_place(|| going_on.said());
        assert_eq!(said.code, Some(1), "{said:?}");
    }
    let mut accounts = 0;
    site.sandbox.set(|tenant| {
        accounts = tenant.accounts_mut().iter().filter(|account| account.connection == "atlassian").count();
    });
    assert_eq!(accounts, 2, "both are there as before");
    site.check(&["jira"]).await;
    let said = site.checkmate(&["audit", "list"]).await.fine();
    assert_eq!(said.out.matches("auth0|ceo signed in; the token").count(), 2, "{said:?}");
}

/// The same with a real browser, which opens more connections than it needs and shows what a person sees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_connected_in_a_real_browser() {
    let Some(browser) = Browser::open().await else { return };
    let site = Site::embedded().await;
    site.sandbox.disconnect("auth0|checkmate", "atlassian");
    let (connecting, url) = site.begin(&["connections", "connect", "jira"]);
    browser.go(&url).await;
    browser.see("This is a stand-in of an Auth0 tenant").await;
    browser.fill("#password", "guess").await;
    browser.click("button").await;
    browser.see("Wrong user or password").await;
    browser.fill("#user", "auth0|checkmate").await;
    browser.fill("#password", "correct horse").await;
    let signed_in = Instant::now();
    browser.click("button").await;
    let asked = browser.see("Allow CheckMate?").await;
    assert!(asked.contains("read:jira-work") && asked.contains("behind atlassian"), "{asked}");
    browser.click("button").await;
    browser.see("The account is connected").await;
    assert!(signed_in.elapsed() < Duration::from_secs(8), "{:?}", signed_in.elapsed());
    let said = tokio::task::block_in_place(|| connecting.said()).fine();
    assert!(said.out.contains("jira is connected"), "{said:?}");
    site.check(&["jira"]).await;

    let (leaving, url) = site.begin(&["connections", "disconnect", "jira"]);
    browser.go(&url).await;
    browser.fill("#password", "correct horse").await;
    browser.click("button").await;
    browser.see("Signed in. The terminal goes on").await;
    let said = tokio::task::block_in_place(|| leaving.said()).fine();
    assert!(said.out.contains("revoke the app there too"), "{said:?}");
}

/// The files of `deploy/auth0`, imported into an empty tenant by the vendor's own tool: then jobs lease there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_was_imported_gives_leases() {
    let Some(tool) = import::tool() else { return };
    let tenant = import::Imported::start().await;
    tokio::task::block_in_place(|| {
        for _ in 0..2 {
            let said = tenant.run(&tool, &["import", "--input_file", "deploy/auth0"]);
            assert!(said.contains("Import Successful"), "{said}");
            let access = ["deploy/auth0/privileged-access.mjs"];
            let said = tenant.run(Path::new("node"), &access);
            assert!(said.contains("0 other keys, 1 addresses, 3 connections"), "{said}");
        }
    });
    tenant.requests_fit_the_contract();
    let counts = ["clients", "connections", "client-grants"].map(|path| tenant.api(path).len());
    assert_eq!(counts, [4, 3, 3], "the second import made nothing twice");
    let worker = tenant.client("CheckMate Worker");
    assert_eq!(tenant.api(&format!("clients/{worker}/credentials")).len(), 2);

    let clients =
        ["Worker", "Management", "Terminal"].map(|name| tenant.client(&format!("CheckMate {name}")));
    let (example, _) = Tenant::example();
    tenant.sandbox.set(|imported| {
        imported.rename("acme.eu.auth0.com");
        imported.take_people_of(&example);
    });
    let import::Imported { sandbox, keys, .. } = tenant;
    let site = Site::of(sandbox, &keys, &Plan { clients, ..Plan::default() });
    site.check(&["github", "jira", "teams"]).await;
    let said = site.checkmate(&["connections", "list"]).await.fine();
    assert!(!said.out.contains("not connected"), "{said:?}");
}

/// A provider that does not take a credential any more: one fresh lease, the call once more, and no third.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_ends_in_mid_job_is_taken_anew_once() {
    let site = Site::embedded().await;
    let given = || site.sandbox.tokens().len();
    let calls = || site.sandbox.said().iter().filter(|said| said.path == "/provider/github/user").count();
    site.sandbox.order_of_provider(Fault::Status(401));
    site.check(&["github"]).await;
    assert_eq!((given(), calls()), (2, 1), "the call that was refused is not among those that were answered");

    for _ in 0..2 {
        site.sandbox.order_of_provider(Fault::Status(401));
    }
    let said = site.checkmate(&["connections", "check", "github"]).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("1 failed") && said.out.contains("does not take the credential"), "{said:?}");
    assert!(said.out.contains("connections connect github"), "{said:?}");
    assert_eq!((given(), calls()), (4, 1), "no third");
}

/// An account that may do less than jobs need is not well: the check says so by its exit code, and which command mends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_may_do_too_little_fails_its_check() {
    let site = Site::embedded().await;
    site.sandbox.set(|tenant| {
        let jira = tenant.accounts_mut().iter_mut().find(|account| account.connection == "atlassian");
        jira.unwrap().scopes = "read:jira-work".to_owned();
    });
    let said = site.checkmate(&["connections", "check", "jira"]).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("missing: write:jira-work"), "{said:?}");
    assert!(said.out.contains("checkmate connections connect jira"), "{said:?}");
    let said = site.checkmate(&["connections", "check", "jira", "--format", "json"]).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    let scan: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert!(scan["findings"].to_string().contains("'checkmate connections connect jira'"), "{scan}");
    site.check(&["github", "teams"]).await;
}
