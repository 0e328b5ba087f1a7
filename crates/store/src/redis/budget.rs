//! Pauses that vendors asked for: keys that end by themselves.

use std::time::Duration;

use async_trait::async_trait;

use super::reply;
use super::script::{PACE_BUDGET, PAUSE_BUDGET};
use super::store::{RedisStore, Result, millis};
use crate::budget::BudgetStore;

#[async_trait]
impl BudgetStore for RedisStore {
    async fn paused_for(&self, key: &str) -> Result<Option<Duration>> {
        let left = reply::int(self.run(&self.command("PTTL", &format!("pause:{key}"))).await?)?;
        Ok(u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis))
    }

    async fn pause(&self, key: &str, pause: Duration) -> Result<()> {
        let mut call = self.call(&PAUSE_BUDGET);
        call.arg(key).arg(millis(pause).max(1));
        self.ask(&PAUSE_BUDGET, &call).await.map(drop)
    }

    async fn pace(&self, key: &str, pace: Duration) -> Result<Option<Duration>> {
        let mut call = self.call(&PACE_BUDGET);
        call.arg(key).arg(millis(pace).max(1));
        let left = reply::int(self.ask(&PACE_BUDGET, &call).await?)?;
        Ok(u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis))
    }
}
