//! What can be typed about findings.

use std::time::Duration;

use checkmate_domain::Timestamp;
use clap::{Args, Subcommand};

use super::FormatArg;

/// `findings`.
#[derive(Debug, Clone, Subcommand)]
pub enum Findings {
    /// List findings, most urgent first.
    List {
        /// Only of this target: export:acme.
        #[arg(long)]
        target: Option<String>,
        /// Resolved, withdrawn and accepted ones too.
        #[arg(long)]
        all: bool,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one finding with its history, and what was decided about it.
    Show {
        /// The fingerprint, or its beginning.
        fingerprint: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Leave a finding as it is until a day: it is accepted, or no finding. Whatever scans say, it stays so until then, or
    /// until it gets worse.
    Accept(AcceptArgs),
    /// Take back that a finding is left as it is.
    Reopen {
        /// Which, and how to print.
        #[command(flatten)]
        which: WhichArgs,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Say who is to mend a finding.
    Assign {
        /// Which, and how to print.
        #[command(flatten)]
        which: WhichArgs,
        /// Who, as your tickets know them.
        who: String,
    },
    /// Say something about a finding, to be kept with it.
    Comment {
        /// Which, and how to print.
        #[command(flatten)]
        which: WhichArgs,
        /// What.
        text: String,
    },
}

/// One finding.
#[derive(Debug, Clone, Args)]
pub struct WhichArgs {
    /// The fingerprint, or its beginning.
    pub fingerprint: String,
    /// Only show how it would be.
    #[arg(long)]
    pub dry_run: bool,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `findings accept`.
#[derive(Debug, Clone, Args)]
pub struct AcceptArgs {
    /// Which, and how to print.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// Who answers for it.
    #[arg(long)]
    pub owner: String,
    /// Until when: 2027-03-31 (the day it ends, UTC), 2027-03-31T08:00:00Z, or 90d.
    #[arg(long, value_name = "WHEN", value_parser = until)]
    pub until: Until,
    /// It is not true, rather than true and accepted.
    #[arg(long)]
    pub false_positive: bool,
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Then.
    At(Timestamp),
    /// So long from now.
    In(Duration),
}

impl Until {
    /// The moment, seen from now.
    #[must_use]
    pub fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::In(duration) => now.plus(duration),
        }
    }
}

fn until(text: &str) -> Result<Until, String> {
    const DAY: u64 = 86_400;
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()) {
        return Ok(Until::In(Duration::from_secs(u64::from(days) * DAY)));
    }
    let midnight = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let at: Timestamp =
        midnight.parse().map_err(|_| "write 2027-03-31, 2027-03-31T08:00:00Z or 90d".to_owned())?;
    // The day itself is over when it ends.
    Ok(Until::At(if text.len() == 10 { at.plus(Duration::from_secs(DAY)) } else { at }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_as_people_write_them() {
        let at = |text: &str| Until::At(text.parse().expect("a time"));
        assert_eq!(until("2027-03-31"), Ok(at("2027-04-01T00:00:00Z")));
        assert_eq!(until("2027-03-31T08:00:00Z"), Ok(at("2027-03-31T08:00:00Z")));
        assert_eq!(until("90d"), Ok(Until::In(Duration::from_secs(90 * 86_400))));
        for wrong in ["", "d", "soon", "2027-13-01", "-1d", "2027-03-31 08:00"] {
            assert!(until(wrong).is_err(), "{wrong}");
        }
    }
}
