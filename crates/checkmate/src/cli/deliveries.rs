//! What can be typed about deliveries.

use clap::{Args, Subcommand, ValueEnum};

use super::FormatArg;

/// `deliveries`.
#[derive(Debug, Clone, Subcommand)]
pub enum Deliveries {
    /// List deliveries, the last changed first.
    List {
        /// Only those that stand so.
        #[arg(long, value_enum, value_name = "STATE")]
        state: Option<State>,
        /// Only those by this route.
        #[arg(long, value_name = "NAME")]
        route: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one delivery: what it is about, where it stands and why.
    Show {
        /// Its id, or the beginning of it.
        id: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Try deliveries again at once: one by its id, or all that failed or are parked.
    Retry {
        /// Which.
        #[command(flatten)]
        which: Stuck,
        /// Only say what would be tried.
        #[arg(long)]
        dry_run: bool,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Do nothing more about a delivery. What is on the outside already stays as it is.
    Cancel {
        /// Its id, or the beginning of it.
        id: String,
        /// Only say what would be cancelled.
        #[arg(long)]
        dry_run: bool,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}

/// One, or all that are stuck.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct Stuck {
    /// Its id, or the beginning of it.
    pub id: Option<String>,
    /// Every one that failed or is parked.
    #[arg(long)]
    pub all: bool,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// To be sent.
    Planned,
    /// A person has to decide first.
    Waiting,
    /// Somebody is sending it.
    Sending,
    /// It is there.
    Delivered,
    /// Its answer was lost: it is looked for.
    Unknown,
    /// Its answer was lost, and it cannot be looked for.
    Unconfirmed,
    /// Refused: a person has to act.
    Failed,
    /// The channel cannot be used now.
    Parked,
    /// A person does not want it.
    Cancelled,
}

impl State {
    /// The same in the ledger.
    #[must_use]
    pub const fn of_ledger(self) -> checkmate_domain::DeliveryState {
        use checkmate_domain::DeliveryState as There;
        match self {
            Self::Planned => There::Planned,
            Self::Waiting => There::Waiting,
            Self::Sending => There::Sending,
            Self::Delivered => There::Delivered,
            Self::Unknown => There::Unknown,
            Self::Unconfirmed => There::Unconfirmed,
            Self::Failed => There::Failed,
            Self::Parked => There::Parked,
            Self::Cancelled => There::Cancelled,
        }
    }
}
