//! What can be typed.

mod approvals;
mod credentials;
mod deliveries;
mod direct;
mod findings;
mod upkeep;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::approvals::{Approvals, DecideArgs};
#[cfg(feature = "sandbox")]
pub use self::credentials::SandboxArgs;
pub use self::credentials::{Audit, Connections, VerifyArgs};
pub use self::deliveries::{Deliveries, Stuck};
pub use self::direct::{Auth0Args, Direct, ReachArgs, ReportFormat, Rules, Snapshot};
pub use self::findings::{AcceptArgs, Findings, Until, WhichArgs};
pub use self::upkeep::{DumpArgs, LaneCommand, PurgeArgs, Workers};

/// Scans identity and code platforms, keeps what it finds, and says what could not be looked at.
#[derive(Debug, Parser)]
#[command(name = "checkmate", version, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    /// Configuration file; without it ./checkmate.toml if there is one, else the embedded defaults.
    #[arg(long, global = true, env = "CHECKMATE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What is logged to stderr: error, warn, info, debug, or a filter such as checkmate_worker=debug.
    #[arg(long, global = true, env = "CHECKMATE_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Log lines for machines.
    #[arg(long, global = true)]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run every role in one process, on the embedded queue and store.
    Up,
    /// Run the scheduler role: schedules, requests, the keeper.
    Scheduler,
    /// Run the worker role.
    Worker(WorkerArgs),
    /// Run the notifier role.
    Notifier,
    /// Scan a scope and show what to do first: auth0:DOMAIN, org:NAME, export:NAME, path:DIR; or `scan auth0`, directly.
    Scan(ScanArgs),
    /// Write what a tenant answers into a file, to scan it later or elsewhere.
    #[command(subcommand)]
    Snapshot(Snapshot),
    /// Look at the rules: what is asked, why, and how to fix it.
    #[command(subcommand)]
    Rules(Rules),
    /// Scan a scope again that was scanned before.
    Rescan(RescanArgs),
    /// Look at scans, watch or cancel one.
    #[command(subcommand)]
    Scans(Scans),
    /// Look at findings, and decide about them.
    #[command(subcommand)]
    Findings(Findings),
    /// See what policy would send of a scan, and where to.
    #[command(subcommand)]
    Notify(Notify),
    /// Look at what is sent to the outside; try it again or cancel it.
    #[command(subcommand)]
    Deliveries(Deliveries),
    /// Look at what waits for a person before it is sent, and decide.
    #[command(subcommand)]
    Approvals(Approvals),
    /// Look at what was given up; send it again or discard it.
    #[command(subcommand)]
    Dead(Dead),
    /// Set up the message broker, or check it.
    #[command(subcommand)]
    Broker(BrokerCommand),
    /// Look at the lanes; pause or resume one.
    #[command(subcommand)]
    Lane(LaneCommand),
    /// Look at the processes that are there; let one finish and end.
    #[command(subcommand)]
    Workers(Workers),
    /// Remove now what is older than it is kept, or say what that would be.
    Purge(PurgeArgs),
    /// Write everything that is stored as JSON lines.
    Dump(DumpArgs),
    /// Say how the installation is: everything it stands on, what is wrong, and what mends it.
    Doctor(FormatArg),
    /// Look at schedules, pause, resume or run one; ask what a cron expression means.
    #[command(subcommand)]
    Schedule(Schedule),
    /// Look at the accounts that credentials are leased from, or check them.
    #[command(subcommand)]
    Connections(Connections),
    /// Look at the audit trail of credentials, verify or export it.
    #[command(subcommand)]
    Audit(Audit),
    /// Check the configuration, show it, or begin one.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Run stand-ins of Auth0 tenants with Token Vault, Jira, Confluence, Teams and a webhook on this machine, to try it all without accounts.
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
    /// Print what makes a shell complete these commands.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// `--format`.
#[derive(Debug, Clone, Copy, Args)]
pub struct FormatArg {
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `worker`.
#[derive(Debug, Clone, Args)]
pub struct WorkerArgs {
    /// Serve one lane only: interactive or bulk.
    #[arg(long)]
    pub lane: Option<checkmate_domain::Lane>,
}

/// `scan`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ScanArgs {
    /// Without the queue.
    #[command(subcommand)]
    pub direct: Option<Direct>,
    /// auth0:DOMAIN, org:NAME, export:NAME or path:DIR.
    #[arg(required = true)]
    pub scope: Option<String>,
    /// Ask only; do not wait for the result.
    #[arg(long)]
    pub no_wait: bool,
    /// Wait in the queue of scheduled scans.
    #[arg(long)]
    pub bulk: bool,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `scans`.
#[derive(Debug, Clone, Subcommand)]
pub enum Scans {
    /// List scans, newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: u64,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one scan with its jobs and results.
    Show {
        /// The scan's id, or its beginning.
        scan: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Follow one scan to its end.
    Watch {
        /// The scan's id, or its beginning.
        scan: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Stop a scan: nothing more of it is begun.
    Cancel {
        /// The scan's id, or its beginning.
        scan: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}

/// `notify`.
#[derive(Debug, Clone, Subcommand)]
pub enum Notify {
    /// Show what would be sent; nothing is.
    Preview {
        /// The scan's id, or its beginning.
        scan: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}

/// `dead`.
#[derive(Debug, Clone, Subcommand)]
pub enum Dead {
    /// List dead letters, newest first.
    List {
        /// Those that were replayed or discarded too.
        #[arg(long)]
        all: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u64,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one dead letter with its content.
    Show {
        /// Its id, or the beginning of it.
        id: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Send dead letters again: one by its id, or all that wait.
    Replay(ReplayArgs),
    /// Note that dead letters are not needed: one by its id, or all that wait.
    Discard {
        /// Which.
        #[command(flatten)]
        which: Which,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}

/// One or all.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Its id, or the beginning of it.
    pub id: Option<String>,
    /// Every one that waits.
    #[arg(long)]
    pub all: bool,
}

/// `dead replay`.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// Only say what would be sent.
    #[arg(long)]
    pub dry_run: bool,
    /// At most so many a second.
    #[arg(long, default_value_t = 10)]
    pub rate: u32,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `rescan`.
#[derive(Debug, Clone, Args)]
pub struct RescanArgs {
    /// The scope as its scans show it: export:NAME.
    pub scope: String,
    /// Ask only; do not wait for the result.
    #[arg(long)]
    pub no_wait: bool,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `schedule`.
#[derive(Debug, Clone, Subcommand)]
pub enum Schedule {
    /// List schedules: what each means, when it ticks next, what came of its last tick.
    List {
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show the next ticks of a schedule or of any expression, in local time and UTC, and what it means.
    Next(NextArgs),
    /// Hold a schedule: it fires nothing until it is resumed.
    Pause(ScheduleArgs),
    /// Let a paused schedule go on; what it missed goes by its policy.
    Resume(ScheduleArgs),
    /// Scan the scope of a schedule now, beside its ticks.
    Run(ScheduleArgs),
}

/// A schedule by its name.
#[derive(Debug, Clone, Args)]
pub struct ScheduleArgs {
    /// Its name in the configuration.
    pub name: checkmate_domain::ScheduleName,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `schedule next`.
#[derive(Debug, Clone, Args)]
pub struct NextArgs {
    /// A schedule of the configuration.
    #[arg(required_unless_present = "cron", conflicts_with_all = ["cron", "timezone"])]
    pub name: Option<checkmate_domain::ScheduleName>,
    /// An expression: '30 2 * * mon-fri', with seconds in front '0 30 2 * * *', or a word such as @daily.
    #[arg(long, value_name = "EXPR")]
    pub cron: Option<String>,
    /// The time zone in which it is meant: a name of the IANA list; UTC when it is not given.
    #[arg(long, value_name = "ZONE", requires = "cron")]
    pub timezone: Option<String>,
    /// Ticks after this time, as 2026-03-28T00:00:00Z; now when it is not given.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// So many ticks.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub count: u16,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}

/// `broker`.
#[derive(Debug, Clone, Subcommand)]
pub enum BrokerCommand {
    /// Make exchanges, queues, users, permissions and policies as they should be.
    Setup {
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Say what is not as it should be, and what mends it.
    Check {
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}

/// `config`.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Say everything that is wrong with the configuration, or that it is fine.
    Check {
        /// The file; without it the one that every command would take.
        file: Option<PathBuf>,
    },
    /// Show every key, its value, and where that came from.
    Show {
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Print the JSON schema of the file, for editors.
    Schema,
    /// Write a file with every key in it, commented out.
    Init {
        /// Replace the file when there is one.
        #[arg(long)]
        force: bool,
        /// Print it and write nothing.
        #[arg(long, conflicts_with = "force")]
        print: bool,
        /// Where to.
        #[arg(default_value = "checkmate.toml")]
        path: PathBuf,
    },
}
