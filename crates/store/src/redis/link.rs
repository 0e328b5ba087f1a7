//! A few connections shared by all calls. A broken one is replaced by whoever calls next, with a back-off; a call that it
//! took down is not repeated here, for its effect is not known.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use deadpool_redis::Connection;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::connect::Dialer;
use super::reply;
use super::script::Script;
use crate::error::StoreError;
use crate::records::Durability;

const FIRST_BACKOFF: Duration = Duration::from_millis(20);
const MOST_BACKOFF: Duration = Duration::from_secs(1);

/// All connections of a store.
pub(super) struct Link {
    dialer: Dialer,
    slots: Vec<Slot>,
    next: AtomicUsize,
    closed: AtomicBool,
}

/// Room for one connection.
#[derive(Default)]
struct Slot {
    live: RwLock<Option<Live>>,
    dials: AtomicU64,
    dialing: Mutex<Dialing>,
}

struct Live {
    number: u64,
    connection: Connection,
}

/// What came of the last tries to connect.
#[derive(Default)]
struct Dialing {
    failures: u32,
    not_before: Option<Instant>,
    error: Option<StoreError>,
}

/// A connection to call on, and which it is.
struct Handle {
    number: u64,
    connection: MultiplexedConnection,
}

impl Link {
    /// Connects once, so that what is wrong is said at start.
    pub(super) async fn open(dialer: Dialer, connections: usize) -> Result<Self, StoreError> {
        let slots = (0..connections.max(1)).map(|_| Slot::default()).collect();
        let link = Self { dialer, slots, next: AtomicUsize::new(0), closed: AtomicBool::new(false) };
        for slot in &link.slots {
            link.handle(slot).await?;
        }
        Ok(link)
    }

    pub(super) async fn durability(&self) -> Result<Durability, StoreError> {
        let work = async {
            let mut handle = self.handle(self.slot()?).await?;
            self.dialer.durability(&mut handle.connection).await
        };
        // Around all its questions: one that is not answered in time is taken for one that may not be asked.
        self.in_time(work, "answer").await
    }

    /// Runs one command.
    pub(super) async fn run(&self, command: &Cmd) -> Result<Value, StoreError> {
        self.send(command).await?.map_err(|error| self.dialer.explain(&error))
    }

    /// Runs a script, which the server may not know yet.
    pub(super) async fn script(&self, script: &Script, call: &Cmd) -> Result<Value, StoreError> {
        match self.send(call).await? {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                Box::pin(self.teach(script, call)).await
            }
            answer => answer.map_err(|error| self.dialer.explain(&error)),
        }
    }

    /// Makes a script known and runs it.
    async fn teach(&self, script: &Script, call: &Cmd) -> Result<Value, StoreError> {
        self.send(&script.load()).await?.map_err(|error| self.dialer.explain(&error))?;
        self.send(call).await?.map_err(|error| self.dialer.explain(&error))
    }

    /// Drops all connections; later calls are refused.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.drop_all();
    }

    /// Drops all connections; calls in flight on them go on, later ones connect anew.
    pub(super) fn drop_all(&self) {
        for slot in &self.slots {
            slot.drop_connection(None);
        }
    }

    /// Each connection has its own time-out for an answer; connecting comes before it.
    async fn send(&self, command: &Cmd) -> Result<Result<Value, RedisError>, StoreError> {
        let slot = self.slot()?;
        let mut handle = self.handle(slot).await?;
        let answer = handle.connection.send_packed_command(command).await.and_then(reply::checked);
        if let Err(error) = &answer
            && (error.is_timeout() || error.is_unrecoverable_error())
        {
            self.give_up(slot, handle.number);
        }
        Ok(answer)
    }

    /// Drops a broken connection; the others are as old and most likely broken too.
    fn give_up(&self, slot: &Slot, number: u64) {
        if slot.drop_connection(Some(number)) {
            self.drop_all();
        }
    }

    fn slot(&self) -> Result<&Slot, StoreError> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        match self.slots.get(turn) {
            Some(slot) if !self.closed.load(Ordering::SeqCst) => Ok(slot),
            _ => Err(StoreError::Unavailable("the store was closed".to_owned())),
        }
    }

    /// The slot's connection, or a new one.
    async fn handle(&self, slot: &Slot) -> Result<Handle, StoreError> {
        match slot.handle() {
            Some(handle) => Ok(handle),
            // Boxed, as is all that is rare on the way of a call: the future of every call would have room for it, ten times
            // what it needs.
            None => Box::pin(self.in_time(self.dial(slot), "connection")).await,
        }
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
        what: &str,
    ) -> Result<T, StoreError> {
        let late =
            || StoreError::Unavailable(format!("Redis at {}: no {what} in time", self.dialer.address()));
        timeout(self.dialer.dial_timeout(), work).await.unwrap_or_else(|_| Err(late()))
    }

    /// A new connection for the slot. Callers that waited for somebody else's try share its outcome.
    async fn dial(&self, slot: &Slot) -> Result<Handle, StoreError> {
        let seen = slot.dials.load(Ordering::SeqCst);
        let mut dialing = slot.dialing.lock().await;
        if let Some(handle) = slot.handle() {
            return Ok(handle);
        }
        if let (true, Some(error)) = (seen != slot.dials.load(Ordering::SeqCst), &dialing.error) {
            return Err(error.clone());
        }
        if let Some(until) = dialing.not_before {
            tokio::time::sleep_until(until).await;
        }
        let dialed = self.dialer.dial().await;
        let number = slot.dials.fetch_add(1, Ordering::SeqCst) + 1;
        match dialed {
            Ok(dialed) => {
                tracing::debug!(
                    redis.address = self.dialer.address(),
                    store.epoch = dialed.epoch,
                    "connected to Redis"
                );
                *dialing = Dialing::default();
                Ok(slot.keep(Live { number, connection: dialed.connection }))
            }
            Err(error) => {
                dialing.fail(error.clone());
                Err(error)
            }
        }
    }
}

impl Dialing {
    fn fail(&mut self, error: StoreError) {
        let step = FIRST_BACKOFF.saturating_mul(2u32.saturating_pow(self.failures.min(10))).min(MOST_BACKOFF);
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(Instant::now() + step.mul_f64(rand::random_range(0.5..=1.0)));
        self.error = Some(error);
    }
}

impl Slot {
    fn handle(&self) -> Option<Handle> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().map(|live| Handle { number: live.number, connection: live.connection.clone() })
    }

    fn keep(&self, live: Live) -> Handle {
        let handle = Handle { number: live.number, connection: live.connection.clone() };
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Some(live);
        handle
    }

    /// Gives a connection up: the one with this number, or any. It never goes back to the pool. False when there is none.
    fn drop_connection(&self, number: Option<u64>) -> bool {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let old = live.take_if(|live| number.is_none_or(|number| number == live.number));
        old.map(|old| drop(Connection::take(old.connection))).is_some()
    }
}
