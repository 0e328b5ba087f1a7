//! What one run wrote, to be written again by hand: the same scan, the same ids, the same bytes.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use checkmate_domain::trace;
use checkmate_queue::Outgoing;
use checkmate_store::NewScan;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{self, FromRedisValue};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, ShortString};

use crate::bare_queue::properties;

/// The prefix of our keys.
pub const PREFIX: &str = "checkmate:";

/// The payloads of one run.
pub struct Recorded {
    /// The scan.
    pub scan: String,
    /// Its discover job.
    pub discover: String,
    /// The scan's fields and values, as it is created.
    pub fields: Vec<String>,
    /// Its scope.
    pub scope: String,
    /// The sealed list.
    pub entries: Vec<String>,
    /// What is kept about the scope.
    pub history: Vec<u8>,
    /// Published messages by id.
    pub messages: HashMap<String, Published>,
    /// What belongs to each scan job.
    pub jobs: HashMap<String, Job>,
    /// The job each result event is about.
    pub of_event: HashMap<String, String>,
    /// The id of the event that ends the scan.
    pub finished: String,
}

/// A published message.
pub struct Published {
    /// Its properties, headers included.
    pub properties: BasicProperties,
    /// Its body.
    pub body: Vec<u8>,
}

impl Published {
    fn of(message: Outgoing) -> Self {
        let header = |(name, value): (String, String)| (name.into(), AMQPValue::LongString(value.into()));
        let cause = message.cause.map(|cause| (trace::HEADER.to_owned(), cause.to_string()));
        let headers: BTreeMap<ShortString, AMQPValue> =
            message.headers.into_iter().chain(cause).map(header).collect();
        Self { properties: properties(&message.id, headers.into()), body: message.body }
    }
}

/// The payloads of one scan job.
pub struct Job {
    /// Its target.
    pub target: String,
    /// The id of its result event.
    pub event: String,
    /// The report.
    pub report: Vec<u8>,
    /// What reconciling leaves of it.
    pub head: Vec<u8>,
}

async fn ask<T: FromRedisValue>(redis: &mut MultiplexedConnection, words: &[&str]) -> anyhow::Result<T> {
    let (name, rest) = words.split_first().context("an empty command")?;
    let (key, rest) = rest.split_first().context("a command without a key")?;
    Ok(redis::cmd(name).arg(format!("{PREFIX}{key}")).arg(rest).query_async(redis).await?)
}

impl Recorded {
    /// Reads back what a run left in Redis and what was published.
    ///
    /// # Errors
    /// When something of it is missing.
    pub async fn read(
        redis: &mut MultiplexedConnection,
        scan: &NewScan,
        published: HashMap<String, Outgoing>,
    ) -> anyhow::Result<Self> {
        let scope = scan.scope.to_string();
        let names = ["scope", "lane", "trigger", "window", "time_limit_ms", "expires_after_ms"];
        let key = format!("scan:{}", scan.id);
        let mut fields = Vec::new();
        for name in names {
            fields.extend([name.to_owned(), ask(redis, &["HGET", &key, name]).await?]);
        }
        let entries: Vec<String> = ask(redis, &["LRANGE", &format!("list:{}", scan.id), "0", "-1"]).await?;
        let (mut jobs, mut of_event, mut finished) = (HashMap::new(), HashMap::new(), String::new());
        let bodies: HashMap<&str, String> = published
            .iter()
            .map(|(id, message)| (id.as_str(), String::from_utf8_lossy(&message.body).into_owned()))
            .collect();
        for (id, body) in &bodies {
            if body.contains("checkmate.scan.finished") {
                finished = (*id).to_owned();
            } else if let Some((_, rest)) = body.split_once(r#""job":""#)
                && body.contains("checkmate.result.stored")
            {
                let job = rest.split('"').next().context("an event without a job")?;
                of_event.insert((*id).to_owned(), job.to_owned());
            }
        }
        let event_of: HashMap<&String, &String> = of_event.iter().map(|(event, job)| (job, event)).collect();
        for entry in &entries {
            let mut lines = entry.split('\n').map(str::to_owned);
            let (job, target) = lines.next().zip(lines.next()).context("an entry of the list")?;
            let event = (*event_of.get(&job).context("a job without an event")?).clone();
            let report = ask(redis, &["GET", &format!("result:{job}")]).await?;
            let head = ask(redis, &["HGET", &format!("target:{target}"), "head"]).await?;
            jobs.insert(job, Job { target, event, report, head });
        }
        // The hand loop sends what was sent, the header of what caused it included.
        anyhow::ensure!(
            published.values().all(|message| message.cause.is_some()),
            "a message without its cause"
        );
        Ok(Self {
            scan: scan.id.to_string(),
            discover: ask(redis, &["HGET", &key, "discover"]).await?,
            fields,
            history: ask(redis, &["HGET", &format!("history:{scope}"), "json"]).await?,
            scope,
            entries,
            messages: published.into_iter().map(|(id, message)| (id, Published::of(message))).collect(),
            jobs,
            of_event,
            finished,
        })
    }
}
