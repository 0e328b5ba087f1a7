//! A hundred thousand findings that are known already, reported again: what reconciling them takes, in a process of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use checkmate_domain::{
    CheckOutcome, CheckResult, CollectionId, Coverage, Evidence, Exposure, Finding, FingerprintKey, JobId,
    JobSpec, Lane, ObjectList, Place, Remediation, ReportKind, ResourceId, Rule, RuleCoverage, RuleId,
    ScanId, ScanReport, ScanStats, Scope, Seen, Severity, TargetId, Timestamp, Trigger, TriggerKind,
    WorkerId,
};
use checkmate_notifier::{Reconciler, ReconcilerConfig};
use checkmate_queue::consumer::{self, JobContext};
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::{Message, Queue, Settle};
use checkmate_store::embedded::EmbeddedStore;
use checkmate_store::redis::{RedisConfig, RedisStore};
use checkmate_store::{Begin, BeginRequest, Created, Limits, NewScan, SealList, Sealed, Store, Stored};
use checkmate_testkit::redis::Redis;
use deadpool_redis::redis;

use crate::hand::connect;
use crate::servers::{Servers, store};
use crate::size::{beside, memory};
use crate::table::{Bar, Row};
use crate::turns::Size;

/// Rules that fail at each resource.
const RULES: usize = 20;
/// One in so many resources is another one in the second report.
const CHANGED: usize = 100;
/// Long enough for all of it.
const LONG: Duration = Duration::from_mins(10);
/// What the slow log of Redis notes, in microseconds.
const SLOW: &str = "1000";

/// What the process says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// From the load to the commit.
    pub seconds: f64,
    /// The most memory it had, in MB.
    pub peak_mb: f64,
}

/// Known findings reported again, in Redis and in files.
///
/// # Errors
/// Those of the servers, and when the process fails.
pub async fn measure(servers: &Servers, size: Size) -> anyhow::Result<Vec<Row>> {
    let many = size.pick(100_000, 2_000);
    servers.everysec.command(&["FLUSHALL"]);
    let on_redis = store(&servers.everysec).await?;
    let events = arrange(&*on_redis, many).await?;
    on_redis.close().await;
    let url = servers.everysec.url();
    reconcile(&url, &events[0])?;
    slow_log_from_here(&servers.everysec);
    let distributed = reconcile(&url, &events[1])?;
    let slowest = slowest(&url).await?;
    servers.everysec.command(&["FLUSHALL"]);

    let folder = tempfile::tempdir_in(beside("")?)?;
    let files = folder.path().join("store.db");
    let in_files = EmbeddedStore::open(&files).await?;
    let events = arrange(&in_files, many).await?;
    in_files.close().await;
    let files = files.to_str().context("a folder that is not UTF-8")?;
    reconcile(files, &events[0])?;
    let embedded = reconcile(files, &events[1])?;

    let told = format!("{many} findings of one target, one in {CHANGED} new and one in {CHANGED} mended");
    let row = |figure: &str, value, unit, most| Row::new(figure, value, unit, Bar::AtMost(most));
    Ok(vec![
        row("reconcile 100,000 known findings, Redis", distributed.seconds, "s", 5.0).told(told.clone()),
        row("  the slowest command", slowest, "ms", 50.0).told("by the slow log of Redis".to_owned()),
        row("  peak of the process", distributed.peak_mb, "MB", 150.0),
        row("reconcile 100,000 known findings, embedded", embedded.seconds, "s", 5.0).told(told),
        row("  peak of the process", embedded.peak_mb, "MB", 150.0),
    ])
}

/// Two results of one target, stored and not reconciled: the second has other findings in a hundredth of its places.
async fn arrange(store: &dyn Store, many: usize) -> anyhow::Result<[String; 2]> {
    Ok([stored(store, 0, &report(many, 0)?).await?, stored(store, 1, &report(many, 1)?).await?])
}

/// A scan whose one job has this result; the event that says so.
async fn stored(store: &dyn Store, round: usize, report: &ScanReport) -> anyhow::Result<String> {
    let scan = NewScan {
        id: ScanId::derived(&["bench", "findings", &round.to_string()]),
        scope: Scope::Export("bench".to_owned()),
        lane: Lane::Bulk,
        trigger: Trigger { kind: TriggerKind::Manual, who: "bench".to_owned() },
        window: 10,
        time_limit: LONG,
        expires_after: LONG,
    };
    let Created::New(_, discover) = store.create_scan(&scan).await? else { bail!("the store is not empty") };
    let list = SealList { jobs: vec![JobSpec::whole(report.target.clone())], history: None };
    let fence = begin(store, &discover.id).await?;
    let Sealed::New(jobs, _) = store.seal(&fence, &list).await? else { bail!("sealed before") };
    let job = jobs.into_iter().next().context("no job")?.job;
    let fence = begin(store, &job).await?;
    ensure!(matches!(store.store_result(&fence, report).await?, Stored::New(_)), "stored before");
    let job = store.job(&job).await?.context("no job")?;
    let event = job.stored_event(BTreeMap::new(), Timestamp::now()).context("no event")?;
    Ok(String::from_utf8(event.to_bytes())?)
}

async fn begin(store: &dyn Store, job: &JobId) -> anyhow::Result<checkmate_store::Fence> {
    let ask = BeginRequest {
        job: job.clone(),
        holder: WorkerId::new("bench")?,
        ttl: LONG,
        alone: false,
        max_failures: 3,
        max_crashes: 1,
        max_crashes_alone: 2,
        limits: Limits::default(),
    };
    match store.begin_attempt(&ask).await? {
        Begin::Started(attempt) => Ok(attempt.fence),
        other => bail!("a job that does not begin: {other:?}"),
    }
}

/// So many findings; a hundredth of the resources is named by the round.
fn report(many: usize, round: usize) -> anyhow::Result<ScanReport> {
    let key = key()?;
    let target = TargetId::new("export:bench")?;
    let collection = CollectionId::new("clients")?;
    let rules: Vec<Rule> = (0..RULES).map(rule).collect::<Result<_, _>>()?;
    let mut ids = BTreeSet::new();
    let mut findings = Vec::with_capacity(many);
    for n in 0..many / RULES {
        let name = if n % CHANGED == 0 { format!("client{n}of{round}") } else { format!("client{n}") };
        let resource = ResourceId::new(format!("clients/{name:0>32}"))?;
        for rule in &rules {
            findings.push(finding(&key, rule, &target, &resource, &name));
        }
        ids.insert(resource);
    }
    let coverage =
        |rule: &Rule| (rule.id.clone(), RuleCoverage { collection: collection.clone(), seen: Seen::All });
    let check = |rule: &Rule| CheckResult {
        rule: rule.id.clone(),
        outcome: CheckOutcome::Failed,
        unseen: Vec::new(),
    };
    Ok(ScanReport {
        kind: ReportKind::Whole,
        target,
        checks: rules.iter().map(check).collect(),
        coverage: Coverage {
            objects: BTreeMap::from([(collection.clone(), ObjectList { complete: true, ids })]),
            rules: rules.iter().map(coverage).collect(),
        },
        triage: findings.iter().map(|one| checkmate_triage::score(one.severity, one.exposure)).collect(),
        rules,
        findings,
        stats: ScanStats::default(),
    })
}

fn key() -> anyhow::Result<FingerprintKey> {
    Ok(FingerprintKey::new(vec![7; 32])?)
}

fn rule(number: usize) -> anyhow::Result<Rule> {
    Ok(Rule {
        id: RuleId::new(format!("bench.clients.rule-{number}"))?,
        aliases: Vec::new(),
        title: "An application may do more than it needs".to_owned(),
        severity: Severity::High,
        rationale: "What it may do and does not need is what an attacker gets.".to_owned(),
        remediation: Remediation::default(),
        references: Vec::new(),
        equivalents: Vec::new(),
    })
}

fn finding(
    key: &FingerprintKey,
    rule: &Rule,
    target: &TargetId,
    resource: &ResourceId,
    name: &str,
) -> Finding {
    Finding {
        fingerprint: key.fingerprint(&rule.id, target, resource, ""),
        rule: rule.id.clone(),
        place: Place {
            rule: rule.id.clone(),
            target: target.clone(),
            resource: resource.clone(),
            discriminator: String::new(),
        },
        resource_name: format!("Application {name}"),
        title: rule.title.clone(),
        severity: rule.severity,
        exposure: Exposure::Public,
        evidence: Evidence {
            pointer: format!("clients/{name}.json#/grant_types"),
            seen: "authorization_code, implicit, password".to_owned(),
            expected: "authorization_code".to_owned(),
        },
    }
}

/// Runs the process over one event.
fn reconcile(store: &str, event: &str) -> anyhow::Result<Took> {
    let mut command = Command::new(beside("bench-reconciler")?);
    let answer = command.args([store, event]).stderr(Stdio::inherit()).output()?;
    ensure!(answer.status.success(), "the reconciler ended with {}", answer.status);
    let text = String::from_utf8(answer.stdout)?;
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next().context("it said nothing");
    Ok(Took { seconds: next()??, peak_mb: next()?? })
}

fn slow_log_from_here(redis: &Redis) {
    redis.command(&["CONFIG", "SET", "slowlog-log-slower-than", SLOW]);
    redis.command(&["CONFIG", "SET", "slowlog-max-len", "10000"]);
    redis.command(&["SLOWLOG", "RESET"]);
}

/// The longest that one command held Redis, in milliseconds; 0 when none took one.
async fn slowest(url: &str) -> anyhow::Result<f64> {
    let mut redis = connect(url).await?;
    let entries: Vec<Vec<redis::Value>> =
        redis::cmd("SLOWLOG").arg("GET").arg(10_000).query_async(&mut redis).await?;
    let took = entries.iter().filter_map(|entry| match entry.get(2) {
        Some(redis::Value::Int(micros)) => Some(*micros),
        _ => None,
    });
    let most = took.max().unwrap_or(0);
    Ok(f64::from(u32::try_from(most).unwrap_or(u32::MAX)) / 1e3)
}

/// A scan with so many findings, over and reconciled.
///
/// # Errors
/// Those of the store.
pub async fn reconciled(store: &Arc<dyn Store>, many: usize) -> anyhow::Result<()> {
    let event = stored(&**store, 0, &report(many, 0)?).await?;
    handed(Arc::clone(store), &event).await.map(drop)
}

/// What the process does: opens the store, hands over one event, and says how long that took.
///
/// # Errors
/// Those of the store, and when the result was not reconciled.
pub async fn alone(at: &str, event: &str) -> anyhow::Result<Took> {
    let store: Arc<dyn Store> = if at.starts_with("redis://") {
        Arc::new(RedisStore::connect(RedisConfig::new(at.to_owned())).await?)
    } else {
        Arc::new(EmbeddedStore::open(Path::new(at)).await?)
    };
    let seconds = handed(store.clone(), event).await?;
    let peak_mb = memory(std::process::id(), "VmHWM:")?;
    store.close().await;
    Ok(Took { seconds, peak_mb })
}

/// Hands an event over; in seconds.
async fn handed(store: Arc<dyn Store>, event: &str) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let broker = EmbeddedBroker::open(&folder.path().join("queue.db"), EmbeddedConfig::default()).await?;
    let config = ReconcilerConfig {
        publishers: None,
        key_id: key()?.id().clone(),
        time_limit: LONG,
        retry_after: Duration::from_secs(1),
        max_loads: 3,
    };
    let reconciler = Reconciler::new(store, Arc::new(broker), config);
    let context = JobContext::detached(LONG).await;
    let began = Instant::now();
    let settled = consumer::hand(&reconciler, message(event), &context).await;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(matches!(settled, Settle::Done), "not reconciled: {settled:?}");
    Ok(seconds)
}

fn message(event: &str) -> Message {
    Message {
        id: None,
        queue: Queue::Results,
        body: Arc::from(event.as_bytes()),
        cause: None,
        headers: BTreeMap::new(),
        redelivered: false,
        user_id: None,
        death: None,
    }
}
