//! The store on real Redis servers: what only Redis can do wrong. The contract itself is in the conformance suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod commands;
mod large;
mod laws;
mod lost;
mod races;
mod refused;
mod restart;
mod support;
mod tls;
