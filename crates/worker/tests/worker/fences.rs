//! One attempt writes at a time; whoever was taken for dead writes nothing any more.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use checkmate_queue::{Queue, Settle};
use checkmate_store::{AttemptEnd, EndedAttempt, JobState, Store, Stored};

use crate::harness::{Bench, Script, fine, hand, job_message, ms, report, target, until};

#[tokio::test]
async fn a_frozen_worker_that_wakes_after_another_took_over_stores_nothing() {
    let bench = Arc::new(Bench::new().await);
    let taken_over = Arc::new(tokio::sync::Notify::new());
    let finish = Arc::new(tokio::sync::Notify::new());
    let seal = Script::plain(&["a"]);
    let discover = bench.record("a", 1).await;
    assert_eq!(hand(&bench.worker(&seal, |_| {}), job_message(&discover)).await, Settle::Done);
    let job = bench.job_of(&discover.scan, "a").await;
    bench.take(Queue::ScanBulk).await;

    // A process of its own, as far as time goes: its one thread stands still, heartbeat and all.
    let frozen = {
        let (bench, message) = (bench.clone(), job_message(&job));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let scanner = Script::over(&[], |call| async move {
                    std::thread::sleep(ms(1_200));
                    let mut late = report(&call.target, None);
                    late.stats.reads = 111;
                    Ok(checkmate_scanners::Scanned::Report(Box::new(late)))
                });
                let worker = bench.worker(&scanner, |config| config.fence_ttl = ms(100));
                hand(&worker, message).await
            })
        })
    };
    until("the first one began", async || bench.job(&job.id).await.state == JobState::Running).await;
    tokio::time::sleep(ms(150)).await;
    let scanner = {
        let (taken_over, finish) = (taken_over.clone(), finish.clone());
        Script::over(&[], move |call| {
            let (taken_over, finish) = (taken_over.clone(), finish.clone());
            async move {
                taken_over.notify_one();
                finish.notified().await;
                fine(&call)
            }
        })
    };
    let second = {
        let (bench, message) = (bench.clone(), job_message(&job));
        let worker = bench.worker(&scanner, |config| config.fence_ttl = ms(60_000));
        tokio::spawn(async move { hand(&worker, message).await })
    };
    taken_over.notified().await;
    let settle = tokio::task::spawn_blocking(|| frozen.join().unwrap()).await.unwrap();
    assert!(matches!(settle, Settle::Later { .. }), "not done, somebody else is at it: {settle:?}");
    assert_eq!(bench.job(&job.id).await.state, JobState::Running);
    assert_eq!(bench.depth(Queue::Results).await, (0, 0), "no event about a result that is not there");

    finish.notify_one();
    assert_eq!(second.await.unwrap(), Settle::Done);
    let stored = bench.store.report(&job.id).await.unwrap().unwrap();
    assert_eq!(stored.stats.reads, 0, "the result of the one that held the fence");
    assert_eq!(bench.results().await, [job.id]);
}

#[tokio::test]
async fn a_job_that_somebody_is_at_waits_for_the_fence() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a"]);
    let discover = bench.record("a", 1).await;
    let worker = bench.worker(&scanner, |_| {});
    let attempt = bench.die_with(&discover.id, false).await;
    bench.store.renew_fence(&attempt.fence, ms(60_000)).await.unwrap();
    let settle = hand(&worker, job_message(&discover)).await;
    let Settle::Later { after, reason } = settle else { panic!("{settle:?}") };
    assert!(after > ms(30_000) && reason.contains("another worker"), "{after:?} {reason}");
    assert_eq!(scanner.discoveries(), 0);
}

#[tokio::test]
async fn a_stored_job_that_comes_again_sends_its_event_again_and_scans_nothing() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a", "b"]);
    let worker = bench.worker(&scanner, |_| {});
    let discover = bench.record("a", 1).await;
    assert_eq!(hand(&worker, job_message(&discover)).await, Settle::Done);
    bench.take(Queue::ScanBulk).await;
    let job = bench.job_of(&discover.scan, "a").await;

    // A process that stored, and died before it sent the event and the job that it had claimed.
    let attempt = bench.die_with(&job.id, false).await;
    let stored = bench.store.store_result(&attempt.fence, &report(&target("a"), None)).await.unwrap();
    assert!(matches!(stored, Stored::New(ref claimed) if claimed.len() == 1), "{stored:?}");
    for _ in 0..2 {
        assert_eq!(hand(&worker, job_message(&job)).await, Settle::Done);
    }
    assert_eq!(scanner.scans_of("a").len(), 0);
    assert_eq!(bench.results().await, [job.id.clone(), job.id.clone()]);
    let sent = bench.take(Queue::ScanBulk).await;
    let next = bench.job_of(&discover.scan, "b").await;
    assert!(
        !sent.is_empty() && sent.iter().all(|sent| sent.id.as_deref() == Some(next.id.as_str())),
        "{sent:?}"
    );

    // The dead one was only slow: its result stands already, and its attempt cannot be ended another way.
    let again = bench.store.store_result(&attempt.fence, &report(&target("a"), None)).await.unwrap();
    assert!(matches!(again, Stored::Already(_)), "{again:?}");
    let end = AttemptEnd::Failed { error: "late".to_owned(), retry_after: ms(0) };
    assert_eq!(bench.store.end_attempt(&attempt.fence, &end).await, Ok(EndedAttempt::FenceLost));
}

#[tokio::test]
async fn many_copies_of_a_message_are_one_result() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["a"], |call| async move {
        tokio::time::sleep(ms(30)).await;
        fine(&call)
    });
    let running = bench.start(&scanner, |_| {});
    let discover = bench.record("a", 1).await;
    for _ in 0..5 {
        bench.send(&discover).await;
    }
    bench.until_worked_off(&discover.scan).await;
    let job = bench.job_of(&discover.scan, "a").await;
    for _ in 0..5 {
        bench.send(&job).await;
    }
    bench.until_settled().await;
    running.drained().await;
    assert_eq!((scanner.discoveries(), scanner.scans_of("a").len()), (1, 1));
    assert_eq!(scanner.inside.load(Ordering::SeqCst), 0);
    let results = bench.results().await;
    assert!(results.iter().all(|id| *id == job.id) && !results.is_empty());
    assert_eq!(bench.scan(&discover.scan).await.pending, 1);
}
