//! What can be typed about credentials.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::FormatArg;
use crate::config::Span;

/// `connections`.
#[derive(Debug, Clone, Subcommand)]
pub enum Connections {
    /// List the accounts that credentials are leased from, and what is to be done about each.
    List {
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Connect an account: sign in by the browser and allow it at its provider.
    Connect {
        /// Its name in the configuration.
        name: String,
    },
    /// Have the tenant forget an account.
    Disconnect {
        /// Its name in the configuration.
        name: String,
    },
    /// Check accounts as a job would: lease, one harmless call, and what came of it.
    Check {
        /// Which; all when none is named.
        names: Vec<String>,
        /// Ask only; do not wait for the result.
        #[arg(long)]
        no_wait: bool,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
}

/// `sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Clone, Args)]
pub struct SandboxArgs {
    /// Where it answers.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8977")]
    pub listen: std::net::SocketAddr,
    /// Write its keys and a configuration that leads to it into this folder.
    #[arg(long, value_name = "FOLDER", default_value = "checkmate-sandbox")]
    pub write: PathBuf,
    /// Scan the organisation of the stand-ins once, show what is found, and end.
    #[arg(long)]
    pub scan: bool,
}

/// `audit`.
#[derive(Debug, Clone, Subcommand)]
pub enum Audit {
    /// List who leased which credential for what, newest last.
    List {
        /// At most so many leases, the newest.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Only those of this job.
        #[arg(long, value_name = "ID")]
        job: Option<String>,
        /// Only those of this Auth0 connection.
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
        /// How to print.
        #[command(flatten)]
        format: FormatArg,
    },
    /// Say whether the trail is whole, and which record is the first that is not.
    Verify(VerifyArgs),
    /// Write records and checkpoints as JSON lines, to be verified elsewhere.
    Export,
}

/// `audit verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// Checkpoints; those of the configuration when not given.
    #[arg(long, value_name = "FILE")]
    pub checkpoints: Option<PathBuf>,
    /// The key that their signatures are checked by; the one beside them when not given.
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
    /// Verify what 'audit export' wrote instead of the store. Nothing of an installation is needed.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// How long the trail is kept where it was written, retention.audit; what is older may be gone.
    #[arg(long, value_name = "DURATION")]
    pub keep: Option<Span>,
    /// How to print.
    #[command(flatten)]
    pub format: FormatArg,
}
