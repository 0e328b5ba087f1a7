//! Where Redis is and how it is spoken to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::Secret;

/// Called at named places between two steps, so that a test can have the process die there.
pub type CrashHook = Arc<dyn Fn(&'static str) + Send + Sync>;

/// A client certificate and its key, both PEM files.
#[derive(Clone, Debug)]
pub struct ClientCert {
    /// The certificate, with what is between it and the authority.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// How to reach Redis.
pub struct RedisConfig {
    /// `redis://[user@]host:port[/db]`, or `rediss://` for TLS. Never with a password in it.
    pub url: String,
    /// For `AUTH`.
    pub password: Option<Secret>,
    /// The only authority that may have signed the server's certificate, PEM; without it those of the system.
    pub ca_file: Option<PathBuf>,
    /// For a server that demands one.
    pub client_cert: Option<ClientCert>,
    /// In front of every key.
    pub prefix: String,
    /// How many connections are shared by all calls.
    pub connections: usize,
    /// For making a connection.
    pub connect_timeout: Duration,
    /// For one answer.
    pub response_timeout: Duration,
    /// Accept a Redis that forgets everything when it restarts.
    pub allow_volatile: bool,
    /// For tests: called with `store.after-stage-chunk`, `store.after-flip`, `store.after-apply-chunk`,
    /// `store.after-seal-chunk` and `store.after-part`.
    pub crash_hook: Option<CrashHook>,
}

impl RedisConfig {
    /// The defaults for a URL: prefix `checkmate:`, two connections, 3 s to connect, 5 s for an answer.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            ca_file: None,
            client_cert: None,
            prefix: "checkmate:".to_owned(),
            connections: 2,
            connect_timeout: Duration::from_secs(3),
            response_timeout: Duration::from_secs(5),
            allow_volatile: false,
            crash_hook: None,
        }
    }
}
