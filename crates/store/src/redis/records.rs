//! Hashes as records.

use std::collections::BTreeMap;
use std::str::FromStr;

use checkmate_domain::{JobKind, JobSpec, Lane, Scope, Timestamp};
use deadpool_redis::redis::Value;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};

use super::error::corrupt;
use super::reply::{Fields, Items};
use crate::error::StoreError;
use crate::records::{FenceInfo, JobRecord, JobState, ScanRecord};
use crate::requests::Progress;

type Result<T> = std::result::Result<T, StoreError>;

/// A scan from its hash; `None` from an empty one.
pub(super) fn scan(fields: &Fields) -> Result<Option<ScanRecord>> {
    if fields.is_empty() {
        return Ok(None);
    }
    Ok(Some(ScanRecord {
        id: parsed(fields.needed("id")?)?,
        scope: parsed(fields.needed("scope")?)?,
        lane: parsed(fields.needed("lane")?)?,
        trigger: json(fields.needed("trigger")?.as_bytes())?,
        window: fields.number("window")?,
        time_limit_ms: fields.number("time_limit_ms")?,
        expires_after_ms: fields.number("expires_after_ms")?,
        created_at: time(fields, "created_at")?,
        state: word(fields.needed("state")?)?,
        error: fields.text("error")?.map(str::to_owned),
        sealed: fields.get("sealed").is_some(),
        total: fields.number("total")?,
        released: fields.number("released")?,
        in_window: fields.number("in_window")?,
        pending: fields.number("pending")?,
        done: fields.number("done")?,
        ended: ended(fields)?,
        opened: fields.number("opened")?,
        resolved: fields.number("resolved")?,
        checks: fields.number("checks")?,
        unanswered: fields.number("unanswered")?,
        finished_at: maybe_time(fields, "finished_at")?,
        announced: fields.get("announced").is_some(),
    }))
}

/// Jobs without a result by word; what was taken back to zero is not there.
fn ended(fields: &Fields) -> Result<BTreeMap<String, u64>> {
    let mut ended = BTreeMap::new();
    for field in fields.beginning("ended:") {
        let (word, _) = field?;
        ended.insert(word.to_owned(), fields.number(&format!("ended:{word}"))?);
    }
    ended.retain(|_, count| *count > 0);
    Ok(ended)
}

/// A scan that must be there.
pub(super) fn needed_scan(fields: &Fields) -> Result<ScanRecord> {
    scan(fields)?.ok_or_else(no_scan)
}

fn no_scan() -> StoreError {
    corrupt("a job's scan is missing")
}

/// The scan and whether it became final, as two pieces.
pub(super) fn progress(items: &mut Items) -> Result<Progress> {
    final_progress(items)?.ok_or_else(no_scan)
}

/// The same, of which the first is empty while the scan goes on.
pub(super) fn final_progress(items: &mut Items) -> Result<Option<Progress>> {
    let (scan, finished_now) = (scan(&items.fields()?)?, items.int()? == 1);
    Ok(scan.map(|scan| Progress { scan, finished_now }))
}

/// The scan of a job that was over before.
pub(super) fn progress_before(items: &mut Items) -> Result<Progress> {
    Ok(Progress { scan: needed_scan(&items.fields()?)?, finished_now: false })
}

/// Jobs as `job_reply` in `lua/common.lua` writes them.
pub(super) fn jobs(items: Items) -> Result<Vec<JobRecord>> {
    items.each(job)
}

/// One job as `job_reply` writes it. Without fields it is on the list and not released.
pub(super) fn job(value: Value) -> Result<JobRecord> {
    let mut pieces = Items::of(value)?;
    let id = taken(pieces.text()?)?;
    let own = pieces.fields()?;
    let entry = pieces.bytes()?;
    let mut shared = pieces.items()?;
    let scope: Scope = parsed(&shared.text()?)?;
    let lane: Lane = parsed(&shared.text()?)?;
    let time_limit_ms = unsigned(shared.int()?)?;
    let expires_after = shared.int()?;
    let created_at = shared.int()?;
    let waiting = own.is_empty();
    let released = own.maybe::<i64>("released")?.unwrap_or(created_at);
    Ok(JobRecord {
        id,
        scan: taken(shared.text()?)?,
        kind: if waiting { JobKind::Scan } else { word(own.needed("kind")?)? },
        scope,
        spec: entry.as_deref().map(spec).transpose()?,
        lane,
        state: if waiting { JobState::Waiting } else { word(own.needed("state")?)? },
        time_limit_ms,
        released_at: Timestamp::from_millis(released),
        expires_at: Timestamp::from_millis(released.saturating_add(expires_after)),
        not_before: maybe_time(&own, "not_before")?.unwrap_or(Timestamp::from_millis(released)),
        published_at: maybe_time(&own, "published")?,
        attempt: own.number("attempt")?,
        failures: own.number("failures")?,
        crashes: own.number("crashes")?,
        crashes_alone: own.number("crashes_alone")?,
        last_error: own.text("error")?.map(str::to_owned),
        waits_for: own.text("waits_for")?.map(str::to_owned),
        fence: fence(&own)?,
        seq: own.number("seq")?,
        stored_at: maybe_time(&own, "stored")?,
        end: own.get("end").map(json).transpose()?,
    })
}

fn fence(own: &Fields) -> Result<Option<FenceInfo>> {
    let Some(holder) = own.text("holder")? else { return Ok(None) };
    let until = time(own, "until")?;
    let since = maybe_time(own, "begun")?.unwrap_or(until);
    Ok(Some(FenceInfo { token: own.number("token")?, holder: parsed(holder)?, since, until }))
}

/// The entry of a sealed list: job id, target and spec on a line each. JSON holds no line break.
pub(super) fn entry(job: &str, spec: &JobSpec) -> Result<String> {
    let json = serde_json::to_string(spec).map_err(corrupt)?;
    Ok(format!("{job}\n{}\n{json}", spec.target))
}

fn spec(entry: &[u8]) -> Result<JobSpec> {
    let last = entry.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    json(last)
}

pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| corrupt(format!("a record cannot be read: {error}")))
}

pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T> {
    text.parse().map_err(corrupt)
}

/// An id from a text that is nobody else's.
fn taken<T: TryFrom<String, Error: std::fmt::Display>>(text: String) -> Result<T> {
    T::try_from(text).map_err(corrupt)
}

/// A unit variant by the word serde gives it.
pub(super) fn word<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    let words: StrDeserializer<'a, WordError> = text.into_deserializer();
    T::deserialize(words).map_err(corrupt)
}

fn time(fields: &Fields, name: &str) -> Result<Timestamp> {
    maybe_time(fields, name)?.ok_or_else(|| corrupt(format!("field '{name}' is missing")))
}

fn maybe_time(fields: &Fields, name: &str) -> Result<Option<Timestamp>> {
    Ok(fields.maybe(name)?.map(Timestamp::from_millis))
}

pub(super) fn unsigned<T: TryFrom<i64>>(number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| corrupt(format!("{number} does not fit")))
}
