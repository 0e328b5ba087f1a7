//! The message queue: the [`Broker`] contract and the consumer loop.
//!
//! Two implementations stand behind the contract and pass one conformance suite: RabbitMQ for many machines, SQLite for one.

pub mod consumer;
mod contract;
pub mod embedded;
mod measured;
pub mod names;
pub mod rabbitmq;

pub use contract::{
    Broker, BrokerError, Consumer, Death, Delivery, Depth, Destination, Lease, Message, Outgoing,
    PublishError, Settle, Settled,
};
pub use measured::Measured;
pub use names::{Queue, RETRY_LADDER, retry_level};
