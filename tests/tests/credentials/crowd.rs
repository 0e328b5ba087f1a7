//! 1,000 jobs at once, each with a connection of its own, while a fifth of all requests go wrong.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use checkmate_sandbox::{Sandbox, Tenant, User};
use checkmate_testkit::rabbit::Rabbit;
use checkmate_testkit::redis::Redis;
use serde_json::Value;

use crate::site::{Plan, Site};

const JOBS: usize = 1_000;
/// Every so many jobs, one whose account is not there, and one whose account may too little.
const EVERY: usize = 20;
/// Users; with several jobs each, exchanges for one account meet.
const USERS: usize = 200;
/// For all of them to end.
const LONGEST: Duration = Duration::from_secs(240);

/// The connection and the user of a job, and how its check must end.
fn job(number: usize) -> (&'static str, String, &'static str) {
    let user = format!("auth0|{:03}", number % USERS);
    match number % EVERY {
        7 => ("github", format!("auth0|nobody-{number:03}"), "needs-connect"),
        13 => ("atlassian", user, "connection.scopes"),
        other => (if other % 2 == 0 { "github" } else { "microsoft-teams" }, user, "passed"),
    }
}

fn tenant() -> (Tenant, checkmate_sandbox::Example) {
    let (mut tenant, example) = Tenant::example();
    for number in 0..USERS {
        let id = format!("auth0|{number:03}");
        tenant = tenant
            .user(User {
                id: id.clone(),
                password: String::new(),
                refresh_tokens: Vec::new(),
                access_tokens: Vec::new(),
            })
            .account(&id, "github", "repo,read:org")
            .account(&id, "atlassian", "read:me offline_access")
            .account(&id, "microsoft-teams", "User.Read ChannelMessage.Send offline_access");
    }
    (tenant, example)
}

fn connections() -> String {
    let mut text = String::new();
    for number in 0..JOBS {
        let (connection, user, _) = job(number);
        writeln!(text, "[connections.c{number:03}]\nprovider = \"{connection}\"\nuser = \"{user}\"").unwrap();
        if connection == "atlassian" {
            writeln!(text, "scopes = \"read:jira-work write:jira-work\"").unwrap();
        }
    }
    text
}

/// The scans as they stand.
async fn scans(site: &Site) -> Vec<Value> {
    let said = site.checkmate(&["scans", "list", "--limit", "2000", "--format", "json"]).await.fine();
    serde_json::from_str(&said.out).unwrap()
}

/// The example's own connections are checked too.
fn is_ours(scan: &Value) -> bool {
    scan["scope"].as_str().unwrap().strip_prefix("connection:c").is_some_and(|rest| rest.len() == 3)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_jobs_at_once_end_as_they_must() {
    let redis = tokio::task::block_in_place(Redis::start);
    let rabbit = Rabbit::start().await;
    let (tenant, example) = tenant();
    let sandbox = Sandbox::start(tenant).await.unwrap();
    let plan = Plan {
        servers: Site::servers(&rabbit, &redis),
        more: connections(),
        log: "info",
        settings: vec![
            ("CHECKMATE_WORKER_SLOTS", "1000"),
            ("CHECKMATE_WORKER_MAX_FAILURES", "1000"),
            ("CHECKMATE_OUTBOUND_READ_TIMEOUT", "1s"),
            ("CHECKMATE_LIMITS_JOBS_PER_TARGET", "1000"),
        ],
        ..Plan::default()
    };
    let site = Site::of(sandbox, &example, &plan);
    site.sandbox.chaos(0.2, 7);
    let begun = Instant::now();
    site.checkmate(&["connections", "check", "--no-wait"]).await.fine();
    let ended = loop {
        let scans: Vec<Value> = scans(&site).await.into_iter().filter(is_ours).collect();
        let open = scans.iter().filter(|scan| scan["finished_at"].is_null()).count();
        if scans.len() == JOBS && open == 0 {
            break scans;
        }
        assert!(begun.elapsed() < LONGEST, "{open} of {} go on", scans.len());
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    eprintln!("{JOBS} jobs ended after {:?}", begun.elapsed());
    let said = site.checkmate(&["findings", "list", "--format", "json"]).await.fine();
    for scan in &ended {
        let name = scan["scope"].as_str().unwrap().trim_start_matches("connection:");
        let end = job(name[1..].parse().unwrap()).2;
        let told = match scan["ended"].as_object().unwrap().keys().next() {
            Some(reason) => reason.as_str(),
            None if said.out.contains(&format!("\"connection:{name}\"")) => "connection.scopes",
            None => "passed",
        };
        assert_eq!(told, end, "{scan}");
    }
    assert_eq!((site.sandbox.reused_ids(), site.sandbox.exchanges_at_once()), (0, 1));
    let trail = site.checkmate(&["audit", "verify"]).await.fine();
    assert!(trail.out.contains("The audit trail is whole"), "{trail:?}");
}
