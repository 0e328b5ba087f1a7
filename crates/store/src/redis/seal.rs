//! Sealing a list: staged in chunks that nobody reads, then made to count by one script.

use std::collections::HashSet;

use checkmate_domain::{EndReason, JobId, JobKind, PartId, ScanId};
use deadpool_redis::redis::Value;

use super::connect::random_id;
use super::error::corrupt;
use super::records::{self, entry, messages, progress};
use super::reply;
use super::script::{SEAL, STAGE};
use super::store::{RedisStore, Result, STAGE_TTL, millis};
use crate::error::StoreError;
use crate::requests::{Fence, SealList, Sealed};

/// One script takes no more: Redis serves nobody else meanwhile.
pub(super) const CHUNK_ENTRIES: usize = 1_000;
pub(super) const CHUNK_BYTES: usize = 512 * 1024;

impl RedisStore {
    pub(super) async fn do_seal(&self, fence: &Fence, list: &SealList) -> Result<Sealed> {
        let scan = match self.run(self.command("HGET", &format!("job:{}", fence.job)).arg("scan")).await? {
            Value::Nil => return Ok(Sealed::FenceLost),
            scan => records::parsed::<ScanId>(&reply::text(scan)?)?,
        };
        let entries = entries(&scan, list)?;
        let chunks = chunked(&entries, String::len);
        if chunks.len() <= 1 {
            return self.seal_with(fence, list, entries.len(), "", &entries).await;
        }
        let stage = format!("stage:list:{}:{}:{}", fence.job, fence.token, random_id());
        self.stage(&stage, &chunks, "store.after-seal-chunk").await?;
        self.seal_with(fence, list, entries.len(), &stage, &[]).await
    }

    async fn seal_with(
        &self,
        fence: &Fence,
        list: &SealList,
        count: usize,
        stage: &str,
        entries: &[String],
    ) -> Result<Sealed> {
        let end = serde_json::to_string(&EndReason::Split).map_err(corrupt)?;
        let mut call = self.call(&SEAL);
        call.arg(fence.job.as_str()).arg(fence.token).arg(count).arg(stage);
        match &list.history {
            Some(history) => {
                call.arg(1).arg(history.seq).arg(serde_json::to_string(history).map_err(corrupt)?);
            }
            None => {
                call.arg(0).arg(0).arg("");
            }
        }
        call.arg(end).arg(entries);
        let mut answer = self.ask_list(&SEAL, &call).await?;
        match answer.text()?.as_str() {
            "new" => Ok(Sealed::New(messages(answer.items()?)?, Box::new(progress(&mut answer)?))),
            "already" => Ok(Sealed::Already(messages(answer.items()?)?)),
            "stage-lost" => Err(stage_lost()),
            _ => Ok(Sealed::FenceLost),
        }
    }

    /// Writes chunks to a list that vanishes unless a script takes it over.
    pub(super) async fn stage(&self, key: &str, chunks: &[&[String]], step: &'static str) -> Result<()> {
        let mut before = 0;
        for chunk in chunks {
            let mut call = self.call(&STAGE);
            call.arg(key).arg(before).arg(millis(STAGE_TTL)).arg(*chunk);
            if reply::text(self.ask(&STAGE, &call).await?)? != "staged" {
                return Err(stage_lost());
            }
            before += chunk.len();
            self.step(step);
        }
        Ok(())
    }
}

pub(super) fn stage_lost() -> StoreError {
    StoreError::Unavailable(
        "Redis lost what was being written in chunks (was it restarted?); try again".to_owned(),
    )
}

/// The list as it is kept, each (target, part) once.
fn entries(scan: &ScanId, list: &SealList) -> Result<Vec<String>> {
    let mut seen = HashSet::new();
    let mut entries = Vec::with_capacity(list.jobs.len());
    for spec in &list.jobs {
        let part: Option<&PartId> = spec.part.as_ref().map(|part| &part.id);
        let job = JobId::derived(scan, JobKind::Scan.as_str(), spec.target.as_str(), part);
        if seen.insert(job.clone()) {
            entries.push(entry(job.as_str(), spec)?);
        }
    }
    Ok(entries)
}

/// Cuts into chunks of at most [`CHUNK_ENTRIES`] and about [`CHUNK_BYTES`]; one that is larger by itself stands alone.
pub(super) fn chunked<T>(all: &[T], size: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut chunks = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, one) in all.iter().enumerate() {
        let full = at - from >= CHUNK_ENTRIES || bytes + size(one) > CHUNK_BYTES;
        if full && at > from {
            chunks.push(&all[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes += size(one);
    }
    if from < all.len() {
        chunks.push(&all[from..]);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn chunks_hold_everything_in_order_within_the_bounds(sizes in prop::collection::vec(0usize..200_000, 0..3_000)) {
            let chunks = chunked(&sizes, |size| *size);
            prop_assert_eq!(chunks.concat(), sizes.clone());
            for chunk in chunks {
                prop_assert!(!chunk.is_empty() && chunk.len() <= CHUNK_ENTRIES);
                prop_assert!(chunk.len() == 1 || chunk.iter().sum::<usize>() <= CHUNK_BYTES);
            }
        }
    }
}
