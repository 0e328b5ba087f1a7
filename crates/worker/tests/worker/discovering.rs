//! Discover jobs: one list for ever.

use std::collections::BTreeSet;
use std::sync::Arc;

use checkmate_domain::{JobKind, ReportKind};
use checkmate_queue::{Queue, Settle};
use checkmate_scanners::{Discovery, ScanError};
use checkmate_store::{Fence, JobState, ScanState, Store};
use tokio::sync::Notify;

use crate::harness::{Bench, Script, complete, fine, hand, job_message, ms, target, until};

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| target(name).to_string()).collect()
}

#[tokio::test]
async fn a_discover_job_run_twice_on_a_changed_directory_keeps_its_first_list() {
    let bench = Bench::new().await;
    let scanner = Script::new(
        |time| async move { if time == 1 { complete(&["a", "b"]) } else { complete(&["b", "c", "d"]) } },
        |call| async move { fine(&call) },
    );
    let worker = bench.worker(&scanner, |_| {});
    let discover = bench.record("a", 1).await;
    for _ in 0..3 {
        assert_eq!(hand(&worker, job_message(&discover)).await, Settle::Done);
    }
    assert_eq!(bench.listed(&discover.scan).await, names(&["a", "b"]));
    let scan = bench.scan(&discover.scan).await;
    assert_eq!((scan.total, scan.pending, scan.released, scan.in_window), (2, 2, 1, 1));
    assert_eq!(scanner.discoveries(), 1, "what is sealed need not be looked for again");
}

#[tokio::test]
async fn a_slow_first_discovery_yields_to_the_list_that_was_sealed_meanwhile() {
    let bench = Bench::new().await;
    let (slow, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let scanner = Script::new(
        {
            let (slow, go_on) = (slow.clone(), go_on.clone());
            move |time| {
                let (slow, go_on) = (slow.clone(), go_on.clone());
                async move {
                    if time > 1 {
                        return complete(&["new"]);
                    }
                    slow.notify_one();
                    go_on.notified().await;
                    complete(&["old", "older"])
                }
            }
        },
        |call| async move { fine(&call) },
    );
    let discover = bench.record("a", 10).await;
    // Its heartbeat is later than anything here, so that only the seal can tell it that it is late.
    let late = bench.worker(&scanner, |config| config.fence_ttl = ms(30_000));
    let message = job_message(&discover);
    let first = tokio::spawn(async move { hand(&late, message).await });
    slow.notified().await;
    // The other worker believes that the first is dead: its fence is taken away.
    let fence = Fence { job: discover.id.clone(), token: 1 };
    bench.store.renew_fence(&fence, ms(1)).await.unwrap();
    tokio::time::sleep(ms(10)).await;
    let running = bench.start(&scanner, |_| {});
    bench.send(&discover).await;
    let sealed = bench.until_worked_off(&discover.scan).await;
    assert_eq!(sealed.total, 1);

    go_on.notify_one();
    let settle = first.await.unwrap();
    assert!(matches!(settle, Settle::Done | Settle::Later { .. }), "{settle:?}");
    running.drained().await;
    assert_eq!(bench.listed(&discover.scan).await, names(&["new"]));
    assert_eq!(bench.scan(&discover.scan).await.total, 1);
}

#[tokio::test]
async fn released_jobs_that_were_not_sent_are_sent_when_the_discover_job_comes_again() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a", "b", "c"]);
    let discover = bench.record("a", 2).await;
    // A process that sealed and died before it sent anything.
    let attempt = bench.die_with(&discover.id, false).await;
    let list = checkmate_store::SealList {
        jobs: ["a", "b", "c"].map(|name| checkmate_domain::JobSpec::whole(target(name))).into(),
        history: None,
    };
    bench.store.seal(&attempt.fence, &list).await.unwrap();
    assert_eq!(bench.depth(Queue::ScanBulk).await, (0, 0));
    let running = bench.start(&scanner, |_| {});
    bench.send(&discover).await;
    let scan = bench.until_worked_off(&discover.scan).await;
    running.drained().await;
    assert_eq!((scan.total, scan.pending), (3, 3), "all stored, none reconciled here");
    assert_eq!(scanner.discoveries(), 0);
    let results: BTreeSet<_> = bench.results().await.into_iter().collect();
    assert_eq!(results.len(), 3);
}

#[tokio::test]
async fn an_empty_scope_is_a_finished_scan() {
    let bench = Bench::new().await;
    let running = bench.start(&Script::plain(&[]), |_| {});
    let id = bench.ask("a", 5).await;
    bench.until(&id, "finished", |scan| scan.state == ScanState::Finished).await;
    running.drained().await;
}

#[tokio::test]
async fn a_scope_that_cannot_be_listed_fails_its_scan_and_says_why() {
    let cases: [(&str, fn() -> ScanError, &str); 3] = [
        ("missing", || ScanError::Missing("no folder /x: export it".to_owned()), "no folder /x"),
        ("permanent", || ScanError::Permanent("not an export".to_owned()), "not an export"),
        ("transient", || ScanError::Transient("disk error 7".to_owned()), "disk error 7"),
    ];
    for (name, error, why) in cases {
        let bench = Bench::new().await;
        let scanner = Script::new(
            move |_| async move { Err::<Discovery, _>(error()) },
            |call| async move { fine(&call) },
        );
        let running = bench.start(&scanner, |_| {});
        let id = bench.ask(name, 5).await;
        let scan = bench.until(&id, name, |scan| scan.state.is_final()).await;
        assert_eq!(scan.state, ScanState::Failed);
        assert!(scan.error.as_deref().is_some_and(|error| error.contains(why)), "{name}: {scan:?}");
        bench.until_settled().await;
        running.drained().await;
        assert_eq!(scanner.discoveries(), if name == "transient" { 3 } else { 1 });
    }
}

#[tokio::test]
async fn a_target_missing_from_two_complete_discoveries_is_reported_gone_without_being_read() {
    let bench = Bench::new().await;
    let scanner = Script::new(
        |time| async move { if time == 1 { complete(&["a", "b"]) } else { complete(&["a"]) } },
        |call| async move { fine(&call) },
    );
    let running = bench.start(&scanner, |_| {});
    let mut listed = Vec::new();
    for name in ["first", "second", "third", "fourth"] {
        let id = bench.ask(name, 5).await;
        bench.until_worked_off(&id).await;
        let jobs = bench.jobs(&id).await;
        listed.push(jobs.iter().filter(|(_, job)| job.spec.as_ref().unwrap().gone).count());
        for (_, job) in jobs.iter().filter(|(_, job)| job.spec.as_ref().unwrap().gone) {
            assert_eq!((job.state, job.kind), (JobState::Stored, JobKind::Scan));
            let report = bench.store.report(&job.id).await.unwrap().unwrap();
            assert_eq!((report.kind, report.target), (ReportKind::TargetGone, target("b")));
        }
    }
    running.drained().await;
    assert_eq!(listed, [0, 0, 1, 0], "gone is said once");
    assert_eq!(scanner.scans_of("b").len(), 1);
}

#[tokio::test]
async fn two_scans_of_one_scope_at_once_have_a_list_each() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["a", "b"], |call| async move {
        tokio::time::sleep(ms(20)).await;
        fine(&call)
    });
    let running = bench.start(&scanner, |_| {});
    let (one, two) = (bench.ask("one", 5).await, bench.ask("two", 5).await);
    for id in [&one, &two] {
        let scan = bench.until_worked_off(id).await;
        assert_eq!((scan.total, scan.pending), (2, 2));
    }
    running.drained().await;
    let results: BTreeSet<_> = bench.results().await.into_iter().collect();
    assert_eq!(results.len(), 4, "a result for each scan and target");
    until("no dead letters", async || bench.depth(Queue::Dead).await == (0, 0)).await;
}
