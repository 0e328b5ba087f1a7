//! From a scan to tickets in a stand-in of Jira, through the real binary, with leases of a stand-in of Token Vault.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

#[path = "deliveries/approvals.rs"]
mod approvals;
#[path = "deliveries/channels.rs"]
mod channels;
#[path = "deliveries/chaos.rs"]
mod chaos;
#[path = "deliveries/distributed.rs"]
mod distributed;
#[path = "cli/home.rs"]
#[allow(dead_code, reason = "the tests of the command line use the rest")]
mod home;
#[path = "deliveries/watching.rs"]
mod watching;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use checkmate_sandbox::jira::{Category, Issue, Project};
use checkmate_sandbox::{Chaos, Office, Sandbox, Tenant, Vendor, WORLD};
use home::{Home, PATIENCE, Said};
use serde_json::{Value, json};

const SCOPE: &str = "auth0:acme.eu.auth0.com";

/// A tenant to scan whose vault leases the account at Atlassian, a stand-in of Jira, and a folder that leads to both.
struct Site {
    tenant: Sandbox,
    office: Office,
    home: Home,
}

impl Site {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With more keys of the route.
    async fn with(route: &str) -> Self {
        let (tenant, keys) = Tenant::example();
        let tenant = Sandbox::start(tenant).await.unwrap();
        let other = Project::new("10001", "OPS", "Operations");
        let office = Office::builder().leases_of(&tenant).project(other).time_scale(100.0);
        let office = office.start().await.unwrap();
        let home = Home::new();
        for (name, pem) in [
            ("client.pem", &keys.worker.private_pem),
            ("subject.pem", &keys.subject.private_pem),
            ("scanner.pem", &keys.management.private_pem),
        ] {
            fs::write(home.path(name), pem).unwrap();
            fs::set_permissions(home.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let mut config = fs::read_to_string(home.path("checkmate.toml")).unwrap();
        config.push_str(&format!(
            "[notifier]\ndelivery_hold = \"2s\"\nlook_for = \"3s\"\n[outbound]\ntotal_timeout = \"1500ms\"\nread_timeout = \"400ms\"\n\
             [auth0]\ndomain = \"acme.eu.auth0.com\"\nbase_url = \"{base}\"\nclient_id = \"worker\"\n\
             client_key_file = \"client.pem\"\n[vault]\nsubject_key_file = \"subject.pem\"\n\
             [connections.jira]\nprovider = \"atlassian\"\nuser = \"{user}\"\n\
             scopes = \"read:jira-work write:jira-work\"\n\
             [tenants.acme]\ndomain = \"acme.eu.auth0.com\"\nbase_url = \"{base}\"\nclient_id = \"scanner\"\n\
             client_key_file = \"scanner.pem\"\nplan = \"unlimited\"\norganisation = \"halden\"\n\
             [routes.tickets]\nto = \"jira\"\nproject = \"SEC\"\nleast_priority = \"P2\"\n{most_new}{route}\
             connection = \"jira\"\nbase_url = \"{jira}\"\n",
            base = tenant.base(),
            user = keys.user,
            most_new = if route.contains("most_new") { "" } else { "most_new = 200\n" },
            jira = office.jira_url()
        ));
        fs::write(home.path("checkmate.toml"), config).unwrap();
        Self { tenant, office, home }
    }

    /// Another tenant of the same organisation.
    async fn add_tenant(&self) -> Sandbox {
        let (tenant, keys) = Tenant::example_of("other.eu.auth0.com", WORLD);
        let tenant = Sandbox::start(tenant).await.unwrap();
        fs::write(self.home.path("other.pem"), &keys.management.private_pem).unwrap();
        fs::set_permissions(self.home.path("other.pem"), fs::Permissions::from_mode(0o600)).unwrap();
        let mut config = fs::read_to_string(self.home.path("checkmate.toml")).unwrap();
        config.push_str(&format!(
            "[tenants.other]\ndomain = \"other.eu.auth0.com\"\nbase_url = \"{}\"\nclient_id = \"scanner\"\n\
             client_key_file = \"other.pem\"\nplan = \"unlimited\"\norganisation = \"halden\"\n",
            tenant.base()
        ));
        fs::write(self.home.path("checkmate.toml"), config).unwrap();
        tenant
    }

    async fn run(&self, args: &[&str]) -> Said {
        tokio::task::block_in_place(|| self.home.run(args))
    }

    async fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--format", "json"]].concat()).await.json()
    }

    /// Scans the tenant to the end, deliveries included; the id of the scan.
    async fn scan(&self) -> String {
        self.json(&["scan", SCOPE]).await["scan"]["id"].as_str().unwrap().to_owned()
    }

    /// What `notify preview` shows of this kind: label and title.
    async fn shown(&self, scan: &str, what: &str) -> BTreeSet<(String, String)> {
        let shown = self.json(&["notify", "preview", scan]).await;
        let some = shown.as_array().unwrap().iter().filter(|one| one["what"] == what);
        some.map(|one| (format!("checkmate-{}", text(&one["id"])), text(&one["title"]))).collect()
    }

    async fn rows(&self) -> Vec<Value> {
        self.json(&["deliveries", "list", "--limit", "1000"]).await.as_array().unwrap().clone()
    }

    fn tickets(&self) -> Vec<Issue> {
        self.office.jira().labelled("checkmate")
    }

    fn open(&self) -> usize {
        self.tickets().iter().filter(|issue| issue.category != Category::Done).count()
    }

    fn wrote(&self, what: &str) -> usize {
        self.office.record().iter().filter(|written| written.what == what).count()
    }

    fn grants(&self, grants: &Value) {
        set_grants(&self.tenant, grants);
    }
}

/// What all applications of a tenant may.
fn set_grants(tenant: &Sandbox, grants: &Value) {
    tenant.set(|tenant| {
        for client in tenant.api.get_mut("clients").unwrap().as_array_mut().unwrap() {
            client["grant_types"] = grants.clone();
        }
    });
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The label of a ticket that is its own, and its summary.
fn told(issue: &Issue) -> (String, String) {
    let label = issue.labels().iter().find(|label| label.starts_with("checkmate-")).unwrap().to_string();
    (label, text(&issue.fields["summary"]))
}

fn states(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| text(&row["state"])).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_become_tickets_that_follow_them() {
    let site = Site::new().await;
    site.grants(&json!(["authorization_code", "implicit"]));
    let first = site.scan().await;
    let shown = site.shown(&first, "ticket").await;
    let made: BTreeSet<_> = site.tickets().iter().map(told).collect();
    assert!(made.len() > 5, "{made:?}");
    assert_eq!(made, shown, "the tickets are those that the preview shows");
    let rows = site.rows().await;
    assert_eq!(states(&rows), BTreeSet::from(["delivered".to_owned()]), "{rows:?}");
    let trail = site.run(&["audit", "list", "--limit", "500"]).await.fine();
    assert!(
        rows.iter().all(|row| trail.out.contains(&format!("delivery {}", text(&row["id"])))),
        "{trail:?}"
    );

    // The same again: nothing is written anywhere.
    let wrote = site.office.record().len();
    let quiet = site.scan().await;
    assert_eq!(site.shown(&quiet, "ticket").await.len(), 0);
    assert_eq!(site.office.record().len(), wrote);

    // What is mended closes its ticket, and what comes back opens the same one.
    let (tickets, open) = (site.tickets().len(), site.open());
    site.grants(&json!(["authorization_code"]));
    let mended = site.scan().await;
    let closed: BTreeSet<_> =
        site.shown(&mended, "close ticket").await.into_iter().map(|one| one.0).collect();
    assert!(!closed.is_empty());
    assert_eq!((site.tickets().len(), site.open()), (tickets, open - closed.len()));
    let done = site.tickets().into_iter().filter(|issue| issue.category == Category::Done);
    assert_eq!(done.map(|issue| told(&issue).0).collect::<BTreeSet<_>>(), closed);
    site.grants(&json!(["authorization_code", "implicit"]));
    site.scan().await;
    assert_eq!((site.tickets().len(), site.open()), (tickets, open));
    assert_eq!(site.wrote("issue.create"), tickets, "nothing was made twice");
}

/// One root cause in two tenants is one ticket; a scan of one of them does not close what is open in the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_of_one_tenant_closes_no_ticket_of_two() {
    let site = Site::with("rules = [\"auth0.applications.grant-types\"]\n").await;
    let other = site.add_tenant().await;
    let (implicit, fine) = (json!(["authorization_code", "implicit"]), json!(["authorization_code"]));
    site.grants(&implicit);
    set_grants(&other, &implicit);
    site.run(&["scan", "org:halden", "--format", "json"]).await;
    assert_eq!((site.tickets().len(), site.open()), (1, 1), "{:?}", site.tickets());
    site.grants(&fine);
    site.scan().await;
    assert_eq!((site.tickets().len(), site.open()), (1, 1), "it is open in the other one");
    set_grants(&other, &fine);
    site.run(&["scan", "auth0:other.eu.auth0.com", "--format", "json"]).await;
    assert_eq!((site.tickets().len(), site.open()), (1, 0));
}

/// What people accept closes its ticket without a scan, whatever scans say, until they take it back or its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_follow_what_people_decide() {
    let site = Site::with("rules = [\"auth0.applications.grant-types\"]\nticket_per = \"finding\"\n").await;
    site.grants(&json!(["authorization_code", "implicit"]));
    site.scan().await;
    let (tickets, open) = (site.tickets().len(), site.open());
    assert!(open > 1, "{open}");
    let listed = site.json(&["findings", "list"]).await;
    let findings = listed.as_array().unwrap();
    let ours = |one: &&Value| one["finding"]["rule"] == "auth0.applications.grant-types";
    let id = text(&findings.iter().find(ours).unwrap()["finding"]["fingerprint"]);

    let accept = ["findings", "accept", &id, "--reason", "behind a proxy", "--owner", "ops"];
    let past = site.run(&[&accept[..], &["--until", "2020-01-01"]].concat()).await;
    assert!(past.code == Some(1) && past.err.contains("is past"), "{past:?}");
    let dry = [&accept[..], &["--until", "90d", "--dry-run"]].concat();
    let said = site.run(&dry).await.fine();
    assert!(
        said.out.contains("accepted until") && said.out.contains("nothing is kept (--dry-run)"),
        "{said:?}"
    );
    assert_eq!(site.json(&dry).await["decision"]["waiver"]["owner"], "ops");
    for what in [&["assign", &id, "ann"][..], &["comment", &id, "hm"]] {
        let said = site.run(&[&["findings"], what, &["--dry-run"]].concat()).await.fine();
        assert!(said.out.contains("nothing is kept (--dry-run)"), "{said:?}");
    }
    let past = site.run(&[&accept[..], &["--until", "2020-01-01", "--dry-run"]].concat()).await;
    assert!(past.code == Some(1) && past.err.contains("is past"), "{past:?}");
    assert_eq!(site.json(&["findings", "list"]).await.as_array().unwrap().len(), findings.len());
    assert!(site.json(&["findings", "show", &id]).await["decision"].is_null());

    let said = site.run(&[&accept[..], &["--until", "90d"]].concat()).await.fine();
    assert!(said.out.contains("accepted until") && said.out.contains("ops answers for it"), "{said:?}");
    let fewer = site.json(&["findings", "list"]).await;
    assert_eq!(fewer.as_array().unwrap().len(), findings.len() - 1);
    let quiet = site.scan().await;
    assert_eq!((site.tickets().len(), site.open()), (tickets, open - 1), "its ticket is closed");
    assert!(site.run(&["scans", "show", &quiet]).await.out.contains("and 1 accepted"));

    site.scan().await;
    assert_eq!(site.open(), open - 1, "a decision outranks what scans say");
    site.run(&["findings", "assign", &id, "ann"]).await.fine();
    let reopened = site.run(&["findings", "reopen", &id, "--reason", "the proxy is gone"]).await.fine();
    assert!(reopened.out.contains("took that back: the proxy is gone"), "{reopened:?}");
    site.scan().await;
    assert_eq!((site.tickets().len(), site.open()), (tickets, open), "the same ticket is open again");
    let twice = site.run(&["findings", "reopen", &id, "--reason", "again"]).await;
    assert!(twice.code == Some(1) && twice.err.contains("is not accepted"), "{twice:?}");
}

/// The process dies again and again, and a third of the answers is lost: each ticket is there once, and the ledger says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_between_nothing_is_lost_and_nothing_is_doubled() {
    let site = Site::with("ticket_per = \"finding\"\n").await;
    let lost = Chaos {
        lost: 0.2,
        server_error: 0.05,
        rate_limited: 0.05,
        retry_after: 1,
        seed: 5,
        ..Chaos::default()
    };
    site.office.chaos(Vendor::Jira, lost);
    tokio::task::block_in_place(|| {
        let mut up = site.home.up();
        site.home.run(&["scan", SCOPE, "--no-wait"]).fine();
        for round in 0..12_u64 {
            // Later and later, so that each step is met.
            std::thread::sleep(Duration::from_millis(150 + 130 * (round % 5)));
            up.kill();
            up = site.home.up();
        }
        site.office.calm();
        let end = Instant::now() + PATIENCE;
        loop {
            let over = site.home.scans()[0]["state"] == "finished";
            let rows = site.home.json(&["deliveries", "list", "--limit", "1000"]);
            let rows = rows.as_array().unwrap();
            if over && !rows.is_empty() && rows.iter().all(|row| row["state"] == "delivered") {
                break;
            }
            assert!(Instant::now() < end, "{rows:#?}");
            std::thread::sleep(Duration::from_millis(200));
        }
        drop(up);
    });
    let unheard = site.office.record().iter().filter(|written| !written.answered).count();
    assert!(unheard > 0, "no answer was lost");
    let scan = text(&site.json(&["scans", "list"]).await[0]["id"]);
    let shown = site.shown(&scan, "ticket").await;
    let made: Vec<_> = site.tickets().iter().map(told).collect();
    assert_eq!(made.iter().cloned().collect::<BTreeSet<_>>(), shown);
    assert_eq!(made.len(), shown.len(), "one ticket for each");
    let keys: BTreeSet<String> = site.tickets().into_iter().map(|issue| issue.key).collect();
    let named: BTreeSet<String> = site.rows().await.iter().map(|row| text(&row["remote"])).collect();
    assert_eq!(named, keys, "the ledger agrees with the site");
}

/// Without an account deliveries are parked and say what to do; with it they go on, but for those that a person cancelled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_account_parks_deliveries_until_it_is_back() {
    let site = Site::new().await;
    let mut accounts = Vec::new();
    site.tenant.set(|tenant| accounts.clone_from(tenant.accounts_mut()));
    site.tenant.disconnect("auth0|checkmate", "atlassian");
    site.scan().await;
    assert_eq!(site.tickets().len(), 0);
    let rows = site.rows().await;
    assert_eq!(states(&rows), BTreeSet::from(["parked".to_owned()]), "{rows:#?}");
    assert!(rows.iter().all(|row| text(&row["why"]).contains("connections connect")), "{rows:#?}");
    let said = site.run(&["deliveries", "list", "--state", "parked"]).await.fine();
    assert!(said.out.contains("tickets") && said.out.contains("deliveries retry"), "{said:?}");

    let id = text(&rows[0]["id"]);
    let said = site.run(&["deliveries", "show", &id[..12]]).await.fine();
    assert!(said.out.contains("parked") && said.out.contains("one root cause"), "{said:?}");
    let missing = site.run(&["deliveries", "show", "nothing"]).await;
    assert!(missing.code == Some(1) && missing.err.contains("deliveries list"), "{missing:?}");
    let dry = site.run(&["deliveries", "cancel", &id, "--dry-run"]).await.fine();
    assert!(dry.out.contains("is parked: it would be cancelled; nothing is changed"), "{dry:?}");
    assert_eq!(site.json(&["deliveries", "show", &id]).await["state"], "parked");
    site.run(&["deliveries", "cancel", &id]).await.fine();
    let again = site.run(&["deliveries", "cancel", &id]).await;
    assert!(again.code == Some(1) && again.err.contains("cancelled before"), "{again:?}");
    let dry = site.run(&["deliveries", "cancel", &id, "--dry-run"]).await;
    assert!(dry.code == Some(1) && dry.err.contains("cancelled before"), "{dry:?}");
    let dry = site.run(&["deliveries", "retry", "--all", "--dry-run"]).await.fine();
    assert!(dry.out.contains("nothing is tried"), "{dry:?}");

    site.tenant.set(|tenant| tenant.accounts_mut().clone_from(&accounts));
    let said = site.run(&["deliveries", "retry", "--all"]).await.fine();
    assert!(said.out.contains(&format!("{0} of {0} deliveries", rows.len() - 1)), "{said:?}");
    site.scan().await;
    assert_eq!(site.tickets().len(), rows.len() - 1, "all but the one that was cancelled");
    site.run(&["deliveries", "retry", &id]).await.fine();
    site.scan().await;
    assert_eq!(site.tickets().len(), rows.len());
    let there = site.run(&["deliveries", "retry", &id]).await;
    assert!(there.code == Some(1) && there.out.contains("there already"), "{there:?}");
}

/// A route that should send and cannot is told before anything is started; one that does not send says so.
#[test]
fn what_a_route_lacks_is_told() {
    let home = Home::new();
    let before = fs::read_to_string(home.path("checkmate.toml")).unwrap();
    let check = |route: &str| {
        let vault = "[auth0]\ndomain = \"acme.eu.auth0.com\"\nclient_id = \"w\"\nclient_key_file = \"c.pem\"\n\
                     [vault]\nsubject_key_file = \"s.pem\"\n\
                     [connections.jira]\nprovider = \"atlassian\"\nuser = \"auth0|a\"\n\
                     [connections.posts]\nprovider = \"microsoft-teams\"\nuser = \"auth0|a\"\n\
                     [connections.code]\nprovider = \"github\"\nuser = \"auth0|a\"\n";
        fs::write(home.path("checkmate.toml"), format!("{before}{vault}[routes.tickets]\n{route}")).unwrap();
        home.run(&["config", "check"])
    };
    let jira = "to = \"jira\"\nproject = \"SEC\"\n";
    let cloud = "cloud_id = \"1324a887-45db-1bf4-1e99-ef0ff456d421\"\n";
    for (route, word) in [
        (format!("{jira}connection = \"jira\"\n"), "tenant_info"),
        (format!("{jira}{cloud}connection = \"jiro\"\n"), "no [connections.jiro]"),
        (format!("{jira}{cloud}connection = \"code\"\n"), "an account at github"),
        (format!("{jira}cloud_id = \"a/../b\"\nconnection = \"jira\"\n"), "no id of a site"),
        (format!("{jira}base_url = \"http://example.com\"\nconnection = \"jira\"\n"), "not encrypted"),
    ] {
        let said = check(&route);
        assert!(said.code == Some(2) && said.err.contains(word), "{route}: {said:?}");
    }
    let pages = format!("to = \"confluence\"\n{cloud}connection = \"jira\"\n");
    let teams = "to = \"teams\"\nconnection = \"posts\"\n";
    let hook = "to = \"webhook\"\nurl = \"https://hooks.example\"\n";
    for (route, word) in [
        (pages.clone(), "has no space"),
        (format!("{pages}space = \"a/b\"\n"), "neither the key nor the id"),
        (format!("{pages}space = \"SEC\"\nparent_page = \"..\"\n"), "no id of a page"),
        ("to = \"teams\"\nconnection = \"jira\"\n".to_owned(), "name one at microsoft-teams"),
        (teams.to_owned(), "Get link to channel"),
        (format!("{teams}url_file = \"w\"\n"), "leave one of them out"),
        (format!("{teams}team_id = \"t\"\nchannel_id = \"19:a/b\"\n"), "no id of a channel"),
        (hook.to_owned(), "head -c 32 /dev/urandom"),
        (format!("{hook}url_file = \"u\"\nkey_file = \"k\"\n"), "leave one of them out"),
        ("to = \"webhook\"\nurl = \"http://hooks.example/in\"\n".to_owned(), "not encrypted"),
    ] {
        let said = check(&route);
        assert!(said.code == Some(2) && said.err.contains(word), "{route}: {said:?}");
    }
    for fine in [
        format!("{pages}space = \"65538\"\n"),
        format!("{teams}team_id = \"fbe2bf47-16c8\"\nchannel_id = \"19:4a95@thread.tacv2\"\n"),
        "to = \"teams\"\nurl_file = \"workflow.url\"\n".to_owned(),
        format!("{hook}key_file = \"hook.key\"\n"),
    ] {
        let said = check(&fine).fine();
        assert!(!said.out.contains("nothing is sent"), "{fine}: {said:?}");
    }
    for (silent, word) in [("confluence", "no connection"), ("teams", "or url_file"), ("webhook", "no url")] {
        let said = check(&format!("to = \"{silent}\"\n")).fine();
        assert!(said.out.contains(word) && said.out.contains("nothing is sent by it"), "{said:?}");
    }
    let silent = check(jira).fine();
    assert!(silent.out.contains("nothing is sent by it"), "{silent:?}");
    let fine = check(&format!("{jira}{cloud}connection = \"jira\"\n")).fine();
    assert!(!fine.out.contains("nothing is sent"), "{fine:?}");
}
