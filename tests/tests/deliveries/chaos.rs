//! Many findings, a vendor that loses answers and refuses, and a process that is killed every second: each finding is in exactly
//! one ticket, each change in exactly one remark, and the ledger agrees with the site.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use checkmate_sandbox::jira::Category;
use checkmate_sandbox::{Chaos, Vendor};

use crate::Site;

/// What goes wrong at the vendor: a fifth of the answers is lost, a tenth of the requests is one too many, a twentieth fails.
/// A second is the shortest wait that a refusal can ask for; as all times here pass a hundred times as fast, a large run
/// is asked for none, as it would wait for hours of the vendor's.
fn trouble(large: bool) -> Chaos {
    let retry_after = u64::from(!large);
    Chaos { lost: 0.2, server_error: 0.05, rate_limited: 0.1, retry_after, seed: 7, ..Chaos::default() }
}

/// An export of so many applications; each that is on the list has one finding that the route takes.
fn export(site: &Site, count: usize, failing: impl Fn(usize) -> bool) -> String {
    let mut yaml = "clients:\n".to_owned();
    for number in 0..count {
        let implicit = if failing(number) { ", implicit" } else { "" };
        let _ = writeln!(
            yaml,
            "  - {{name: app-{number:05}, app_type: spa, grant_types: [authorization_code{implicit}]}}"
        );
    }
    yaml.push_str("...\n");
    let folder = site.home.path("large");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("tenant.yaml"), yaml).unwrap();
    format!("path:{}", folder.display())
}

/// Scans and delivers, killed about every second, at once or after the scan, until the ledger has nothing to do. How often it
/// was killed.
fn round(site: &Site, scope: &str, kills_begin_after: bool, patience: Duration) -> usize {
    let end = Instant::now() + patience;
    let mut up = site.home.up();
    site.home.run(&["scan", scope, "--no-wait"]).fine();
    let (mut kills, mut quiet) = (0, 0);
    loop {
        std::thread::sleep(Duration::from_millis(800 + 70 * (kills as u64 % 7)));
        let over = site.home.scans()[0]["state"] == "finished";
        let rows = site.home.json(&["deliveries", "list", "--limit", "100000"]);
        let rows = rows.as_array().unwrap();
        let done = |row: &serde_json::Value| row["state"] == "delivered" && row["due"].is_null();
        // What is over is planned within moments: it counts when nothing is due for some looks.
        if over && !rows.is_empty() && rows.iter().all(done) {
            quiet += 1;
            if quiet > 3 {
                return kills;
            }
            continue;
        }
        quiet = 0;
        // A worker that is killed over a large job again and again gives it up, as it should.
        if !over && kills_begin_after {
            assert!(Instant::now() < end, "the scan does not end");
            continue;
        }
        let left = rows.iter().filter(|row| !done(row)).count();
        assert!(Instant::now() < end, "{left} of {} deliveries are not done", rows.len());
        up.kill();
        kills += 1;
        up = site.home.up();
    }
}

/// By application: whether its ticket is open, and how many remarks it has.
fn tickets(site: &Site) -> BTreeMap<String, (bool, usize)> {
    let issues = site.tickets();
    let mut by_application = BTreeMap::new();
    for issue in &issues {
        let summary = issue.fields["summary"].as_str().unwrap();
        let name = summary.split_whitespace().find_map(|word| word.find("app-").map(|at| &word[at..at + 9]));
        let state = (issue.category != Category::Done, issue.comments.len());
        let before = by_application.insert(name.unwrap_or(summary).to_owned(), state);
        assert_eq!(before, None, "two tickets of {summary}");
    }
    by_application
}

fn run(site: &Site, count: usize, patience: Duration) {
    let name = |number: usize| format!("app-{number:05}");
    let (mended, back) = (count / 3, count / 6);
    let large = count > 100;
    site.office.chaos(Vendor::Jira, trouble(large));

    let mut kills = round(site, &export(site, count, |_| true), large, patience);
    assert_eq!(tickets(site), (0..count).map(|n| (name(n), (true, 0))).collect());

    kills += round(site, &export(site, count, |n| n >= mended), large, patience);
    let after = |n: usize| if n < mended { (false, 1) } else { (true, 0) };
    assert_eq!(tickets(site), (0..count).map(|n| (name(n), after(n))).collect());

    kills += round(site, &export(site, count, |n| n >= mended || n < back), large, patience);
    let after = |n: usize| if n < back { (true, 2) } else { after(n) };
    assert_eq!(tickets(site), (0..count).map(|n| (name(n), after(n))).collect());

    let unheard = site.office.record().iter().filter(|written| !written.answered).count();
    println!("{count} findings, {kills} kills, {unheard} lost answers");
    assert!(kills > 2 && unheard > count / 10);
    let named: std::collections::BTreeSet<String> = site
        .home
        .json(&["deliveries", "list", "--limit", "100000"])
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["remote"].as_str().unwrap().to_owned())
        .collect();
    let keys = site.tickets().into_iter().map(|issue| issue.key).collect();
    assert_eq!(named, keys, "the ledger agrees with the site");
}

const ROUTE: &str =
    "most_new = 10000\nticket_per = \"finding\"\nrules = [\"auth0.applications.grant-types\"]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_findings_are_in_one_ticket_each_whatever_dies() {
    let site = Site::with(ROUTE).await;
    tokio::task::block_in_place(|| run(&site, 30, Duration::from_mins(3)));
}

/// The same with as many findings as a large organisation has; `make chaos` runs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make chaos"]
async fn five_thousand_findings_are_in_one_ticket_each_whatever_dies() {
    let site = Site::with(ROUTE).await;
    tokio::task::block_in_place(|| run(&site, 5_000, Duration::from_mins(30)));
}
