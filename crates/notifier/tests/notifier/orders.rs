//! Results in every order, repeated, overlapping and at once: each transition once, and the newest word stands.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{FindingState, Seen, TransitionKind};
use checkmate_queue::Settle;
use checkmate_store::{JobState, ScanState};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::harness::{Bench, Result, Says, hand, ids};

const RESOURCES: [&str; 5] = ["a", "b", "c", "d", "e"];

#[tokio::test]
async fn an_older_snapshot_that_arrives_late_changes_nothing_newer() {
    use TransitionKind::{Opened, Reopened, Resolved};
    let (fails, fine) = (Says::all(&["x"], &["x"]), Says::all(&["x"], &[]));
    // What the first, second, ... attempt says; in which order it is heard; what happens.
    let cases: Vec<(Vec<&Says>, Vec<usize>, Vec<TransitionKind>)> = vec![
        (vec![&fails, &fine], vec![0, 1], vec![Opened, Resolved]),
        (vec![&fails, &fine], vec![1, 0], vec![]),
        (vec![&fine, &fails], vec![1, 0], vec![Opened]),
        (vec![&fails, &fine, &fails], vec![0, 2, 1], vec![Opened]),
        (vec![&fails, &fine, &fails], vec![0, 1, 2], vec![Opened, Resolved, Reopened]),
        (vec![&fails, &fine, &fails], vec![2, 0, 1], vec![Opened]),
        (vec![&fails, &fails, &fine], vec![2, 1, 0], vec![]),
    ];
    for (says, order, kinds) in cases {
        let bench = Bench::new().await;
        let attempts = bench.begun("s", says.len()).await;
        let mut results = Vec::new();
        for (attempt, says) in attempts.iter().zip(says) {
            results.push(bench.store(attempt, says).await);
        }
        let notifier = bench.notifier(|_| {});
        for n in &order {
            assert_eq!(hand(&notifier, results[*n].message()).await, Settle::Done);
        }
        assert_eq!(bench.kinds().await, kinds, "{order:?}");
        for result in &results {
            assert_eq!(
                bench.scan(&result.scan).await.state,
                ScanState::Finished,
                "late is done too: {order:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_repeated_event_is_one_effect() {
    let bench = Bench::new().await;
    let result = bench.said("a", &Says::all(&["x", "y"], &["x"])).await;
    let notifier = bench.notifier(|_| {});
    for _ in 0..5 {
        assert_eq!(hand(&notifier, result.message()).await, Settle::Done);
    }
    assert_eq!(bench.kinds().await, [TransitionKind::Opened]);
    let scan = bench.scan(&result.scan).await;
    assert_eq!((scan.done, scan.opened, scan.pending, scan.state), (1, 1, 0, ScanState::Finished));
}

#[tokio::test]
async fn only_a_check_that_ran_there_resolves() {
    let bench = Bench::new().await;
    let notifier = bench.notifier(|_| {});
    let all: Vec<String> = (0..1_000).map(|n| format!("r{n:04}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let first = bench.said("first", &Says::all(&all, &all)).await;
    assert_eq!(hand(&notifier, first.message()).await, Settle::Done);
    // All are mended, one of them cannot be read.
    let second = bench.said("second", &Says::all(&all, &[]).except(&["r0500"])).await;
    assert_eq!(hand(&notifier, second.message()).await, Settle::Done);
    let states = bench.states().await;
    let open: Vec<&String> =
        states.iter().filter(|(_, state)| state.is_open()).map(|(name, _)| name).collect();
    assert_eq!(open, ["r0500"]);
    assert_eq!(states.values().filter(|state| **state == FindingState::Resolved).count(), 999);
    // A list cut short cannot say that anything is gone; a complete one can.
    let mut cut = Says::all(&["r0001"], &[]);
    cut.complete = false;
    let third = bench.said("third", &cut).await;
    assert_eq!(hand(&notifier, third.message()).await, Settle::Done);
    assert!(bench.states().await["r0500"].is_open());
    let fourth = bench.said("fourth", &Says::all(&["r0001"], &[])).await;
    assert_eq!(hand(&notifier, fourth.message()).await, Settle::Done);
    assert_eq!(bench.states().await["r0500"], FindingState::Withdrawn);
}

#[tokio::test]
async fn parts_together_cover_what_one_report_would() {
    let bench = Bench::new().await;
    let running = bench.start();
    let before = bench.said("before", &Says::all(&["a", "b", "c", "d"], &["a", "b", "c", "d"])).await;
    bench.send(&[&before]).await;
    bench.until_settled().await;
    let parts = [Says::part(&["a", "b"], &["b"]), Says::part(&["c"], &[])];
    let results = bench.in_parts("parts", &parts).await;
    assert_eq!(bench.scan(&results[0].scan).await.pending, 2);
    bench.send(&[&results[1]]).await;
    bench.until_settled().await;
    assert_eq!(bench.scan(&results[0].scan).await.state, ScanState::Running, "one part is not all");
    bench.send(&[&results[0], &results[1]]).await;
    bench.until_settled().await;
    running.drained().await;
    let scan = bench.scan(&results[0].scan).await;
    assert_eq!((scan.state, scan.done, scan.pending, scan.total), (ScanState::Finished, 2, 0, 3));
    let open: BTreeSet<String> =
        bench.states().await.into_iter().filter(|(_, state)| state.is_open()).map(|(name, _)| name).collect();
    assert_eq!(open, BTreeSet::from(["b".to_owned(), "d".to_owned()]), "d was in no part");
}

#[tokio::test]
async fn a_target_that_is_gone_withdraws_what_was_open_and_an_older_scan_brings_nothing_back() {
    let bench = Bench::new().await;
    let notifier = bench.notifier(|_| {});
    let first = bench.said("first", &Says::all(&["a", "b"], &["a"])).await;
    hand(&notifier, first.message()).await;
    let older = bench.said("older", &Says::all(&["a", "b"], &["a", "b"])).await;
    let gone = bench.gone("gone").await;
    for result in [&gone, &older, &gone] {
        assert_eq!(hand(&notifier, result.message()).await, Settle::Done);
    }
    assert_eq!(bench.kinds().await, [TransitionKind::Opened, TransitionKind::Withdrawn]);
    let back = bench.said("back", &Says::all(&["a"], &["a"])).await;
    hand(&notifier, back.message()).await;
    assert_eq!(bench.states().await["a"], FindingState::Reopened);
}

/// Six scans of one target overlap, two notifiers hear of each several times in any order. Whatever the order was, the
/// newest word on each resource stands, and the log tells a story that makes sense, each chapter once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_notifiers_on_one_target_make_each_transition_once() {
    let mut rng = rand::rngs::StdRng::seed_from_u64(11);
    for round in 0..8 {
        let bench = Bench::new().await;
        let attempts = bench.begun("s", 6).await;
        let (mut said, mut results) = (Vec::new(), Vec::new());
        for attempt in &attempts {
            let says = random(&mut rng);
            results.push(bench.store(attempt, &says).await);
            said.push(says);
        }
        let mut events: Vec<&Result> = results.iter().chain(&results).chain(&results).collect();
        events.shuffle(&mut rng);
        let running = [bench.start(), bench.start()];
        bench.send(&events).await;
        bench.until_settled().await;
        for notifier in running {
            notifier.drained().await;
        }
        for result in &results {
            assert_eq!(bench.state(&result.job).await, JobState::Reconciled);
            let scan = bench.scan(&result.scan).await;
            assert_eq!((scan.state, scan.done, scan.announced), (ScanState::Finished, 1, true));
        }
        let open: BTreeSet<String> = bench
            .states()
            .await
            .into_iter()
            .filter(|(_, state)| state.is_open())
            .map(|(name, _)| name)
            .collect();
        assert_eq!(open, newest_words(&said), "round {round}: {said:#?}");
        makes_sense(&bench).await;
    }
}

fn random(rng: &mut rand::rngs::StdRng) -> Says {
    let mut some = |share: f64| RESOURCES.into_iter().filter(|_| rng.random_bool(share)).collect::<Vec<_>>();
    let (listed, unseen, failing) = (some(0.8), some(0.2), some(0.5));
    let seen: Vec<&str> = listed.iter().copied().filter(|name| !unseen.contains(name)).collect();
    let failed: Vec<&str> = seen.iter().copied().filter(|name| failing.contains(name)).collect();
    let mut says = Says::all(&listed, &failed).except(&unseen);
    says.complete = rng.random_bool(0.5);
    says
}

/// The naive model: for each resource, what the newest report that could say something said.
fn newest_words(said: &[Says]) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for name in RESOURCES {
        let id = &ids(&[name]).into_iter().next().unwrap();
        let word = said.iter().rev().find_map(|says| {
            let Seen::Except(unseen) = &says.seen else { panic!("random ones say so") };
            let spoke = !unseen.contains(id) && (says.listed.contains(id) || says.complete);
            spoke.then(|| says.failed.contains(id))
        });
        if word == Some(true) {
            open.insert(name.to_owned());
        }
    }
    open
}

async fn makes_sense(bench: &Bench) {
    let mut stories: BTreeMap<String, Vec<(u64, TransitionKind)>> = BTreeMap::new();
    for transition in bench.log().await {
        stories
            .entry(transition.fingerprint.to_string())
            .or_default()
            .push((transition.seq, transition.kind));
    }
    for story in stories.values() {
        assert!(
            story.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "each attempt once, newer ones later: {story:?}"
        );
        for (chapter, (_, kind)) in story.iter().enumerate() {
            let makes_sense = match kind {
                TransitionKind::Opened => chapter == 0,
                TransitionKind::Reopened => chapter > 0 && chapter % 2 == 0,
                TransitionKind::Resolved | TransitionKind::Withdrawn => chapter % 2 == 1,
                TransitionKind::Changed => false,
            };
            assert!(makes_sense, "{story:?}");
        }
    }
}
