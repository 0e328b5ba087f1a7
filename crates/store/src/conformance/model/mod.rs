//! The law of all laws: whatever is done in whatever order, the store is where a naive model is.

use checkmate_domain::ScanId;

use crate::conformance::Fixture;
use crate::conformance::given::{AnyStore, scan};
use crate::conformance::lifecycle::log;
use crate::{JobState, LogEntry};

mod told;
mod walk;
mod world;

use walk::Walk;
use world::World;

const SEEDS: u64 = 6;
const STEPS: usize = 300;

/// What a walk must have met at least once, or it proves little.
const TO_BE_SEEN: &[(&str, &str)] = &[
    ("begin", "started"),
    ("begin", "busy"),
    ("begin", "over"),
    ("begin", "unknown"),
    ("begin", "condemned"),
    ("begin", "already-stored"),
    ("begin", "already-sealed"),
    ("end-attempt", "noted"),
    ("end-attempt", "fence-lost"),
    ("renew", "held"),
    ("renew", "lost"),
    ("seal", "new"),
    ("seal", "already"),
    ("split", "new"),
    ("split", "already"),
    ("split", "fence-lost"),
    ("store", "new"),
    ("store", "already"),
    ("store", "fence-lost"),
    ("end-job", "ended"),
    ("end-job", "kept"),
    ("end-job", "unknown"),
    ("park", "parked"),
    ("park", "kept"),
    ("load", "ready"),
    ("load", "already"),
    ("load", "no-result"),
    ("commit", "committed"),
    ("commit", "conflict"),
    ("commit", "already"),
    ("commit", "finished"),
    ("cancel", "now"),
    ("cancel", "was-over"),
];

/// Random steps give the model's answers and leave the model's state. The seed stands in every message.
pub async fn random_steps_agree_with_a_naive_model(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..SEEDS {
        let before = log(&store, 1_000).await;
        let mut walk = Walk::new(&store, seed).await;
        for step in 0..STEPS {
            let done = walk.step().await;
            let all = step % 20 == 19;
            agree(&store, &walk.world, all, &format!("seed {seed}, step {step}, {done}")).await;
        }
        seen.append(&mut walk.seen);
        lifecycle_agrees(&store, &walk.world, &before, seed).await;
    }
    let missed: Vec<_> = TO_BE_SEEN.iter().filter(|answer| !seen.contains(*answer)).collect();
    assert!(missed.is_empty(), "never met, so change the odds: {missed:?}");
}

/// Compares the scans that go on, or all of them.
async fn agree(store: &AnyStore, world: &World, all: bool, what: &str) {
    for (id, _) in world.scans.iter().filter(|(_, scan)| all || !scan.state.is_final()) {
        scan_agrees(store, world, id, what).await;
        jobs_agree(store, world, id, what).await;
    }
    let unsettled: Vec<ScanId> =
        store.unsettled_scans().await.unwrap().into_iter().map(|scan| scan.id).collect();
    for (id, scan) in &world.scans {
        assert_eq!(unsettled.contains(id), !(scan.state.is_final() && scan.announced), "{what}: {id}");
    }
}

async fn scan_agrees(store: &AnyStore, world: &World, id: &ScanId, what: &str) {
    let (real, model) = (scan(store, id).await, &world.scans[id]);
    assert_eq!(
        (real.state, real.sealed, real.announced),
        (model.state, model.sealed, model.announced),
        "{what}"
    );
    let total = model.list.len();
    let released = total - world.count(id, &[JobState::Waiting]);
    let numbers = [total, released, world.in_window(id), world.pending(id)].map(|n| n as u64);
    assert_eq!([real.total, real.released, real.in_window, real.pending], numbers, "{what}");
    let done = world.count(id, &[JobState::Reconciled]) as u64;
    assert_eq!((real.done, real.opened, real.resolved), (done, model.opened, model.resolved), "{what}");
    let mut ended = real.ended;
    ended.retain(|_, count| *count > 0);
    assert_eq!(ended, world.ended(id), "{what}");
    assert_eq!(real.finished_at.is_some(), model.state.is_final(), "{what}");

    // The model's own sense.
    assert!(world.in_window(id) <= model.window, "{what}");
    let full = world.in_window(id) == model.window || released == total;
    assert!(full || model.state.is_final(), "{what}: room in the window");
    let over = model.sealed && world.pending(id) == 0;
    assert!(!over || model.state.is_final(), "{what}: nothing left, and not final");
}

async fn jobs_agree(store: &AnyStore, world: &World, id: &ScanId, what: &str) {
    let (scan, real) = (&world.scans[id], store.scan_jobs(id, 0, 1_000).await.unwrap());
    let expected: Vec<_> = std::iter::once(&scan.discover).chain(&scan.list).collect();
    assert_eq!(real.iter().map(|job| &job.id).collect::<Vec<_>>(), expected, "{what}");
    let mut open = Vec::new();
    for job in &real {
        let model = &world.jobs[&job.id];
        assert_eq!((job.state, &job.spec), (model.state, &model.spec), "{what}: {}", job.id);
        if model.state == JobState::Waiting {
            continue;
        }
        let fence = job.fence.as_ref().map(|fence| fence.token);
        assert_eq!(
            (job.attempt, job.failures, fence),
            (model.attempt, model.failures, model.fence),
            "{what}: {}",
            job.id
        );
        if !matches!(model.state, JobState::Parked | JobState::Reconciled | JobState::Ended) {
            open.push(job.id.clone());
        }
    }
    open.sort();
    let told: Vec<_> =
        store.open_jobs(id, None, 1_000).await.unwrap().into_iter().map(|job| job.id).collect();
    assert_eq!(told, open, "{what}");
}

async fn lifecycle_agrees(store: &AnyStore, world: &World, before: &[LogEntry], seed: u64) {
    let now = log(store, 7).await;
    assert_eq!(now[..before.len()], *before, "seed {seed}: the log changed behind");
    let new: Vec<_> = now[before.len()..].iter().map(|entry| entry.transition.clone()).collect();
    assert_eq!(new, world.log, "seed {seed}");
    for (target, findings) in &world.findings {
        let real = store.target(target).await.unwrap();
        assert_eq!(real.findings, findings.values().cloned().collect::<Vec<_>>(), "seed {seed}: {target}");
    }
}
