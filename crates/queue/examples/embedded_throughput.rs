//! How fast the embedded broker and the consumer loop are on this disk: `cargo run --release --example embedded_throughput`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "prints figures for a person and may stop at any failure"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::Lane;
use checkmate_queue::consumer::{ConsumeConfig, ConsumerLoop, Handler, JobContext};
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::{Broker, Destination, Message, Outgoing, Settle};
use checkmate_service::Stop;

const MESSAGES: usize = 40_000;
const AT_ONCE: u16 = 64;

struct Count {
    done: AtomicUsize,
    stop: Stop,
}

#[async_trait]
impl Handler for Count {
    type Work = ();

    fn read(&self, _message: &Message) -> (Self::Work, Duration) {
        ((), Duration::from_secs(60))
    }

    async fn handle(&self, (): Self::Work, _message: Message, _ctx: &JobContext) -> Settle {
        if self.done.fetch_add(1, Ordering::Relaxed) + 1 == MESSAGES {
            self.stop.drain();
        }
        Settle::Done
    }
}

async fn publish(broker: &Arc<EmbeddedBroker>) {
    let publishers = (0..usize::from(AT_ONCE)).map(|publisher| {
        let broker = Arc::clone(broker);
        tokio::spawn(async move {
            for n in (publisher..MESSAGES).step_by(usize::from(AT_ONCE)) {
                let to = Destination::Work(Lane::Bulk);
                broker.publish(vec![Outgoing::new(to, n.to_string(), vec![7; 1024])]).await.unwrap();
            }
        })
    });
    futures::future::join_all(publishers).await;
}

async fn consume(broker: &Arc<EmbeddedBroker>) {
    let stop = Stop::new(Duration::from_secs(10));
    let handler = Arc::new(Count { done: AtomicUsize::new(0), stop: stop.clone() });
    let config = ConsumeConfig::lane(Lane::Bulk, AT_ONCE).unwrap();
    ConsumerLoop::new(Arc::clone(broker) as Arc<dyn Broker>, handler, config).run(stop).await;
}

fn report(what: &str, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{what:<40} {:>8.0} messages/s", f64::from(u32::try_from(MESSAGES).unwrap()) / seconds);
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let path = folder.path().join("queue.db");
    let broker = Arc::new(EmbeddedBroker::open(&path, EmbeddedConfig::default()).await.unwrap());
    println!("{MESSAGES} messages of 1 KiB, {AT_ONCE} at once, synced to the disk");
    let began = Instant::now();
    publish(&broker).await;
    report("publish", began);
    let began = Instant::now();
    consume(&broker).await;
    report("consume and ack a backlog", began);
    let began = Instant::now();
    tokio::join!(publish(&broker), consume(&broker));
    report("publish, consume and ack at once", began);
    broker.close().await;
}
