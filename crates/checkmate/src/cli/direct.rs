//! Scans and snapshots without the queue, and the rules.

use std::path::PathBuf;

use checkmate_domain::Severity;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::FormatArg;

/// What is scanned directly.
#[derive(Debug, Clone, Subcommand)]
pub enum Direct {
    /// Scan one Auth0 tenant now, in this process: by its API, an export, or a snapshot.
    Auth0(Box<Auth0Args>),
}

/// How a tenant is reached.
#[derive(Debug, Clone, Args)]
pub struct ReachArgs {
    /// The tenant's own host, never a custom domain: acme.eu.auth0.com.
    #[arg(long, value_name = "HOST", requires = "client_id")]
    pub domain: Option<String>,
    /// A tenant by its name in the configuration, [tenants.NAME].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["domain", "client_id"])]
    pub tenant: Option<String>,
    /// The machine-to-machine client that reads it.
    #[arg(long, value_name = "ID", requires = "domain")]
    pub client_id: Option<String>,
    /// Its private key: RSA, PKCS#8, PEM.
    #[arg(long, value_name = "FILE", conflicts_with = "client_secret_file")]
    pub private_key_file: Option<PathBuf>,
    /// Its secret, in a file.
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// Where the API is asked, when not at https:// and the host.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// A certificate authority to trust besides the system's.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Whose rate limits are kept to: free, essentials, enterprise, unlimited. [default: essentials]
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
}

/// `scan auth0`.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["domain", "tenant", "export", "snapshot"])))]
pub struct Auth0Args {
    /// How the tenant is reached.
    #[command(flatten)]
    pub reach: ReachArgs,
    /// An export of auth0-deploy-cli: its folder, or its tenant.yaml.
    #[arg(long, value_name = "PATH")]
    pub export: Option<PathBuf>,
    /// A snapshot that 'checkmate snapshot auth0' wrote.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Where to write; to the terminal when not given.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// From which severity findings make the exit code 1: info, low, moderate, high, critical, or never.
    #[arg(long, value_name = "LEVEL", default_value = "low", value_parser = fail_on)]
    pub fail_on: FailOn,
    /// The share of checks that must have an answer, in per cent; with fewer the exit code is 3.
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min_coverage: u8,
    /// Only these rules: an id, the beginning of one, or a name of the reference tool. May be given several times.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// All rules but these.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// A JSON report of before: only what is not in it makes the exit code 1.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// From which severity findings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailOn(pub Option<Severity>);

fn fail_on(text: &str) -> Result<FailOn, String> {
    let all = [Severity::Info, Severity::Low, Severity::Moderate, Severity::High, Severity::Critical];
    if text == "never" {
        return Ok(FailOn(None));
    }
    let severity = all.into_iter().find(|severity| severity.to_string() == text);
    severity
        .map(|severity| FailOn(Some(severity)))
        .ok_or_else(|| "use info, low, moderate, high, critical or never".to_owned())
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people, at a terminal.
    #[default]
    Table,
    /// For programs; docs/report.schema.json is its schema.
    Json,
    /// For code scanning pages.
    Sarif,
    /// One page, for reading and printing.
    Html,
    /// For spreadsheets.
    Csv,
}

/// `snapshot`.
#[derive(Debug, Clone, Subcommand)]
pub enum Snapshot {
    /// Write what one Auth0 tenant's API answers into a file, secrets replaced.
    Auth0 {
        /// How the tenant is reached.
        #[command(flatten)]
        reach: Box<ReachArgs>,
        /// Where to write.
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },
}

/// `rules`.
#[derive(Debug, Clone, Subcommand)]
pub enum Rules {
    /// List the rules.
    List {
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one rule: what is looked at, why it matters, how to fix it.
    Show {
        /// Its id, the end of one, or a name of the reference tool.
        rule: String,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}
