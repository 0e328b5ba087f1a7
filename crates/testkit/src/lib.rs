//! Real parts for tests: private RabbitMQ and Redis processes and a fault proxy. Used from integration tests only.

pub mod process;
pub mod proxy;
pub mod rabbit;
pub mod redis;
