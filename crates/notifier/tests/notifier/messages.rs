//! Events that come from anybody: a hint at most.

use std::collections::BTreeSet;

use checkmate_domain::{CloudEvent, EventData, JobId, TargetId, Timestamp};
use checkmate_queue::{Broker, Destination, Outgoing, Queue, Settle};
use checkmate_store::{JobState, ScanState, Store};

use crate::harness::{Bench, Result, Says, hand, message, until};

async fn untouched(bench: &Bench, result: &Result) {
    assert_eq!(bench.state(&result.job).await, JobState::Stored);
    assert_eq!(bench.scan(&result.scan).await.state, ScanState::Running);
    assert!(bench.log().await.is_empty());
}

fn edited(result: &Result, edit: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let mut value = serde_json::from_slice(&result.event.to_bytes()).unwrap();
    edit(&mut value);
    serde_json::to_vec(&value).unwrap()
}

#[tokio::test]
async fn what_is_no_event_of_ours_is_given_up_with_a_reason_that_repeats_none_of_it() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    let notifier = bench.notifier(|_| {});
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("20 MB", vec![b' '; 20 << 20], "event of 20971520 bytes is larger than 65536"),
        ("nothing", Vec::new(), "not an event of ours"),
        ("garbage", [0xff, 0x00, 0x1b].repeat(50), "not an event of ours"),
        ("deep", vec![b'['; 60_000], "not an event of ours"),
        ("a secret", b"{\"password\": \"hunter2\"}".to_vec(), "not an event of ours"),
        (
            "another version",
            edited(&result, |event| event["specversion"] = "0.3".into()),
            "specversion or source",
        ),
        (
            "another source",
            edited(&result, |event| event["source"] = "/hunter2".into()),
            "specversion or source",
        ),
        (
            "another type",
            edited(&result, |event| event["type"] = "com.other.thing".into()),
            "not an event of ours",
        ),
        (
            "no data",
            edited(&result, |event| drop(event.as_object_mut().unwrap().remove("data"))),
            "not an event of ours",
        ),
        (
            "a job id too long",
            edited(&result, |event| event["data"]["job"] = "j".repeat(600).into()),
            "not an event of ours",
        ),
    ];
    for (what, body, why) in cases {
        let settle = hand(&notifier, message(&body, None)).await;
        let Settle::Dead { reason } = settle else { panic!("{what}: {settle:?}") };
        assert!(reason.contains(why), "{what}: {reason}");
        assert!(!reason.contains("hunter2") && reason.len() < 200, "{what}: {reason}");
        untouched(&bench, &result).await;
    }
}

#[tokio::test]
async fn an_event_may_carry_more_than_this_release_knows() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    let body = edited(&result, |event| {
        event["traceparent"] = "00-1-2-03".into();
        event["data"]["new"] = 7.into();
    });
    assert_eq!(hand(&bench.notifier(|_| {}), message(&body, None)).await, Settle::Done);
    assert_eq!(bench.state(&result.job).await, JobState::Reconciled);
}

#[tokio::test]
async fn only_who_may_publish_results_is_believed() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    let allowed = BTreeSet::from(["checkmate-worker".to_owned()]);
    let notifier = bench.notifier(|config| config.publishers = Some(allowed));
    for user in [None, Some("mallory"), Some("")] {
        let settle = hand(&notifier, message(&result.event.to_bytes(), user)).await;
        let Settle::Dead { reason } = settle else { panic!("{user:?}: {settle:?}") };
        assert!(reason.contains(user.unwrap_or("nobody")) && reason.contains("not believed"), "{reason}");
        untouched(&bench, &result).await;
    }
    let settle = hand(&notifier, message(&result.event.to_bytes(), Some("checkmate-worker"))).await;
    assert_eq!(settle, Settle::Done);
}

#[tokio::test]
async fn the_event_is_a_hint_and_the_store_is_the_truth() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x", "y"], &["x"])).await;
    let EventData::ResultStored(mut lie) = result.event.data.clone() else { panic!("a result") };
    lie.target = TargetId::new("export:somebody-else").unwrap();
    lie.attempt = 99;
    let unknown = {
        let mut lie = lie.clone();
        lie.job = JobId::new("no-such-job").unwrap();
        CloudEvent::new(EventData::ResultStored(lie), Timestamp::now())
    };
    let notifier = bench.notifier(|_| {});
    let settle = hand(&notifier, message(&unknown.to_bytes(), None)).await;
    let Settle::Dead { reason } = settle else { panic!("{settle:?}") };
    assert!(reason.contains("no-such-job") && reason.contains("not believed"), "{reason}");
    untouched(&bench, &result).await;

    let lie = CloudEvent::new(EventData::ResultStored(lie), Timestamp::now());
    assert_eq!(hand(&notifier, message(&lie.to_bytes(), None)).await, Settle::Done);
    let log = bench.log().await;
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].target.as_str(), &log[0].job), ("export:t", &result.job));
    let other = TargetId::new("export:somebody-else").unwrap();
    assert!(bench.store.target(&other).await.unwrap().findings.is_empty());
}

#[tokio::test]
async fn an_event_before_its_result_has_no_effect() {
    let bench = Bench::new().await;
    let attempts = bench.begun("a", 1).await;
    let notifier = bench.notifier(|_| {});
    let later = bench.said("b", &Says::all(&["x"], &[])).await;
    let early = edited(&later, |event| event["data"]["job"] = attempts[0].fence.job.as_str().into());
    assert_eq!(hand(&notifier, message(&early, None)).await, Settle::Done);
    assert!(bench.log().await.is_empty());
    let result = bench.store(&attempts[0], &Says::all(&["x"], &["x"])).await;
    assert_eq!(hand(&notifier, result.message()).await, Settle::Done);
    assert_eq!(bench.log().await.len(), 1);
}

#[tokio::test]
async fn a_finished_scan_is_heard_of_without_effect() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    let notifier = bench.notifier(|_| {});
    assert_eq!(hand(&notifier, result.message()).await, Settle::Done);
    let scan = bench.scan(&result.scan).await;
    assert!(scan.announced && scan.state == ScanState::Finished, "{scan:?}");
    let event = scan.finished_event().to_bytes();
    assert_eq!(hand(&notifier, message(&event, None)).await, Settle::Done);
    assert_eq!(bench.scan(&result.scan).await, scan);
}

#[tokio::test]
async fn bad_events_take_no_good_one_along() {
    let bench = Bench::new().await;
    let running = bench.start();
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    let to = || Destination::Event { kind: "checkmate.result.stored".to_owned(), must_route: true };
    let bad = [vec![b'{'; 20 << 20], vec![0xff; 64], Vec::new()];
    let bad = bad.into_iter().enumerate().map(|(n, body)| Outgoing::new(to(), n.to_string(), body));
    bench.broker.publish(bad.collect()).await.unwrap();
    bench.send(&[&result]).await;
    bench.until_settled().await;
    until("three dead letters", || async { bench.depth(Queue::Dead).await == (3, 0) }).await;
    running.drained().await;
    assert_eq!(bench.state(&result.job).await, JobState::Reconciled);
}

#[tokio::test]
async fn a_store_that_is_away_delays_an_event() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x"], &["x"])).await;
    let notifier = bench.notifier(|_| {});
    bench.store.close().await;
    let settle = hand(&notifier, result.message()).await;
    let Settle::Later { reason, .. } = settle else { panic!("{settle:?}") };
    assert!(reason.contains("store"), "{reason}");
}
