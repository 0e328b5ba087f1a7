//! The clock that ticks are fired by: the store's, not the host's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::Timestamp;
use checkmate_store::{Store, StoreError};
use tokio::time::Instant;

/// How long a measured difference to the store's clock is relied on.
const MEASURED_FOR: Duration = Duration::from_mins(1);

/// Tells the time and waits for it. Production implementation: [`StoreClock`].
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// What time it is.
    ///
    /// # Errors
    /// When whoever knows does not answer.
    async fn now(&self) -> Result<Timestamp, StoreError>;

    /// Waits until that time, as far as is known.
    async fn sleep_until(&self, at: Timestamp);
}

/// The store's clock, asked once a minute and counted on in between.
pub struct StoreClock {
    store: Arc<dyn Store>,
    measured: Mutex<Option<Measured>>,
}

#[derive(Clone, Copy)]
struct Measured {
    here: Instant,
    /// By the host's clock, which goes on while the machine sleeps.
    wall: Timestamp,
    there: Timestamp,
}

impl Measured {
    fn now(self) -> Timestamp {
        self.there.plus(self.here.elapsed())
    }

    /// Whether it is recent, and neither a sleep of the machine nor a step of its clock came between.
    fn stands(self) -> bool {
        let (steady, wall) = (self.here.elapsed(), Timestamp::now().since(self.wall));
        steady < MEASURED_FOR && wall.abs_diff(steady) < Duration::from_secs(1)
    }
}

impl StoreClock {
    /// Of this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, measured: Mutex::new(None) }
    }

    fn measured(&self) -> Option<Measured> {
        *self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for StoreClock {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        if let Some(measured) = self.measured()
            && measured.stands()
        {
            return Ok(measured.now());
        }
        let asked = Instant::now();
        let there = self.store.now().await?;
        // The answer is as old as half of its way.
        let measured = Measured { here: asked + asked.elapsed() / 2, wall: Timestamp::now(), there };
        *self.measured.lock().unwrap_or_else(PoisonError::into_inner) = Some(measured);
        Ok(measured.now())
    }

    async fn sleep_until(&self, at: Timestamp) {
        let now = self.measured().map_or_else(Timestamp::now, Measured::now);
        tokio::time::sleep(at.since(now)).await;
    }
}
