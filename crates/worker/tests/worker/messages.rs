//! Messages that come from anybody: no effect, no crash, a reason to read.

use std::collections::BTreeSet;

use checkmate_domain::{Lane, Timestamp};
use checkmate_queue::{Broker, Destination, Message, Outgoing, Queue, Settle};
use checkmate_store::{JobState, ScanState, Store};

use crate::harness::{Bench, LONG, Script, hand, job_message, message, until};

/// Everything a bad message must leave as it was.
async fn untouched(bench: &Bench, job: &checkmate_store::JobRecord) {
    assert_eq!(bench.job(&job.id).await, *job);
    assert_eq!(bench.scan(&job.scan).await.state, ScanState::Planned);
    for queue in Queue::ALL {
        assert_eq!(bench.depth(queue).await, (0, 0), "{queue}");
    }
}

fn edited(job: &checkmate_store::JobRecord, edit: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let mut value = serde_json::from_slice(&job.message().to_bytes()).unwrap();
    edit(&mut value);
    serde_json::to_vec(&value).unwrap()
}

#[tokio::test]
async fn what_is_no_job_is_given_up_with_a_reason_that_repeats_none_of_it() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a"]);
    let worker = bench.worker(&scanner, |_| {});
    let job = bench.record("a", 1).await;
    let secret = "hunter2-is-my-password";
    let mut deep = vec![b'['; 60_000];
    deep.extend_from_slice(secret.as_bytes());
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("20 MB", vec![b'x'; 20 << 20], "message of 20971520 bytes is larger than 65536"),
        (
            "20 MB of a job",
            edited(&job, |job| job["scan"] = "s".repeat(20 << 20).into()),
            "larger than 65536",
        ),
        ("nothing", Vec::new(), "cut off"),
        ("garbage", [0xff, 0x00, 0xfe, 0x1b].repeat(100), "not JSON"),
        ("deep", deep, "not"),
        ("text", secret.as_bytes().to_vec(), "not JSON"),
        (
            "another document",
            format!("{{\"password\":\"{secret}\"}}").into_bytes(),
            "not the expected fields",
        ),
        ("one field more", edited(&job, |job| job["token"] = secret.into()), "not the expected fields"),
        (
            "an id too long",
            edited(&job, |job| job["job"] = "j".repeat(600).into()),
            "not the expected fields",
        ),
        (
            "an id with an escape",
            edited(&job, |job| job["job"] = "\u{1b}[2J".into()),
            "not the expected fields",
        ),
        ("a negative schema", edited(&job, |job| job["schema"] = (-1).into()), "not the expected fields"),
    ];
    for (what, body, why) in cases {
        let settle = hand(&worker, message(&body, None)).await;
        let Settle::Dead { reason } = settle else { panic!("{what}: {settle:?}") };
        assert!(reason.contains(why), "{what}: {reason}");
        assert!(!reason.contains("hunter2") && reason.len() < 200, "{what}: {reason}");
        untouched(&bench, &job).await;
    }
    assert_eq!(scanner.discoveries(), 0);
}

#[tokio::test]
async fn a_newer_schema_is_given_back_until_it_expires() {
    let bench = Bench::new().await;
    let worker = bench.worker(&Script::plain(&["a"]), |_| {});
    let job = bench.record("a", 1).await;
    let newer = |at: Option<Timestamp>| {
        edited(&job, |job| {
            job["schema"] = 2.into();
            job["new"] = "field".into();
            match at {
                Some(at) => job["expires_at"] = at.as_millis().into(),
                None => drop(job.as_object_mut().unwrap().remove("expires_at")),
            }
        })
    };
    let settle = hand(&worker, message(&newer(Some(Timestamp::now().plus(LONG))), None)).await;
    let Settle::Later { reason, .. } = settle else { panic!("{settle:?}") };
    assert!(reason.contains("schema 2") && reason.contains("upgrade"), "{reason}");
    for over in [Some(Timestamp::now().minus(LONG)), None] {
        let settle = hand(&worker, message(&newer(over), None)).await;
        let Settle::Dead { reason } = settle else { panic!("{over:?}: {settle:?}") };
        assert!(reason.contains("schema 2"), "{reason}");
    }
    untouched(&bench, &job).await;
}

/// Otherwise the keeper sends another message each time it looks, and all of them go round until the job expires.
#[tokio::test]
async fn a_message_that_waits_for_a_newer_worker_is_not_taken_for_lost() {
    let bench = Bench::new().await;
    let worker = bench.worker(&Script::plain(&["a"]), |_| {});
    let job = bench.record("a", 1).await;
    let before = bench.store.now().await.unwrap();
    let newer = edited(&job, |job| job["schema"] = 2.into());
    let sent = Message { id: Some(job.id.to_string()), ..message(&newer, None) };
    let settle = hand(&worker, sent).await;
    let Settle::Later { after, .. } = settle else { panic!("{settle:?}") };
    assert!(after < std::time::Duration::from_secs(15), "the keeper looks by then: {after:?}");
    let noted = bench.job(&job.id).await;
    assert_eq!(noted.state, JobState::Published);
    assert!(noted.published_at >= Some(before), "{noted:?}");
}

#[tokio::test]
async fn only_who_may_publish_jobs_is_believed() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a"]);
    let allowed = BTreeSet::from(["checkmate-scheduler".to_owned()]);
    let worker = bench.worker(&scanner, |config| config.publishers = Some(allowed));
    let job = bench.record("a", 1).await;
    let body = job.message().to_bytes();
    for user in [None, Some("mallory"), Some("checkmate-Scheduler"), Some("")] {
        let settle = hand(&worker, message(&body, user)).await;
        let Settle::Dead { reason } = settle else { panic!("{user:?}: {settle:?}") };
        assert!(reason.contains(user.unwrap_or("nobody")) && reason.contains("not run"), "{reason}");
        untouched(&bench, &job).await;
    }
    assert_eq!(hand(&worker, message(&body, Some("checkmate-scheduler"))).await, Settle::Done);
    assert_eq!(scanner.discoveries(), 1);
}

#[tokio::test]
async fn an_unknown_job_is_given_up_by_name() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a"]);
    let worker = bench.worker(&scanner, |_| {});
    let job = bench.record("a", 1).await;
    let unknown = edited(&job, |job| job["job"] = "no-such-job".into());
    let settle = hand(&worker, message(&unknown, None)).await;
    let Settle::Dead { reason } = settle else { panic!("{settle:?}") };
    assert!(reason.contains("no-such-job"), "{reason}");
    untouched(&bench, &job).await;
}

#[tokio::test]
async fn a_job_that_waits_for_its_window_is_not_run_for_a_forged_message() {
    let bench = Bench::new().await;
    let scanner = Script::plain(&["a", "b"]);
    let worker = bench.worker(&scanner, |_| {});
    let discover = bench.record("a", 1).await;
    assert_eq!(hand(&worker, job_message(&discover)).await, Settle::Done);
    let waiting =
        bench.jobs(&discover.scan).await.into_iter().find(|(_, job)| job.state == JobState::Waiting);
    let (_, waiting) = waiting.expect("the window is 1");
    let settle = hand(&worker, job_message(&waiting)).await;
    assert!(matches!(settle, Settle::Dead { .. }), "{settle:?}");
    assert_eq!(bench.scan(&discover.scan).await.in_window, 1);
}

#[tokio::test]
async fn bad_messages_take_no_good_job_along() {
    let bench = Bench::new().await;
    let running = bench.start(&Script::plain(&["a"]), |_| {});
    let to = || Destination::Work(Lane::Bulk);
    let bad = vec![
        Outgoing::new(to(), "huge", vec![b'{'; 20 << 20]),
        Outgoing::new(to(), "garbage", vec![0xff; 64]),
        Outgoing::new(to(), "empty", Vec::new()),
    ];
    bench.broker.publish(bad).await.unwrap();
    let id = bench.ask("a", 5).await;
    bench.until_worked_off(&id).await;
    until("three dead letters", async || bench.depth(Queue::Dead).await == (3, 0)).await;
    running.drained().await;
    let mut dead = bench.take(Queue::Dead).await;
    dead.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(
        dead.iter().map(|dead| dead.id.as_deref().unwrap()).collect::<Vec<_>>(),
        ["empty", "garbage", "huge"]
    );
    for message in dead {
        let death = message.death.unwrap();
        assert!(
            !death.by_broker && death.queue == Queue::ScanBulk.name() && !death.reason.is_empty(),
            "{death:?}"
        );
    }
}
