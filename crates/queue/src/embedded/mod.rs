//! The broker for one machine: one SQLite file, one owning process.
//!
//! A publish answers after the disk sync that many share. Delivering costs no write: who holds what is kept in memory only,
//! and when the process dies every message waits again. So everything stored by an earlier process counts as perhaps
//! delivered. Settling costs one write. Delays are kept exactly. Memory holds the next messages of a queue that somebody
//! consumes, never the queue.

mod clock;
mod consumer;
mod index;
mod lease;
mod publish;
mod pump;
mod shared;
mod table;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
pub use checkmate_sqlite::OpenError;
use checkmate_sqlite::{Db, DbError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::clock::Clock;
use self::consumer::EmbeddedConsumer;
use self::shared::Shared;
use crate::contract::{Broker, BrokerError, Consumer, Depth, Outgoing, PublishError};
use crate::names::Queue;

/// How the embedded broker behaves.
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// How long a message may be held before it is taken away and delivered again.
    pub lease_timeout: Duration,
    /// A message handed out so often since the file was opened goes to the dead letters. A far backstop: at least 100.
    pub delivery_limit: u32,
    /// Messages one queue takes before it refuses more.
    pub most_messages: u64,
    /// Bytes one queue takes before it refuses more.
    pub most_bytes: u64,
    /// Bytes of the largest message taken.
    pub largest_message: u64,
}

impl Default for EmbeddedConfig {
    fn default() -> Self {
        Self {
            lease_timeout: Duration::from_secs(30 * 60),
            delivery_limit: 100,
            most_messages: 5_000_000,
            most_bytes: 4 << 30,
            largest_message: 64 << 20,
        }
    }
}

/// See the module.
///
/// `depth` counts as ready what waits for its time too, so that a queue of delayed messages is not empty.
pub struct EmbeddedBroker {
    shared: Arc<Shared>,
    pump: Mutex<Option<JoinHandle<()>>>,
    stop: CancellationToken,
}

impl EmbeddedBroker {
    /// Opens or makes the file. Everything in it is ready again.
    ///
    /// # Errors
    /// See [`OpenError`]: most often another process owns it.
    pub async fn open(path: &Path, config: EmbeddedConfig) -> Result<Self, OpenError> {
        let path = path.to_owned();
        let opening = path.clone();
        let db = tokio::task::spawn_blocking(move || Db::open(&opening, table::SCHEMA));
        let db = db.await.map_err(|error| cannot_open(&path, error.into()))??;
        let clock = Clock::new();
        let now = clock.now();
        let recover = move |connection: &_| {
            table::clamp(connection, now)?;
            table::totals(connection)
        };
        let (totals, last) = db.write(recover).await.map_err(|error: DbError| match error {
            DbError::Sqlite(source) => OpenError::Sqlite { path: path.clone(), source },
            other => cannot_open(&path, std::io::Error::other(other)),
        })?;
        let shared = Arc::new(Shared::new(db, clock, config, totals, last));
        let stop = CancellationToken::new();
        let pump = tokio::spawn(pump::pump(Arc::clone(&shared), stop.clone()));
        Ok(Self { shared, pump: Mutex::new(Some(pump)), stop })
    }

    /// Takes every lease away, as if all had timed out: their holders are told and the messages come again.
    pub fn revoke_leases(&self) {
        self.shared.revoke(None);
    }
}

fn cannot_open(path: &Path, source: std::io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[async_trait]
impl Broker for EmbeddedBroker {
    async fn publish(&self, messages: Vec<Outgoing>) -> Result<(), PublishError> {
        publish::publish(&self.shared, messages).await
    }

    async fn consume(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        self.check_open()?;
        Ok(Box::new(EmbeddedConsumer::new(Arc::clone(&self.shared), queue, prefetch)))
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, BrokerError> {
        self.check_open()?;
        let (ready, unacked) = self.shared.lock().queue(queue).depth();
        Ok(Depth { ready, unacked: Some(unacked) })
    }

    fn take_created(&self) -> Vec<Queue> {
        Vec::new()
    }

    async fn ready(&self) -> Result<(), BrokerError> {
        self.check_open()?;
        if self.shared.lock().trouble.is_none() {
            return Ok(());
        }
        // Whoever waits for this before writing again would wait for ever, so it looks for itself.
        let probe = self.shared.db.write(table::probe).await;
        self.shared.note(&probe);
        probe.map_err(|why| BrokerError::Unavailable(format!("{why}; check the disk of the queue's file")))
    }

    async fn close(&self) {
        self.shared.close();
        self.stop.cancel();
        let pump = self.pump.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(pump) = pump {
            let _ = pump.await;
        }
        self.shared.db.close().await;
    }
}

impl EmbeddedBroker {
    fn check_open(&self) -> Result<(), BrokerError> {
        match self.shared.lock().closed {
            false => Ok(()),
            true => Err(BrokerError::Unavailable("the embedded broker is closed".to_owned())),
        }
    }
}
