//! What policy marks waits for a person, who decides on the command line, whether a process runs or not.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::home::PATIENCE;
use super::{SCOPE, Site, text};

const ASKS: &str = "rules = [\"auth0.applications.grant-types\"]\nticket_per = \"finding\"\nmost_new = 1\n\
                    approve = [\"first-use\", \"many-new\", \"many-closing\"]\nmost_closing = 1\n";

impl Site {
    async fn waiting(&self) -> Vec<Value> {
        self.json(&["approvals", "list", "--state", "waiting"]).await.as_array().unwrap().clone()
    }

    /// The beginning of the id of what is asked.
    async fn question(&self, word: &str) -> String {
        let waiting = self.waiting().await;
        let one = waiting.iter().find(|one| one["ask"] == word).unwrap_or_else(|| panic!("{waiting:#?}"));
        text(&one["id"])[..12].to_owned()
    }

    async fn sees(&self, what: &str, so: impl AsyncFn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !so().await {
            assert!(
                Instant::now() < end,
                "not in time: {what}\n{:#?}\n{:#?}",
                self.rows().await,
                self.tickets()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn stay(&self, open: usize) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(self.open(), open, "{:#?}", self.rows().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_policy_marks_waits_for_a_person() {
    let site = Site::with(ASKS).await;
    site.grants(&json!(["authorization_code", "implicit"]));
    let up = tokio::task::block_in_place(|| site.home.up());
    let said = site.run(&["scan", SCOPE]).await;
    assert!(said.out.contains("2 things wait for your approval: "), "{said:?}");
    let preview =
        site.run(&["notify", "preview", &text(&site.json(&["scans", "list"]).await[0]["id"])]).await;
    assert!(preview.out.contains("waits for an approval: the first tickets in SEC"), "{preview:?}");
    site.stay(0).await;
    assert_eq!(site.tickets().len(), 0);
    let held = site.run(&["deliveries", "list", "--state", "waiting"]).await.fine();
    assert!(held.out.contains("checkmate approvals show"), "{held:?}");

    // What an approval holds is not sent past it.
    let rows = site.rows().await;
    let row = rows.iter().find(|row| row["state"] == "waiting").unwrap();
    for word in ["retry", "cancel"] {
        let said = site.run(&["deliveries", word, &text(&row["id"])]).await;
        assert!(said.code == Some(1), "{said:?}");
        assert!((said.out + &said.err).contains("an approval decides about it"), "{word}");
    }
    let shown = site.run(&["deliveries", "show", &text(&row["id"])]).await.fine();
    assert!(shown.out.contains("held by") && shown.out.contains("waiting"), "{shown:?}");

    let (first, new) = (site.question("first-use").await, site.question("many-new").await);
    let shown = site.run(&["approvals", "show", &new]).await.fine();
    for word in ["2 new problems", "holds     2 tickets", "stay in the summary", "until 20"] {
        assert!(shown.out.contains(word), "{word}: {shown:?}");
    }
    let missing = site.run(&["approvals", "show", "nothing"]).await;
    assert!(missing.code == Some(1) && missing.err.contains("approvals list"), "{missing:?}");

    // Nobody runs: what is decided is kept, and followed by whoever runs next.
    tokio::task::block_in_place(|| up.kill());
    let said = site.run(&["approvals", "approve", &new]).await.fine();
    assert!(said.out.contains("is approved: each gets a ticket of its own"), "{said:?}");
    let up = tokio::task::block_in_place(|| site.home.up());
    site.stay(0).await;
    assert_eq!(site.tickets().len(), 0, "the first use of the project waits still");
    let tried = site.run(&["approvals", "deny", &first, "--reason", "no", "--dry-run"]).await;
    assert!(tried.code == Some(0) && tried.out.contains("nothing is kept (--dry-run)"), "{tried:?}");
    site.run(&["approvals", "approve", &first, "--reason", "the project is ours"]).await.fine();
    site.sees("each has its ticket", async || site.open() == 3).await;
    let again = site.run(&["approvals", "approve", &first]).await;
    assert!(again.code == Some(1) && again.err.contains("it was approved by"), "{again:?}");
    let listed = site.json(&["approvals", "show", &first]).await;
    assert_eq!((&listed["state"], &listed["reason"]), (&json!("approved"), &json!("the project is ours")));
    assert!(listed["by"].is_string() && listed["deliveries"] == json!([]), "{listed}");

    // More tickets than policy lets one scan close stay as they are.
    site.grants(&json!(["authorization_code"]));
    let said = site.run(&["scan", SCOPE]).await;
    assert!(said.out.contains("1 thing waits for your approval"), "{said:?}");
    let closing = site.question("many-closing").await;
    site.stay(3).await;
    let bare = site.run(&["approvals", "deny", &closing]).await;
    assert!(bare.code == Some(2) && bare.err.contains("--reason"), "{bare:?}");
    site.run(&["approvals", "deny", &closing, "--reason", "looks wrong"]).await.fine();
    let refused = async || {
        let rows = site.rows().await;
        rows.iter().filter(|row| row["why"].as_str().is_some_and(|why| why.ends_with("looks wrong"))).count()
    };
    site.sees("they say who refused", async || refused().await == 3).await;
    site.stay(3).await;
    assert_eq!(site.waiting().await.len(), 0);
    site.run(&["approvals", "approve", &closing]).await.fine();
    site.sees("they are closed", async || site.open() == 0).await;
    let made = site.wrote("issue.create");
    assert_eq!((site.tickets().len(), made), (3, 3), "none was made twice, and no summary");
    drop(up);
}

/// Where no process runs, a scan sends what was approved before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_by_itself_says_what_waits_and_sends_what_is_approved() {
    let site = Site::with(&ASKS.replace("most_new = 1\n", "most_new = 50\n")).await;
    site.grants(&json!(["authorization_code", "implicit"]));
    let said = site.run(&["scan", SCOPE]).await;
    assert!(said.out.contains("deliveries: 3 waiting; next:"), "{said:?}");
    assert!(said.out.contains("1 thing waits for your approval"), "{said:?}");
    let first = site.question("first-use").await;
    site.run(&["approvals", "approve", &first]).await.fine();
    let said = site.run(&["scan", SCOPE]).await;
    assert!(said.out.contains("deliveries: 3 delivered; next:"), "{said:?}");
    assert!(!said.out.contains("your approval"), "{said:?}");
    assert_eq!(site.open(), 3);
}
