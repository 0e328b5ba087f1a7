//! The store for many machines: Redis with an append-only file.
//!
//! One transaction is one Lua script, and on a job's way each of its four transactions is one call. What is too large for one
//! call is staged in chunks that nobody reads, and one script makes them count. Calls share a few multiplexed connections,
//! so that what is asked at the same time travels together. `lua/common.lua` lists the keys.

mod about;
mod approvals;
mod audit;
mod budget;
mod config;
mod connect;
mod dead;
mod decisions;
mod durability;
mod error;
mod history;
mod install;
mod jobs;
mod ledger;
mod lifecycle;
mod link;
mod locks;
mod plan;
mod pressure;
mod records;
mod reply;
mod results;
mod rows;
mod scans;
mod schedules;
mod script;
mod seal;
mod store;

pub use config::{ClientCert, CrashHook, RedisConfig};
pub use store::RedisStore;
