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

/// One job as `job_reply` writes it. Without a kind it is on the list and not released.
pub(super) fn job(value: Value) -> Result<JobRecord> {
    let mut pieces = Items::of(value)?;
    let id = taken(pieces.text()?)?;
    let mut own = pieces.items()?;
    let entry = pieces.bytes()?;
    let mut shared = pieces.items()?;
    let scope: Scope = parsed(&shared.text()?)?;
    let lane: Lane = parsed(&shared.text()?)?;
    let time_limit_ms = unsigned(shared.int()?)?;
    let expires_after = shared.int()?;
    let created_at = shared.int()?;
    let scan = taken(shared.text()?)?;
    // In the order of JOB_FIELDS in `lua/common.lua`.
    let kind = own.maybe_bytes()?.as_deref().map(word_of).transpose()?.unwrap_or(JobKind::Scan);
    let state = own.maybe_bytes()?.as_deref().map(word_of).transpose()?.unwrap_or(JobState::Waiting);
    let released = own.maybe("released")?.unwrap_or(created_at);
    Ok(JobRecord {
        id,
        scan,
        kind,
        scope,
        spec: entry.as_deref().map(spec).transpose()?,
        lane,
        state,
        time_limit_ms,
        released_at: Timestamp::from_millis(released),
        expires_at: Timestamp::from_millis(released.saturating_add(expires_after)),
        not_before: Timestamp::from_millis(own.maybe("not_before")?.unwrap_or(released)),
        published_at: own.maybe("published")?.map(Timestamp::from_millis),
        attempt: own.count("attempt")?,
        failures: own.count("failures")?,
        crashes: own.count("crashes")?,
        crashes_alone: own.count("crashes_alone")?,
        last_error: own.maybe_text()?,
        waits_for: own.maybe_text()?,
        fence: fence(&mut own)?,
        seq: own.count("seq")?,
        stored_at: own.maybe("stored")?.map(Timestamp::from_millis),
        end: own.maybe_bytes()?.as_deref().map(json).transpose()?,
    })
}

fn fence(own: &mut Items) -> Result<Option<FenceInfo>> {
    let (holder, until, begun) = (own.maybe_text()?, own.maybe("until")?, own.maybe("begun")?);
    let token = own.count("token")?;
    let Some(holder) = holder else { return Ok(None) };
    let until = until.ok_or_else(|| corrupt("field 'until' of a fence is missing"))?;
    let since = Timestamp::from_millis(begun.unwrap_or(until));
    Ok(Some(FenceInfo { token, holder: taken(holder)?, since, until: Timestamp::from_millis(until) }))
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
    // Known to be text as a whole, its strings are not looked at one by one.
    let text = std::str::from_utf8(bytes).map_err(|_| corrupt("a record is not text"))?;
    serde_json::from_str(text).map_err(|error| corrupt(format!("a record cannot be read: {error}")))
}

pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T> {
    text.parse().map_err(corrupt)
}

/// An id from a text that is nobody else's.
fn taken<T: TryFrom<String, Error: std::fmt::Display>>(text: String) -> Result<T> {
    T::try_from(text).map_err(corrupt)
}

fn word_of<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T> {
    word(std::str::from_utf8(bytes).map_err(|_| corrupt("a word is not text"))?)
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
