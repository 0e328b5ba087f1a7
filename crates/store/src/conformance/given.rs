//! What the laws start from: small builders, and the steps that lead to a state worth looking at.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{
    EndReason, JobId, JobMessage, JobSpec, Lane, NotAssessed, ScanId, Scope, TargetId, Trigger, TriggerKind,
    WorkerId,
};

use crate::{
    Assignment, Attempt, Begin, BeginRequest, Created, Fence, JobRecord, JobState, Limits, NewScan, Progress,
    ScanRecord, SealList, Sealed, Store,
};

pub(crate) type AnyStore = Arc<dyn Store>;

/// A fence that no test outlives.
pub(crate) const LONG: Duration = Duration::from_secs(120);
/// A fence or lock that is waited for.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// Waits until what was taken for [`SHORT`] has run out.
pub(crate) async fn outlive_short() {
    tokio::time::sleep(SHORT + Duration::from_millis(60)).await;
}

/// Lets the store's clock move, for what is ordered by time.
pub(crate) async fn tick() {
    tokio::time::sleep(Duration::from_millis(4)).await;
}

pub(crate) fn scan_id(name: &str) -> ScanId {
    ScanId::derived(&["conformance", name])
}

pub(crate) fn target(name: impl std::fmt::Display) -> TargetId {
    TargetId::new(format!("export:{name}")).expect("a target id")
}

/// `t00000`, `t00001`, …: whole targets.
pub(crate) fn specs(count: usize) -> Vec<JobSpec> {
    (0..count).map(|n| JobSpec::whole(target(format!("t{n:05}")))).collect()
}

pub(crate) fn list_of(jobs: Vec<JobSpec>) -> SealList {
    SealList { jobs, history: None }
}

pub(crate) fn new_scan(name: &str, window: u32) -> NewScan {
    NewScan {
        id: scan_id(name),
        scope: Scope::Export("folder".to_owned()),
        lane: Lane::Bulk,
        trigger: Trigger { kind: TriggerKind::Manual, who: "conformance".to_owned() },
        window,
        time_limit: Duration::from_secs(900),
        expires_after: Duration::from_secs(3_600),
    }
}

pub(crate) fn ask(job: &JobId, ttl: Duration, alone: bool) -> BeginRequest {
    BeginRequest {
        job: job.clone(),
        holder: WorkerId::new("worker-1").expect("a worker id"),
        ttl,
        alone,
        max_failures: 3,
        max_crashes: 1,
        max_crashes_alone: 2,
        limits: Limits::default(),
    }
}

pub(crate) fn failed(why: &str) -> EndReason {
    EndReason::NotAssessed(NotAssessed::Failed(why.to_owned()))
}

pub(crate) fn expired() -> EndReason {
    EndReason::NotAssessed(NotAssessed::Expired)
}

pub(crate) async fn create(store: &AnyStore, scan: &NewScan) -> (ScanRecord, JobRecord) {
    match store.create_scan(scan).await.expect("create") {
        Created::New(scan, job) => (*scan, *job),
        Created::Exists(scan) => panic!("a fresh store holds {scan:?}"),
    }
}

pub(crate) async fn begin(store: &AnyStore, job: &JobId) -> Attempt {
    started(store, &ask(job, LONG, false)).await
}

pub(crate) async fn started(store: &AnyStore, request: &BeginRequest) -> Attempt {
    match store.begin_attempt(request).await.expect("begin") {
        Begin::Started(attempt) => *attempt,
        other => panic!("{} should start, not {other:?}", request.job),
    }
}

pub(crate) async fn seal(store: &AnyStore, fence: &Fence, jobs: Vec<JobSpec>) -> (Vec<JobRecord>, Progress) {
    match store.seal(fence, &list_of(jobs)).await.expect("seal") {
        Sealed::New(claimed, progress) => (records(store, &claimed).await, *progress),
        other => panic!("{} should seal, not {other:?}", fence.job),
    }
}

/// A scan whose list of whole targets is sealed, and what was released of it.
pub(crate) async fn sealed(
    store: &AnyStore,
    name: &str,
    count: usize,
    window: u32,
) -> (ScanId, Vec<JobRecord>) {
    sealed_with(store, &new_scan(name, window), specs(count)).await
}

/// A scan whose list is these, and what was released of it.
pub(crate) async fn sealed_with(
    store: &AnyStore,
    scan: &NewScan,
    jobs: Vec<JobSpec>,
) -> (ScanId, Vec<JobRecord>) {
    let (_, discover) = create(store, scan).await;
    let attempt = begin(store, &discover.id).await;
    let (claimed, _) = seal(store, &attempt.fence, jobs).await;
    (scan.id.clone(), claimed)
}

pub(crate) async fn scan(store: &AnyStore, id: &ScanId) -> ScanRecord {
    store.scan(id).await.expect("scan").expect("the scan is recorded")
}

pub(crate) async fn job(store: &AnyStore, id: &JobId) -> JobRecord {
    store.job(id).await.expect("job").expect("the job is released")
}

pub(crate) async fn state(store: &AnyStore, id: &JobId) -> JobState {
    job(store, id).await.state
}

/// A counter of `ended` by its word.
pub(crate) fn ended(scan: &ScanRecord, word: &str) -> u64 {
    scan.ended.get(word).copied().unwrap_or(0)
}

/// The records of released jobs; their messages say the same.
pub(crate) async fn records(store: &AnyStore, released: &[JobMessage]) -> Vec<JobRecord> {
    let mut records = Vec::new();
    for message in released {
        let record = job(store, &message.job).await;
        assert_eq!(record.message(), *message);
        records.push(record);
    }
    records
}

/// The jobs of these messages.
pub(crate) fn named(released: &[JobMessage]) -> Vec<JobId> {
    released.iter().map(|message| message.job.clone()).collect()
}

pub(crate) fn ids(jobs: &[JobRecord]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id.clone()).collect()
}

/// The target that is to be scanned.
pub(crate) fn target_in(attempt: &Attempt) -> &TargetId {
    match &attempt.assignment {
        Assignment::Scan(spec) => &spec.target,
        Assignment::Discover(scope) => panic!("{scope} is to be discovered"),
    }
}

pub(crate) fn target_of(job: &JobRecord) -> TargetId {
    job.spec.as_ref().map(|spec| spec.target.clone()).expect("a scan job has a target")
}

/// The store's promise about counters, whatever the state.
pub(crate) fn assert_counts(scan: &ScanRecord, what: &str) {
    let over: u64 = scan.done + scan.ended.values().sum::<u64>();
    assert!(scan.in_window <= u64::from(scan.window), "{what}: window exceeded in {scan:?}");
    assert!(scan.released <= scan.total, "{what}: released more than listed in {scan:?}");
    assert!(scan.pending + over <= scan.total, "{what}: counted twice in {scan:?}");
}
