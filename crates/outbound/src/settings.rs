//! What all calls of a process have in common.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::circuit::Circuit;

/// Bounds and ways out.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For a connection, TLS included.
    pub connect_timeout: Duration,
    /// Between two pieces of an answer.
    pub read_timeout: Duration,
    /// For a call with all its repeats and waits.
    pub total_timeout: Duration,
    /// The largest body that is read, in bytes.
    pub body_cap: usize,
    /// The most attempts at a call.
    pub attempts: u32,
    /// The shortest and the longest wait before a repeat, when the vendor asks for none.
    pub backoff: (Duration, Duration),
    /// Certificates that are trusted besides the system's, as PEM.
    pub ca_file: Option<PathBuf>,
    /// A proxy for all calls. The environment's variables are not read.
    pub proxy: Option<Url>,
    /// How we call ourselves.
    pub user_agent: String,
    /// When a host that fails is left alone.
    pub circuit: Circuit,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_secs(30),
            body_cap: 8 << 20,
            attempts: 3,
            backoff: (Duration::from_millis(200), Duration::from_secs(10)),
            ca_file: None,
            proxy: None,
            user_agent: concat!("CheckMate/", env!("CARGO_PKG_VERSION")).to_owned(),
            circuit: Circuit::default(),
        }
    }
}

/// Why there can be no calls.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The certificates.
    #[error("certificates in {}: {why}: give a file of PEM certificates", path.display())]
    CaFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The proxy.
    #[error("proxy {host}: {why}")]
    Proxy {
        /// Its host.
        host: String,
        /// What is wrong.
        why: String,
    },
    /// The HTTP client cannot be made.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
}
