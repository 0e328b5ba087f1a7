//! Log lines to stderr, for people or for machines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};

/// Starts logging. Roles tell what they do; commands only what goes wrong.
pub fn start(cli: &Cli) {
    let role =
        matches!(cli.command, Command::Up | Command::Scheduler | Command::Worker(_) | Command::Notifier);
    // What the AMQP client reports is told by us, with what it means.
    let default = if role { "info,lapin=off" } else { "error,lapin=off" };
    let filter = cli.log.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|error| {
        eprintln!("checkmate: --log '{filter}' is not understood ({error}); logging at {default}");
        EnvFilter::new(default)
    });
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if cli.log_json {
        lines.json().try_init()
    } else {
        lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    if let Err(error) = started {
        eprintln!("checkmate: no log lines: {error}");
    }
}
