//! A look at a broker as one of its users: log in, ask about the queues, leave. Nothing is made there.

use super::config::RabbitConfig;
use super::connect::{self, Live, Purpose};
use super::topology::{Topology, look_at_queue};
use crate::contract::BrokerError;
use crate::names::Queue;

/// Our queues with what waits in each; `None` for one that is missing.
///
/// # Errors
/// `Unavailable` when no host answers in time, `Misconfigured` when one refuses us.
pub async fn look(config: &RabbitConfig) -> Result<Vec<(Queue, Option<u64>)>, BrokerError> {
    let live = connect::connect(config, Purpose::Consume).await?;
    let topology = Topology::new(config.user.clone(), config.answer_timeout);
    let found = queues(&live, &topology).await;
    live.close(config.answer_timeout).await;
    found
}

async fn queues(live: &Live, topology: &Topology) -> Result<Vec<(Queue, Option<u64>)>, BrokerError> {
    let mut found = Vec::new();
    for queue in Queue::ALL {
        // Asking for a queue that is missing ends the channel.
        let channel = topology.asked(live.connection.create_channel()).await?;
        let there = topology.found(look_at_queue(&channel, queue.name())).await?;
        found.push((queue, there.map(|(ready, _)| u64::from(ready))));
    }
    Ok(found)
}
