//! The hand loop beside `whole_path`: the commands of one no-op scan, in the same order, with the same scripts and the same
//! bytes, and nothing else. It parses no message and decides nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{self, Client, Cmd, Script, Value};
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt};
use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use lapin::{Channel, Connection};
use tokio::sync::mpsc;

use crate::bare_queue::{confirming, consume, publish};
use crate::path::Slots;
use crate::recorded::{PREFIX, Recorded};
use crate::servers::Servers;

macro_rules! script {
    ($($file:literal),+) => {
        Script::new(concat!(
            include_str!("../../crates/store/src/redis/lua/common.lua"),
            $(include_str!(concat!("../../crates/store/src/redis/lua/", $file, ".lua"))),+
        ))
    };
}

/// As many connections as our store has.
const CONNECTIONS: usize = 2;

/// Entries of a list that go into one script, which no list here reaches by its bytes.
const PIECE: usize = 1_000;

/// One job of a target at a time, as many of an organisation as there are; the waits of those that are put off.
const LIMITS: [u32; 5] = [1, 0, 1_000, 10_000, 20_000];

struct Scripts {
    create: Script,
    begin: Script,
    stage: Script,
    seal: Script,
    store: Script,
    load: Script,
    commit: Script,
    mark: Script,
    announced: Script,
}

/// The loop, connected.
pub struct Hand {
    recorded: Arc<Recorded>,
    redis: Vec<MultiplexedConnection>,
    turn: AtomicUsize,
    scripts: Scripts,
    consuming: Connection,
    publishing: Connection,
    channel: Channel,
    marks: mpsc::Sender<String>,
}

/// A connection to Redis without us.
///
/// # Errors
/// When there is none.
pub async fn connect(url: &str) -> anyhow::Result<MultiplexedConnection> {
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(5)));
    Ok(Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await?)
}

impl Hand {
    /// Connects and makes the scripts known.
    ///
    /// # Errors
    /// Those of the servers.
    pub async fn start(
        servers: &Servers,
        redis: &str,
        recorded: Arc<Recorded>,
    ) -> anyhow::Result<(Arc<Self>, mpsc::Receiver<String>)> {
        let scripts = Scripts {
            create: script!("create", "create_scan"),
            begin: script!("begin"),
            stage: script!("stage"),
            seal: script!("seal"),
            store: script!("store_result"),
            load: script!("load"),
            commit: script!("reconcile", "commit"),
            mark: script!("mark_published"),
            announced: script!("mark_announced"),
        };
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            connections.push(connect(redis).await?);
        }
        let Scripts { create, begin, stage, seal, store, load, commit, mark, announced } = &scripts;
        for script in [create, begin, stage, seal, store, load, commit, mark, announced] {
            script.load_async(&mut connections[0]).await?;
        }
        let (consuming, publishing) = (servers.bare().await?, servers.bare().await?);
        let channel = confirming(&publishing).await?;
        let (marks, marked) = mpsc::channel(8_192);
        let turn = AtomicUsize::new(0);
        Ok((
            Arc::new(Self {
                recorded,
                redis: connections,
                turn,
                scripts,
                consuming,
                publishing,
                channel,
                marks,
            }),
            marked,
        ))
    }

    /// Runs the recorded scan; in seconds.
    ///
    /// # Errors
    /// Those of the servers, and any answer that was not expected.
    pub async fn run(self: Arc<Self>, marked: mpsc::Receiver<String>, slots: Slots) -> anyhow::Result<f64> {
        let (_job_channel, jobs) = consume(&self.consuming, "checkmate.scan.bulk", slots.worker).await?;
        let (_result_channel, results) =
            consume(&self.consuming, "checkmate.results", slots.notifier).await?;
        let count = self.recorded.jobs.len();
        let began = Instant::now();
        let marking = tokio::spawn(Arc::clone(&self).mark(marked));
        let (hand, at_once) = (Arc::clone(&self), usize::from(slots.worker));
        let working = tokio::spawn(async move {
            let jobs = jobs.take(count + 1).map_err(anyhow::Error::from);
            jobs.try_for_each_concurrent(at_once, |message| hand.on_job(message)).await
        });
        let (hand, at_once) = (Arc::clone(&self), usize::from(slots.notifier));
        let reconciling = tokio::spawn(async move {
            let results = results.take(count).map_err(anyhow::Error::from);
            results.try_for_each_concurrent(at_once, |message| hand.on_result(message)).await
        });
        let Recorded { scan, discover, fields, .. } = &*self.recorded;
        self.ask(self.call(&self.scripts.create).arg(scan).arg(discover).arg(fields)).await?;
        self.publish(discover).await?;
        self.ask(self.call(&self.scripts.mark).arg(discover)).await?;
        working.await??;
        reconciling.await??;
        let took = began.elapsed().as_secs_f64();
        marking.abort();
        let _ = self.consuming.close(200, "done".into()).await;
        let _ = self.publishing.close(200, "done".into()).await;
        Ok(took)
    }

    async fn on_job(&self, message: Delivery) -> anyhow::Result<()> {
        let Recorded { discover, jobs, .. } = &*self.recorded;
        let job = id(&message)?;
        let begun = self
            .ask(
                self.call(&self.scripts.begin)
                    .arg(&job)
                    .arg("hand")
                    .arg(30_000)
                    .arg(0)
                    .arg(&[5, 3, 2])
                    .arg(&LIMITS),
            )
            .await?;
        let token = expect(&begun, "started")?.get(1).and_then(token).context("no token of the fence")?;
        let (claimed, event) = if job == *discover {
            (self.seal(&job, token).await?, None)
        } else {
            let stored = jobs.get(&job).context("a job that was not recorded")?;
            let mut store = self.call(&self.scripts.store);
            (
                self.ask(store.arg(&job).arg(token).arg(1).arg("").arg(&stored.report)).await?,
                Some(&stored.event),
            )
        };
        let claimed = expect(&claimed, "new").and_then(|answer| ids(&answer[1]))?;
        try_join_all(event.into_iter().chain(&claimed).map(|id| self.publish(id))).await?;
        for id in claimed {
            let _ = self.marks.try_send(id);
        }
        message.acker.ack(BasicAckOptions::default()).await?;
        Ok(())
    }

    /// A list that is longer than one piece is staged in pieces.
    async fn seal(&self, job: &str, token: i64) -> anyhow::Result<Value> {
        let Recorded { scope, history, entries, .. } = &*self.recorded;
        self.ask(redis::cmd("HGET").arg(format!("{PREFIX}history:{scope}")).arg("json")).await?;
        self.ask(redis::cmd("HGET").arg(format!("{PREFIX}job:{job}")).arg("scan")).await?;
        let (mut stage, mut inline) = ("", &**entries);
        if entries.len() > PIECE {
            (stage, inline) = ("stage:hand", &[][..]);
            for (number, piece) in entries.chunks(PIECE).enumerate() {
                let mut staging = self.call(&self.scripts.stage);
                self.ask(staging.arg(stage).arg(number * PIECE).arg(3_600_000).arg(piece)).await?;
            }
        }
        let mut seal = self.call(&self.scripts.seal);
        seal.arg(job).arg(token).arg(entries.len()).arg(stage).arg(1).arg(token).arg(history);
        self.ask(seal.arg(r#"{"reason":"split"}"#).arg(inline)).await
    }

    async fn on_result(&self, message: Delivery) -> anyhow::Result<()> {
        let Recorded { scan, jobs, of_event, finished, .. } = &*self.recorded;
        let job = of_event.get(&id(&message)?).context("an event that was not recorded")?;
        let stored = jobs.get(job).context("a job that was not recorded")?;
        let loaded = self.ask(self.call(&self.scripts.load).arg(job).arg(1).arg(1_000)).await?;
        expect(&loaded, "ready")?;
        let mut commit = self.call(&self.scripts.commit);
        commit.arg(job).arg(&stored.target).arg(0).arg(&stored.head).arg([0, 0, 1, 0, 0].as_slice());
        let committed = self.ask(&commit).await?;
        if expect(&committed, "committed")?[2] == Value::Int(1) {
            self.publish(finished).await?;
            self.ask(self.call(&self.scripts.announced).arg(scan)).await?;
        }
        message.acker.ack(BasicAckOptions::default()).await?;
        Ok(())
    }

    /// Notes confirmed publishes in batches, as the worker does.
    async fn mark(self: Arc<Self>, mut marked: mpsc::Receiver<String>) -> anyhow::Result<()> {
        let mut batch = Vec::new();
        while marked.recv_many(&mut batch, 256).await > 0 {
            self.ask(self.call(&self.scripts.mark).arg(&batch)).await?;
            batch.clear();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn publish(&self, id: &str) -> anyhow::Result<()> {
        let recorded = &self.recorded;
        let message = recorded.messages.get(id).context("a message that was not recorded")?;
        let (exchange, key) = match id {
            id if recorded.of_event.contains_key(id) => ("checkmate.events", "checkmate.result.stored"),
            id if *id == recorded.finished => ("checkmate.events", "checkmate.scan.finished"),
            _ => ("checkmate.work", "checkmate.scan.bulk"),
        };
        let published =
            publish(&self.channel, exchange, key, message.properties.clone(), &message.body).await;
        // To the end of the scan nobody listens, so it comes back: said by an error, and meant to be.
        if *id == recorded.finished { Ok(()) } else { published }
    }

    fn call(&self, script: &Script) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
        call.arg(script.get_hash()).arg(0).arg(PREFIX);
        call
    }

    async fn ask(&self, command: &Cmd) -> anyhow::Result<Value> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % CONNECTIONS;
        Ok(self.redis[turn].clone().send_packed_command(command).await?)
    }
}

fn id(message: &Delivery) -> anyhow::Result<String> {
    Ok(message.properties.message_id().as_ref().context("a message without an id")?.to_string())
}

/// The answer's items, when it begins with this word.
fn expect<'a>(answer: &'a Value, word: &str) -> anyhow::Result<&'a [Value]> {
    match answer {
        Value::Array(items) if items.first().and_then(text).as_deref() == Some(word) => Ok(items),
        other => bail!("{word} was expected, not {other:?}"),
    }
}

/// The ids of claimed jobs.
fn ids(claimed: &Value) -> anyhow::Result<Vec<String>> {
    let Value::Array(jobs) = claimed else { bail!("no list of jobs") };
    let id = |job: &Value| match job {
        Value::Array(fields) => fields.first().and_then(text),
        _ => None,
    };
    jobs.iter().map(|job| id(job).context("a job without an id")).collect()
}

fn token(value: &Value) -> Option<i64> {
    match value {
        Value::Int(token) => Some(*token),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) => Some(text.clone()),
        _ => None,
    }
}
