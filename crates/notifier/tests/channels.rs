//! Pages, messages and events in strict stand-ins of their vendors, over HTTP, with the ledger in the embedded store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "common/mod.rs"]
mod common;
#[path = "channels/confluence.rs"]
mod confluence;
#[path = "channels/harness.rs"]
mod harness;
#[path = "channels/teams.rs"]
mod teams;
#[path = "channels/webhook.rs"]
mod webhook;
