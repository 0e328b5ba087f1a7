//! Looks at the broker: logs in as the configured user, and asks the management API what `broker check` asks.

use std::time::Duration;

use checkmate_queue::rabbitmq::{self, admin};

use super::facts::{BrokerLook, QueueFact, RabbitFacts};
use crate::config::{Config, Setting};
use crate::wiring::rabbit;

/// For making a connection, and for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Looks at the broker that is configured.
pub(super) async fn look(config: &Config, within: Duration) -> BrokerLook {
    let url = match config.setting() {
        Err(error) => return BrokerLook::Wrong(error.to_string()),
        Ok(Setting::Embedded { queue, .. }) => return BrokerLook::Embedded(queue),
        Ok(Setting::Distributed { broker, .. }) => broker,
    };
    let (queues, check) = tokio::join!(
        in_time(within, Box::pin(login(config, &url))),
        in_time(within, Box::pin(check(config, &url)))
    );
    let time_limit = rabbit::check_time_limit(config).err().map(|error| error.to_string());
    BrokerLook::Rabbit(Box::new(RabbitFacts { url, queues, check, time_limit }))
}

async fn in_time<T>(within: Duration, looking: impl Future<Output = anyhow::Result<T>>) -> Result<T, String> {
    match tokio::time::timeout(within, looking).await {
        Ok(looked) => looked.map_err(|error| format!("{error:#}")),
        Err(_) => Err(format!("no answer within {} s", within.as_secs())),
    }
}

async fn login(config: &Config, url: &str) -> anyhow::Result<Vec<QueueFact>> {
    let mut rabbit = rabbit::config(&config.broker, url, "doctor")?;
    rabbit.connect_timeout = ANSWER_WITHIN;
    rabbit.answer_timeout = ANSWER_WITHIN;
    let queues = rabbitmq::look(&rabbit).await?;
    Ok(queues.into_iter().map(|(queue, ready)| QueueFact { name: queue.name().to_owned(), ready }).collect())
}

async fn check(config: &Config, url: &str) -> anyhow::Result<Vec<admin::Line>> {
    let mut admin = rabbit::admin(&config.broker, url)?;
    admin.answer_timeout = ANSWER_WITHIN;
    Ok(admin::check(&admin).await?)
}
