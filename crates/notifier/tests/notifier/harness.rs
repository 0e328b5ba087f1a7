//! Store and broker in a folder of their own, results in the store, and notifiers.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_domain::{
    CloudEvent, CollectionId, Coverage, EventData, Evidence, Exposure, Finding, FindingState, FingerprintKey,
    JobId, JobMessage, JobSpec, Lane, ObjectList, Part, PartId, Place, Remediation, ReportKind, ResourceId,
    ResultStored, Rule, RuleCoverage, RuleId, ScanId, ScanReport, ScanStats, Scope, Seen, Severity, TargetId,
    Timestamp, Transition, TransitionKind, Trigger, TriggerKind, WorkerId,
};
use checkmate_notifier::{Reconciler, ReconcilerConfig};
use checkmate_queue::consumer::{self, ConsumeConfig, ConsumerLoop, DrainReport, JobContext};
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::{Broker, Message, Outgoing, Queue, Settle};
use checkmate_service::Stop;
use checkmate_store::embedded::EmbeddedStore;
use checkmate_store::{
    Attempt, Begin, BeginRequest, Created, JobState, Limits, NewScan, ScanRecord, SealList, Sealed, Store,
    Stored,
};
use tokio::task::JoinHandle;

pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
pub(crate) const LONG: Duration = Duration::from_secs(600);
/// The one target of these tests.
const TARGET: &str = "export:t";
const RULE: &str = "rule";

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn key() -> FingerprintKey {
    FingerprintKey::new(vec![7; 32]).unwrap()
}

fn target() -> TargetId {
    TargetId::new(TARGET).unwrap()
}

pub(crate) fn ids(names: &[&str]) -> BTreeSet<ResourceId> {
    names.iter().map(|name| ResourceId::new(*name).unwrap()).collect()
}

/// What a report says of the target's resources, for one rule.
#[derive(Debug, Clone)]
pub(crate) struct Says {
    /// Those that exist, as far as it knows.
    pub(crate) listed: BTreeSet<ResourceId>,
    /// Whether there can be no others.
    pub(crate) complete: bool,
    /// Those of them that were looked at.
    pub(crate) seen: Seen,
    /// Those of them that failed.
    pub(crate) failed: BTreeSet<ResourceId>,
    /// For a part of the target only.
    pub(crate) part: bool,
}

impl Says {
    /// Everything was seen.
    pub(crate) fn all(listed: &[&str], failed: &[&str]) -> Self {
        Self { listed: ids(listed), complete: true, seen: Seen::All, failed: ids(failed), part: false }
    }

    /// Only these were seen, as one part of several.
    pub(crate) fn part(seen: &[&str], failed: &[&str]) -> Self {
        Self {
            listed: ids(seen),
            complete: false,
            seen: Seen::Only(ids(seen)),
            failed: ids(failed),
            part: true,
        }
    }

    pub(crate) fn except(mut self, unseen: &[&str]) -> Self {
        self.seen = Seen::Except(ids(unseen));
        self
    }

    pub(crate) fn report(&self) -> ScanReport {
        let (rule, collection) = (RuleId::new(RULE).unwrap(), CollectionId::new("things").unwrap());
        let objects = ObjectList { complete: self.complete, ids: self.listed.clone() };
        let covered = RuleCoverage { collection: collection.clone(), seen: self.seen.clone() };
        ScanReport {
            kind: if self.part { ReportKind::Part } else { ReportKind::Whole },
            target: target(),
            rules: vec![a_rule(rule.clone())],
            checks: Vec::new(),
            findings: self.failed.iter().map(|resource| finding(&rule, resource)).collect(),
            coverage: Coverage {
                objects: BTreeMap::from([(collection, objects)]),
                rules: BTreeMap::from([(rule, covered)]),
            },
            stats: ScanStats::default(),
            triage: Vec::new(),
        }
    }
}

fn a_rule(id: RuleId) -> Rule {
    Rule {
        id,
        aliases: Vec::new(),
        title: "things are in order".to_owned(),
        severity: Severity::High,
        rationale: "because".to_owned(),
        remediation: Remediation::default(),
        references: Vec::new(),
        equivalents: Vec::new(),
    }
}

fn finding(rule: &RuleId, resource: &ResourceId) -> Finding {
    Finding {
        fingerprint: key().fingerprint(rule, &target(), resource, ""),
        rule: rule.clone(),
        place: Place {
            rule: rule.clone(),
            target: target(),
            resource: resource.clone(),
            discriminator: String::new(),
        },
        resource_name: resource.to_string(),
        title: "a thing is not in order".to_owned(),
        severity: Severity::High,
        exposure: Exposure::Public,
        evidence: Evidence::default(),
    }
}

/// A result in the store.
#[derive(Debug, Clone)]
pub(crate) struct Result {
    pub(crate) scan: ScanId,
    pub(crate) job: JobId,
    pub(crate) event: CloudEvent,
}

impl Result {
    /// Its event as it comes from the broker.
    pub(crate) fn message(&self) -> Message {
        message(&self.event.to_bytes(), None)
    }
}

/// Store and broker in a folder of their own.
pub(crate) struct Bench {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) broker: Arc<EmbeddedBroker>,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap();
        let queue = folder.path().join("queue.db");
        let broker = EmbeddedBroker::open(&queue, EmbeddedConfig::default()).await.unwrap();
        Self { store: Arc::new(store), broker: Arc::new(broker), _folder: folder }
    }

    /// Attempts of as many scans of the target as asked for, begun in this order, which is the order of the store.
    pub(crate) async fn begun(&self, name: &str, count: usize) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for n in 0..count {
            let (_, released) = self.sealed(&format!("{name}{n}"), vec![JobSpec::whole(target())]).await;
            attempts.push(self.begin(&released[0].job).await);
        }
        attempts
    }

    /// Stores what an attempt says. No event is sent.
    pub(crate) async fn store(&self, attempt: &Attempt, says: &Says) -> Result {
        let stored = self.store.store_result(&attempt.fence, &says.report()).await.unwrap();
        assert!(matches!(stored, Stored::New(_)), "{stored:?}");
        let (scan, job) = (attempt.scan.clone(), attempt.fence.job.clone());
        let facts = ResultStored {
            scan: scan.clone(),
            job: job.clone(),
            target: target(),
            attempt: attempt.number,
            findings: BTreeMap::new(),
        };
        let event = CloudEvent::new(EventData::ResultStored(facts), Timestamp::now());
        Result { scan, job, event }
    }

    /// A scan of its own that says this.
    pub(crate) async fn said(&self, name: &str, says: &Says) -> Result {
        let attempts = self.begun(name, 1).await;
        self.store(&attempts[0], says).await
    }

    /// One scan whose target is split into these parts.
    pub(crate) async fn in_parts(&self, name: &str, parts: &[Says]) -> Vec<Result> {
        let (_, released) = self.sealed(name, vec![JobSpec::whole(target())]).await;
        let split = self.begin(&released[0].job).await;
        let specs = parts.iter().map(|says| JobSpec {
            target: target(),
            part: Some(part(&says.listed)),
            gone: false,
        });
        let list = SealList { jobs: specs.collect(), history: None };
        let Sealed::New(released, _) = self.store.seal(&split.fence, &list).await.unwrap() else {
            panic!("sealed")
        };
        let mut results = Vec::new();
        for (released, says) in released.iter().zip(parts) {
            let attempt = self.begin(&released.job).await;
            results.push(self.store(&attempt, says).await);
        }
        results
    }

    /// One scan that found its target gone.
    pub(crate) async fn gone(&self, name: &str) -> Result {
        let (_, released) = self.sealed(name, vec![JobSpec::gone(target())]).await;
        let attempt = self.begin(&released[0].job).await;
        let stored =
            self.store.store_result(&attempt.fence, &ScanReport::target_gone(target())).await.unwrap();
        assert!(matches!(stored, Stored::New(_)));
        let (scan, job) = (attempt.scan, attempt.fence.job);
        let facts = ResultStored {
            scan: scan.clone(),
            job: job.clone(),
            target: target(),
            attempt: 1,
            findings: BTreeMap::new(),
        };
        Result { scan, job, event: CloudEvent::new(EventData::ResultStored(facts), Timestamp::now()) }
    }

    async fn sealed(&self, name: &str, jobs: Vec<JobSpec>) -> (ScanId, Vec<JobMessage>) {
        let scan = NewScan {
            id: ScanId::derived(&["notifier", name]),
            scope: Scope::Export("t".to_owned()),
            lane: Lane::Bulk,
            trigger: Trigger { kind: TriggerKind::Manual, who: "a test".to_owned() },
            window: 10,
            time_limit: LONG,
            expires_after: LONG,
        };
        let Created::New(_, discover) = self.store.create_scan(&scan).await.unwrap() else { panic!("new") };
        let attempt = self.begin(&discover.id).await;
        let list = SealList { jobs, history: None };
        let Sealed::New(released, _) = self.store.seal(&attempt.fence, &list).await.unwrap() else {
            panic!("sealed")
        };
        (scan.id, released)
    }

    async fn begin(&self, job: &JobId) -> Attempt {
        let request = BeginRequest {
            job: job.clone(),
            holder: WorkerId::new("worker").unwrap(),
            ttl: LONG,
            alone: false,
            max_failures: 3,
            max_crashes: 1,
            max_crashes_alone: 3,
            limits: Limits::default(),
        };
        match self.store.begin_attempt(&request).await.unwrap() {
            Begin::Started(attempt) => *attempt,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn notifier(&self, set: impl FnOnce(&mut ReconcilerConfig)) -> Reconciler {
        let mut config = ReconcilerConfig {
            publishers: None,
            key_id: key().id().clone(),
            time_limit: LONG,
            retry_after: ms(20),
            max_loads: 3,
        };
        set(&mut config);
        Reconciler::new(self.store.clone(), self.broker.clone(), config)
    }

    /// A notifier in its loop.
    pub(crate) fn start(&self) -> Running {
        let stop = Stop::new(ms(100));
        let config = ConsumeConfig::single(Queue::Results, 8).unwrap();
        let (broker, notifier) = (self.broker.clone() as Arc<dyn Broker>, Arc::new(self.notifier(|_| {})));
        let task = tokio::spawn(ConsumerLoop::new(broker, notifier, config).run(stop.clone()));
        Running { stop, task }
    }

    pub(crate) async fn send(&self, results: &[&Result]) {
        let events = results.iter().map(|result| Outgoing::event(&result.event, true)).collect();
        self.broker.publish(events).await.unwrap();
    }

    /// Waits until no event is on its way.
    pub(crate) async fn until_settled(&self) {
        until("all events are settled", || async { self.depth(Queue::Results).await == (0, 0) }).await;
    }

    pub(crate) async fn depth(&self, queue: Queue) -> (u64, u64) {
        let depth = self.broker.depth(queue).await.unwrap();
        (depth.ready, depth.unacked.unwrap())
    }

    pub(crate) async fn scan(&self, id: &ScanId) -> ScanRecord {
        self.store.scan(id).await.unwrap().unwrap()
    }

    pub(crate) async fn state(&self, job: &JobId) -> JobState {
        self.store.job(job).await.unwrap().unwrap().state
    }

    pub(crate) async fn log(&self) -> Vec<Transition> {
        let log = self.store.transitions(None, 100_000).await.unwrap();
        log.into_iter().map(|entry| entry.transition).collect()
    }

    /// What happened, in short.
    pub(crate) async fn kinds(&self) -> Vec<TransitionKind> {
        self.log().await.into_iter().map(|transition| transition.kind).collect()
    }

    /// The state of the finding at each resource that has one.
    pub(crate) async fn states(&self) -> BTreeMap<String, FindingState> {
        let known = self.store.target(&target()).await.unwrap().findings;
        known.into_iter().map(|record| (record.finding.place.resource.to_string(), record.state)).collect()
    }
}

fn part(resources: &BTreeSet<ResourceId>) -> Part {
    let rules = vec![RuleId::new(RULE).unwrap()];
    let id = PartId::derived(&rules.iter().collect::<Vec<_>>(), &resources.iter().collect::<Vec<_>>());
    Part { id, rules, resources: resources.iter().cloned().collect() }
}

/// A notifier at work.
pub(crate) struct Running {
    stop: Stop,
    task: JoinHandle<DrainReport>,
}

impl Running {
    pub(crate) async fn drained(self) -> DrainReport {
        self.stop.drain();
        tokio::time::timeout(PATIENCE, self.task).await.expect("the loop ends in time").unwrap()
    }
}

/// Hands an event over outside of any loop.
pub(crate) async fn hand(notifier: &Reconciler, message: Message) -> Settle {
    let ctx = JobContext::detached(LONG).await;
    consumer::hand(notifier, message, &ctx).await
}

/// A message as it comes from the broker.
pub(crate) fn message(body: &[u8], user: Option<&str>) -> Message {
    Message {
        id: Some("m".to_owned()),
        queue: Queue::Results,
        body: Arc::from(body),
        cause: None,
        headers: BTreeMap::new(),
        redelivered: false,
        user_id: user.map(str::to_owned),
        death: None,
    }
}

/// Waits until something is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, so: impl Fn() -> F) {
    let end = Instant::now() + PATIENCE;
    while !so().await {
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(ms(5)).await;
    }
}
