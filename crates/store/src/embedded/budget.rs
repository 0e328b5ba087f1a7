//! Pauses that vendors asked for.

use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::Timestamp;
use rusqlite::params;

use super::open::EmbeddedStore;
use super::row::{Result, run, value};
use crate::budget::BudgetStore;

#[async_trait]
impl BudgetStore for EmbeddedStore {
    async fn paused_for(&self, key: &str) -> Result<Option<Duration>> {
        let key = key.to_owned();
        let until: Option<i64> =
            self.read(move |db| value(db, "SELECT until FROM pauses WHERE key = ?1", [&key])).await?;
        let left = until.map(|until| Timestamp::from_millis(until).since(Timestamp::now()));
        Ok(left.filter(|left| !left.is_zero()))
    }

    async fn pause(&self, key: &str, pause: Duration) -> Result<()> {
        let key = key.to_owned();
        self.write(move |db| {
            let now = Timestamp::now();
            run(db, "DELETE FROM pauses WHERE until <= ?1", [now.as_millis()])?;
            let sql =
                "INSERT INTO pauses VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET until = max(until, ?2)";
            run(db, sql, params![key, now.plus(pause).as_millis()])?;
            Ok(())
        })
        .await
    }

    async fn pace(&self, key: &str, pace: Duration) -> Result<Option<Duration>> {
        let key = key.to_owned();
        self.write(move |db| {
            let now = Timestamp::now();
            let sql = "INSERT INTO pauses VALUES (?1, ?2)
                       ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE until <= ?3";
            if run(db, sql, params![key, now.plus(pace).as_millis(), now.as_millis()])? > 0 {
                return Ok(None);
            }
            let until: Option<i64> = value(db, "SELECT until FROM pauses WHERE key = ?1", [&key])?;
            Ok(until.map(|until| Timestamp::from_millis(until).since(now)))
        })
        .await
    }
}
