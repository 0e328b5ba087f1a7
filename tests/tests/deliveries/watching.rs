//! What people do to tickets is seen by a running process and answered: looked at again, and then opened or left closed.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use checkmate_sandbox::jira::{Category, Issue};
use checkmate_sandbox::{Chaos, Vendor};
use serde_json::{Value, json};

use super::home::{PATIENCE, Process};
use super::{SCOPE, Site, states, text};

/// Longer than a look at what changed, and at everything.
const SOME_ROUNDS: Duration = Duration::from_secs(5);
const STILL: &str = "it is there still";

impl Site {
    /// With a ticket for each application that allows too much, and a process that looks at them often.
    async fn watched(route: &str) -> (Self, Process) {
        let rules = "rules = [\"auth0.applications.grant-types\"]\nticket_per = \"finding\"\n";
        let site = Self::with(&format!("{rules}{route}")).await;
        let config = fs::read_to_string(site.home.path("checkmate.toml")).unwrap();
        let often = "[notifier]\nwatch_every = \"1s\"\nsweep_every = \"2s\"\n";
        fs::write(site.home.path("checkmate.toml"), config.replace("[notifier]\n", often)).unwrap();
        site.bad();
        let up = site.up().await;
        site.scan().await;
        site.until("all tickets are there", || site.settled() && site.open() == 3).await;
        (site, up)
    }

    async fn up(&self) -> Process {
        tokio::task::block_in_place(|| self.home.up())
    }

    fn bad(&self) {
        self.grants(&json!(["authorization_code", "implicit"]));
    }

    fn mend(&self) {
        self.grants(&json!(["authorization_code"]));
    }

    async fn until(&self, what: &str, so: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !tokio::task::block_in_place(&so) {
            let log = fs::read_to_string(self.home.path("up.log")).unwrap_or_default();
            assert!(
                Instant::now() < end,
                "not in time: {what}\n{:#?}\n{:#?}\n{log}",
                self.ledger(),
                self.tickets()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn ledger(&self) -> Vec<Value> {
        self.home.json(&["deliveries", "list", "--limit", "1000"]).as_array().unwrap().clone()
    }

    fn settled(&self) -> bool {
        let rows = self.ledger();
        !rows.is_empty() && states(&rows) == BTreeSet::from(["delivered".to_owned()])
    }

    fn issue(&self, key: &str) -> Issue {
        self.office.jira().issue(key).unwrap()
    }

    fn is_done(&self, key: &str) -> bool {
        self.issue(key).category == Category::Done
    }

    /// Remarks on a ticket that say this.
    fn remarks(&self, key: &str, what: &str) -> usize {
        self.issue(key).comments.iter().filter(|one| one.body.to_string().contains(what)).count()
    }

    /// A person closes a ticket.
    fn close(&self, key: &str) {
        assert!(self.office.jira().set_status(key, "Done"));
    }

    /// Scans that tickets asked for.
    fn asked(&self) -> Vec<Value> {
        let scans = self.home.scans();
        scans.into_iter().filter(|scan| scan["trigger"]["kind"] == "ticket").collect()
    }

    fn row_of(&self, id: &str) -> Value {
        self.ledger().into_iter().find(|row| row["id"] == id).unwrap()
    }

    fn id_of(&self, key: &str) -> String {
        text(&self.ledger().iter().find(|row| row["remote"] == key).unwrap()["id"])
    }
}

/// Closed too early it comes back with what was seen, closed after it was mended it stays closed with the proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_closes_is_looked_at_again() {
    let (site, up) = Site::watched("").await;
    let (tickets, open) = (site.tickets().len(), site.open());
    site.close("SEC-1");
    site.until("it is open again", || !site.is_done("SEC-1")).await;
    tokio::time::sleep(SOME_ROUNDS).await;
    let asked = tokio::task::block_in_place(|| site.asked());
    assert_eq!(asked.len(), 1, "one change asks once: {asked:#?}");
    assert_eq!((&asked[0]["lane"], &asked[0]["scope"]), (&json!("interactive"), &json!(SCOPE)));
    assert_eq!(asked[0]["trigger"]["who"], "SEC-1 was moved to Done");
    assert_eq!((site.remarks("SEC-1", STILL), site.issue("SEC-1").comments.len()), (1, 1));
    assert!(site.issue("SEC-1").comments[0].body.to_string().contains(&text(&asked[0]["id"])));
    assert_eq!((site.tickets().len(), site.open()), (tickets, open));

    // The same ticket once more is a change of its own.
    site.close("SEC-1");
    site.until("it is open once more", || site.remarks("SEC-1", STILL) == 2 && !site.is_done("SEC-1")).await;

    site.mend();
    for ticket in site.tickets() {
        site.close(&ticket.key);
    }
    let proven = |issue: Issue| site.remarks(&issue.key, "was looked at again") > 0;
    site.until("all have their proof", || site.tickets().into_iter().all(proven)).await;
    tokio::time::sleep(SOME_ROUNDS).await;
    assert_eq!((site.open(), site.settled()), (0, true));
    assert_eq!(
        site.issue("SEC-1").moved.len(),
        5,
        "twice closed and opened, and closed by a person for good"
    );
    assert!(site.issue("SEC-2").moved.len() == 1 && site.remarks("SEC-2", STILL) == 0);
    let asked = tokio::task::block_in_place(|| site.asked().len());
    assert!((3..=4).contains(&asked), "those that were closed together share their scan: {asked}");
    drop(up);
}

/// What is gone or moved away is told and comes back only when a person says so; a clone is nobody's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_tickets_are_told_and_clones_left_alone() {
    let (site, up) = Site::watched("").await;
    let (gone, moved) = tokio::task::block_in_place(|| (site.id_of("SEC-1"), site.id_of("SEC-3")));
    site.office.jira().delete("SEC-1");
    let away = site.office.jira().move_to("SEC-3", "OPS").unwrap();
    let clone = site.office.jira().clone_issue("SEC-2").unwrap();
    let (before, made) = (site.issue(&clone), site.wrote("issue.create"));
    let lost = |id: &str, why: &str| {
        let row = site.row_of(id);
        row["state"] == "failed" && row["why"].as_str().unwrap().contains(why)
    };
    site.until("it is told", || lost(&gone, "SEC-1 was deleted")).await;
    site.until("it is told", || lost(&moved, &format!("SEC-3 was moved to {away}"))).await;
    site.close(&clone);
    site.close(&away);
    site.scan().await;
    tokio::time::sleep(SOME_ROUNDS).await;
    assert_eq!(site.wrote("issue.create"), made, "nothing is made again by itself");
    assert!(site.is_done(&clone) && site.is_done(&away));
    assert_eq!(site.issue(&clone).comments, before.comments);
    assert_eq!(tokio::task::block_in_place(|| site.asked().len()), 0);

    for id in [&gone, &moved] {
        site.run(&["deliveries", "retry", id]).await.fine();
    }
    site.until("both are made again", || site.settled() && site.wrote("issue.create") == made + 2).await;
    tokio::time::sleep(SOME_ROUNDS).await;
    assert!(tokio::task::block_in_place(|| site.settled()));
    let again: Vec<String> = [&gone, &moved]
        .iter()
        .map(|id| text(&tokio::task::block_in_place(|| site.row_of(id))["remote"]))
        .collect();
    assert!(again.iter().all(|key| !site.is_done(key) && site.issue(key).comments.is_empty()), "{again:?}");
    drop(up);
}

/// Of two tickets with one mark the younger is closed, and the ledger goes on with the older.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_was_made_twice_is_closed() {
    let (site, up) = Site::watched("").await;
    let twin = site.office.jira().clone_issue("SEC-2").unwrap();
    let mark = site.issue("SEC-2").properties;
    assert!(site.office.jira().change(&twin, |issue| issue.properties = mark));
    site.until("the younger is closed", || site.is_done(&twin)).await;
    tokio::time::sleep(SOME_ROUNDS).await;
    assert!(!site.is_done("SEC-2") && site.issue(&twin).moved.len() == 1);
    assert_eq!(site.issue("SEC-2").related.len(), 1);
    assert_eq!(site.open(), 3);
    drop(up);
}

/// "Won't do" is a decision only where policy says so, and up to its cap.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wont_do_accepts_only_what_policy_allows() {
    for (route, accepts) in [
        ("", false),
        ("wont_do = \"accept\"\nwont_do_cap = \"info\"\n", false),
        ("wont_do = \"accept\"\nwont_do_cap = \"critical\"\nwont_do_days = 30\n", true),
    ] {
        let (site, up) = Site::watched(route).await;
        let open = site.open();
        assert!(site.office.jira().set_status("SEC-1", "Won't Do"));
        if !accepts {
            site.until("it is open again", || !site.is_done("SEC-1")).await;
            assert_eq!((site.open(), site.remarks("SEC-1", STILL)), (open, 1));
            drop(up);
            continue;
        }
        site.until("it is accepted", || site.remarks("SEC-1", "is accepted") == 1 && site.settled()).await;
        tokio::time::sleep(SOME_ROUNDS).await;
        assert_eq!((site.open(), site.issue("SEC-1").comments.len()), (open - 1, 1));
        assert_eq!(tokio::task::block_in_place(|| site.asked().len()), 0);
        let all = site.json(&["findings", "list", "--all"]).await;
        let waived: Vec<&Value> =
            all.as_array().unwrap().iter().filter(|one| one["waiver"].is_object()).collect();
        assert_eq!(waived.len(), 1);
        assert_eq!(waived[0]["waiver"]["owner"], "ticket SEC-1");
        // Whoever takes it back is heard, although the ticket says "won't do" still.
        let id = text(&waived[0]["finding"]["fingerprint"]);
        site.run(&["findings", "reopen", &id, "--reason", "it is to be done"]).await.fine();
        site.until("it is open again", || site.open() == open && site.settled()).await;
        drop(up);
    }
}

/// The process dies again and again, and answers are lost: each ticket comes back, with one remark.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_answers_nothing_is_lost_and_nothing_is_said_twice() {
    let (site, mut up) = Site::watched("").await;
    let closed: Vec<String> = site.tickets().into_iter().map(|issue| issue.key).collect();
    let lost = Chaos { lost: 0.2, server_error: 0.1, seed: 7, ..Chaos::default() };
    site.office.chaos(Vendor::Jira, lost);
    for key in &closed {
        site.close(key);
    }
    for wait in [1_200, 4_300, 3_600, 5_000, 4_000] {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        up.kill();
        up = site.up().await;
    }
    site.office.calm();
    site.until("all are open again", || closed.iter().all(|key| !site.is_done(key)) && site.settled()).await;
    for key in &closed {
        assert_eq!((site.remarks(key, STILL), site.issue(key).moved.len()), (1, 2), "{key}");
    }
    assert_eq!(site.wrote("issue.create"), closed.len());
    let asked = tokio::task::block_in_place(|| site.asked().len());
    assert!((1..=2).contains(&asked), "{asked}");
    drop(up);
}
