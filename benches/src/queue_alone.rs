//! The queue alone: consume, publish with confirm, ack, through the consumer loop and our broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::Lane;
use checkmate_queue::consumer::{ConsumeConfig, ConsumerLoop, Handler, JobContext};
use checkmate_queue::{Broker, Destination, Message, Outgoing, Queue, Settle};
use checkmate_service::Stop;

use crate::bare_queue;
use crate::servers::Servers;
use crate::table::{Bar, Row};
use crate::turns::{Pair, Size};

/// About as large as a job message.
const BODY: usize = 300;

/// Passes a message on.
struct PassOn {
    broker: Arc<dyn Broker>,
    left: AtomicUsize,
    stop: Stop,
}

#[async_trait]
impl Handler for PassOn {
    type Work = ();

    fn read(&self, _message: &Message) -> (Self::Work, Duration) {
        ((), Duration::from_secs(60))
    }

    async fn handle(&self, (): Self::Work, message: Message, _ctx: &JobContext) -> Settle {
        let id = message.id.unwrap_or_default();
        let copy = Outgoing::new(Destination::Queue(Queue::Results), id, message.body.to_vec());
        if let Err(error) = self.broker.publish(vec![copy]).await {
            return Settle::Later { after: Duration::from_secs(1), reason: error.to_string() };
        }
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.stop.drain();
        }
        Settle::Done
    }
}

async fn ours(broker: &Arc<dyn Broker>, prefetch: u16, messages: usize) -> anyhow::Result<f64> {
    let stop = Stop::new(Duration::from_secs(10));
    let handler = PassOn { broker: Arc::clone(broker), left: AtomicUsize::new(messages), stop: stop.clone() };
    let config = ConsumeConfig::lane(Lane::Bulk, prefetch)?;
    let began = Instant::now();
    ConsumerLoop::new(Arc::clone(broker), Arc::new(handler), config).run(stop).await;
    Ok(began.elapsed().as_secs_f64())
}

async fn fill(broker: &Arc<dyn Broker>, messages: usize) -> anyhow::Result<()> {
    let all: Vec<_> = (0..messages)
        .map(|number| Outgoing::new(Destination::Work(Lane::Bulk), number.to_string(), vec![b'x'; BODY]))
        .collect();
    for some in all.chunks(1_000) {
        broker.publish(some.to_vec()).await?;
    }
    Ok(())
}

/// Both prefetch values.
///
/// # Errors
/// Those of the broker.
pub async fn measure(servers: &Servers, size: Size) -> anyhow::Result<Vec<Row>> {
    let messages = size.pick(6_000, 300);
    let broker = servers.broker().await?;
    let mut rows = Vec::new();
    for prefetch in [32, 128] {
        let mut pair = Pair::default();
        for round in 0..=size.rounds() {
            let turn = async |bare: bool| -> anyhow::Result<f64> {
                servers.purge().await;
                fill(&broker, messages).await?;
                if !bare {
                    return ours(&broker, prefetch, messages).await;
                }
                let (consuming, publishing) = (servers.bare().await?, servers.bare().await?);
                let channel = bare_queue::confirming(&publishing).await?;
                let took = bare_queue::run(&consuming, &channel, prefetch, messages).await?;
                let _ = consuming.close(200, "done".into()).await;
                let _ = publishing.close(200, "done".into()).await;
                Ok(took)
            };
            let (first, second) = (turn(round % 2 == 0).await?, turn(round % 2 != 0).await?);
            // The first round warms up, and in the short form it is the only one.
            if round > 0 || size.short {
                let (bare, ours) = if round % 2 == 0 { (first, second) } else { (second, first) };
                pair.bare.push(bare);
                pair.ours.push(ours);
            }
            if size.short {
                break;
            }
        }
        let figure = format!("queue alone, prefetch {prefetch}");
        rows.push(Row::new(figure, pair.ratio(), "x", Bar::AtLeast(0.9)).told(pair.rates(messages)));
    }
    servers.purge().await;
    broker.close().await;
    Ok(rows)
}
