//! Dead letters: recorded whoever gave them up; what the broker gave up by itself is ended, so that its scan can finish.

use std::collections::BTreeSet;
use std::sync::Arc;

use checkmate_domain::Lane;
use checkmate_queue::consumer::{self, JobContext};
use checkmate_queue::embedded::EmbeddedConfig;
use checkmate_queue::{Broker, Death, Destination, Message, Outgoing, Queue, Settle};
use checkmate_scheduler::keeper::{DeadLetters, DeadLettersConfig};
use checkmate_store::{DeadStatus, JobRecord, JobState, ScanState, Store};

use crate::harness::{Bench, LONG, ms, new_scan, until};

/// A broker whose delivery limit is soon hit.
async fn impatient() -> Bench {
    Bench::with(EmbeddedConfig { delivery_limit: 2, ..EmbeddedConfig::default() }).await
}

/// Takes what waits and puts it back until the broker gives it up.
async fn hit_the_limit(bench: &Bench, queue: Queue) {
    let mut consumer = bench.broker.consume(queue, 1).await.unwrap();
    for _ in 0..2 {
        let delivery = consumer.next().await.unwrap();
        delivery.lease.settle(Settle::Requeue).await;
    }
    until("the broker gave it up", || async { bench.depth(Queue::Dead).await.0 == 1 }).await;
}

fn letters(bench: &Bench, publishers: Option<BTreeSet<String>>) -> DeadLetters {
    let config = DeadLettersConfig { publishers, time_limit: LONG, retry_after: ms(20) };
    DeadLetters::new(bench.store.clone(), bench.broker.clone(), config)
}

async fn hand(letters: &DeadLetters, message: Message) -> Settle {
    let ctx = JobContext::detached(LONG).await;
    consumer::hand(letters, message, &ctx).await
}

fn dead_job(job: &JobRecord, user: Option<&str>, by_broker: bool) -> Message {
    dead(&job.message().to_bytes(), user, Queue::ScanBulk.name(), by_broker)
}

fn dead(body: &[u8], user: Option<&str>, queue: &str, by_broker: bool) -> Message {
    Message {
        id: Some("m".to_owned()),
        queue: Queue::Dead,
        body: Arc::from(body),
        cause: None,
        headers: std::collections::BTreeMap::new(),
        redelivered: false,
        user_id: user.map(str::to_owned),
        death: Some(Death {
            queue: queue.to_owned(),
            reason: "delivery limit reached".to_owned(),
            by_broker,
        }),
    }
}

#[tokio::test]
async fn a_job_at_the_brokers_delivery_limit_ends_and_its_scan_finishes() {
    let bench = impatient().await;
    let released = bench.sealed(&new_scan("a", 1, LONG), &["a", "b"]).await;
    bench.broker.publish(vec![Outgoing::job(&released[0].message())]).await.unwrap();
    hit_the_limit(&bench, Queue::ScanBulk).await;
    let dead = bench.dead().await;
    assert_eq!(dead.len(), 1);
    assert_eq!(
        (&dead[0].queue[..], dead[0].job.as_ref(), dead[0].scan.as_ref()),
        ("checkmate.scan.bulk", Some(&released[0].id), Some(&released[0].scan))
    );
    assert_eq!((dead[0].deaths, dead[0].status), (1, DeadStatus::Waiting));
    let job = bench.job(&released[0].id).await;
    assert_eq!(job.end.unwrap().to_string(), "not assessed (dead-lettered: delivery limit reached)");
    // Its slot is free, and the next one is sent.
    let sent = bench.sent().await;
    assert_eq!(sent.len(), 1);
    let scan = bench.scan(&released[0].scan).await;
    assert_eq!((scan.pending, scan.in_window, scan.ended.get("dead-lettered")), (1, 1, Some(&1)));
}

#[tokio::test]
async fn a_discover_job_at_the_limit_fails_its_scan() {
    let bench = impatient().await;
    let job = bench.asked("a").await;
    hit_the_limit(&bench, Queue::ScanBulk).await;
    bench.dead().await;
    let scan = bench.scan(&job.scan).await;
    assert_eq!(scan.state, ScanState::Failed);
    assert!(scan.error.as_deref().unwrap().contains("delivery limit reached"), "{scan:?}");
}

#[tokio::test]
async fn what_one_of_us_gave_up_is_only_written_down() {
    let bench = Bench::new().await;
    let job = bench.asked("a").await;
    bench.bury(Queue::ScanBulk, "not run: somebody may not").await;
    let before = (bench.job(&job.id).await, bench.scan(&job.scan).await);
    let dead = bench.dead().await;
    assert_eq!((bench.job(&job.id).await, bench.scan(&job.scan).await), before);
    assert_eq!((&dead[0].reason[..], dead[0].job.as_ref()), ("not run: somebody may not", Some(&job.id)));
}

#[tokio::test]
async fn a_job_that_a_worker_is_still_at_is_not_ended_under_its_hands() {
    let bench = Bench::new().await;
    let job = bench.recorded("a").await;
    let attempt = bench.begin(&job.id, LONG).await;
    let letters = letters(&bench, None);
    let settle = hand(&letters, dead_job(&job, None, true)).await;
    let Settle::Later { reason, .. } = settle else { panic!("{settle:?}") };
    assert!(reason.contains("a worker is at the job"), "{reason}");
    assert_eq!(bench.job(&job.id).await.state, JobState::Running);
    bench.store.renew_fence(&attempt.fence, ms(1)).await.unwrap();
    tokio::time::sleep(ms(10)).await;
    assert_eq!(hand(&letters, dead_job(&job, None, true)).await, Settle::Done);
    assert_eq!(bench.job(&job.id).await.state, JobState::Ended);
}

#[tokio::test]
async fn a_result_event_that_the_broker_gave_up_is_parked() {
    let bench = impatient().await;
    let released = bench.sealed(&new_scan("a", 1, LONG), &["a"]).await;
    bench.stored(&released[0]).await;
    tokio::time::sleep(ms(100)).await;
    assert_eq!(bench.round().await.resent, 1);
    hit_the_limit(&bench, Queue::Results).await;
    let dead = bench.dead().await;
    assert_eq!((&dead[0].queue[..], dead[0].job.as_ref()), ("checkmate.results", Some(&released[0].id)));
    assert_eq!(bench.job(&released[0].id).await.state, JobState::Parked);
    let scan = bench.scan(&released[0].scan).await;
    assert_eq!((scan.state, scan.ended.get("parked")), (ScanState::FinishedIncomplete, Some(&1)));
    assert!(!scan.ended.contains_key("dead-lettered"), "its result is there: it was assessed");
}

#[tokio::test]
async fn what_cannot_be_read_is_written_down_within_bounds_and_printable() {
    let bench = Bench::new().await;
    let letters = letters(&bench, None);
    let cases: [(&str, Vec<u8>); 4] = [
        ("empty", Vec::new()),
        ("binary", vec![0xff, 0x00, 0x1b, b'[', b'2', b'J']),
        ("huge", vec![b'x'; 20 << 20]),
        ("wide", "\u{1f600}".repeat(50_000).into_bytes()),
    ];
    for (what, body) in cases {
        let message = Message { id: Some(what.to_owned()), ..dead(&body, None, "some.queue", true) };
        assert_eq!(hand(&letters, message).await, Settle::Done, "{what}");
        let all = bench.store.dead(0, 10).await.unwrap();
        let record = all.iter().find(|dead| dead.message_id.as_deref() == Some(what)).unwrap();
        assert_eq!((record.body_len, record.job.as_ref()), (body.len() as u64, None));
        assert!(record.body.len() <= 3 * 64 * 1024, "{what}: {} bytes kept", record.body.len());
        assert!(!record.body.contains('\u{1b}') && !record.body.contains('\0'));
    }
    assert_eq!(bench.store.dead(0, 10).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_stranger_ends_no_job_by_dying() {
    let bench = Bench::new().await;
    let job = bench.recorded("a").await;
    let allowed = BTreeSet::from(["checkmate-scheduler".to_owned()]);
    let letters = letters(&bench, Some(allowed));
    for user in [None, Some("mallory")] {
        assert_eq!(hand(&letters, dead_job(&job, user, true)).await, Settle::Done);
        assert_eq!(bench.job(&job.id).await.state, JobState::Recorded);
    }
    assert_eq!(bench.store.dead(0, 10).await.unwrap()[0].deaths, 2, "written down all the same");
    assert_eq!(hand(&letters, dead_job(&job, Some("checkmate-scheduler"), true)).await, Settle::Done);
    assert_eq!(bench.job(&job.id).await.state, JobState::Ended);
}

#[tokio::test]
async fn dying_again_is_counted_and_waits_anew() {
    let bench = Bench::new().await;
    let letters = letters(&bench, None);
    let message = dead(b"{}", None, "some.queue", false);
    hand(&letters, message.clone()).await;
    let id = bench.store.dead(0, 1).await.unwrap()[0].id.clone();
    bench.store.mark_dead(&id, DeadStatus::Discarded).await.unwrap();
    hand(&letters, message).await;
    let all = bench.store.dead(0, 10).await.unwrap();
    assert_eq!((all.len(), all[0].deaths, all[0].status), (1, 2, DeadStatus::Waiting));
}

#[tokio::test]
async fn a_store_that_is_away_keeps_the_letter_on_its_queue() {
    let bench = Bench::new().await;
    let job = bench.recorded("a").await;
    let letters = letters(&bench, None);
    bench.store.close().await;
    let settle = hand(&letters, dead_job(&job, None, true)).await;
    assert!(matches!(settle, Settle::Later { .. }), "{settle:?}");
}

#[tokio::test]
async fn bad_letters_hold_no_good_ones_up() {
    let bench = Bench::new().await;
    let to = |id: &str, body: &[u8]| Outgoing::new(Destination::Work(Lane::Bulk), id, body.to_vec());
    let bodies: Vec<Vec<u8>> = (0..30u8).map(|n| vec![n; usize::from(n)]).collect();
    for (n, body) in bodies.iter().enumerate() {
        bench.broker.publish(vec![to(&n.to_string(), body)]).await.unwrap();
        bench.bury(Queue::ScanBulk, "given up").await;
    }
    assert_eq!(bench.dead().await.len(), 30);
}
