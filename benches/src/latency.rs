//! From enqueueing to the start of the handler, at a hundred jobs a second.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::Lane;
use checkmate_queue::consumer::{ConsumeConfig, ConsumerLoop, Handler, JobContext};
use checkmate_queue::{Broker, Destination, Message, Outgoing, Settle};
use checkmate_service::Stop;
use tokio::task::JoinSet;

use crate::servers::{Embedded, Servers};
use crate::table::{Bar, Row};
use crate::turns::{Size, median, millis, percentile};

/// A hundred a second.
const EVERY: Duration = Duration::from_millis(10);

struct Clock {
    sent: Vec<OnceLock<Instant>>,
    waits: Mutex<Vec<Duration>>,
    stop: Stop,
}

#[async_trait]
impl Handler for Clock {
    type Work = ();

    fn read(&self, _message: &Message) -> (Self::Work, Duration) {
        ((), Duration::from_secs(60))
    }

    async fn handle(&self, (): Self::Work, message: Message, _ctx: &JobContext) -> Settle {
        let number = message.id.and_then(|id| id.parse::<usize>().ok());
        let sent = number.and_then(|number| self.sent.get(number)).and_then(OnceLock::get);
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.extend(sent.map(Instant::elapsed));
        if waits.len() == self.sent.len() {
            self.stop.drain();
        }
        Settle::Done
    }
}

async fn run(broker: &Arc<dyn Broker>, jobs: usize) -> anyhow::Result<Vec<Duration>> {
    let stop = Stop::new(Duration::from_secs(5));
    let sent = (0..jobs).map(|_| OnceLock::new()).collect();
    let clock = Arc::new(Clock { sent, waits: Mutex::default(), stop: stop.clone() });
    let consumer = ConsumerLoop::new(Arc::clone(broker), Arc::clone(&clock), ConsumeConfig::lanes(9, 1)?);
    let consuming = tokio::spawn(consumer.run(stop));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut ticks = tokio::time::interval(EVERY);
    let mut publishing = JoinSet::new();
    for number in 0..jobs {
        ticks.tick().await;
        let (broker, clock) = (Arc::clone(broker), Arc::clone(&clock));
        publishing.spawn(async move {
            let _ = clock.sent[number].set(Instant::now());
            let job = Outgoing::new(Destination::Work(Lane::Bulk), number.to_string(), vec![b'x'; 300]);
            broker.publish(vec![job]).await
        });
    }
    for published in publishing.join_all().await {
        published?;
    }
    consuming.await?;
    let waits = clock.waits.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(waits)
}

async fn rows(name: &str, broker: &Arc<dyn Broker>, size: Size) -> anyhow::Result<Row> {
    let jobs = size.pick(300, 30);
    let (mut middle, mut high) = (Vec::new(), Vec::new());
    for _ in 0..size.rounds() {
        let waits = run(broker, jobs).await?;
        middle.push(millis(percentile(&waits, 0.5)));
        high.push(millis(percentile(&waits, 0.99)));
    }
    let figure = format!("enqueue to start at 100 jobs/s, p99, {name}");
    let row = Row::new(figure, median(&high), "ms", Bar::AtMost(10.0));
    Ok(row.told(format!("p50 {:.1} ms", median(&middle))))
}

/// On both brokers.
///
/// # Errors
/// Those of the brokers.
pub async fn measure(servers: &Servers, size: Size) -> anyhow::Result<Vec<Row>> {
    let broker = servers.broker().await?;
    let files = Embedded::open().await?;
    let both = vec![rows("RabbitMQ", &broker, size).await?, rows("embedded", &files.broker, size).await?];
    broker.close().await;
    files.close().await;
    Ok(both)
}
