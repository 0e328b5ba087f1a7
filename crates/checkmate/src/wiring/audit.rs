//! The audit trail in the store: one writer for the process, which writes what waits in one go and answers each when it is
//! kept.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::audit::{AuditEvent, AuditRecord};
use checkmate_domain::{LeaseIntent, LeaseOutcome, Timestamp, WorkerId};
use checkmate_store::{Appended, Store, StoreError};
use checkmate_vault::{AuditSink, AuditUnavailable};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Records that wait to be written; beyond it whoever writes waits.
const WAITING: usize = 1_024;
/// Records written in one go.
const AT_ONCE: usize = 256;
/// For one record to be kept; longer than the store takes to say why not.
const WITHIN: Duration = Duration::from_secs(15);

type Answer = Result<(), AuditUnavailable>;

/// Writes the segment of this process.
pub struct StoreAudit {
    waiting: mpsc::Sender<(AuditEvent, oneshot::Sender<Answer>)>,
    writing: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl StoreAudit {
    /// Begins; the segment itself begins with the first record.
    #[must_use]
    pub fn start(store: Arc<dyn Store>, process: WorkerId, role: &str) -> Arc<Self> {
        let (waiting, given) = mpsc::channel(WAITING);
        let opened =
            AuditEvent::Opened { role: role.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
        let writer = Writer { store, process, opened, last: None };
        let writing = tokio::sync::Mutex::new(Some(tokio::spawn(writer.run(given))));
        Arc::new(Self { waiting, writing })
    }

    async fn write(&self, event: AuditEvent) -> Answer {
        let (answer, answered) = oneshot::channel();
        let writing = async {
            self.waiting.send((event, answer)).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout(WITHIN, writing).await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(AuditUnavailable("this process is closing".to_owned())),
            Err(_) => Err(AuditUnavailable("the store did not keep a record in time".to_owned())),
        }
    }

    /// Ends the writer. Whoever still waits is told that nothing was kept.
    pub async fn close(&self) {
        if let Some(writing) = self.writing.lock().await.take() {
            writing.abort();
            let _ = writing.await;
        }
    }
}

#[async_trait]
impl AuditSink for StoreAudit {
    async fn intent(&self, intent: &LeaseIntent) -> Answer {
        self.write(AuditEvent::Intent(intent.clone())).await
    }

    async fn outcome(&self, outcome: &LeaseOutcome) -> Answer {
        self.write(AuditEvent::Outcome(outcome.clone())).await
    }
}

struct Writer {
    store: Arc<dyn Store>,
    process: WorkerId,
    opened: AuditEvent,
    /// The last record that is kept for certain.
    last: Option<AuditRecord>,
}

impl Writer {
    async fn run(mut self, mut given: mpsc::Receiver<(AuditEvent, oneshot::Sender<Answer>)>) {
        let mut batch = Vec::new();
        while given.recv_many(&mut batch, AT_ONCE).await > 0 {
            let (events, waiting): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
            let kept = self.append(events).await.map_err(|error| AuditUnavailable(error.to_string()));
            for answer in waiting {
                // Who has gone meanwhile has got nothing.
                let _ = answer.send(kept.clone());
            }
        }
    }

    async fn append(&mut self, events: Vec<AuditEvent>) -> Result<(), StoreError> {
        let records = self.records(&events);
        match self.store.append_audit(&records).await {
            Ok(Appended::Done) => {}
            // Of an earlier try it was not known whether it came through: it did. Go on where the segment stands.
            Ok(Appended::Gap(_)) => {
                self.last = self.stands().await?;
                let records = self.records(&events);
                if self.store.append_audit(&records).await? != Appended::Done {
                    return Err(StoreError::Unavailable(
                        "somebody else writes the segment of this process".to_owned(),
                    ));
                }
                self.last = records.into_iter().next_back();
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        self.last = records.into_iter().next_back();
        Ok(())
    }

    fn records(&self, events: &[AuditEvent]) -> Vec<AuditRecord> {
        let now = Timestamp::now();
        let opened = self.last.is_none().then(|| self.opened.clone());
        let mut records: Vec<AuditRecord> = Vec::with_capacity(events.len() + 1);
        for event in opened.into_iter().chain(events.iter().cloned()) {
            let prev = records.last().or(self.last.as_ref());
            records.push(AuditRecord::after(prev, &self.process, now, event));
        }
        records
    }

    async fn stands(&self) -> Result<Option<AuditRecord>, StoreError> {
        let head = self.store.audit_heads().await?.into_iter().find(|head| head.segment == self.process);
        let Some(head) = head else { return Ok(None) };
        Ok(self.store.audit_records(&self.process, head.seq, 1).await?.pop())
    }
}
