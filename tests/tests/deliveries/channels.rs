//! One scan told by every channel: pages, messages, cards and events, each as often as promised.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkmate_domain::hash;
use checkmate_sandbox::graph::{CHANNEL, TEAM};
use checkmate_sandbox::webhook::Delivery;
use checkmate_sandbox::{Chaos, Vendor};
use serde_json::Value;

use super::home::{Home, PATIENCE};
use super::{SCOPE, Site, states, text};

const KEY: [u8; 32] = [7; 32];
const BEFORE: &str = "the key before this one, 32 bytes";

impl Site {
    /// With a route of each kind.
    async fn telling_all() -> Self {
        let site = Self::new().await;
        let secret = |name: &str, text: String| {
            fs::write(site.home.path(name), text).unwrap();
            fs::set_permissions(site.home.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        };
        secret("workflow.url", site.office.workflow_url() + "\n");
        secret("hook.key", format!("whsec_{}\n", STANDARD.encode(KEY)));
        secret("hook.key.old", format!("{BEFORE}\r\n"));
        let mut config = fs::read_to_string(site.home.path("checkmate.toml")).unwrap();
        config.push_str(&format!(
            "[connections.teams]\nprovider = \"microsoft-teams\"\nuser = \"auth0|checkmate\"\n\
             scopes = \"ChannelMessage.Send\"\n\
             [routes.pages]\nto = \"confluence\"\nconnection = \"jira\"\nspace = \"SEC\"\nbase_url = \"{pages}\"\n\
             [routes.channel]\nto = \"teams\"\nconnection = \"teams\"\nteam_id = \"{TEAM}\"\n\
             channel_id = \"{CHANNEL}\"\nbase_url = \"{graph}\"\n\
             [routes.cards]\nto = \"teams\"\nurl_file = \"workflow.url\"\n\
             [routes.events]\nto = \"webhook\"\nurl = \"{hook}\"\nkey_file = \"hook.key\"\n\
             previous_key_file = \"hook.key.old\"\n",
            pages = site.office.confluence_url(),
            graph = site.office.graph_url(),
            hook = site.office.hook_url("events"),
        ));
        fs::write(site.home.path("checkmate.toml"), config).unwrap();
        site
    }

    async fn states_of(&self, route: &str) -> BTreeSet<String> {
        let rows: Vec<Value> = self.rows().await.into_iter().filter(|row| row["route"] == route).collect();
        states(&rows)
    }

    /// What the preview of a scan shows of these routes, by kind.
    async fn previewed(&self, scan: &str, route: &str, what: &str) -> usize {
        let shown = self.json(&["notify", "preview", scan]).await;
        let fits = |one: &&Value| one["route"] == route && one["what"] == what;
        shown.as_array().unwrap().iter().filter(fits).count()
    }

    fn scope_page(&self) -> Option<checkmate_sandbox::confluence::Page> {
        self.office.confluence().titled(&format!("CheckMate: {SCOPE}"))
    }

    /// Messages by Graph, cards by the workflow, events.
    fn told(&self) -> (usize, usize, usize) {
        let runs = self.office.teams().runs();
        assert!(runs.iter().all(|run| run.failed.is_none()), "{runs:?}");
        (self.office.teams().messages().len(), runs.len(), self.office.deliveries("events").len())
    }
}

fn delivered() -> BTreeSet<String> {
    BTreeSet::from(["delivered".to_owned()])
}

/// Whether a key signed it, as the Standard Webhooks specification has it.
fn is_signed(event: &Delivery, key: &[u8]) -> bool {
    let header = |name: &str| event.headers[name].clone();
    let before = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
    let mac = hash::mac(key, &[before.as_bytes(), &event.body]);
    header("webhook-signature").split(' ').any(|one| one == format!("v1,{}", STANDARD.encode(mac)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_is_told_everywhere_as_often_as_promised() {
    let site = Site::telling_all().await;
    let first = site.scan().await;
    let rows = site.rows().await;
    assert_eq!(states(&rows), delivered(), "{rows:#?}");
    let page = site.scope_page().unwrap();
    let scan = site.office.confluence().titled(&format!("CheckMate: {SCOPE}, scan {first}")).unwrap();
    assert_eq!((page.number(), scan.parent), (1, page.id.to_string()));
    let urgent = site.previewed(&first, "channel", "card").await;
    assert_eq!((urgent, site.previewed(&first, "channel", "digest").await), (1, 1));
    let events = site.previewed(&first, "events", "event").await;
    assert!(events > 20, "{events}");
    assert_eq!(site.told(), (2, 2, events));
    let received = site.office.deliveries("events");
    let ids: BTreeSet<String> = received.iter().map(|event| text(&event.json()["id"])).collect();
    assert_eq!(ids.len(), events, "each by an id of its own");
    for event in &received {
        assert!(is_signed(event, &KEY) && is_signed(event, BEFORE.as_bytes()), "{event:?}");
        assert!(!is_signed(event, &[8; 32]));
    }

    // The same again: one digest and one page for the scan, and nothing else.
    let (tickets, second) = (site.tickets().len(), site.scan().await);
    assert_eq!((site.tickets().len(), site.told()), (tickets, (3, 3, events)));
    assert_eq!(site.scope_page().unwrap().number(), 1, "nothing changed");
    assert!(site.office.confluence().titled(&format!("CheckMate: {SCOPE}, scan {second}")).is_some());
    assert_eq!(site.wrote("page.create"), 3);

    // What is mended changes the page, and is told by an event.
    site.grants(&serde_json::json!(["authorization_code"]));
    let third = site.scan().await;
    let changed = site.previewed(&third, "events", "event").await;
    assert!(changed > 0);
    assert_eq!(site.scope_page().unwrap().number(), 2);
    assert_eq!(site.office.deliveries("events").len(), events + changed);

    // Neither the address of the workflow nor a key is shown anywhere.
    let secrets =
        [site.office.workflow_url().rsplit("sig=").next().unwrap().to_owned(), STANDARD.encode(KEY)];
    for args in [&["config", "show"][..], &["deliveries", "list", "--limit", "1000", "--format", "json"]] {
        let said = site.run(args).await.fine();
        assert!(
            secrets.iter().all(|secret| !said.out.contains(secret) && !said.err.contains(secret)),
            "{args:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jira_down_delays_nobody_else_and_catches_up() {
    let site = Site::telling_all().await;
    site.office.down(Vendor::Jira, true);
    let scan = site.scan().await;
    for route in ["pages", "channel", "cards", "events"] {
        assert_eq!(site.states_of(route).await, delivered(), "{route}");
    }
    assert!(site.tickets().is_empty() && !site.states_of("tickets").await.contains("delivered"));
    let told = site.told();
    site.office.down(Vendor::Jira, false);
    tokio::task::block_in_place(|| {
        let up = site.home.up();
        let end = Instant::now() + PATIENCE;
        let done = || {
            let rows = site.home.json(&["deliveries", "list", "--limit", "1000"]);
            rows.as_array().unwrap().iter().all(|row| row["state"] == "delivered")
        };
        while !done() {
            assert!(Instant::now() < end, "Jira has not caught up");
            std::thread::sleep(Duration::from_millis(200));
        }
        drop(up);
    });
    assert_eq!(site.tickets().len(), site.shown(&scan, "ticket").await.len());
    assert_eq!((site.told(), site.wrote("issue.create")), (told, site.tickets().len()));
}

/// Posts are not repeated however their answers are lost, pages are there once, and events come at least once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_double_nothing_that_was_promised_once() {
    let site = Site::telling_all().await;
    for vendor in [Vendor::Confluence, Vendor::Graph, Vendor::Workflow, Vendor::Webhook] {
        site.office.chaos(vendor, Chaos { lost: 0.4, seed: 11, ..Chaos::default() });
    }
    let scan = site.scan().await;
    site.office.calm();
    let over = |row: &Value| ["delivered", "unconfirmed"].contains(&row["state"].as_str().unwrap());
    let end = Instant::now() + PATIENCE;
    tokio::task::block_in_place(|| {
        let up = site.home.up();
        loop {
            let rows = site.home.json(&["deliveries", "list", "--limit", "1000"]);
            if rows.as_array().unwrap().iter().all(over) {
                break;
            }
            assert!(Instant::now() < end, "{rows:#}");
            std::thread::sleep(Duration::from_millis(200));
        }
        drop(up);
    });
    assert_eq!(site.states_of("pages").await, delivered());
    assert_eq!(site.wrote("page.create"), 2);
    let (messages, cards, events) = site.told();
    assert!(messages <= 2 && cards <= 2, "{messages} {cards}");
    let ids: BTreeSet<String> =
        site.office.deliveries("events").iter().map(|event| text(&event.json()["id"])).collect();
    assert!(ids.len() == site.previewed(&scan, "events", "event").await && events > ids.len(), "{events}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_whose_account_is_lost_waits_for_it_and_no_other_does() {
    let site = Site::telling_all().await;
    let mut accounts = Vec::new();
    site.tenant.set(|tenant| accounts.clone_from(tenant.accounts_mut()));
    for connection in ["atlassian", "microsoft-teams"] {
        site.tenant.disconnect("auth0|checkmate", connection);
    }
    let scan = site.scan().await;
    for route in ["pages", "channel"] {
        assert_eq!(site.states_of(route).await, BTreeSet::from(["parked".to_owned()]), "{route}");
    }
    for row in site.rows().await.iter().filter(|row| row["state"] == "parked") {
        assert!(text(&row["why"]).contains("connections connect"), "{row:#}");
    }
    for route in ["cards", "events"] {
        assert_eq!(site.states_of(route).await, delivered(), "{route} needs no account");
    }
    site.tenant.set(|tenant| tenant.accounts_mut().clone_from(&accounts));
    site.run(&["deliveries", "retry", "--all"]).await.fine();
    site.scan().await;
    let rows = site.rows().await;
    assert_eq!(states(&rows), delivered(), "{rows:#?}");
    let messages = site.previewed(&scan, "channel", "card").await + 2;
    assert_eq!((site.told().0, site.wrote("page.create")), (messages, 3));
}

/// The organisation to try everything with ends in something of each kind; a second scan makes nothing that is there.
#[test]
fn the_sandbox_shows_what_has_arrived() {
    let home = Home::new();
    let first = home.run(&["sandbox", "--scan", "--write", "sandbox"]).fine();
    let second = home.run(&["sandbox", "--scan", "--write", "sandbox"]).fine();
    for (said, lines) in [
        (
            first,
            [
                "Jira has 21 tickets, 21 open: 21 new",
                "Confluence has 2 pages: 2 new\n  new       CheckMate: org:halden\n  new       CheckMate: org:halden, scan ",
                "Teams has 4 cards: 2 new in the channel, 2 by the workflow",
                "the webhook has 140 events: 140 new, each signed",
            ],
        ),
        (
            second,
            [
                "Jira has 21 tickets, 21 open: nothing new",
                "Confluence has 3 pages: 1 new\n  new       CheckMate: org:halden, scan ",
                "Teams has 6 cards: 1 new in the channel, 1 by the workflow",
                "the webhook has 140 events: nothing new",
            ],
        ),
    ] {
        for line in lines {
            assert!(said.out.contains(line), "{line}: {}", said.out);
        }
    }
}
