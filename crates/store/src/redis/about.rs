//! What Redis tells about itself.

use async_trait::async_trait;
use checkmate_domain::{KeyId, Timestamp};
use deadpool_redis::redis::{self, Value};

use super::error::corrupt;
use super::records::{parsed, word};
use super::reply::{self, Items};
use super::store::{RedisStore, Result};
use crate::about::{AboutStore, LockHolder};

#[async_trait]
impl AboutStore for RedisStore {
    async fn software(&self) -> Result<String> {
        let mut ask = redis::cmd("INFO");
        let info = reply::text(self.run(ask.arg("server")).await?)?;
        let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
        let version = version.ok_or_else(|| corrupt("INFO without redis_version"))?;
        Ok(format!("Redis {}", version.trim()))
    }

    async fn kept_key(&self) -> Result<Option<KeyId>> {
        match self.run(&self.command("GET", "key")).await? {
            Value::Nil => Ok(None),
            key => word(&reply::text(key)?).map(Some),
        }
    }

    async fn holder(&self, lock: &str) -> Result<Option<LockHolder>> {
        let mut ask = self.command("HMGET", &format!("lock:{lock}"));
        let mut answer = Items::of(self.run(ask.arg("owner").arg("until")).await?)?;
        let (Some(owner), Some(until)) = (answer.bytes()?, answer.bytes()?) else { return Ok(None) };
        let text = |bytes| String::from_utf8(bytes).map_err(|_| corrupt("a lock is not text"));
        let until = Timestamp::from_millis(parsed(&text(until)?)?);
        let owner = text(owner)?;
        Ok((until > self.do_now().await?).then_some(LockHolder { owner, until }))
    }
}
