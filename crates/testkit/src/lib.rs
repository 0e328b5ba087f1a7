//! Real parts for tests: private RabbitMQ and Redis processes and a fault proxy. Used from integration tests only.

#![allow(
    clippy::panic,
    clippy::expect_used,
    reason = "used from tests only: a panic is the verdict of the test"
)]

pub mod browser;
pub mod contracts;
pub mod process;
pub mod proxy;
pub mod rabbit;
pub mod redis;
pub mod tls;
