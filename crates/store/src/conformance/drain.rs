//! Working a scan off with many hands at once, each job in a way of its own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use checkmate_domain::{JobId, JobMessage};
use tokio::task::JoinSet;

use crate::conformance::findings::{opening, report};
use crate::conformance::given::{AnyStore, LONG, ask, expired, list_of, records, target_of};
use crate::conformance::lists::parts;
use crate::{Begin, Committed, JobEnded, JobRecord, Parked, Progress, ReconcileLoad, Sealed, Stored};

/// One way for a job to leave its scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Reconcile,
    End,
    Park,
    /// Into two parts; a part ends instead.
    Split,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    /// Every job an answer released, in no order.
    pub(crate) released: Vec<JobId>,
    /// How many answers said that they finished the scan.
    pub(crate) finished: usize,
    /// How many answers ended, parked or split a job or put it in the lifecycle.
    pub(crate) left: usize,
}

#[derive(Default)]
struct Pool {
    waiting: Vec<JobRecord>,
    in_hand: usize,
    taken: usize,
    drained: Drained,
}

impl Pool {
    fn add(&mut self, jobs: Vec<JobRecord>) {
        self.drained.released.extend(jobs.iter().map(|job| job.id.clone()));
        self.waiting.extend(jobs);
    }
}

/// Works until nothing released is left. `ways` says, by the order of taking, what is tried on a job, all at once.
pub(crate) async fn drain(
    store: &AnyStore,
    claimed: Vec<JobRecord>,
    hands: usize,
    ways: fn(usize) -> Vec<Way>,
) -> Drained {
    let pool = Arc::new(Mutex::new(Pool::default()));
    pool.lock().unwrap().add(claimed);
    let mut tasks = JoinSet::new();
    for _ in 0..hands {
        tasks.spawn(work(Arc::clone(store), Arc::clone(&pool), ways));
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    std::mem::take(&mut pool.lock().unwrap().drained)
}

async fn work(store: AnyStore, pool: Arc<Mutex<Pool>>, ways: fn(usize) -> Vec<Way>) {
    loop {
        let taken = {
            let mut pool = pool.lock().unwrap();
            let next = pool.waiting.pop();
            pool.in_hand += usize::from(next.is_some());
            pool.taken += usize::from(next.is_some());
            match next {
                Some(job) => Some((job, pool.taken - 1)),
                None if pool.in_hand == 0 => return,
                None => None,
            }
        };
        let Some((job, n)) = taken else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        let mut tries = JoinSet::new();
        for way in ways(n) {
            let (store, job) = (Arc::clone(&store), job.clone());
            tries.spawn(async move { leave(&store, &job, way).await });
        }
        while let Some(left) = tries.join_next().await {
            let left = left.unwrap();
            let released = records(&store, &left.released).await;
            let mut pool = pool.lock().unwrap();
            pool.add(released);
            pool.drained.finished += left.finished;
            pool.drained.left += left.left;
        }
        pool.lock().unwrap().in_hand -= 1;
    }
}

#[derive(Default)]
struct Left {
    released: Vec<JobMessage>,
    finished: usize,
    left: usize,
}

impl Left {
    fn note(&mut self, released: Vec<JobMessage>, progress: Option<&Progress>) {
        self.released.extend(released);
        self.finished += usize::from(progress.is_some_and(|progress| progress.finished_now));
        self.left += 1;
    }
}

/// Tries it this way; losing to another try is fine.
async fn leave(store: &AnyStore, job: &JobRecord, way: Way) -> Left {
    let mut left = Left::default();
    let part = job.spec.as_ref().is_some_and(|spec| spec.part.is_some());
    match way {
        Way::Split if !part => split(store, job, &mut left).await,
        Way::End | Way::Split => {
            if let JobEnded::Ended(jobs, progress) = store.end_job(&job.id, &expired(), None).await.unwrap() {
                left.note(jobs, Some(&progress));
            }
        }
        Way::Park => {
            read(store, job, &mut left).await;
            if let Parked::Parked(progress) = store.park_result(&job.id).await.unwrap() {
                left.note(Vec::new(), Some(&progress));
            }
        }
        Way::Reconcile => {
            read(store, job, &mut left).await;
            reconcile(store, job, &mut left).await;
        }
    }
    left
}

async fn split(store: &AnyStore, job: &JobRecord, left: &mut Left) {
    let begun = store.begin_attempt(&ask(&job.id, LONG, true)).await.unwrap();
    let Begin::Started(attempt) = begun else { return };
    let name = target_of(job).to_string().replace("export:", "");
    if let Sealed::New(jobs, progress) = store.seal(&attempt.fence, &list_of(parts(&name, 2))).await.unwrap()
    {
        left.note(jobs, Some(&progress));
    }
}

async fn read(store: &AnyStore, job: &JobRecord, left: &mut Left) {
    let begun = store.begin_attempt(&ask(&job.id, LONG, true)).await.unwrap();
    let Begin::Started(attempt) = begun else { return };
    let report = report(&target_of(job), 1);
    if let Stored::New(jobs) = store.store_result(&attempt.fence, &report).await.unwrap() {
        left.released.extend(jobs);
    }
}

async fn reconcile(store: &AnyStore, job: &JobRecord, left: &mut Left) {
    loop {
        let loaded = store.load_reconcile(&job.id, false).await.unwrap();
        let ReconcileLoad::Ready(input) = loaded else { return };
        match store.commit_reconcile(&opening(&input, 1)).await.unwrap() {
            Committed::Committed(progress) => return left.note(Vec::new(), progress.as_deref()),
            Committed::AlreadyReconciled(progress) => {
                assert!(!progress.finished_now, "somebody else did it");
                return;
            }
            Committed::Conflict => {}
            Committed::NoResult => return,
        }
    }
}
