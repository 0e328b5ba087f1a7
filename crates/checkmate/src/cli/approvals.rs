//! What can be typed about approvals.

use clap::{Args, Subcommand, ValueEnum};

use super::FormatArg;

/// `approvals`.
#[derive(Debug, Clone, Subcommand)]
pub enum Approvals {
    /// List approvals, those that wait first.
    List {
        /// Only those that stand so.
        #[arg(long, value_enum, value_name = "STATE")]
        state: Option<Standing>,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one approval: what it holds, until when, and what comes of an answer.
    Show(ApprovalArgs),
    /// Let go out what an approval holds.
    Approve {
        /// Which, and how to print.
        #[command(flatten)]
        which: DecideArgs,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Leave undone what an approval holds.
    Deny {
        /// Which, and how to print.
        #[command(flatten)]
        which: DecideArgs,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

/// One approval.
#[derive(Debug, Clone, Args)]
pub struct ApprovalArgs {
    /// Its id, or the beginning of it.
    pub id: String,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}

/// One approval that is decided.
#[derive(Debug, Clone, Args)]
pub struct DecideArgs {
    /// Which, and how to print.
    #[command(flatten)]
    pub approval: ApprovalArgs,
    /// Only show how it would be.
    #[arg(long)]
    pub dry_run: bool,
}

/// How an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Standing {
    /// Nobody has decided.
    Waiting,
    /// What it held goes out.
    Approved,
    /// What it holds stays undone.
    Denied,
    /// Nobody decided in time.
    Expired,
}

impl Standing {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
        }
    }
}
