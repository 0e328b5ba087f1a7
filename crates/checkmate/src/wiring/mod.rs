//! Puts the parts together: which broker, which store, which scanners, which roles.

pub mod admin;
pub mod audit;
pub mod budgets;
pub mod checkpoints;
pub mod deliveries;
pub mod exports;
pub mod lazy_broker;
pub mod open;
pub mod parts;
mod presence;
pub mod rabbit;
pub mod roles;
pub mod scanners;
pub mod schedules;
pub mod sending;
pub mod telemetry;
pub mod tls;
pub mod turns;
pub mod vault;
mod watching;
pub mod ways;
