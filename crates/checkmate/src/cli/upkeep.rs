//! What can be typed to look after a running installation.

use std::path::PathBuf;

use checkmate_domain::{Lane, Timestamp};
use clap::{Args, Subcommand};

use super::FormatArg;

/// `lane`.
#[derive(Debug, Clone, Subcommand)]
pub enum LaneCommand {
    /// Show both lanes: open, or paused by whom, since when and why.
    List {
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Take no more jobs from a lane. What is in hand goes on; what waits stays in the queue.
    Pause {
        /// interactive or bulk.
        lane: Lane,
        /// Why, for those who wonder.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Take jobs from a lane again.
    Resume {
        /// interactive or bulk.
        lane: Lane,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}

/// `workers`.
#[derive(Debug, Clone, Subcommand)]
pub enum Workers {
    /// List the processes that are there: roles, lanes, work in hand, release.
    List {
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Let a process finish what is in hand, take nothing more, and end.
    Drain {
        /// The process's id, or its beginning.
        process: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}

/// `purge`.
#[derive(Debug, Clone, Args)]
pub struct PurgeArgs {
    /// Only say what would go and why.
    #[arg(long)]
    pub dry_run: bool,
    /// Everything from before this time, as 2026-03-28T00:00:00Z; what the retention keys of the configuration say when it is
    /// not given.
    #[arg(long, value_name = "TIME", value_parser = past)]
    pub before: Option<Timestamp>,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `dump`.
#[derive(Debug, Clone, Args)]
pub struct DumpArgs {
    /// Write to this file, which only its owner can read; to stdout when it is not given.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A time that is over.
fn past(text: &str) -> Result<Timestamp, String> {
    let at: jiff::Timestamp =
        text.parse().map_err(|_| "it is no time: write it as 2026-03-28T00:00:00Z".to_owned())?;
    let at = Timestamp::from_millis(at.as_millisecond());
    if at > Timestamp::now() {
        return Err("it is still to come: give a time that is over".to_owned());
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_that_are_over_are_taken() {
        assert_eq!(past("1970-01-01T00:00:02Z"), Ok(Timestamp::from_millis(2_000)));
        assert!(past("9000-01-01T00:00:00Z").unwrap_err().contains("to come"));
        assert!(past("yesterday").unwrap_err().contains("no time"));
    }
}
