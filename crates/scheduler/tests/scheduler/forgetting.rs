//! Retention: what is old goes, one process at a time, and nothing else is touched.

use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_scheduler::retention::{Keep, Retention, RetentionConfig};
use checkmate_service::Stop;
use checkmate_store::{DeadRecord, DeadStatus, LockAttempt, Store};

use crate::harness::{Bench, LONG, ms};

const DAY: Duration = Duration::from_hours(24);

fn retention(bench: &Bench) -> Retention {
    let keep = Keep { results: 90 * DAY, events: 30 * DAY, dead_letters: 30 * DAY };
    Retention::new(bench.store.clone(), RetentionConfig { every: ms(5), ..RetentionConfig::new("one", keep) })
}

fn letter(id: &str, days_ago: u32) -> DeadRecord {
    let at = Timestamp::now().minus(days_ago * DAY);
    DeadRecord {
        id: id.to_owned(),
        queue: "checkmate.scan.bulk".to_owned(),
        reason: "no".to_owned(),
        message_id: None,
        job: None,
        scan: None,
        body: String::new(),
        body_len: 0,
        first_at: at,
        last_at: at,
        deaths: 1,
        status: DeadStatus::Waiting,
    }
}

#[tokio::test]
async fn only_what_is_older_than_kept_goes() {
    let bench = Bench::new().await;
    for (id, days) in [("old", 31), ("young", 29)] {
        bench.store.record_dead(&letter(id, days)).await.unwrap();
    }
    let purged = retention(&bench).round(&Stop::new(LONG)).await.unwrap().unwrap();
    assert_eq!((purged.dead_waiting, purged.total()), (1, 1));
    let left: Vec<String> = bench.store.dead(0, 9).await.unwrap().into_iter().map(|dead| dead.id).collect();
    assert_eq!(left, ["young"]);
}

#[tokio::test]
async fn many_steps_are_one_round() {
    let bench = Bench::new().await;
    for n in 0..2_100 {
        bench.store.record_dead(&letter(&format!("letter {n}"), 40)).await.unwrap();
    }
    let purged = retention(&bench).round(&Stop::new(LONG)).await.unwrap().unwrap();
    assert_eq!((purged.dead_waiting, purged.more), (2_100, false));
}

#[tokio::test]
async fn one_process_at_a_time_removes() {
    let bench = Bench::new().await;
    bench.store.record_dead(&letter("old", 40)).await.unwrap();
    let LockAttempt::Held(guard) = bench.store.lock("retention", "another", LONG).await.unwrap() else {
        panic!("nobody holds it")
    };
    let (retention, stop) = (retention(&bench), Stop::new(LONG));
    assert_eq!(retention.round(&stop).await, Ok(None));
    assert_eq!(bench.store.dead(0, 9).await.unwrap().len(), 1);
    bench.store.unlock(&guard).await.unwrap();
    let running = stop.clone();
    let task = tokio::spawn(async move { retention.run(&running).await });
    while !bench.store.dead(0, 9).await.unwrap().is_empty() {
        tokio::time::sleep(ms(5)).await;
    }
    stop.drain();
    task.await.unwrap();
}
