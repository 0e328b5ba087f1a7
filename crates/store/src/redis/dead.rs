//! Dead letters.

use checkmate_domain::Timestamp;
use deadpool_redis::redis::Value;

use super::error::corrupt;
use super::records::{json, word};
use super::reply::{self, Fields};
use super::script::{DEAD, MARK_DEAD, RECORD_DEAD};
use super::store::{RedisStore, Result};
use crate::records::{DeadRecord, DeadStatus};

/// So many are read by one script; a body may have 64 KiB.
const PAGE: u64 = 50;

impl RedisStore {
    pub(super) async fn do_record_dead(&self, dead: &DeadRecord) -> Result<()> {
        let mut call = self.call(&RECORD_DEAD);
        call.arg(&dead.id).arg(dead.last_at.as_millis()).arg(dead.deaths).arg(status_word(dead.status));
        call.arg(serde_json::to_string(dead).map_err(corrupt)?);
        self.ask(&RECORD_DEAD, &call).await.map(drop)
    }

    pub(super) async fn do_dead(&self, skip: u64, limit: u64) -> Result<Vec<DeadRecord>> {
        let mut all = Vec::new();
        while (all.len() as u64) < limit {
            let first = skip + all.len() as u64;
            let want = PAGE.min(limit - all.len() as u64);
            let mut call = self.call(&DEAD);
            call.arg(first).arg(first + want - 1);
            let page = self.ask_list(&DEAD, &call).await?.each(|value| record(&Fields::of(value)?))?;
            let last = (page.len() as u64) < want;
            all.extend(page);
            if last {
                break;
            }
        }
        Ok(all)
    }

    pub(super) async fn do_dead_letter(&self, id: &str) -> Result<Option<DeadRecord>> {
        let fields = Fields::of(self.run(&self.command("HGETALL", &format!("dead:{id}"))).await?)?;
        if fields.is_empty() { Ok(None) } else { record(&fields).map(Some) }
    }

    pub(super) async fn do_mark_dead(&self, id: &str, status: DeadStatus) -> Result<bool> {
        let mut call = self.call(&MARK_DEAD);
        call.arg(id).arg(status_word(status));
        let answer: Value = self.ask(&MARK_DEAD, &call).await?;
        Ok(reply::int(answer)? == 1)
    }
}

fn record(fields: &Fields) -> Result<DeadRecord> {
    let first: DeadRecord = json(fields.needed("record")?.as_bytes())?;
    Ok(DeadRecord {
        last_at: Timestamp::from_millis(fields.number("last_at")?),
        deaths: fields.number("deaths")?,
        status: word(fields.needed("status")?)?,
        ..first
    })
}

const fn status_word(status: DeadStatus) -> &'static str {
    match status {
        DeadStatus::Waiting => "waiting",
        DeadStatus::Replayed => "replayed",
        DeadStatus::Discarded => "discarded",
    }
}
