//! Locks with fencing tokens.

use std::time::Duration;

use super::records::unsigned;
use super::reply;
use super::script::{LOCK, RENEW_LOCK, UNLOCK};
use super::store::{RedisStore, Result, millis};
use crate::requests::{LockAttempt, LockGuard};

impl RedisStore {
    pub(super) async fn do_lock(&self, name: &str, owner: &str, ttl: Duration) -> Result<LockAttempt> {
        let mut call = self.call(&LOCK);
        call.arg(name).arg(owner).arg(millis(ttl));
        let mut answer = self.ask_list(&LOCK, &call).await?;
        if answer.text()? == "held" {
            return Ok(LockAttempt::Held(LockGuard {
                name: name.to_owned(),
                token: unsigned(answer.int()?)?,
            }));
        }
        Ok(LockAttempt::Other {
            owner: answer.text()?,
            for_: Duration::from_millis(unsigned(answer.int()?)?),
        })
    }

    pub(super) async fn do_renew_lock(&self, guard: &LockGuard, ttl: Duration) -> Result<bool> {
        let mut call = self.call(&RENEW_LOCK);
        call.arg(&guard.name).arg(guard.token).arg(millis(ttl));
        Ok(reply::int(self.ask(&RENEW_LOCK, &call).await?)? == 1)
    }

    pub(super) async fn do_unlock(&self, guard: &LockGuard) -> Result<()> {
        let mut call = self.call(&UNLOCK);
        call.arg(&guard.name).arg(guard.token);
        self.ask(&UNLOCK, &call).await.map(drop)
    }
}
