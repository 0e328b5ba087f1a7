//! The whole path of a no-op scan beside the hand loop, and what it asks of the servers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use checkmate_store::Store;
use checkmate_testkit::redis::Redis;

use crate::hand::{Hand, connect};
use crate::path::{self, Slots};
use crate::recorded::Recorded;
use crate::servers::{Embedded, Servers, store};
use crate::table::{Bar, Row};
use crate::tap::Tap;
use crate::turns::{Pair, Size, count, median};

const SLOTS: Slots = Slots { worker: 32, notifier: 32 };
const WINDOW: u32 = 200;
/// A scan of as many repositories as an organisation is meant to have; what is done once in a scan weighs little in it.
const JOBS: usize = 5_000;

/// On RabbitMQ and a Redis.
///
/// # Errors
/// Those of the servers.
pub async fn measure(servers: &Servers, size: Size) -> anyhow::Result<Vec<Row>> {
    let jobs = size.pick(JOBS, 50);
    let mut rows = Vec::new();
    for (name, redis, bar) in
        [("everysec", &servers.everysec, Bar::AtLeast(0.9)), ("always", &servers.always, Bar::None)]
    {
        let mut path = Distributed::new(servers, redis, jobs).await?;
        let counted = path.record().await?;
        let mut pair = Pair::default();
        for round in 0..size.rounds() {
            // In turns, and each first as often as the other.
            if round % 2 == 0 {
                pair.bare.push(path.by_hand().await?);
            }
            pair.ours.push(path.ours().await?);
            if round % 2 != 0 {
                pair.bare.push(path.by_hand().await?);
            }
        }
        let figure = format!("whole path, appendfsync {name}");
        rows.push(Row::new(figure, pair.ratio(), "x", bar).told(pair.rates(jobs)));
        if name == "everysec" {
            rows.extend(counted);
        }
        path.store.close().await;
    }
    Ok(rows)
}

struct Distributed<'a> {
    servers: &'a Servers,
    redis: &'a Redis,
    store: Arc<dyn Store>,
    jobs: usize,
    recorded: Option<Arc<Recorded>>,
}

impl<'a> Distributed<'a> {
    async fn new(servers: &'a Servers, redis: &'a Redis, jobs: usize) -> anyhow::Result<Self> {
        Ok(Self { servers, redis, store: store(redis).await?, jobs, recorded: None })
    }

    async fn empty(&self) {
        self.servers.purge().await;
        self.redis.command(&["FLUSHALL"]);
    }

    async fn ours(&self) -> anyhow::Result<f64> {
        self.run(false).await.map(|(took, _)| took)
    }

    async fn run(&self, keep: bool) -> anyhow::Result<(f64, Arc<Tap>)> {
        self.empty().await;
        let broker = self.servers.broker().await?;
        let tap = if keep { Tap::keeping(broker) } else { Tap::new(broker) };
        let scan = path::scan(self.jobs, Duration::ZERO, WINDOW);
        let took = path::run(&path::both(&self.store, &tap, SLOTS)?, &*self.store, &tap, &scan).await?;
        checkmate_queue::Broker::close(&*tap).await;
        Ok((took, tap))
    }

    /// Runs once, counting and keeping what was asked of the servers.
    async fn record(&mut self) -> anyhow::Result<Vec<Row>> {
        self.redis.command(&["CONFIG", "RESETSTAT"]);
        let (_, tap) = self.run(true).await?;
        let commands = commands(&self.redis.command(&["INFO", "commandstats"]));
        let scan = path::scan(self.jobs, Duration::ZERO, WINDOW);
        let mut redis = connect(&self.redis.url()).await?;
        self.recorded = Some(Arc::new(Recorded::read(&mut redis, &scan, tap.take_kept()).await?));
        let (batches, messages) = tap.published();
        let per_job = |many: usize| count(many) / count(self.jobs);
        let scripts = commands.get("evalsha").copied().unwrap_or(0);
        let inside: usize = commands.iter().filter(|(name, _)| counts(name)).map(|(_, calls)| calls).sum();
        let row = |figure: &str, value, detail: &str| {
            Row::new(figure, value, "per job", Bar::None).told(detail.to_owned())
        };
        Ok(vec![
            row("  Redis round trips", per_job(scripts), "begin, store, load, commit; the rest shared"),
            row("  Redis commands in scripts", per_job(inside), &most_called(&commands)),
            row("  publishes", per_job(messages), "its own message and its result event"),
            row(
                "  publish round trips",
                per_job(batches),
                "a result event and the next job are confirmed together",
            ),
            row("  deliveries and acks", per_job(messages - 1), "every message but the end of the scan"),
        ])
    }

    async fn by_hand(&self) -> anyhow::Result<f64> {
        self.empty().await;
        let recorded = Arc::clone(self.recorded.as_ref().ok_or_else(|| anyhow::anyhow!("nothing recorded"))?);
        let (hand, marked) = Hand::start(self.servers, &self.redis.url(), recorded).await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        hand.run(marked, SLOTS).await
    }
}

/// `cmdstat_hset:calls=12,…` by name.
fn commands(info: &str) -> BTreeMap<String, usize> {
    let line = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    };
    info.lines().filter_map(line).collect()
}

/// Whether it is part of the way and not of connecting.
fn counts(name: &str) -> bool {
    ![
        "evalsha",
        "script|load",
        "config|get",
        "config|resetstat",
        "info",
        "flushall",
        "ping",
        "client|setinfo",
    ]
    .contains(&name)
}

fn most_called(commands: &BTreeMap<String, usize>) -> String {
    let mut own: Vec<_> = commands.iter().filter(|(name, _)| counts(name)).collect();
    own.sort_by_key(|(_, calls)| std::cmp::Reverse(**calls));
    own.iter().take(5).map(|(name, calls)| format!("{name} {calls}")).collect::<Vec<_>>().join(", ")
}

/// On the embedded parts.
///
/// # Errors
/// When the files cannot be used.
pub async fn embedded(size: Size) -> anyhow::Result<Vec<Row>> {
    let jobs = size.pick(4_000, 50);
    let mut rates = Vec::new();
    for _ in 0..size.rounds() {
        let files = Embedded::open().await?;
        let tap = Tap::new(Arc::clone(&files.broker));
        let slots = Slots { worker: 64, notifier: 64 };
        let scan = path::scan(jobs, Duration::ZERO, WINDOW);
        let took = path::run(&path::both(&files.store, &tap, slots)?, &*files.store, &tap, &scan).await?;
        files.close().await;
        rates.push(count(jobs) / took);
    }
    let row = Row::new("embedded whole path", median(&rates), "jobs/s", Bar::AtLeast(2_000.0));
    Ok(vec![row.told("synchronous=FULL, 64 jobs at a time")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_counts() {
        let info =
            "$90\r\n# Commandstats\r\ncmdstat_hset:calls=12,usec=3\r\ncmdstat_script|load:calls=2,usec=1\r\n";
        let commands = commands(info);
        assert_eq!(commands["hset"], 12);
        assert_eq!(most_called(&commands), "hset 12");
    }
}
