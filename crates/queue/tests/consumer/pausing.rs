//! A paused intake takes nothing, holds nothing back, and does not count as dead.

use std::collections::BTreeSet;
use std::sync::Arc;

use checkmate_domain::Lane;
use checkmate_queue::consumer::{ConsumeConfig, ConsumerLoop};
use checkmate_queue::{Broker, Queue};
use tokio::sync::watch;

use crate::harness::{Bench, Running, Script, a_while, gated, quick, until};

fn start(
    bench: &Bench,
    script: &Arc<Script>,
    config: ConsumeConfig,
    paused: &watch::Sender<BTreeSet<Queue>>,
) -> Running {
    let broker = Arc::clone(&bench.broker) as Arc<dyn Broker>;
    Running::of(ConsumerLoop::new(broker, Arc::clone(script), quick(config)).paused_by(paused.subscribe()))
}

#[tokio::test]
async fn a_paused_lane_takes_nothing_and_the_other_goes_on() {
    let bench = Bench::new().await;
    let (script, gate) = gated();
    let paused = watch::Sender::new(BTreeSet::new());
    let running = start(&bench, &script, ConsumeConfig::lanes(3, 1).unwrap(), &paused);
    bench.publish(Lane::Bulk, &["in hand"]).await;
    until("it runs", || async { script.inside() == 1 }).await;
    paused.send_replace(BTreeSet::from([Queue::ScanBulk]));
    a_while().await;
    bench.publish(Lane::Bulk, &["waits", "waits too"]).await;
    bench.publish(Lane::Interactive, &["person", "second person"]).await;
    until("the other lane goes on", || async { script.inside() == 3 }).await;
    a_while().await;
    assert_eq!(bench.depth(Queue::ScanBulk).await, (2, 1), "what is in hand goes on");
    gate.add_permits(3);
    until("what was in hand is done", || async { script.inside() == 0 }).await;
    a_while().await;
    assert_eq!(bench.depth(Queue::ScanBulk).await, (2, 0));
    assert!(running.liveness.down().is_empty(), "a paused queue is not one that is down");

    gate.add_permits(2);
    paused.send_replace(BTreeSet::new());
    until("it goes on", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    let report = running.drained().await;
    assert_eq!((report.begun, report.given_back), (5, 0));
}

#[tokio::test]
async fn what_is_paused_from_the_beginning_waits_and_ends_in_order() {
    let bench = Bench::new().await;
    let (script, _gate) = gated();
    let paused = watch::Sender::new(BTreeSet::from([Queue::ScanBulk]));
    bench.publish(Lane::Bulk, &["a"]).await;
    let running = start(&bench, &script, ConsumeConfig::lane(Lane::Bulk, 2).unwrap(), &paused);
    a_while().await;
    assert_eq!((script.inside(), bench.depth(Queue::ScanBulk).await), (0, (1, 0)));
    drop(paused);
    a_while().await;
    assert_eq!(script.inside(), 0, "without anybody who could say so it does not go on");
    assert_eq!(running.drained().await.begun, 0);
}

#[tokio::test]
async fn paused_and_resumed_at_once_loses_nothing() {
    let bench = Bench::new().await;
    let (script, gate) = gated();
    let paused = watch::Sender::new(BTreeSet::new());
    let running = start(&bench, &script, ConsumeConfig::lanes(4, 1).unwrap(), &paused);
    gate.add_permits(1_000);
    for round in 0..50 {
        bench.publish(Lane::Bulk, &[&format!("job {round}")]).await;
        paused.send_replace(if round % 2 == 0 { BTreeSet::from([Queue::ScanBulk]) } else { BTreeSet::new() });
    }
    until("all are done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    let report = running.drained().await;
    assert_eq!((report.begun, report.given_back), (50, 0));
}
