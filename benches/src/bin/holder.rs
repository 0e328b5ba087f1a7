//! The bare process beside an idle worker: the same connections, channels and subscriptions, and nothing else.
//!
//! `bench-holder AMQP_URL REDIS_URL`

use checkmate_benches::bare_queue::{confirming, consume};
use checkmate_benches::hand;
use futures::StreamExt;
use lapin::{Connection, ConnectionProperties};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [amqp, redis] = arguments.as_slice() else { anyhow::bail!("bench-holder AMQP_URL REDIS_URL") };
    let publishing = Connection::connect(amqp, ConnectionProperties::default()).await?;
    let _channel = confirming(&publishing).await?;
    let consuming = Connection::connect(amqp, ConnectionProperties::default()).await?;
    let (_one, mut interactive) = consume(&consuming, "checkmate.scan.interactive", 8).await?;
    let (_two, mut bulk) = consume(&consuming, "checkmate.scan.bulk", 7).await?;
    let _redis = (hand::connect(redis).await?, hand::connect(redis).await?);
    eprintln!("ready");
    tokio::join!(interactive.next(), bulk.next());
    Ok(())
}
