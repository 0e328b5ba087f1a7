//! A random walk: one step on the store and on the model, and the same answer of both.

use std::collections::BTreeSet;
use std::time::Duration;

use checkmate_domain::{EndReason, JobId, JobSpec, NotAssessed, ScanId, TargetId, TransitionKind};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::conformance::findings::{commit_of, report};
use crate::conformance::given::{AnyStore, LONG, ask, create, list_of, new_scan, target};
use crate::conformance::lists::parts;
use crate::conformance::model::told;
use crate::conformance::model::world::{Answer, Job, World};
use crate::{AttemptEnd, Begin, Fence, JobState, LockAttempt, LockGuard, ReconcileCommit, ReconcileLoad};

pub(super) struct Walk<'a> {
    pub(super) store: &'a AnyStore,
    pub(super) world: World,
    pub(super) seen: BTreeSet<(&'static str, &'static str)>,
    rng: StdRng,
    seed: u64,
    fences: Vec<Fence>,
    decided: Vec<ReconcileCommit>,
    guard: LockGuard,
}

impl<'a> Walk<'a> {
    pub(super) async fn new(store: &'a AnyStore, seed: u64) -> Self {
        let LockAttempt::Held(guard) = store.lock("model", "model", LONG).await.unwrap() else { panic!() };
        let (world, seen, rng) = (World::default(), BTreeSet::new(), StdRng::seed_from_u64(seed));
        Self { store, world, seen, rng, seed, fences: Vec::new(), decided: Vec::new(), guard }
    }

    /// Keeps two scans going.
    async fn keep_going(&mut self) {
        while self.world.scans.values().filter(|scan| !scan.state.is_final()).count() < 2 {
            let window = self.rng.random_range(1..6);
            let name = format!("model-{}-{}", self.seed, self.world.scans.len());
            let (scan, discover) = create(self.store, &new_scan(&name, window)).await;
            self.world.create(&scan.id, discover.id, window as usize);
        }
    }

    /// Does something, and says what it was.
    pub(super) async fn step(&mut self) -> String {
        self.keep_going().await;
        let (what, on, told, expected) = match self.rng.random_range(0..1_000) {
            0..260 => self.begin().await,
            260..340 => self.end_attempt().await,
            340..470 => self.seal().await,
            470..620 => self.store_result().await,
            620..680 => self.end_job().await,
            680..705 => self.park().await,
            705..840 => self.load_and_commit().await,
            840..880 => self.commit_late().await,
            880..920 => self.renew().await,
            920..985 => return self.publish().await,
            985..995 => return self.top_up().await,
            _ => self.cancel().await,
        };
        self.seen.insert((what, expected.word));
        if expected.finished {
            self.seen.insert((what, "finished"));
        }
        let shown = format!("{what} {on} -> {}", expected.word);
        assert_eq!(told, expected, "seed {}: {what} {on}", self.seed);
        shown
    }

    fn any_scan(&mut self) -> ScanId {
        let at = self.rng.random_range(0..self.world.scans.len());
        self.world.scans.keys().nth(at).unwrap().clone()
    }

    /// Any job, but rather one in one of these states whose scan goes on.
    fn any_job(&mut self, rather: &[JobState]) -> JobId {
        let goes_on = |job: &Job| !self.world.scans[&job.scan].state.is_final();
        let fits = |job: &Job| rather.contains(&job.state) && goes_on(job);
        let fitting: Vec<_> = self.world.jobs.iter().filter(|(_, job)| fits(job)).map(|(id, _)| id).collect();
        if !fitting.is_empty() && self.rng.random_bool(0.8) {
            return fitting[self.rng.random_range(0..fitting.len())].clone();
        }
        let at = self.rng.random_range(0..self.world.jobs.len());
        self.world.jobs.keys().nth(at).unwrap().clone()
    }

    /// A fence that was issued once, of such a job; rather one that still holds.
    fn any_fence(&mut self, of: fn(&Job) -> bool) -> Option<Fence> {
        let mut fences: Vec<&Fence> =
            self.fences.iter().filter(|fence| of(&self.world.jobs[&fence.job])).collect();
        if self.rng.random_bool(0.8) {
            let held = |f: &&Fence| self.world.jobs[&f.job].fence == Some(f.token);
            let holding: Vec<_> = fences.iter().copied().filter(held).collect();
            fences = if holding.is_empty() { fences } else { holding };
        }
        (!fences.is_empty()).then(|| fences[self.rng.random_range(0..fences.len())].clone())
    }

    /// Of a scan that is over nobody needs to know what was not noted as published.
    fn compare(&self, scan: &ScanId, mut told: Answer, mut expected: Answer) -> (Answer, Answer) {
        if self.world.scans[scan].state.is_final() && expected.word.starts_with("already") {
            told.jobs.clear();
            expected.jobs.clear();
        }
        (told, expected)
    }

    async fn begin(&mut self) -> (&'static str, String, Answer, Answer) {
        let id = self.any_job(&[JobState::Recorded, JobState::Published]);
        let request = ask(&id, LONG, self.rng.random_bool(0.3));
        let told = self.store.begin_attempt(&request).await.unwrap();
        let expected = self.world.begin(&id, request.max_failures);
        if let Begin::Started(attempt) = &told {
            if expected.word == "started" {
                self.world.started(&attempt.fence);
            }
            assert_eq!(attempt.number, self.world.jobs[&id].attempt, "seed {}", self.seed);
            self.fences.push(attempt.fence.clone());
        }
        let (told, expected) = self.compare(&self.world.scan_of(&id), told::begin(&told), expected);
        ("begin", id.to_string(), told, expected)
    }

    async fn end_attempt(&mut self) -> (&'static str, String, Answer, Answer) {
        let Some(fence) = self.any_fence(|_| true) else { return self.begin().await };
        let failed = self.rng.random_bool(0.7);
        let end = if failed {
            AttemptEnd::Failed { error: "no".to_owned(), retry_after: Duration::ZERO }
        } else {
            AttemptEnd::GivenBack { retry_after: Duration::from_secs(9), why: None }
        };
        let told = self.store.end_attempt(&fence, &end).await.unwrap();
        (
            "end-attempt",
            fence.job.to_string(),
            told::ended_attempt(told),
            self.world.end_attempt(&fence, failed),
        )
    }

    async fn seal(&mut self) -> (&'static str, String, Answer, Answer) {
        let discover = self.rng.random_bool(0.6);
        let of = if discover { |job: &Job| job.spec.is_none() } else { is_whole };
        let Some(fence) = self.any_fence(of) else { return self.begin().await };
        let scan = self.world.scan_of(&fence.job);
        let jobs: Vec<JobSpec> = match &self.world.jobs[&fence.job].spec {
            Some(whole) => {
                let name = whole.target.as_str().replace("export:", "");
                parts(&name, self.rng.random_range(1..4))
            }
            None => {
                let count = if self.rng.random_bool(0.05) { 0 } else { self.rng.random_range(1..12) };
                (0..count).map(|_| JobSpec::whole(self.any_target())).collect()
            }
        };
        let derived = |spec: &JobSpec| {
            let part = spec.part.as_ref().map(|part| &part.id);
            (JobId::derived(&scan, "scan", spec.target.as_str(), part), spec.clone())
        };
        let with_ids: Vec<_> = jobs.iter().map(derived).collect();
        let told = self.store.seal(&fence, &list_of(jobs)).await.unwrap();
        let expected = self.world.seal(&fence, &with_ids);
        let (told, expected) = self.compare(&scan, told::sealed(&told), expected);
        (if discover { "seal" } else { "split" }, fence.job.to_string(), told, expected)
    }

    fn any_target(&mut self) -> TargetId {
        target(format!("m{}-{}", self.seed, self.rng.random_range(0..8)))
    }

    async fn store_result(&mut self) -> (&'static str, String, Answer, Answer) {
        let Some(fence) = self.any_fence(|job| job.spec.is_some()) else { return self.begin().await };
        let at = self.world.jobs[&fence.job].spec.as_ref().unwrap().target.clone();
        let told = self.store.store_result(&fence, &report(&at, 2)).await.unwrap();
        let expected = self.world.store_result(&fence);
        let (told, expected) = self.compare(&self.world.scan_of(&fence.job), told::stored(&told), expected);
        ("store", fence.job.to_string(), told, expected)
    }

    async fn end_job(&mut self) -> (&'static str, String, Answer, Answer) {
        let id = self.any_job(&[JobState::Published, JobState::Running]);
        let discover = self.world.jobs[&id].spec.is_none();
        if discover && self.rng.random_bool(0.8) {
            return self.begin().await;
        }
        let (reason, word) = match self.rng.random_range(0..3) {
            0 => (EndReason::NotAssessed(NotAssessed::Expired), "expired"),
            1 => (EndReason::NotAssessed(NotAssessed::CrashLoop), "crash-loop"),
            _ => (EndReason::Cancelled, "cancelled"),
        };
        let guard = self.rng.random_bool(0.5).then(|| self.guard.clone());
        let told = self.store.end_job(&id, &reason, guard.as_ref()).await.unwrap();
        ("end-job", id.to_string(), told::ended_job(&told), self.world.end_job(&id, word))
    }

    async fn park(&mut self) -> (&'static str, String, Answer, Answer) {
        let id = self.any_job(&[JobState::Stored]);
        let told = self.store.park_result(&id).await.unwrap();
        ("park", id.to_string(), told::parked(&told), self.world.park(&id))
    }

    /// Loads a result and decides; commits at once or keeps it for later, when it may be outdated.
    async fn load_and_commit(&mut self) -> (&'static str, String, Answer, Answer) {
        use TransitionKind::{Changed, Opened, Reopened, Resolved, Withdrawn};
        let id = self.any_job(&[JobState::Stored, JobState::Parked]);
        let told = self.store.load_reconcile(&id, true).await.unwrap();
        let expected = self.world.load(&id);
        let ReconcileLoad::Ready(input) = &told else {
            return ("load", id.to_string(), told::loaded(&told), expected);
        };
        assert_eq!(told::loaded(&told), expected, "seed {}: load {id}", self.seed);
        let version = self.world.versions.get(&input.report.target).copied().unwrap_or(0);
        assert_eq!(input.target.version, version, "seed {}: load {id}", self.seed);
        let kinds = [Opened, Reopened, Resolved, Changed, Withdrawn];
        let changes: Vec<_> = (0..self.rng.random_range(0..4))
            .map(|n| (n, kinds[self.rng.random_range(0..kinds.len())]))
            .collect();
        let mut commit = commit_of(input, &changes);
        commit.version += u64::from(self.rng.random_bool(0.1));
        if self.rng.random_bool(0.5) {
            self.decided.push(commit);
            return ("load", id.to_string(), told::loaded(&told), expected);
        }
        self.commit(&commit).await
    }

    async fn commit_late(&mut self) -> (&'static str, String, Answer, Answer) {
        if self.decided.is_empty() {
            return self.load_and_commit().await;
        }
        let commit = self.decided[self.rng.random_range(0..self.decided.len())].clone();
        self.commit(&commit).await
    }

    async fn commit(&mut self, commit: &ReconcileCommit) -> (&'static str, String, Answer, Answer) {
        let told = self.store.commit_reconcile(commit).await.unwrap();
        let expected = self.world.commit(commit);
        if expected.word == "committed" {
            let version = self.store.target(&commit.target).await.unwrap().version;
            assert!(version > commit.version, "seed {}: {commit:?}", self.seed);
            self.world.versions.insert(commit.target.clone(), version);
        }
        ("commit", commit.job.to_string(), told::committed(&told), expected)
    }

    async fn renew(&mut self) -> (&'static str, String, Answer, Answer) {
        let Some(fence) = self.any_fence(|_| true) else { return self.begin().await };
        let told = self.store.renew_fence(&fence, LONG).await.unwrap();
        ("renew", fence.job.to_string(), told::renewed(told), self.world.renew(&fence))
    }

    async fn cancel(&mut self) -> (&'static str, String, Answer, Answer) {
        let id = self.any_scan();
        let told = self.store.cancel_scan(&id).await.unwrap();
        ("cancel", id.to_string(), told::cancelled(&told), self.world.cancel(&id))
    }

    async fn publish(&mut self) -> String {
        let count = self.rng.random_range(0..5);
        let jobs: Vec<_> = (0..count).map(|_| self.any_job(&[JobState::Recorded])).collect();
        self.store.mark_published(&jobs).await.unwrap();
        self.world.published(&jobs);
        format!("publish {jobs:?}")
    }

    /// Every transaction fills the window, so there is never room; and the end of a scan is announced.
    async fn top_up(&mut self) -> String {
        let id = self.any_scan();
        assert_eq!(self.store.top_up(&id, &self.guard).await, Ok(Vec::new()), "seed {}", self.seed);
        if self.world.scans[&id].state.is_final() {
            self.store.mark_announced(&id).await.unwrap();
            self.world.scans.get_mut(&id).unwrap().announced = true;
        }
        format!("top up {id}")
    }
}

fn is_whole(job: &Job) -> bool {
    job.spec.as_ref().is_some_and(|spec| spec.part.is_none())
}
