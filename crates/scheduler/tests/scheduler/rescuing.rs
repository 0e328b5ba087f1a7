//! What a crash left between two steps is sent again, ended or announced; what is on its way is left alone.

use std::sync::Arc;

use checkmate_domain::{EndReason, NotAssessed};
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::{Broker, Destination, Outgoing, Queue};
use checkmate_scheduler::keeper::{Keeper, Round};
use checkmate_scheduler::{PlanError, Planned, request_scan};
use checkmate_store::{AttemptEnd, JobState, ScanState, Store};

use crate::harness::{Bench, LONG, SOON, config, ms, new_scan, settle, take};

const LED: Round = Round { led: true, topped_up: 0, republished: 0, resent: 0, expired: 0, announced: 0 };

#[tokio::test]
async fn a_job_recorded_and_never_confirmed_is_sent_once() {
    let bench = Bench::new().await;
    let job = bench.recorded("a").await;
    assert_eq!(bench.early_round().await, LED, "it was recorded just now");
    settle().await;
    assert_eq!(bench.round().await, Round { republished: 1, ..LED });
    assert_eq!(bench.job(&job.id).await.state, JobState::Published);
    settle().await;
    assert_eq!(bench.round().await, LED, "it waits on its queue");
    assert_eq!(bench.sent().await, [job.id.to_string()]);
}

#[tokio::test]
async fn a_request_whose_broker_is_away_is_recorded_and_asking_again_is_the_same_scan() {
    let bench = Bench::new().await;
    let scan = new_scan("a", 10, LONG);
    let away =
        EmbeddedBroker::open(&bench.folder.path().join("away.db"), EmbeddedConfig::default()).await.unwrap();
    away.close().await;
    let error = request_scan(bench.store.as_ref(), &away, &scan).await.unwrap_err();
    assert!(
        matches!(&error, PlanError::NotSent { .. }) && error.to_string().contains("the keeper sends it"),
        "{error}"
    );
    let again = request_scan(bench.store.as_ref(), bench.broker.as_ref(), &scan).await.unwrap();
    assert!(matches!(again, Planned::Same(_)));
    settle().await;
    assert_eq!(bench.round().await.republished, 1);
    assert_eq!(bench.sent().await.len(), 1);
}

#[tokio::test]
async fn a_published_job_is_sent_again_only_when_its_queue_is_empty() {
    let bench = Bench::new().await;
    let job = bench.recorded("a").await;
    bench.mark_published(std::slice::from_ref(&job)).await;
    assert_eq!(bench.early_round().await, LED, "it may be between two queues");
    // Somebody else's message waits: the job's may wait behind it.
    let other = Outgoing::new(Destination::Queue(Queue::ScanBulk), "other", b"{}".to_vec());
    bench.broker.publish(vec![other]).await.unwrap();
    settle().await;
    assert_eq!(bench.round().await, LED);
    // It is in somebody's hands: so may be the job's.
    let mut consumer = bench.broker.consume(Queue::ScanBulk, 1).await.unwrap();
    let delivery = consumer.next().await.unwrap();
    assert_eq!(bench.depth(Queue::ScanBulk).await, (0, 1));
    assert_eq!(bench.round().await, LED);
    delivery.lease.settle(checkmate_queue::Settle::Done).await;
    drop(consumer);
    assert_eq!(bench.round().await, Round { republished: 1, ..LED });
    assert_eq!(bench.round().await, LED, "once");
    assert_eq!(bench.sent().await, [job.id.to_string()]);
}

#[tokio::test]
async fn a_queue_file_that_was_deleted_loses_no_job_and_no_result() {
    let bench = Bench::new().await;
    let asked = bench.asked("asked").await;
    let released = bench.sealed(&new_scan("sealed", 2, LONG), &["a", "b", "c"]).await;
    bench.mark_published(&released).await;
    let claimed = bench.stored(&released[0]).await;
    bench.mark_published(&claimed).await;
    bench.broker.close().await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(bench.folder.path().join(format!("queue.db{end}")));
    }
    let broker =
        EmbeddedBroker::open(&bench.folder.path().join("queue.db"), EmbeddedConfig::default()).await.unwrap();
    let broker = Arc::new(broker);
    let keeper = Keeper::new(bench.store.clone(), broker.clone(), config("a keeper"));
    settle().await;
    let round = keeper.round(&mut None).await.unwrap();
    assert_eq!(round, Round { republished: 3, resent: 1, ..LED });
    let sent = take(broker.as_ref(), Queue::ScanBulk, checkmate_queue::Settle::Done).await;
    let mut sent: Vec<String> = sent.into_iter().map(|message| message.id.unwrap()).collect();
    let mut lost = vec![asked.id.to_string(), released[1].id.to_string(), claimed[0].id.to_string()];
    sent.sort();
    lost.sort();
    assert_eq!(sent, lost);
}

#[tokio::test]
async fn a_queue_made_anew_by_somebody_counts_as_emptied() {
    let bench = Bench::new().await;
    let job = bench.recorded("a").await;
    bench.mark_published(std::slice::from_ref(&job)).await;
    settle().await;
    // Others have filled it since, so that it is not empty.
    let other = Outgoing::new(Destination::Queue(Queue::ScanBulk), "other", b"{}".to_vec());
    bench.broker.publish(vec![other]).await.unwrap();
    assert_eq!(bench.round().await, LED);
    bench.store.note_queue_created(Queue::ScanBulk.name()).await.unwrap();
    assert_eq!(bench.early_round().await, LED, "it may have been on its way into the old one");
    settle().await;
    assert_eq!(bench.round().await.republished, 1);
    assert_eq!(bench.round().await, LED, "it was sent after the queue was made");
}

#[tokio::test]
async fn what_a_queue_made_anew_lost_is_sent_again_once_and_not_in_every_round() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 10, LONG), &["a", "b"]).await;
    bench.stored(&released[0]).await;
    let attempt = bench.begin(&released[1].id, LONG).await;
    bench.store.renew_fence(&attempt.fence, ms(1)).await.unwrap();
    settle().await;
    for queue in [Queue::Results, Queue::ScanBulk] {
        bench.store.note_queue_created(queue.name()).await.unwrap();
        // Nobody takes anything, but the queue is not empty.
        let other = Outgoing::new(Destination::Queue(queue), "other", b"{}".to_vec());
        bench.broker.publish(vec![other]).await.unwrap();
    }
    settle().await;
    let keeper = bench.keeper("a keeper");
    let (mut guard, mut sent) = (None, (0, 0));
    for _ in 0..10 {
        let round = keeper.round(&mut guard).await.unwrap();
        sent = (sent.0 + round.resent, sent.1 + round.republished);
    }
    assert_eq!(sent, (1, 1), "the event of the stored one, the message of the dead worker");
}

#[tokio::test]
async fn a_job_that_a_worker_is_at_is_left_alone() {
    let bench = Bench::new().await;
    let job = bench.recorded("a").await;
    let attempt = bench.begin(&job.id, LONG).await;
    settle().await;
    assert_eq!(bench.round().await, LED);
    bench.store.renew_fence(&attempt.fence, ms(1)).await.unwrap();
    assert_eq!(bench.early_round().await, LED, "its message may be on its way back to the queue");
    settle().await;
    assert_eq!(
        bench.round().await,
        Round { republished: 1, ..LED },
        "its worker is dead and its message gone"
    );
}

#[tokio::test]
async fn a_job_in_the_ladder_is_left_alone_until_it_should_have_come_down() {
    let bench = Bench::new().await;
    let job = bench.recorded("a").await;
    let attempt = bench.begin(&job.id, LONG).await;
    let failed = |retry_after| AttemptEnd::Failed { error: "no answer".to_owned(), retry_after };
    bench.store.end_attempt(&attempt.fence, &failed(LONG)).await.unwrap();
    settle().await;
    assert_eq!(bench.round().await, LED);
    let attempt = bench.begin(&job.id, LONG).await;
    bench.store.end_attempt(&attempt.fence, &failed(ms(10))).await.unwrap();
    settle().await;
    assert_eq!(bench.round().await, Round { republished: 1, ..LED });
}

#[tokio::test]
async fn past_its_end_a_discover_job_fails_its_scan() {
    let bench = Bench::new().await;
    let discover = bench.recorded_as(&new_scan("a", 10, ms(1))).await;
    tokio::time::sleep(ms(10)).await;
    assert_eq!(bench.round().await, Round { expired: 1, ..LED });
    let scan = bench.scan(&discover.scan).await;
    assert_eq!(scan.state, ScanState::Failed);
    assert!(scan.error.as_deref().unwrap().contains("expired"), "{scan:?}");
    assert_eq!(bench.round().await, Round { announced: 1, ..LED });
}

#[tokio::test]
async fn past_their_end_scan_jobs_are_ended_one_after_the_other_and_the_scan_finishes() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 1, SOON), &["a", "b"]).await;
    assert_eq!(bench.early_round().await, LED);
    for _ in 0..2 {
        tokio::time::sleep(SOON).await;
        assert_eq!(bench.round().await.expired, 1, "each from its own release");
    }
    let scan = bench.scan(&released[0].scan).await;
    assert_eq!(
        (scan.state, scan.ended.get("expired"), scan.pending),
        (ScanState::FinishedIncomplete, Some(&2), 0)
    );
    let job = bench.job(&released[0].id).await;
    assert_eq!(job.end, Some(EndReason::NotAssessed(NotAssessed::Expired)));
}

#[tokio::test]
async fn a_job_that_runs_past_its_end_may_finish() {
    let bench = Bench::new().await;
    let discover = bench.recorded_as(&new_scan("a", 10, SOON)).await;
    let attempt = bench.begin(&discover.id, LONG).await;
    tokio::time::sleep(SOON).await;
    assert_eq!(bench.round().await, LED);
    let list = checkmate_store::SealList::default();
    bench.store.seal(&attempt.fence, &list).await.unwrap();
    assert_eq!(bench.scan(&discover.scan).await.state, ScanState::Finished);
}

#[tokio::test]
async fn a_stored_result_whose_event_is_lost_is_told_again_only_when_no_event_waits() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 10, LONG), &["a", "b"]).await;
    for job in &released {
        bench.stored(job).await;
    }
    assert_eq!(bench.early_round().await, LED, "the events may be on their way");
    settle().await;
    assert_eq!(bench.round().await, Round { resent: 2, ..LED });
    assert_eq!(bench.round().await, LED, "they wait");
    let mut resent = bench.resent().await;
    resent.sort();
    let mut stored: Vec<_> = released.iter().map(|job| job.id.clone()).collect();
    stored.sort();
    assert_eq!(resent, stored);
}

#[tokio::test]
async fn what_a_dead_worker_had_claimed_is_sent() {
    let bench = Bench::new().await;
    // Sealed, and died before anything was sent.
    let released = bench.sealed(&new_scan("a", 2, LONG), &["a", "b", "c"]).await;
    settle().await;
    assert_eq!(bench.round().await.republished, 2);
    assert_eq!(bench.sent().await.len(), 2);
    // Stored, and died before the claimed one was sent.
    let claimed = bench.stored(&released[0]).await;
    assert_eq!(claimed.len(), 1);
    settle().await;
    let round = bench.round().await;
    assert_eq!((round.resent, round.topped_up), (1, 0));
    assert!(bench.sent().await.contains(&claimed[0].id.to_string()));
    assert_eq!(bench.scan(&released[0].scan).await.in_window, 2);
}

#[tokio::test]
async fn the_end_of_a_scan_that_nobody_announced_is_announced_once() {
    let bench = Bench::new().await;
    bench.sealed(&new_scan("empty", 1, LONG), &[]).await;
    let cancelled = bench.recorded("cancelled").await;
    bench.store.cancel_scan(&cancelled.scan).await.unwrap();
    assert_eq!(bench.round().await, Round { announced: 2, ..LED });
    assert_eq!(bench.round().await, LED);
    assert!(bench.store.unsettled_scans().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_result_of_a_cancelled_scan_is_not_forgotten() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 10, LONG), &["a", "b"]).await;
    bench.stored(&released[0]).await;
    let late = bench.begin(&released[1].id, LONG).await;
    bench.store.cancel_scan(&released[0].scan).await.unwrap();
    settle().await;
    assert_eq!(bench.round().await.resent, 1, "a stored result is reconciled, cancelled or not");
    assert_eq!(bench.resent().await, [released[0].id.clone()]);
    assert_eq!(bench.round().await.announced, 0, "there may be more to come");
    bench.resent().await;
    // The one that still ran may store its own.
    let report = checkmate_domain::ScanReport::target_gone(released[1].spec.as_ref().unwrap().target.clone());
    bench.store.store_result(&late.fence, &report).await.unwrap();
    settle().await;
    bench.round().await;
    assert!(bench.resent().await.contains(&released[1].id));
    // A cancelled job that nobody runs holds nothing up.
    let other = bench.asked("b").await;
    bench.store.cancel_scan(&other.scan).await.unwrap();
    assert_eq!(bench.round().await.announced, 1);
}

#[tokio::test]
async fn a_broker_that_is_away_cuts_a_round_short_and_the_next_one_goes_on() {
    let bench = Bench::new().await;
    bench.recorded("a").await;
    let away =
        EmbeddedBroker::open(&bench.folder.path().join("away.db"), EmbeddedConfig::default()).await.unwrap();
    away.close().await;
    settle().await;
    let keeper = Keeper::new(bench.store.clone(), Arc::new(away), config("a keeper"));
    assert!(keeper.round(&mut None).await.is_err());
    assert_eq!(bench.round().await.republished, 1, "the same owner leads on");
}
