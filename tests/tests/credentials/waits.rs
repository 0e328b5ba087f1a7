//! A job that waits says what for, wherever a person looks, and goes on when that is over.

use checkmate_sandbox::Fault;

use crate::home::{Said, until};
use crate::site::Site;

/// Asks for a check of a connection and waits for nothing; the scan's id.
async fn ask(site: &Site, name: &str) -> String {
    let said = site.checkmate(&["connections", "check", name, "--no-wait", "--format", "json"]).await.fine();
    let scan: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    scan["id"].as_str().unwrap().to_owned()
}

/// What was said as one line: it is broken where the terminal ends.
fn flowing(said: &Said) -> String {
    said.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Both the scan and the doctor say it.
async fn say(site: &Site, scan: &str, why: &[&str]) {
    for look in [&["scans", "show", scan][..], &["doctor"]] {
        tokio::task::block_in_place(|| {
            until(&format!("{look:?} says {why:?}"), || {
                let text = flowing(&site.run(look));
                text.contains("waiting: ") && why.iter().all(|words| text.contains(words))
            });
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_for_the_audit_trail_says_so_and_goes_on() {
    let site = Site::embedded().await;
    let store = site.folder().join("data/store.db");
    let change = |sql: &str| rusqlite::Connection::open(&store).unwrap().execute_batch(sql).unwrap();
    change("CREATE TRIGGER away BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    let scan = ask(&site, "github").await;
    say(&site, &scan, &["the audit trail cannot be written"]).await;
    assert_eq!(site.sandbox.tokens(), Vec::<String>::new(), "nothing was leased");

    change("DROP TRIGGER away");
    let said = site.checkmate(&["scans", "watch", &scan]).await.fine();
    assert!(said.out.contains("2 passed"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_for_a_rate_limit_says_so() {
    let site = Site::embedded().await;
    site.sandbox.order(Fault::RateLimited { retry_after: 600 });
    let scan = ask(&site, "teams").await;
    let limit = [
        "connection microsoft-teams of auth0|checkmate: too_many_requests",
        "acme.eu.auth0.com limits requests",
    ];
    say(&site, &scan, &limit).await;
    let said = site.checkmate(&["scans", "show", &scan]).await.fine();
    assert!(flowing(&said).contains("tried again at"), "{said:?}");

    site.checkmate(&["scans", "cancel", &scan]).await.fine();
}
