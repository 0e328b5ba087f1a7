//! How many jobs per second the embedded store takes from begin to reconciled, at full durability:
//! `cargo run --release -p checkmate-store --example embedded_speed -- [JOBS] [CONCURRENCY] [FINDINGS]`.
#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use checkmate_domain::{
    Evidence, Exposure, Finding, FindingRecord, FindingState, FingerprintKey, JobId, JobMessage, JobSpec,
    Lane, Place, Priority, ResourceId, RuleId, ScanId, ScanReport, Severity, TargetId, Timestamp, Transition,
    TransitionKind, Triaged, Trigger, TriggerKind, WorkerId,
};
use checkmate_store::embedded::EmbeddedStore;
use checkmate_store::{
    Assignment, Begin, BeginRequest, Committed, Created, Limits, NewScan, ReconcileCommit, ReconcileInput,
    ReconcileLoad, SealList, Sealed, Store, Stored,
};
use tokio::sync::{Mutex, mpsc};

type Any = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Any> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let mut number = |default| numbers.next().unwrap_or(Ok(default));
    let (jobs, concurrency, findings) = (number(20_000)?, number(64)?, number(1)?);
    let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(&folder.path().join("store.db")).await?);

    let started = Instant::now();
    let released = seal(&*store, jobs).await?;
    println!("sealed {jobs} jobs in {:?}", started.elapsed());

    let (claimed, waiting) = mpsc::channel(jobs);
    for job in released {
        claimed.send(job.job).await?;
    }
    let waiting = Arc::new(Mutex::new(waiting));
    let left = Arc::new(AtomicUsize::new(jobs));
    let started = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..concurrency {
        let (store, claimed) = (Arc::clone(&store), claimed.clone());
        let (waiting, left) = (Arc::clone(&waiting), Arc::clone(&left));
        workers.spawn(async move { work(&*store, &claimed, &waiting, &left, findings).await });
    }
    drop(claimed);
    while let Some(done) = workers.join_next().await {
        done??;
    }
    let took = started.elapsed();
    let scan = store.scans(0, 1).await?.pop().ok_or("no scan")?;
    let per_second = jobs as f64 / took.as_secs_f64();
    println!(
        "{} jobs {} in {took:?}: {per_second:.0} jobs/s at {concurrency} at a time",
        scan.done, scan.state
    );
    store.close().await;
    println!("{} bytes per job on disk", bytes(folder.path())? / jobs as u64);
    Ok(())
}

async fn seal(store: &dyn Store, jobs: usize) -> Result<Vec<JobMessage>, Any> {
    let new = NewScan {
        id: ScanId::new("speed")?,
        scope: "org:speed".parse()?,
        lane: Lane::Bulk,
        trigger: Trigger { kind: TriggerKind::Manual, who: "example".to_owned() },
        window: 200,
        time_limit: Duration::from_secs(900),
        expires_after: Duration::from_secs(86_400),
    };
    let Created::New(_, discover) = store.create_scan(&new).await? else { return Err("not new".into()) };
    let Begin::Started(attempt) = store.begin_attempt(&request(discover.id)).await? else {
        return Err("not begun".into());
    };
    let target = |n| Ok::<_, Any>(JobSpec::whole(TargetId::new(format!("export:speed-{n}"))?));
    let list = SealList { jobs: (0..jobs).map(target).collect::<Result<_, _>>()?, history: None };
    match store.seal(&attempt.fence, &list).await? {
        Sealed::New(released, _) => Ok(released),
        _ => Err("not sealed".into()),
    }
}

fn request(job: JobId) -> BeginRequest {
    let holder = "worker-1".parse::<WorkerId>();
    BeginRequest {
        job,
        holder: holder.unwrap_or_else(|_| unreachable!("a valid id")),
        ttl: Duration::from_secs(30),
        alone: false,
        max_failures: 3,
        max_crashes: 1,
        max_crashes_alone: 2,
        limits: Limits::default(),
    }
}

/// Takes released jobs through, until the scan is final.
async fn work(
    store: &dyn Store,
    claimed: &mpsc::Sender<JobId>,
    waiting: &Mutex<mpsc::Receiver<JobId>>,
    left: &AtomicUsize,
    findings: usize,
) -> Result<(), Any> {
    loop {
        if left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err() {
            return Ok(());
        }
        let job = waiting.lock().await.recv().await.ok_or("no job")?;
        let Begin::Started(attempt) = store.begin_attempt(&request(job.clone())).await? else {
            return Err("not begun".into());
        };
        let Assignment::Scan(JobSpec { target, .. }) = attempt.assignment else {
            return Err("no target".into());
        };
        let stored = store.store_result(&attempt.fence, &report(&target, findings)?).await?;
        let Stored::New(released) = stored else { return Err("not stored".into()) };
        let ids: Vec<_> = released.into_iter().map(|message| message.job).collect();
        for id in &ids {
            claimed.send(id.clone()).await?;
        }
        let ReconcileLoad::Ready(input) = store.load_reconcile(&job, true).await? else {
            return Err("not loaded".into());
        };
        let Committed::Committed(_) = store.commit_reconcile(&decide(&input)?).await? else {
            return Err("not committed".into());
        };
    }
}

fn report(target: &TargetId, findings: usize) -> Result<ScanReport, Any> {
    let key = FingerprintKey::new(vec![7; 32])?;
    let rule = RuleId::new("auth0.attack-protection.breached-password")?;
    let mut report = ScanReport::target_gone(target.clone());
    for n in 0..findings {
        let resource = ResourceId::new(format!("client-{n}"))?;
        report.findings.push(Finding {
            fingerprint: key.fingerprint(&rule, target, &resource, ""),
            rule: rule.clone(),
            place: Place {
                rule: rule.clone(),
                target: target.clone(),
                resource,
                discriminator: String::new(),
            },
            resource_name: format!("Client {n}"),
            title: "Breached-password detection is off".to_owned(),
            severity: Severity::High,
            exposure: Exposure::Public,
            evidence: Evidence { pointer: "/enabled".into(), seen: "false".into(), expected: "true".into() },
        });
        report.triage.push(Triaged { priority: Priority::P2, reason: "High and public.".to_owned() });
    }
    Ok(report)
}

fn decide(input: &ReconcileInput) -> Result<ReconcileCommit, Any> {
    let ReconcileInput { job, report, target, .. } = input;
    let key = FingerprintKey::new(vec![7; 32])?;
    let at = Timestamp::now();
    let record = |(finding, triage): (&Finding, &Triaged)| FindingRecord {
        finding: finding.clone(),
        key_id: key.id().clone(),
        triage: triage.clone(),
        state: FindingState::Open,
        job: job.id.clone(),
        first_scan: job.scan.clone(),
        first_seen: at,
        changed_at: at,
        reopened: 0,
    };
    let opened = |finding: &Finding| Transition {
        fingerprint: finding.fingerprint.clone(),
        kind: TransitionKind::Opened,
        rule: finding.rule.clone(),
        target: report.target.clone(),
        scan: job.scan.clone(),
        job: job.id.clone(),
        seq: job.seq,
        at,
    };
    Ok(ReconcileCommit {
        job: job.id.clone(),
        target: report.target.clone(),
        version: target.version,
        head: target.head.clone(),
        upserts: report.findings.iter().zip(&report.triage).map(record).collect(),
        transitions: report.findings.iter().map(opened).collect(),
        checks: report.checks,
        at,
    })
}

fn bytes(folder: &Path) -> std::io::Result<u64> {
    std::fs::read_dir(folder)?.map(|file| Ok(file?.metadata()?.len())).sum()
}
