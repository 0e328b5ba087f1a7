//! Results, written in parts.

use checkmate_domain::{JobId, ScanReport};
use deadpool_redis::redis::Value;

use super::connect::random_id;
use super::error::corrupt;
use super::records::{self, jobs};
use super::reply;
use super::script::{STAGE_PART, STORE_RESULT};
use super::seal::stage_lost;
use super::store::{RedisStore, Result, STAGE_TTL, millis};
use crate::requests::{Fence, Stored};

/// A larger report is written in parts of this size.
const PART_BYTES: usize = 512 * 1024;

impl RedisStore {
    pub(super) async fn do_store_result(&self, fence: &Fence, report: &ScanReport) -> Result<Stored> {
        let body = serde_json::to_vec(report).map_err(corrupt)?;
        let parts: Vec<&[u8]> = body.chunks(PART_BYTES).collect();
        let mut call = self.call(&STORE_RESULT);
        call.arg(fence.job.as_str()).arg(fence.token).arg(parts.len());
        if parts.len() > 1 {
            call.arg(self.stage_parts(fence, &parts).await?).arg("");
        } else {
            call.arg("").arg(&body);
        }
        let mut answer = self.ask_list(&STORE_RESULT, &call).await?;
        match answer.text()?.as_str() {
            "new" => Ok(Stored::New(jobs(answer.items()?)?)),
            "already" => Ok(Stored::Already(jobs(answer.items()?)?)),
            "stage-lost" => Err(stage_lost()),
            _ => Ok(Stored::FenceLost),
        }
    }

    /// Writes the parts where nobody reads them; they vanish unless the record takes them over.
    async fn stage_parts(&self, fence: &Fence, parts: &[&[u8]]) -> Result<String> {
        let stage = format!("stage:result:{}:{}:{}", fence.job, fence.token, random_id());
        for (number, part) in parts.iter().enumerate() {
            let mut call = self.call(&STAGE_PART);
            call.arg(&stage).arg(number).arg(millis(STAGE_TTL)).arg(*part);
            self.ask(&STAGE_PART, &call).await?;
            self.step("store.after-part");
        }
        Ok(stage)
    }

    pub(super) async fn do_report(&self, job: &JobId) -> Result<Option<ScanReport>> {
        let parts = match self.run(self.command("HGET", &format!("job:{job}")).arg("parts")).await? {
            Value::Nil => return Ok(None),
            parts => reply::int(parts)?,
        };
        let body = match parts {
            1 => reply::bytes(self.run(&self.command("GET", &format!("result:{job}"))).await?)?,
            _ => self.parts(job, parts).await?,
        };
        records::json(&body).map(Some)
    }

    /// A report of several parts: what is stored does not change, so they may be read one by one.
    pub(super) async fn parts(&self, job: &JobId, parts: i64) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        for number in 0..parts {
            let part = self.run(self.command("HGET", &format!("result:{job}")).arg(number)).await?;
            body.extend(reply::bytes(part)?);
        }
        Ok(body)
    }
}
