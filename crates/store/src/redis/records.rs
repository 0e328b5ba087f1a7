//! Hashes as records.

use std::collections::BTreeMap;
use std::str::FromStr;

use checkmate_domain::message::SCHEMA;
use checkmate_domain::{JobKind, JobMessage, JobSpec, Lane, Scope, Timestamp};
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

/// As many as `JOB_FIELDS` in `lua/common.lua` names.
const JOB_FIELDS: usize = 18;

/// Messages of jobs as `message` in `lua/common.lua` writes them.
pub(super) fn messages(items: Items) -> Result<Vec<JobMessage>> {
    items.each(|value| {
        let mut pieces = Items::of(value)?;
        Ok(JobMessage {
            schema: SCHEMA,
            job: taken(pieces.text()?)?,
            kind: word(&pieces.text()?)?,
            scan: taken(pieces.text()?)?,
            lane: parsed(&pieces.text()?)?,
            time_limit_ms: unsigned(pieces.int()?)?,
            expires_at: Timestamp::from_millis(pieces.int()?),
        })
    })
}

/// One job as `job_reply` writes it. Without a kind it is on the list and not released.
pub(super) fn job(value: Value) -> Result<JobRecord> {
    let mut pieces = Items::of(value)?;
    let id = taken(pieces.text()?)?;
    let mut own = pieces.items()?;
    if own.len() != JOB_FIELDS {
        return Err(corrupt(format!("a job comes with {} fields", own.len())));
    }
    let entry = pieces.bytes()?;
    let mut shared = pieces.items()?;
    let scope: Scope = parsed(&shared.text()?)?;
    let lane: Lane = parsed(&shared.text()?)?;
    let time_limit_ms = unsigned(shared.int()?)?;
    let expires_after = shared.int()?;
    let created_at = shared.int()?;
    let scan = taken(shared.text()?)?;
    // In the order of JOB_FIELDS in `lua/common.lua`.
    let (kind, state) = match (own.maybe_bytes()?, own.maybe_bytes()?) {
        (None, None) => (JobKind::Scan, JobState::Waiting),
        (Some(kind), Some(state)) => (word_of(&kind)?, word_of(&state)?),
        _ => return Err(corrupt("a job has a kind or a state and not both")),
    };
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

pub(super) fn spec(entry: &[u8]) -> Result<JobSpec> {
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
pub(super) fn taken<T: TryFrom<String, Error: std::fmt::Display>>(text: String) -> Result<T> {
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

#[cfg(test)]
mod tests {
    use checkmate_domain::EndReason;

    use super::*;

    const COMMON: &str = include_str!("lua/common.lua");

    /// An answer whose fields have these values; empty for none.
    fn answer(own: &[&str]) -> Value {
        let text = |text: &&str| match *text {
            "" => Value::Nil,
            text => Value::BulkString(text.into()),
        };
        let list = |words: &[&str]| Value::Array(words.iter().map(text).collect());
        let shared = list(&["export:all", "bulk", "60000", "1000", "5", "s"]);
        Value::Array(vec![text(&"j"), list(own), Value::Nil, shared])
    }

    #[test]
    fn each_field_of_a_job_is_at_its_place() {
        let named =
            COMMON.split_once("local JOB_FIELDS = {").expect("there").1.split_once('}').expect("an end").0;
        let names: Vec<_> = named.split(',').map(|name| name.trim().trim_matches('\'')).collect();
        assert_eq!(names.len(), JOB_FIELDS);
        let value = |name: &&str| match *name {
            "kind" => "scan".to_owned(),
            "state" => "running".to_owned(),
            "end" => serde_json::to_string(&EndReason::Split).expect("JSON"),
            "error" | "waits_for" | "holder" => (*name).to_owned(),
            name => names.iter().position(|other| *other == name).expect("named").to_string(),
        };
        let values: Vec<_> = names.iter().map(value).collect();
        let read = job(answer(&values.iter().map(String::as_str).collect::<Vec<_>>())).expect("a job");
        let at = |name: &str| {
            i64::try_from(names.iter().position(|other| *other == name).expect("named")).expect("few")
        };
        let count = |name: &str| u64::try_from(at(name)).expect("not negative");
        assert_eq!((read.kind, read.state), (JobKind::Scan, JobState::Running));
        assert_eq!(read.released_at.as_millis(), at("released"));
        assert_eq!(read.expires_at.as_millis(), at("released") + 1_000);
        assert_eq!(read.not_before.as_millis(), at("not_before"));
        assert_eq!(read.published_at.map(Timestamp::as_millis), Some(at("published")));
        let counted = [read.attempt, read.failures, read.crashes, read.crashes_alone].map(u64::from);
        assert_eq!(counted, ["attempt", "failures", "crashes", "crashes_alone"].map(count));
        assert_eq!(
            (read.last_error.as_deref(), read.waits_for.as_deref()),
            (Some("error"), Some("waits_for"))
        );
        let fence = read.fence.expect("a fence");
        assert_eq!((fence.holder.as_str(), fence.until.as_millis()), ("holder", at("until")));
        assert_eq!((fence.since.as_millis(), fence.token), (at("begun"), count("token")));
        assert_eq!((read.seq, read.stored_at.map(Timestamp::as_millis)), (count("seq"), Some(at("stored"))));
        assert_eq!(read.end, Some(EndReason::Split));
    }

    #[test]
    fn what_is_cut_or_half_is_refused() {
        let of = |kind, state, more: usize| {
            let mut own = vec![kind, state];
            own.resize(2 + more, "");
            job(answer(&own))
        };
        assert_eq!(of("", "", 16).expect("waits").state, JobState::Waiting);
        assert!(of("scan", "", 16).is_err() && of("", "stored", 16).is_err());
        assert!(of("scan", "recorded", 15).is_err() && of("scan", "recorded", 17).is_err());
    }
}
