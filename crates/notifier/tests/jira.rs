//! Tickets in a strict stand-in of Jira Cloud, over HTTP, with the ledger in the embedded store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "jira/answers.rs"]
mod answers;
#[path = "jira/chaos.rs"]
mod chaos;
#[path = "common/mod.rs"]
mod common;
#[path = "jira/files.rs"]
mod files;
#[path = "jira/harness.rs"]
mod harness;
#[path = "jira/life.rs"]
mod life;
#[path = "jira/owners.rs"]
mod owners;
