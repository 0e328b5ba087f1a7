//! The consumer loop, on the embedded broker and on one that fails to order.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "consumer/alone.rs"]
mod alone;
#[path = "consumer/ending.rs"]
mod ending;
#[path = "consumer/harness.rs"]
mod harness;
#[path = "consumer/pausing.rs"]
mod pausing;
#[path = "consumer/recovering.rs"]
mod recovering;
#[path = "consumer/slots.rs"]
mod slots;
