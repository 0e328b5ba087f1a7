//! A place where work arrives, a ledger, and what brings rows of it out.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{
    DeliveryId, DeliveryRecord, Evidence, Exposure, Finding, FindingRecord, FindingState, FingerprintKey,
    JobId, Place, Priority, Remediation, ResourceId, Rule, RuleId, ScanId, Secret, Severity, Subject,
    TargetId, Timestamp, TransitionKind, Triaged,
};
use checkmate_notifier::ledger::{self, Times};
use checkmate_notifier::policy::News;
use checkmate_notifier::sender::{Access, Held, NoAccess};
use checkmate_outbound::{Circuit, Client, InProcess, Outbound};
use checkmate_sandbox::{Office, OfficeBuilder};
use checkmate_store::LedgerStore;
use checkmate_store::embedded::EmbeddedStore;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

/// A vendor's seconds that pass in one of ours.
pub(crate) const SCALE: f64 = 100.0;
/// Deliveries at once.
const AT_ONCE: u64 = 24;

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn times() -> Times {
    Times { hold: ms(1_000), looks: [60, 150, 300].map(ms).to_vec(), again: ms(40), again_at_most: ms(400) }
}

/// A lease that shows these tokens, one after the other.
pub(crate) struct Lease {
    client: Client,
    tokens: Mutex<Vec<&'static str>>,
}

impl Lease {
    pub(crate) fn new(client: Client, tokens: &[&'static str]) -> Self {
        Self { client, tokens: Mutex::new(tokens.to_vec()) }
    }
}

#[async_trait]
impl Access for Lease {
    async fn lease(&self) -> Result<Arc<Held>, NoAccess> {
        let tokens = self.tokens.lock().unwrap();
        let token = tokens.first().ok_or_else(|| NoAccess::Unusable("connect the account".to_owned()))?;
        Ok(Arc::new(Held { secret: Secret::new(token.as_bytes().to_vec()) }))
    }

    async fn renew(&self, _old: &Held) -> Result<Arc<Held>, NoAccess> {
        self.tokens.lock().unwrap().remove(0);
        self.lease().await
    }

    fn client(&self) -> Result<&Client, NoAccess> {
        Ok(&self.client)
    }
}

/// A place and a ledger; clones share them.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) office: Arc<Office>,
    pub(crate) store: Arc<EmbeddedStore>,
    outbound: Outbound,
    _folder: Arc<tempfile::TempDir>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::of(Office::builder()).await
    }

    pub(crate) async fn of(office: OfficeBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("store.db")).await.unwrap();
        let settings = checkmate_outbound::Settings {
            total_timeout: ms(800),
            backoff: (ms(5), ms(40)),
            circuit: Circuit { failures: u32::MAX, open_for: ms(1) },
            ..checkmate_outbound::Settings::default()
        };
        Self {
            office: Arc::new(office.time_scale(SCALE).start().await.unwrap()),
            store: Arc::new(store),
            outbound: Outbound::new(settings, Arc::new(InProcess::default())).unwrap(),
            _folder: Arc::new(folder),
        }
    }

    pub(crate) fn ledger(&self) -> Arc<dyn LedgerStore> {
        Arc::clone(&self.store) as Arc<dyn LedgerStore>
    }

    /// A job's own connections.
    pub(crate) fn client(&self) -> Client {
        self.outbound.client().unwrap()
    }

    pub(crate) fn lease(&self, tokens: &[&'static str]) -> Arc<Lease> {
        Arc::new(Lease::new(self.client(), tokens))
    }

    /// Puts into the ledger how something should look; whether it is not as it should be.
    pub(crate) async fn want_look(&self, route: &str, subject: &Subject, look: &str) -> bool {
        let now = Timestamp::now();
        let row = match self.store.delivery(&DeliveryId::derived(route, subject)).await.unwrap() {
            None => Some(DeliveryRecord::planned(route, subject.clone(), look.to_owned(), now)),
            Some(row) => ledger::wanted(&row, look, now),
        };
        let Some(row) = row else { return false };
        assert!(self.store.put_delivery(row).await.unwrap().is_some());
        true
    }

    /// Does what is due, again and again, until nothing is.
    pub(crate) async fn settle_with<T>(&self, deliver: impl Fn(DeliveryRecord) -> T)
    where
        T: Future<Output = ()> + Send + 'static,
    {
        loop {
            let due = self.store.due_deliveries(Timestamp::now(), AT_ONCE).await.unwrap();
            let mut turns = JoinSet::new();
            due.into_iter().for_each(|row| {
                turns.spawn(deliver(row));
            });
            let idle = turns.is_empty();
            while let Some(turn) = turns.join_next().await {
                turn.unwrap();
            }
            if idle {
                if self.rows().await.iter().all(|row| row.due.is_none()) {
                    return;
                }
                tokio::time::sleep(ms(10)).await;
            }
        }
    }

    /// Settles with a sender that is killed at random awaits, and started again; how often it was.
    pub(crate) async fn settle_killed<T>(&self, settle: impl Fn(Self) -> T, dice: &mut StdRng) -> usize
    where
        T: Future<Output = ()> + Send + 'static,
    {
        for kills in 0.. {
            let mut task = tokio::spawn(settle(self.clone()));
            let life = ms(dice.random_range(20..600));
            if tokio::time::timeout(life, &mut task).await.is_ok_and(|over| over.is_ok()) {
                return kills;
            }
            task.abort();
            let _ = task.await;
        }
        0
    }

    pub(crate) async fn rows(&self) -> Vec<DeliveryRecord> {
        self.store.deliveries(None, 10_000).await.unwrap()
    }

    pub(crate) async fn row(&self, id: &DeliveryId) -> DeliveryRecord {
        self.store.delivery(id).await.unwrap().unwrap()
    }

    /// How often this was written.
    pub(crate) fn wrote(&self, what: &str) -> usize {
        self.office.record().iter().filter(|written| written.what == what).count()
    }
}

/// One finding of a number, as it is seen now, and how often it has come back.
pub(crate) fn finding(number: usize, seen: &str, change: TransitionKind, reopened: u32) -> News {
    let (rule, target) =
        (RuleId::new("auth0.a.b").unwrap(), TargetId::new("auth0:acme.eu.auth0.com").unwrap());
    let resource = ResourceId::new(format!("client{number}")).unwrap();
    let key = FingerprintKey::new(vec![7; 32]).unwrap();
    let state = match change {
        TransitionKind::Resolved => FindingState::Resolved,
        TransitionKind::Reopened => FindingState::Reopened,
        _ => FindingState::Open,
    };
    let finding = Finding {
        fingerprint: key.fingerprint(&rule, &target, &resource, ""),
        rule: rule.clone(),
        place: Place { rule: rule.clone(), target, resource, discriminator: String::new() },
        resource_name: format!("App {number}"),
        title: "Something is off".to_owned(),
        severity: Severity::High,
        exposure: Exposure::Public,
        evidence: Evidence {
            pointer: "clients/App.json#/x".to_owned(),
            seen: seen.to_owned(),
            expected: "true".to_owned(),
        },
    };
    let record = FindingRecord {
        finding,
        key_id: key.id().clone(),
        triage: Triaged { priority: Priority::P1, reason: "High, and open to everybody.".to_owned() },
        state,
        job: JobId::new("job").unwrap(),
        first_scan: ScanId::new("scan").unwrap(),
        first_seen: Timestamp::from_millis(1_795_651_200_000),
        changed_at: Timestamp::from_millis(1_795_651_200_000),
        reopened,
    };
    let rule = Rule {
        id: rule,
        aliases: vec![],
        title: "Something is as it should be".to_owned(),
        severity: Severity::High,
        rationale: "Why it matters.".to_owned(),
        remediation: Remediation { summary: "Turn it on.".to_owned(), steps: vec![] },
        references: vec![],
        equivalents: vec![],
    };
    News {
        record,
        rule: Arc::new(rule),
        organisation: "acme".to_owned(),
        change: Some(change),
        waiver: None,
        assignee: None,
        decided: false,
    }
}
