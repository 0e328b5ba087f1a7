//! A slot is free before a message is taken, and the reserve is kept.

use checkmate_domain::Lane;
use checkmate_queue::Queue;
use checkmate_queue::consumer::ConsumeConfig;

use crate::harness::{Bench, a_while, bulk, gated, quick, until};

#[tokio::test]
async fn no_message_is_taken_without_a_slot() {
    let bench = Bench::new().await;
    let (script, gate) = gated();
    bench.publish(Lane::Bulk, &["a", "b", "c", "d", "e"]).await;
    let running = bench.start(&script, bulk(2));
    until("two run", || async { script.inside() == 2 }).await;
    a_while().await;
    assert_eq!((script.inside(), bench.depth(Queue::ScanBulk).await), (2, (3, 2)));
    gate.add_permits(1);
    until("the next runs", || async { script.began().len() == 3 }).await;
    gate.add_permits(10);
    until("all done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    let report = running.drained().await;
    assert_eq!((report.begun, report.given_back, report.late.len()), (5, 0, 0));
}

#[tokio::test]
async fn an_interactive_job_begins_in_a_flood_of_bulk() {
    let bench = Bench::new().await;
    let (script, gate) = gated();
    let flood: Vec<String> = (0..40).map(|n| format!("bulk {n}")).collect();
    bench.publish(Lane::Bulk, &flood.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let running = bench.start(&script, quick(ConsumeConfig::lanes(3, 1).unwrap()));
    until("bulk uses its share", || async { script.inside() == 2 }).await;
    a_while().await;
    assert_eq!(script.inside(), 2, "the reserve is kept");
    bench.publish(Lane::Interactive, &["person"]).await;
    until("the person's job runs", || async { script.began().contains(&"person".to_owned()) }).await;
    bench.publish(Lane::Interactive, &["second person"]).await;
    a_while().await;
    assert_eq!(script.inside(), 3, "no more than all slots");
    gate.add_permits(1);
    until("a free slot goes to the person first", || async { script.began().len() == 4 }).await;
    assert_eq!(script.began()[3], "second person");
    gate.add_permits(100);
    until("all done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    running.drained().await;
}

#[tokio::test]
async fn what_waits_before_the_start_begins_in_the_order_of_lanes() {
    let bench = Bench::new().await;
    let (script, gate) = gated();
    let names = |lane: &str, count| (0..count).map(|n| format!("{lane} {n}")).collect::<Vec<_>>();
    let (bulk, people) = (names("bulk", 40), names("person", 4));
    bench.publish(Lane::Bulk, &bulk.iter().map(String::as_str).collect::<Vec<_>>()).await;
    bench.publish(Lane::Interactive, &people.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let running = bench.start(&script, quick(ConsumeConfig::lanes(9, 6).unwrap()));
    until("all that may run", || async { script.inside() == 7 }).await;
    a_while().await;
    assert_eq!(script.began(), [&people[..], &bulk[..3]].concat(), "of bulk all but the reserve");
    gate.add_permits(100);
    until("all done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    running.drained().await;
}

#[tokio::test]
async fn more_than_begins_in_one_turn_begins_all_the_same() {
    let bench = Bench::new().await;
    let (script, gate) = gated();
    let ids: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    bench.publish(Lane::Bulk, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let running = bench.start(&script, bulk(180));
    until("as many run as have a slot", || async { script.inside() == 180 }).await;
    a_while().await;
    assert_eq!((script.inside(), script.began()), (180, ids[..180].to_vec()));
    gate.add_permits(200);
    until("all done", || async { bench.depth(Queue::ScanBulk).await == (0, 0) }).await;
    assert_eq!(script.began(), ids);
    running.drained().await;
}

#[tokio::test]
async fn interactive_jobs_may_use_every_slot() {
    let bench = Bench::new().await;
    let (script, gate) = gated();
    let running = bench.start(&script, quick(ConsumeConfig::lanes(3, 1).unwrap()));
    bench.publish(Lane::Interactive, &["a", "b", "c", "d"]).await;
    until("three run", || async { script.inside() == 3 }).await;
    a_while().await;
    assert_eq!(bench.depth(Queue::ScanInteractive).await, (1, 3));
    gate.add_permits(10);
    running.drained().await;
}
