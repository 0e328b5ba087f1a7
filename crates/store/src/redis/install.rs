//! The installation: clock, epoch, key, queues, exports.

use checkmate_domain::{KeyId, Timestamp};
use deadpool_redis::redis::{self, Value};

use super::error::corrupt;
use super::reply::{self, Fields, Items};
use super::script::{CHECK_KEY, QUEUE_CREATED};
use super::store::{RedisStore, Result};
use crate::requests::KeyCheck;

impl RedisStore {
    pub(super) async fn do_now(&self) -> Result<Timestamp> {
        let mut time = Items::of(self.run(&redis::cmd("TIME")).await?)?;
        let (seconds, micros) = (time.int()?, time.int()?);
        Ok(Timestamp::from_millis(seconds * 1000 + micros / 1000))
    }

    /// Settled by every new connection before it is used, so what stands there belongs to the server that answers. Where
    /// nothing stands the database was emptied meanwhile, and a new connection settles it.
    pub(super) async fn do_epoch(&self) -> Result<String> {
        let mut ask = self.command("HGET", "epoch");
        match self.run(ask.arg("id")).await? {
            Value::Nil => {
                self.connect_anew();
                reply::text(self.run(&ask).await?)
            }
            epoch => reply::text(epoch),
        }
    }

    pub(super) async fn do_check_key(&self, key: &KeyId) -> Result<KeyCheck> {
        let mut call = self.call(&CHECK_KEY);
        call.arg(key.as_str());
        let first = reply::text(self.ask(&CHECK_KEY, &call).await?)?;
        if first == key.as_str() {
            return Ok(KeyCheck::Same);
        }
        serde_json::from_value(first.into()).map(KeyCheck::Other).map_err(corrupt)
    }

    pub(super) async fn do_note_queue_created(&self, queue: &str) -> Result<()> {
        let mut call = self.call(&QUEUE_CREATED);
        call.arg(queue);
        self.ask(&QUEUE_CREATED, &call).await.map(drop)
    }

    pub(super) async fn do_queue_created_at(&self, queue: &str) -> Result<Option<Timestamp>> {
        match self.run(self.command("HGET", "queues").arg(queue)).await? {
            Value::Nil => Ok(None),
            at => reply::int(at).map(|at| Some(Timestamp::from_millis(at))),
        }
    }

    pub(super) async fn do_set_export(&self, name: &str, path: &str) -> Result<()> {
        self.run(self.command("HSET", "exports").arg(name).arg(path)).await.map(drop)
    }

    pub(super) async fn do_exports(&self) -> Result<Vec<(String, String)>> {
        let fields = Fields::of(self.run(&self.command("HGETALL", "exports")).await?)?;
        let owned =
            |(name, path): (&str, &[u8])| (name.to_owned(), String::from_utf8_lossy(path).into_owned());
        let mut exports = fields.beginning("").map(|field| field.map(owned)).collect::<Result<Vec<_>>>()?;
        exports.sort();
        Ok(exports)
    }
}
