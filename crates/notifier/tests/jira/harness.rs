//! A site, a ledger, senders and tickets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{
    DeliveryId, DeliveryRecord, Evidence, Exposure, Finding, FindingRecord, FindingState, FingerprintKey,
    JobId, Place, Priority, Remediation, ResourceId, Rule, RuleId, ScanId, Secret, Severity, Subject,
    TargetId, Timestamp, TransitionKind, Triaged,
};
use checkmate_notifier::jira::{Access, BackLink, Held, NoAccess, Sender, Settings, Ticket, Turn};
use checkmate_notifier::ledger::{self, Times};
use checkmate_notifier::policy::{self, News, Shape};
use checkmate_notifier::render::jira::{PROPERTY, label};
use checkmate_notifier::{Clock, SystemClock};
use checkmate_outbound::{Circuit, Client, InProcess, Outbound};
use checkmate_sandbox::jira::Issue;
use checkmate_sandbox::{Office, OfficeBuilder};
use checkmate_store::LedgerStore;
use checkmate_store::embedded::EmbeddedStore;
use tokio::task::JoinSet;

/// Seconds of Jira's that pass in one of ours: its index of 30 s is 0.3 s late.
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

/// A site and a ledger; clones share them.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) office: Arc<Office>,
    pub(crate) store: Arc<EmbeddedStore>,
    outbound: Outbound,
    _folder: Arc<tempfile::TempDir>,
}

/// Tickets by the id of their delivery.
pub(crate) type Tickets = Arc<BTreeMap<DeliveryId, Ticket>>;

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

    pub(crate) fn sender(&self) -> Sender {
        self.sender_with(&["atlassian"], Arc::new(SystemClock))
    }

    pub(crate) fn sender_with(&self, tokens: &[&'static str], clock: Arc<dyn Clock>) -> Sender {
        let settings = Settings { base: self.office.jira_url().parse().unwrap(), times: times() };
        let lease = Lease { client: self.outbound.client().unwrap(), tokens: Mutex::new(tokens.to_vec()) };
        Sender::new(settings, Arc::clone(&self.store) as Arc<dyn LedgerStore>, Arc::new(lease), clock)
    }

    /// Puts into the ledger how each ticket should look; how many of them are not as they should be.
    pub(crate) async fn want(&self, tickets: &Tickets, subjects: &[Subject]) -> usize {
        let mut off = 0;
        for subject in subjects {
            let id = DeliveryId::derived("tickets", subject);
            let (look, now) = (tickets[&id].look(), Timestamp::now());
            let row = match self.store.delivery(&id).await.unwrap() {
                None => Some(DeliveryRecord::planned("tickets", subject.clone(), look.to_owned(), now)),
                Some(row) => ledger::wanted(&row, look, now),
            };
            if let Some(row) = row {
                off += 1;
                assert!(self.store.put_delivery(&row).await.unwrap());
            }
        }
        off
    }

    /// Does what is due, again and again, until nothing is.
    pub(crate) async fn settle(&self, sender: Arc<Sender>, tickets: Tickets) {
        loop {
            let due = self.store.due_deliveries(Timestamp::now(), AT_ONCE).await.unwrap();
            let mut turns = JoinSet::new();
            for row in due {
                let (sender, tickets) = (Arc::clone(&sender), Arc::clone(&tickets));
                turns.spawn(async move { sender.deliver(&row, &tickets[&row.id]).await.unwrap() });
            }
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

    /// One turn of a row.
    pub(crate) async fn turn(&self, sender: &Sender, ticket: &Ticket, id: &DeliveryId) -> DeliveryRecord {
        let row = self.row(id).await;
        match sender.deliver(&row, ticket).await.unwrap() {
            Turn::Over(record) => *record,
            other => panic!("{other:?}"),
        }
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

    /// The one ticket of a delivery.
    pub(crate) fn ticket(&self, id: &DeliveryId) -> Issue {
        let mut issues = self.office.jira().labelled(&label(id));
        assert_eq!(issues.len(), 1, "{id}");
        issues.remove(0)
    }
}

/// The one ticket whose property says that it is ours.
pub(crate) fn is_ours(issue: &Issue, id: &DeliveryId) -> bool {
    issue.properties.get(PROPERTY).is_some_and(|mark| mark["id"] == id.as_str())
}

pub(crate) fn project() -> policy::Jira {
    policy::Jira {
        project: "SEC".to_owned(),
        issue_type: "Bug".to_owned(),
        labels: vec!["auth0".to_owned()],
        per_group: false,
        most_new: 1_000,
        due_days: [Some(7), None, None, None],
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
    News { record, rule, organisation: "acme".to_owned(), change: Some(change) }
}

pub(crate) fn subject(news: &News) -> Subject {
    Subject::Finding(news.record.finding.fingerprint.clone())
}

/// A ticket for each finding.
pub(crate) fn tickets(jira: &policy::Jira, news: &[News]) -> (Tickets, Vec<Subject>) {
    let one = |news: &News| {
        let id = DeliveryId::derived("tickets", &subject(news));
        let back =
            BackLink { url: "https://checkmate.example/findings".to_owned(), title: "CheckMate".to_owned() };
        let ticket = Ticket::of(jira, &id, &Shape::Ticket(vec![news]), Some(back), Timestamp::now()).unwrap();
        (id, ticket)
    };
    (Arc::new(news.iter().map(one).collect()), news.iter().map(subject).collect())
}
