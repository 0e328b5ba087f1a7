//! The conformance suite on a real RabbitMQ.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[macro_use]
mod conformance;
mod rabbit;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_queue::rabbitmq::RabbitBroker;
use checkmate_queue::{Broker, Queue, retry_level};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};

use conformance::PATIENCE;
use rabbit::{Site, management, shared};

struct OnRabbit {
    site: Site,
    broker: Mutex<Arc<RabbitBroker>>,
}

impl OnRabbit {
    async fn connect(site: &Site) -> Arc<RabbitBroker> {
        let mut config = site.config();
        config.management = Some(management(&*shared().await.read().await));
        let until = Instant::now() + PATIENCE;
        loop {
            match RabbitBroker::connect(config.clone()).await {
                Ok(broker) => return Arc::new(broker),
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
        }
    }
}

async fn make() -> OnRabbit {
    let site = Site::new(&*shared().await.read().await).await;
    let broker = Mutex::new(OnRabbit::connect(&site).await);
    OnRabbit { site, broker }
}

#[async_trait]
impl conformance::Fixture for OnRabbit {
    fn broker(&self) -> Arc<dyn Broker> {
        self.broker.lock().unwrap().clone()
    }

    async fn lose_leases(&self) {
        // An ack has no answer. One that is still on the wire would be lost too, and its message come again, as it may.
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.site.proxy.cut();
    }

    async fn restart(&self) {
        shared().await.write().await.restart().await;
        let fresh = Self::connect(&self.site).await;
        *self.broker.lock().unwrap() = fresh;
    }

    fn back_within(&self, after: Duration) -> Duration {
        retry_level(after).1 + Duration::from_secs(5)
    }

    fn random_cases(&self) -> u32 {
        3
    }

    async fn delete_queue(&self, queue: Queue) -> bool {
        shared().await.read().await.delete_queue(&self.site.vhost, queue.name()).await;
        true
    }

    async fn inject_malformed(&self, queue: Queue) -> usize {
        let url = format!("amqp://guest:guest@127.0.0.1:{}/{}", self.site.proxy.port(), self.site.vhost);
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let mut headers = FieldTable::default();
        headers.insert("checkmate-retries".into(), AMQPValue::LongLongInt(-1));
        headers.insert("checkmate-dead-queue".into(), AMQPValue::ByteArray(vec![0xFF, 0].into()));
        headers.insert("checkmate-dead-reason".into(), AMQPValue::LongString(vec![0xFF, 0xFE].into()));
        headers.insert("x-death".into(), AMQPValue::LongString("not a list".into()));
        headers.insert("nested".into(), AMQPValue::FieldTable(FieldTable::default()));
        let odd = [
            BasicProperties::default(),
            BasicProperties::default().with_headers(headers).with_expiration("3600000".into()),
            BasicProperties::default().with_message_id("x".repeat(255).into()).with_delivery_mode(1),
        ];
        let count = odd.len();
        for properties in odd {
            let options = BasicPublishOptions::default();
            let sent =
                channel.basic_publish("".into(), queue.name().into(), options, &[0xFF, 0x00], properties);
            // Confirmed, or what is published after it on another connection may stand before it in the queue.
            assert!(sent.await.unwrap().await.unwrap().is_ack());
        }
        channel.close(200, "done".into()).await.unwrap();
        count
    }
}

conformance!(all: make);
