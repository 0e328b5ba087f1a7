//! Deliveries on RabbitMQ and Redis: several notifiers, one of which is always being killed, make each ticket once.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use checkmate_sandbox::{Chaos, Vendor};
use checkmate_testkit::rabbit::{ADMIN, PASSWORD, Rabbit};
use checkmate_testkit::redis::Redis;
use serde_json::json;

use crate::{SCOPE, Site, states, text};

const PATIENCE: Duration = Duration::from_mins(3);

/// Puts the site on these servers.
fn move_to(site: &Site, rabbit: &Rabbit, redis: &Redis) {
    for (name, content) in [("password", PASSWORD.as_bytes()), ("fingerprint.key", &[7; 32][..])] {
        fs::write(site.home.path(name), content).unwrap();
        fs::set_permissions(site.home.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let config = fs::read_to_string(site.home.path("checkmate.toml")).unwrap();
    let servers = format!(
        "fingerprint_key_file = \"fingerprint.key\"\n{config}\
         [broker]\nurl = \"{}\"\npassword_file = \"password\"\nmanagement_url = \"{}\"\n\
         management_password_file = \"password\"\npublishers = [\"{ADMIN}\"]\n\
         [broker.role_password_files]\nscheduler = \"password\"\nworker = \"password\"\nnotifier = \"password\"\n\
         [store]\nurl = \"{}\"\n",
        rabbit.url_of(ADMIN, "%2F"),
        rabbit.management_url(),
        redis.url()
    );
    fs::write(site.home.path("checkmate.toml"), servers).unwrap();
    site.home.run(&["broker", "setup"]).fine();
}

/// Scans, one of two notifiers being killed all the time, until every delivery is there. How often one was killed.
fn round(site: &Site) -> usize {
    let end = Instant::now() + PATIENCE;
    let (_scheduler, _worker) = (site.home.role("scheduler"), site.home.role("worker"));
    let mut notifiers = [site.home.role("notifier"), site.home.role("notifier")];
    let before = site.home.scans().len();
    site.home.run(&["scan", SCOPE, "--no-wait"]).fine();
    let (mut kills, mut quiet) = (0, 0);
    while quiet < 3 {
        std::thread::sleep(Duration::from_millis(900 + 70 * (kills as u64 % 7)));
        let scans = site.home.scans();
        let over = scans.len() > before && scans[0]["state"].as_str().unwrap().starts_with("finished");
        let rows = site.home.json(&["deliveries", "list", "--limit", "1000"]);
        let done = |row: &serde_json::Value| row["state"] == "delivered" && row["due"].is_null();
        let rows = rows.as_array().unwrap();
        if over && !rows.is_empty() && rows.iter().all(done) {
            quiet += 1;
            continue;
        }
        quiet = 0;
        assert!(Instant::now() < end, "not delivered: {:?}", states(rows));
        let victim = std::mem::replace(&mut notifiers[kills % 2], site.home.role("notifier"));
        victim.kill();
        kills += 1;
    }
    kills
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_notifiers_on_servers_make_each_ticket_once() {
    let redis = tokio::task::block_in_place(Redis::start);
    let rabbit = Rabbit::start().await;
    let site = Site::with("ticket_per = \"finding\"\n").await;
    site.office.chaos(
        Vendor::Jira,
        Chaos {
            lost: 0.2,
            server_error: 0.05,
            rate_limited: 0.1,
            retry_after: 1,
            seed: 11,
            ..Chaos::default()
        },
    );
    site.grants(&json!(["authorization_code", "implicit"]));
    tokio::task::block_in_place(|| {
        move_to(&site, &rabbit, &redis);
        let mut kills = round(&site);
        let made = site.tickets();
        let told = |issue: &checkmate_sandbox::jira::Issue| crate::told(issue).0;
        let labels: std::collections::BTreeSet<String> = made.iter().map(told).collect();
        assert!(made.len() > 10, "{labels:?}");
        assert_eq!(labels.len(), made.len(), "a ticket was made twice");
        let rows = site.home.json(&["deliveries", "list", "--limit", "1000"]);
        let rows = rows.as_array().unwrap();
        let ids = rows.iter().map(|row| format!("checkmate-{}", text(&row["id"]))).collect();
        assert_eq!(labels, ids, "the ledger agrees with the site");

        site.grants(&json!(["authorization_code"]));
        let open = site.open();
        kills += round(&site);
        assert_eq!(site.tickets().len(), made.len(), "nothing was made anew");
        assert!(site.open() < open, "what is mended closes its ticket");
        assert!(kills > 2, "{kills}");
    });
}
