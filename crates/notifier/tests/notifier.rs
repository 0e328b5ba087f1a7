//! The notifier on the embedded store and broker, with results put there like a worker does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "notifier/approvals.rs"]
mod approvals;
#[path = "notifier/channels.rs"]
mod channels;
#[path = "notifier/delivering.rs"]
mod delivering;
#[path = "notifier/harness.rs"]
mod harness;
#[path = "notifier/messages.rs"]
mod messages;
#[path = "notifier/orders.rs"]
mod orders;
#[path = "notifier/parking.rs"]
mod parking;
#[path = "notifier/quiet.rs"]
mod quiet;
