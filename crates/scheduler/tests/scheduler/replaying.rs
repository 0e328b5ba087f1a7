//! Sending dead letters again: what it means in each case, and that twice is once.

use checkmate_queue::{Broker, Outgoing, Queue};
use checkmate_scheduler::replay::{Replay, plan_replay, replay};
use checkmate_store::{DeadRecord, DeadStatus, JobRecord, Parked, Store};

use crate::harness::{Bench, LONG, new_scan};

/// A letter about a job that one of us gave up.
async fn letter(bench: &Bench, job: &JobRecord) -> DeadRecord {
    bench.broker.publish(vec![Outgoing::job(&job.message())]).await.unwrap();
    bench.bury(Queue::ScanBulk, "given up").await;
    bench.dead().await.into_iter().find(|dead| dead.job.as_ref() == Some(&job.id)).unwrap()
}

async fn status(bench: &Bench, letter: &DeadRecord) -> DeadStatus {
    bench.store.dead_letter(&letter.id).await.unwrap().unwrap().status
}

async fn plan(bench: &Bench, letter: &DeadRecord) -> Replay {
    plan_replay(bench.store.as_ref(), letter).await.unwrap()
}

async fn twice(bench: &Bench, letter: &DeadRecord, plan: &Replay) {
    for _ in 0..2 {
        replay(bench.store.as_ref(), bench.broker.as_ref(), letter, plan).await.unwrap();
    }
    assert_eq!(status(bench, letter).await, DeadStatus::Replayed);
}

fn impossible(plan: &Replay, why: &str) {
    let Replay::Impossible(said) = plan else { panic!("{plan:?}") };
    assert!(said.contains(why), "{said}");
}

#[tokio::test]
async fn a_job_that_still_waits_is_sent_again() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 1, LONG), &["a"]).await;
    let letter = letter(&bench, &released[0]).await;
    let found = plan(&bench, &letter).await;
    assert!(matches!(&found, Replay::Job(job) if job.id == released[0].id), "{found:?}");
    assert_eq!(status(&bench, &letter).await, DeadStatus::Waiting, "looking changes nothing");
    assert_eq!(bench.depth(Queue::ScanBulk).await, (0, 0));
    twice(&bench, &letter, &found).await;
    let sent = bench.sent().await;
    assert!(
        sent.len() == 2 && sent.iter().all(|id| *id == released[0].id.as_str()),
        "copies of one job: {sent:?}"
    );
}

#[tokio::test]
async fn a_job_that_is_over_is_one_new_scan_however_often_it_is_asked_for() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 1, LONG), &["a"]).await;
    let letter = letter(&bench, &released[0]).await;
    let why = checkmate_domain::EndReason::NotAssessed(checkmate_domain::NotAssessed::CrashLoop);
    bench.store.end_job(&released[0].id, &why, None).await.unwrap();
    let old = bench.scan(&released[0].scan).await;
    let found = plan(&bench, &letter).await;
    assert!(matches!(&found, Replay::Rescan(scan) if scan.id == old.id), "{found:?}");
    twice(&bench, &letter, &found).await;
    let scans = bench.store.scans(0, 10).await.unwrap();
    assert_eq!(scans.len(), 2, "twice is one scan");
    let new = scans.iter().find(|scan| scan.id != old.id).unwrap();
    assert_eq!((&new.scope, new.lane, new.window), (&old.scope, old.lane, old.window));
    assert!(new.trigger.who.contains(&letter.id), "{:?}", new.trigger);
    assert_eq!(bench.scan(&old.id).await, old, "the old one keeps its history");
    assert_eq!(bench.sent().await.len(), 1);
}

#[tokio::test]
async fn a_parked_result_is_told_again() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 1, LONG), &["a"]).await;
    bench.stored(&released[0]).await;
    crate::harness::settle().await;
    assert_eq!(bench.round().await.resent, 1);
    bench.bury(Queue::Results, "begun 51 times").await;
    assert!(matches!(bench.store.park_result(&released[0].id).await.unwrap(), Parked::Parked(_)));
    let dead = bench.dead().await;
    let found = plan(&bench, &dead[0]).await;
    assert!(matches!(&found, Replay::Result(job) if job.id == released[0].id), "{found:?}");
    twice(&bench, &dead[0], &found).await;
    assert_eq!(bench.resent().await, [released[0].id.clone(), released[0].id.clone()]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_reason() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 1, LONG), &["a"]).await;
    let real = letter(&bench, &released[0]).await;
    let unreadable = DeadRecord { job: None, ..real.clone() };
    impossible(&plan(&bench, &unreadable).await, "neither a job nor a result");
    let unknown = DeadRecord { job: Some(checkmate_domain::JobId::new("nobody").unwrap()), ..real.clone() };
    impossible(&plan(&bench, &unknown).await, "no job nobody is known");
    let elsewhere = DeadRecord { queue: "some.queue".to_owned(), ..real.clone() };
    impossible(&plan(&bench, &elsewhere).await, "nothing of ours is sent to queue some.queue");
    let result = DeadRecord { queue: Queue::Results.name().to_owned(), ..real.clone() };
    impossible(&plan(&bench, &result).await, "has no result");
    bench.stored(&released[0]).await;
    impossible(&plan(&bench, &real).await, "has a result");

    let refused = plan(&bench, &real).await;
    replay(bench.store.as_ref(), bench.broker.as_ref(), &real, &refused).await.unwrap();
    assert_eq!(status(&bench, &real).await, DeadStatus::Waiting, "refused is not replayed");
    assert_eq!(bench.depth(Queue::ScanBulk).await, (0, 0));
}

#[tokio::test]
async fn a_broker_that_is_away_leaves_the_letter_waiting() {
    let bench = Bench::new().await;
    let released = bench.sealed(&new_scan("a", 1, LONG), &["a"]).await;
    let letter = letter(&bench, &released[0]).await;
    let found = plan(&bench, &letter).await;
    bench.broker.close().await;
    assert!(replay(bench.store.as_ref(), bench.broker.as_ref(), &letter, &found).await.is_err());
    assert_eq!(status(&bench, &letter).await, DeadStatus::Waiting);
}
