//! Builders, and a store on a private Redis.

use std::time::Duration;

use checkmate_domain::{
    Checks, Coverage, Evidence, Exposure, Finding, FindingRecord, FindingState, FingerprintKey, JobId,
    JobMessage, JobSpec, KeyId, Lane, Place, Priority, ReportKind, ResourceId, RuleId, ScanId, ScanReport,
    ScanStats, Scope, Secret, Severity, TargetHead, TargetId, Timestamp, Transition, TransitionKind, Triaged,
    Trigger, TriggerKind, WorkerId,
};
use checkmate_store::redis::{RedisConfig, RedisStore};
use checkmate_store::{
    Assignment, Attempt, Begin, BeginRequest, Created, JobRecord, Limits, NewScan, ReconcileCommit,
    ReconcileInput, ReconcileLoad, SealList, Sealed, Store, Stored,
};
use checkmate_testkit::redis::{Redis, RedisOptions};

pub(crate) const TTL: Duration = Duration::from_secs(30);

pub(crate) async fn connect(redis: &Redis) -> RedisStore {
    RedisStore::connect(config(redis)).await.expect("a store")
}

pub(crate) fn config(redis: &Redis) -> RedisConfig {
    RedisConfig::new(redis.url())
}

pub(crate) fn with_password(mut config: RedisConfig, password: &str) -> RedisConfig {
    config.password = Some(Secret::new(password.as_bytes().to_vec()));
    config
}

pub(crate) fn options(extra: &[&str]) -> RedisOptions {
    RedisOptions { extra: extra.iter().map(|line| (*line).to_owned()).collect(), ..RedisOptions::default() }
}

pub(crate) fn target(name: &str) -> TargetId {
    TargetId::new(format!("export:{name}")).expect("id")
}

pub(crate) fn new_scan(name: &str, window: u32) -> NewScan {
    NewScan {
        id: ScanId::new(name).expect("id"),
        scope: Scope::Export("all".to_owned()),
        lane: Lane::Bulk,
        trigger: Trigger { kind: TriggerKind::Manual, who: "test".to_owned() },
        window,
        time_limit: Duration::from_secs(60),
        expires_after: Duration::from_secs(3600),
    }
}

pub(crate) fn request(job: &JobId) -> BeginRequest {
    BeginRequest {
        job: job.clone(),
        holder: WorkerId::new("worker-1").expect("id"),
        ttl: TTL,
        alone: false,
        max_failures: 3,
        max_crashes: 1,
        max_crashes_alone: 2,
        limits: Limits::default(),
    }
}

pub(crate) async fn begin(store: &RedisStore, job: &JobId) -> Attempt {
    match store.begin_attempt(&request(job)).await.expect("begin") {
        Begin::Started(attempt) => *attempt,
        other => panic!("not started: {other:?}"),
    }
}

/// Records a scan, begins its discover job and seals a list of so many targets `t0`, `t1`, …
pub(crate) async fn sealed(store: &RedisStore, name: &str, targets: usize, window: u32) -> Vec<JobRecord> {
    let Created::New(_, discover) = store.create_scan(&new_scan(name, window)).await.expect("create") else {
        panic!("the scan is there already")
    };
    let attempt = begin(store, &discover.id).await;
    match store.seal(&attempt.fence, &list(targets)).await.expect("seal") {
        Sealed::New(claimed, _) => records(store, claimed).await,
        other => panic!("not sealed: {other:?}"),
    }
}

async fn records(store: &RedisStore, released: Vec<JobMessage>) -> Vec<JobRecord> {
    let mut records = Vec::new();
    for message in released {
        records.extend(store.job(&message.job).await.expect("job"));
    }
    records
}

pub(crate) fn list(targets: usize) -> SealList {
    let jobs = (0..targets).map(|n| JobSpec::whole(target(&format!("t{n}")))).collect();
    SealList { jobs, history: None }
}

/// Begins a job and stores a report with so many findings; the records of what that released.
pub(crate) async fn stored(store: &RedisStore, job: &JobRecord, findings: usize) -> Vec<JobRecord> {
    records(store, store_report(store, &job.id, findings).await).await
}

/// The same, and the messages of what it released.
pub(crate) async fn store_report(store: &RedisStore, job: &JobId, findings: usize) -> Vec<JobMessage> {
    let attempt = begin(store, job).await;
    let Assignment::Scan(spec) = attempt.assignment else { panic!("{job} is no scan job") };
    match store.store_result(&attempt.fence, &report(&spec.target, findings)).await.expect("store") {
        Stored::New(claimed) => claimed,
        other => panic!("not stored: {other:?}"),
    }
}

pub(crate) async fn load(store: &RedisStore, job: &JobId) -> ReconcileInput {
    match store.load_reconcile(job, true).await.expect("load") {
        ReconcileLoad::Ready(input) => *input,
        other => panic!("nothing to reconcile: {other:?}"),
    }
}

/// Every finding of the report opens.
pub(crate) fn commit(input: &ReconcileInput) -> ReconcileCommit {
    let at = Timestamp::from_millis(1);
    let record = |finding: &Finding| FindingRecord {
        finding: finding.clone(),
        key_id: key_id(),
        triage: Triaged { priority: Priority::P2, reason: "because".to_owned() },
        state: FindingState::Open,
        job: input.job.id.clone(),
        first_scan: input.job.scan.clone(),
        first_seen: at,
        changed_at: at,
        reopened: 0,
    };
    let opened = |finding: &Finding| Transition {
        fingerprint: finding.fingerprint.clone(),
        kind: TransitionKind::Opened,
        rule: finding.rule.clone(),
        target: finding.place.target.clone(),
        scan: input.job.scan.clone(),
        job: input.job.id.clone(),
        seq: input.job.seq,
        at,
    };
    ReconcileCommit {
        job: input.job.id.clone(),
        target: input.report.target.clone(),
        version: input.target.version,
        head: TargetHead { whole_seq: input.job.seq, ..TargetHead::default() },
        upserts: input.report.findings.iter().map(record).collect(),
        transitions: input.report.findings.iter().map(opened).collect(),
        checks: Checks::default(),
        at,
    }
}

pub(crate) fn report(target: &TargetId, findings: usize) -> ScanReport {
    let key = FingerprintKey::new(vec![7; 32]).expect("key");
    ScanReport {
        kind: ReportKind::Whole,
        target: target.clone(),
        rules: Vec::new(),
        checks: Vec::new(),
        findings: (0..findings).map(|n| finding(&key, target, n)).collect(),
        coverage: Coverage::default(),
        stats: ScanStats::default(),
        triage: Vec::new(),
    }
}

fn finding(key: &FingerprintKey, target: &TargetId, number: usize) -> Finding {
    let rule = RuleId::new("auth0.test").expect("id");
    let resource = ResourceId::new(format!("client-{number}")).expect("id");
    Finding {
        fingerprint: key.fingerprint(&rule, target, &resource, ""),
        rule: rule.clone(),
        place: Place { rule, target: target.clone(), resource, discriminator: String::new() },
        resource_name: format!("Client {number}"),
        title: "Something is wrong here".to_owned(),
        severity: Severity::High,
        exposure: Exposure::Public,
        evidence: Evidence { pointer: "/clients".into(), seen: "x".repeat(120), expected: "y".into() },
    }
}

fn key_id() -> KeyId {
    FingerprintKey::new(vec![7; 32]).expect("key").id().clone()
}
