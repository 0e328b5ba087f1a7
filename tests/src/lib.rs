//! What the tests of the whole share: a program like the product's with a scanner whose findings a model knows, and the
//! harness that runs it, kills it and compares what is left with the model.
//!
//! - [`model`] says what every scan must find, [`scanner`] finds it, [`sink`] counts what ran;
//! - [`world`] is the folder of one run with its configuration, [`command`] the command line of the program in it;
//! - [`roles`] keeps the processes alive and kills them, [`embedded`] and [`distributed`] are the two settings;
//! - [`chaos`] runs scans through all of it, [`crash`] has the process die at a named place;
//! - [`ticks`] has many schedulers fire one schedule;
//! - [`verdict`] compares with the model, [`table`] shows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a panic is its verdict"
)]

pub mod chaos;
pub mod command;
pub mod crash;
pub mod distributed;
pub mod embedded;
pub mod faults;
pub mod model;
pub mod roles;
pub mod scanner;
pub mod sink;
pub mod table;
pub mod ticks;
pub mod verdict;
pub mod world;
