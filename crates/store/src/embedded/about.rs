//! What the file and its software tell about themselves.

use async_trait::async_trait;
use checkmate_domain::{KeyId, Timestamp};
use rusqlite::params;

use super::error::corrupt;
use super::open::EmbeddedStore;
use super::row::{Result, one, value, word};
use crate::about::{AboutStore, LockHolder};

#[async_trait]
impl AboutStore for EmbeddedStore {
    async fn software(&self) -> Result<String> {
        Ok(format!("SQLite {}", rusqlite::version()))
    }

    async fn kept_key(&self) -> Result<Option<KeyId>> {
        let kept: Option<String> =
            self.read(|db| value(db, "SELECT value FROM facts WHERE name = 'key'", [])).await?;
        kept.map(|kept| word(&kept).map_err(|error| corrupt("facts", "key", error))).transpose()
    }

    async fn holder(&self, lock: &str) -> Result<Option<LockHolder>> {
        let lock = lock.to_owned();
        let sql =
            "SELECT owner, held_until FROM locks WHERE name = ?1 AND owner IS NOT NULL AND held_until > ?2";
        self.read(move |db| {
            one(db, sql, params![lock, Timestamp::now().as_millis()], |row| {
                Ok(LockHolder { owner: row.get(0)?, until: Timestamp::from_millis(row.get(1)?) })
            })
        })
        .await
    }
}
