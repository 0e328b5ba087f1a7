//! The sandbox as a newcomer has it: what the README shows, word for word, and its page in a real browser.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

#[path = "cli/home.rs"]
#[allow(dead_code, reason = "the tests of the command line use the rest")]
mod home;
#[path = "sandbox/page.rs"]
mod page;
#[path = "sandbox/transcript.rs"]
mod transcript;

/// The one command of it that everybody types.
const RUN: [&str; 4] = ["sandbox", "--scan", "--write", ".checkmate/sandbox"];
