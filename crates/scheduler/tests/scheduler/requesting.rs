//! Requests of other systems: who may ask for what, how often, and that a request is one scan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use checkmate_domain::{Lane, Scope, TriggerKind};
use checkmate_queue::consumer::{self, JobContext};
use checkmate_queue::{Message, Queue, Settle};
use checkmate_scheduler::requests::{Requests, RequestsConfig};
use checkmate_store::{ScanRecord, Store};

use crate::harness::{Bench, LONG};

fn taker(bench: &Bench, per_minute: u32) -> Requests {
    let scopes = BTreeSet::from([Scope::Export("acme".to_owned()), Scope::Export("other".to_owned())]);
    let config = RequestsConfig {
        allow: BTreeMap::from([("portal".to_owned(), scopes)]),
        per_minute,
        window: 10,
        time_limit: LONG,
        expires_after: LONG,
        patience: LONG,
    };
    Requests::new(bench.store.clone(), bench.broker.clone(), config)
}

fn message(user: Option<&str>, id: &str, scope: &str) -> Message {
    let body = format!(r#"{{"schema": 1, "id": "{id}", "scope": "{scope}", "reason": "deployed"}}"#);
    Message {
        id: None,
        queue: Queue::Requests,
        body: Arc::from(body.as_bytes()),
        cause: None,
        headers: BTreeMap::new(),
        redelivered: false,
        user_id: user.map(str::to_owned),
        death: None,
    }
}

async fn hand(taker: &Requests, message: Message) -> Settle {
    consumer::hand(taker, message, &JobContext::detached(LONG).await).await
}

async fn scans(bench: &Bench) -> Vec<ScanRecord> {
    bench.store.scans(0, 100).await.unwrap()
}

#[tokio::test]
async fn a_request_becomes_one_scan_however_often_it_comes() {
    let bench = Bench::new().await;
    let taker = taker(&bench, 100);
    for _ in 0..3 {
        assert_eq!(hand(&taker, message(Some("portal"), "r-1", "export:acme")).await, Settle::Done);
    }
    assert_eq!(hand(&taker, message(Some("portal"), "r-2", "export:acme")).await, Settle::Done);
    let all = scans(&bench).await;
    assert_eq!(all.len(), 1, "equal requests are one scan while it runs");
    let scan = &all[0];
    assert_eq!((scan.lane, scan.scope.to_string().as_str()), (Lane::Bulk, "export:acme"));
    assert_eq!((scan.trigger.kind, scan.trigger.who.as_str()), (TriggerKind::Message, "portal: deployed"));
    assert_eq!(bench.depth(Queue::ScanBulk).await, (1, 0), "it was sent");

    bench.store.cancel_scan(&scan.id).await.unwrap();
    assert_eq!(hand(&taker, message(Some("portal"), "r-2", "export:acme")).await, Settle::Done);
    assert_eq!(scans(&bench).await.len(), 1, "the same request again is the same scan");
    assert_eq!(hand(&taker, message(Some("portal"), "r-3", "export:acme")).await, Settle::Done);
    assert_eq!(scans(&bench).await.len(), 2);
}

#[tokio::test]
async fn what_may_not_be_asked_is_given_up_with_the_reason() {
    let bench = Bench::new().await;
    let taker = taker(&bench, 100);
    let mut broken = message(Some("portal"), "r-1", "export:acme");
    broken.body = Arc::from(&b"{}"[..]);
    for (message, says) in [
        (message(None, "r-1", "export:acme"), "names no broker user"),
        (message(Some("stranger"), "r-1", "export:acme"), "'stranger' may not ask for scans"),
        (message(Some("portal"), "r-1", "export:secret"), "may not ask for export:secret"),
        (message(Some("portal"), "r-1", "path:/etc"), "path:"),
        (broken, "not a request"),
    ] {
        let Settle::Dead { reason } = hand(&taker, message).await else { panic!("taken: {says}") };
        assert!(reason.contains(says), "{reason}");
    }
    assert_eq!(scans(&bench).await, []);
}

/// The minute may end within the test: then the count begins again, once.
#[tokio::test]
async fn more_than_so_many_in_a_minute_are_given_up() {
    let bench = Bench::new().await;
    let taker = taker(&bench, 2);
    let mut dead = 0;
    for n in 0..6 {
        match hand(&taker, message(Some("portal"), &format!("r-{n}"), "export:acme")).await {
            Settle::Done => {}
            Settle::Dead { reason } => {
                assert!(reason.contains("more than 2 times in a minute"), "{reason}");
                dead += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!((2..=4).contains(&dead), "{dead}");
}

#[tokio::test]
async fn a_request_waits_for_the_store_and_goes_back_as_it_came() {
    let bench = Bench::new().await;
    let taker = taker(&bench, 100);
    bench.store.close().await;
    let ctx = JobContext::detached(std::time::Duration::from_secs(5)).await;
    let settle = consumer::hand(&taker, message(Some("portal"), "r-1", "export:acme"), &ctx).await;
    assert_eq!(settle, Settle::Requeue, "a copy would carry another user");
}
