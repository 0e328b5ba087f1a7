//! Results, written in parts.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};

use checkmate_domain::{JobId, ScanReport};
use deadpool_redis::redis::Value;
use serde::de::DeserializeOwned;

use super::connect::random_id;
use super::error::corrupt;
use super::records::{self, messages};
use super::reply;
use super::script::{STAGE_PART, STORE_RESULT};
use super::seal::stage_lost;
use super::store::{RedisStore, Result, STAGE_TTL, millis};
use crate::error::StoreError;
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
            call.arg(Box::pin(self.stage_parts(fence, &parts)).await?).arg("");
        } else {
            call.arg("").arg(&body);
        }
        let mut answer = self.ask_list(&STORE_RESULT, &call).await?;
        match answer.text()?.as_str() {
            "new" => Ok(Stored::New(messages(answer.items()?)?)),
            "already" => Ok(Stored::Already(messages(answer.items()?)?)),
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
        match parts {
            1 => {
                records::json(&reply::bytes(self.run(&self.command("GET", &format!("result:{job}"))).await?)?)
            }
            _ => self.parts(job, parts).await,
        }
        .map(Some)
    }

    /// A report of several parts: what is stored does not change, so they may be read one by one.
    pub(super) async fn parts<T: DeserializeOwned + Send + 'static>(
        &self,
        job: &JobId,
        parts: i64,
    ) -> Result<T> {
        let mut body = Parts::default();
        for number in 0..parts {
            let part = self.run(self.command("HGET", &format!("result:{job}")).arg(number)).await?;
            body.0.push_back(Cursor::new(reply::bytes(part)?));
        }
        // A large report takes a second to read.
        let read = tokio::task::spawn_blocking(move || serde_json::from_reader(body)).await;
        let read = read.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        read.map_err(|error| corrupt(format!("a report cannot be read: {error}")))
    }
}

/// The parts of a report one after the other; each is freed when it was read, as all of it would be there twice otherwise.
#[derive(Default)]
struct Parts(VecDeque<Cursor<Vec<u8>>>);

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.0.front_mut() {
            match part.read(into)? {
                0 if !into.is_empty() => drop(self.0.pop_front()),
                count => return Ok(count),
            }
        }
        Ok(0)
    }
}
