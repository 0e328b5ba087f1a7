//! Every key that can be set. The struct, its defaults, and what is read, shown and documented come from this one list:
//! a new key is a new entry here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use checkmate_domain::Scope;

use super::Config;
use super::key::{Key, key};
use super::kind::Kind;
use super::span::Span;

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(10);

const fn secs(seconds: u64) -> Span {
    Span(Duration::from_secs(seconds))
}

const fn mins(minutes: u64) -> Span {
    secs(minutes * 60)
}

const fn days(days: u64) -> Span {
    secs(days * 24 * 3600)
}

/// At least so many, at most what fits into 16 bits.
const fn few(least: u64) -> Kind {
    Kind::Count { least, most: u16::MAX as u64 }
}

/// At least so many, at most what fits into 32 bits.
const fn many(least: u64) -> Kind {
    Kind::Count { least, most: u32::MAX as u64 }
}

const fn lasting(least: Duration) -> Kind {
    Kind::Span { least }
}

const BROKER_URL: Kind = Kind::Url {
    schemes: &["sqlite:", "amqp://", "amqps://"],
    write: "sqlite:PATH, amqp://… or amqps://…",
};
const STORE_URL: Kind = Kind::Url {
    schemes: &["sqlite:", "redis://", "rediss://"],
    write: "sqlite:PATH, redis://… or rediss://…",
};
const HTTP_URL: Kind = Kind::Url { schemes: &["http://", "https://"], write: "http://… or https://…" };

/// A table of the file and its keys.
pub(super) struct Section {
    /// Empty for the keys before the first table.
    pub(super) path: &'static str,
    /// In one line.
    pub(super) about: &'static str,
    pub(super) keys: &'static [Key<Config>],
}

/// All tables with fixed keys, in the order of the documents.
pub(super) static SECTIONS: [Section; 17] = [
    ROOT,
    BrokerConfig::SECTION,
    StoreConfig::SECTION,
    ScanConfig::SECTION,
    WorkerSection::SECTION,
    NotifierSection::SECTION,
    KeeperSection::SECTION,
    RequestsSection::SECTION,
    LimitsSection::SECTION,
    RetentionSection::SECTION,
    TelemetrySection::SECTION,
    AdminSection::SECTION,
    Auth0Section::SECTION,
    VaultSection::SECTION,
    VendorsSection::SECTION,
    OutboundSection::SECTION,
    AuditSection::SECTION,
];

/// All keys of all tables.
pub(super) fn keys() -> impl Iterator<Item = &'static Key<Config>> {
    SECTIONS.iter().flat_map(|section| section.keys)
}

/// Makes the struct of a table, its defaults and the description of its keys.
macro_rules! section {
    (
        #[doc = $about:literal]
        $name:ident in $section:ident {
            $(
                #[doc = $meaning:literal]
                $field:ident: $type:ty = $default:expr, $kind:expr, like $example:literal;
            )*
        }
        $(free {
            #[doc = $free_meaning:literal]
            $free:ident: $free_type:ty;
        })?
    ) => {
        #[doc = $about]
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $(
                #[doc = $meaning]
                pub $field: $type,
            )*
            $(
                #[doc = $free_meaning]
                pub $free: $free_type,
            )?
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $($field: $default,)*
                    $($free: BTreeMap::new(),)?
                }
            }
        }

        impl $name {
            const SECTION: Section = Section {
                path: stringify!($section),
                about: $about.trim_ascii(),
                keys: &[$(key!(
                    Config;
                    concat!(stringify!($section), ".", stringify!($field)),
                    $meaning,
                    $kind,
                    $example,
                    $section.$field
                ),)*],
            };
        }
    };
}

const ROOT: Section = Section {
    path: "",
    about: "Where things are, and how long a stop may take.",
    keys: &[
        key!(
            Config;
            "data_dir",
            "Where the embedded files, the fingerprint key and the control socket are.",
            Kind::Folder,
            "/var/lib/checkmate",
            data_dir
        ),
        key!(
            Config;
            "fingerprint_key_file",
            "The installation's fingerprint key, the same for every process; made in data_dir when none is named and the store is embedded.",
            Kind::SecretFile,
            "/etc/checkmate/fingerprint.key",
            fingerprint_key_file
        ),
        key!(Config; "grace", "From the first signal to giving back what is in hand.", lasting(Duration::ZERO), "25s", grace),
    ],
};

section! {
    /// The message broker.
    BrokerConfig in broker {
        /// `sqlite:PATH`, `amqp://user@host/vhost` or `amqps://…`; several hosts separated by commas.
        url: Option<String> = None, BROKER_URL, like "amqps://checkmate-worker@rabbit-1,rabbit-2/checkmate";
        /// The password of the user in the URL.
        password_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/broker.password";
        /// A certificate authority to trust besides the system's.
        ca_file: Option<PathBuf> = None, Kind::File, like "/etc/checkmate/ca.pem";
        /// The management API, for depths and for `broker setup|check`: `http(s)://host:15672`.
        management_url: Option<String> = None, HTTP_URL, like "https://rabbit-1:15671";
        /// The user of the management API; the one in `url` when not set.
        management_user: Option<String> = None, Kind::Text, like "checkmate-admin";
        /// The password of that user.
        management_password_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/management.password";
        /// Users whose jobs, results and dead letters are believed; the role users of `deploy/` and the own one when not set.
        publishers: Option<BTreeSet<String>> = None, Kind::Texts, like "[\"checkmate-scheduler\", \"checkmate-worker\"]";
        /// The broker's consumer time-out, which cannot be read on every version; 30 minutes are taken when not set.
        consumer_timeout: Option<Span> = None, lasting(SECOND), like "30m";
    }
    free {
        /// Passwords of the role users that `broker setup` makes, by role.
        role_password_files: BTreeMap<String, PathBuf>;
    }
}

section! {
    /// The store.
    StoreConfig in store {
        /// `sqlite:PATH`, `redis://host:6379/0` or `rediss://…`.
        url: Option<String> = None, STORE_URL, like "rediss://redis:6380/0";
        /// The password of the user in the URL.
        password_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/redis.password";
        /// A certificate authority to trust besides the system's.
        ca_file: Option<PathBuf> = None, Kind::File, like "/etc/checkmate/ca.pem";
        /// In front of every key in Redis.
        key_prefix: Option<String> = None, Kind::Text, like "checkmate:";
    }
}

section! {
    /// Scans.
    ScanConfig in scan {
        /// Jobs of one scan released at a time.
        window: u32 = 200, many(1), like "100";
        /// For one attempt of a job.
        time_limit: Span = mins(15), lasting(SECOND), like "10m";
        /// From its release to the end of a job as expired.
        expires_after: Span = secs(24 * 3600), lasting(SECOND), like "12h";
    }
}

section! {
    /// The worker role.
    WorkerSection in worker {
        /// Jobs at a time.
        slots: u16 = 8, few(1), like "16";
        /// Of them kept free for the interactive lane.
        interactive_slots: u16 = 1, few(0), like "2";
        /// How long a job of a killed worker waits for another.
        fence_ttl: Span = secs(30), lasting(SECOND), like "20s";
        /// Attempts in error before a job ends as not assessed.
        max_failures: u32 = 5, many(1), like "3";
        /// Deaths of its process after which a job runs only alone.
        max_crashes: u32 = 2, many(1), like "1";
        /// Deaths alone in the process before a job ends as not assessed.
        max_crashes_alone: u32 = 3, many(1), like "2";
        /// Wait after the first failure; doubles with each.
        retry_first: Span = secs(10), lasting(Duration::ZERO), like "5s";
        /// The longest wait after a failure.
        retry_most: Span = mins(30), lasting(Duration::ZERO), like "15m";
    }
}

section! {
    /// The notifier role.
    NotifierSection in notifier {
        /// Results at a time.
        slots: u16 = 8, few(1), like "4";
        /// Times a result is loaded before it is given up as poison.
        max_loads: u32 = 50, many(1), like "20";
        /// Deliveries of one channel at a time.
        delivery_slots: u16 = 4, few(1), like "8";
        /// Who sends a delivery and was not heard of for so long is taken for dead; longer than `outbound.total_timeout`.
        delivery_hold: Span = secs(180), lasting(SECOND), like "5m";
        /// How long a ticket whose answer was lost is looked for before it is made again; longer than Jira's search is ever late.
        look_for: Span = secs(485), lasting(SECOND), like "20m";
        /// Between two looks at what people changed in tickets.
        watch_every: Span = mins(5), lasting(SECOND), like "1m";
        /// Between two looks at all tickets that are open, for those that are there twice, gone or moved.
        sweep_every: Span = mins(60), lasting(SECOND), like "6h";
    }
}

section! {
    /// The keeper, which looks after what is stuck.
    KeeperSection in keeper {
        /// Between two rounds.
        every: Span = secs(2), lasting(TICK), like "1s";
        /// How long leadership holds without renewal.
        lock_ttl: Span = secs(10), lasting(SECOND), like "5s";
        /// From recording a job to sending it again when its confirm was never noted.
        unconfirmed_after: Span = secs(10), lasting(Duration::ZERO), like "20s";
        /// From a confirm to looking whether the message can still exist.
        settling: Span = secs(15), lasting(Duration::ZERO), like "30s";
    }
}

section! {
    /// Scans that other systems ask for in a message.
    RequestsSection in requests {
        /// Requests of one user that are heard in a minute.
        per_minute: u32 = 30, many(1), like "60";
    }
    free {
        /// The scopes that a user of the broker may ask for, by user; nobody else is heard.
        allow: BTreeMap<String, BTreeSet<Scope>>;
    }
}

section! {
    /// How much runs at a time.
    LimitsSection in limits {
        /// Jobs of one target that run at a time.
        jobs_per_target: u32 = 1, many(1), like "2";
        /// Jobs of one organisation that run at a time; 0 is no limit.
        jobs_per_organisation: u32 = 0, many(0), like "10";
    }
}

section! {
    /// How long things are kept.
    RetentionSection in retention {
        /// Scans and their results.
        results: Span = days(90), lasting(SECOND), like "180d";
        /// The log of what happened to findings.
        events: Span = days(30), lasting(SECOND), like "60d";
        /// The audit trail of credentials, by whole segments; checkpoints stay.
        audit: Span = days(400), lasting(SECOND), like "800d";
        /// Messages that were given up.
        dead_letters: Span = days(30), lasting(SECOND), like "14d";
    }
}

section! {
    /// What the roles tell about themselves.
    TelemetrySection in telemetry {
        /// Log lines for people or for machines.
        log: LogFormat = LogFormat::Text, Kind::Word(LogFormat::WORDS), like "json";
        /// Where traces are sent; nowhere when not set.
        otlp_endpoint: Option<String> = None, HTTP_URL, like "http://otel-collector:4318";
    }
}

section! {
    /// Health and metrics.
    AdminSection in admin {
        /// Where health and metrics are served; nowhere when not set.
        listen: Option<SocketAddr> = None, Kind::Address, like "127.0.0.1:9600";
    }
}

section! {
    /// The Auth0 tenant whose Token Vault keeps the accounts; see [credentials.md](credentials.md).
    Auth0Section in auth0 {
        /// The tenant's own host, never a custom domain.
        domain: Option<String> = None, Kind::Text, like "acme.eu.auth0.com";
        /// Where it is asked; `https://` and the domain when not set.
        base_url: Option<String> = None, Kind::Api, like "https://acme.eu.auth0.com";
        /// The client that leases.
        client_id: Option<String> = None, Kind::Text, like "CheckMateWorkerClientId";
        /// Its key for `private_key_jwt`: RSA, PKCS#8, PEM.
        client_key_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/auth0-client.pem";
        /// The id of that key, where the client has several.
        client_key_id: Option<String> = None, Kind::Text, like "2026-11";
        /// How it signs.
        algorithm: String = "RS256".to_owned(), Kind::Word(&["RS256", "PS256"]), like "PS256";
        /// Its secret, instead of a key.
        client_secret_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/auth0-client.secret";
        /// A client of its own for the Management API, which shows how ready the connections are without a lease.
        management_client_id: Option<String> = None, Kind::Text, like "CheckMateManagementClientId";
        /// That client's key.
        management_key_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/auth0-management.pem";
        /// The `kid` of that key; needed while two keys are registered.
        management_key_id: Option<String> = None, Kind::Text, like "2026-11";
        /// The public client with which accounts are connected from the terminal.
        terminal_client_id: Option<String> = None, Kind::Text, like "CheckMateTerminalClientId";
        /// The port of this machine that the browser comes back to then; `http://127.0.0.1:PORT/callback` must be a callback of that client.
        callback_port: u16 = 8976, few(1), like "8976";
    }
}

section! {
    /// How Token Vault is asked.
    VaultSection in vault {
        /// By an assertion about a user who need not be there, or by a token of the user.
        mode: String = "privileged-worker".to_owned(), Kind::Word(&["privileged-worker", "refresh-token", "access-token"]), like "privileged-worker";
        /// The key of the privileged access, another one than the client's: RSA, PKCS#8, PEM.
        subject_key_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/auth0-subject.pem";
        /// The id of that key, where several are registered.
        subject_key_id: Option<String> = None, Kind::Text, like "2026-11";
        /// How it signs.
        subject_algorithm: String = "RS256".to_owned(), Kind::Word(&["RS256", "PS256"]), like "PS256";
        /// The user's refresh or access token, for the other two modes.
        subject_token_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/auth0-refresh.token";
        /// Attempts at one lease while what is wrong may pass.
        attempts: u32 = 3, Kind::Count { least: 1, most: 10 }, like "2";
    }
}

section! {
    /// Where the vendors are.
    VendorsSection in vendors {
        /// GitHub's API.
        github_url: String = "https://api.github.com".to_owned(), Kind::Api, like "https://github.acme.example/api/v3";
        /// Atlassian's API.
        atlassian_url: String = "https://api.atlassian.com".to_owned(), Kind::Api, like "https://api.atlassian.com";
        /// Microsoft Graph.
        graph_url: String = "https://graph.microsoft.com".to_owned(), Kind::Api, like "https://graph.microsoft.com";
    }
}

section! {
    /// All calls to the outside.
    OutboundSection in outbound {
        /// A certificate authority to trust besides the system's.
        ca_file: Option<PathBuf> = None, Kind::File, like "/etc/checkmate/ca.pem";
        /// A proxy for all of them; the environment's variables are not read.
        proxy: Option<String> = None, HTTP_URL, like "http://proxy.acme.example:3128";
        /// For a connection.
        connect_timeout: Span = secs(5), lasting(TICK), like "3s";
        /// Between two pieces of an answer.
        read_timeout: Span = secs(15), lasting(TICK), like "10s";
        /// For one call with its repeats.
        total_timeout: Span = secs(30), lasting(TICK), like "20s";
    }
}

section! {
    /// The audit trail of credentials.
    AuditSection in audit {
        /// The Ed25519 key that signs checkpoints; made in data_dir when none is named and the store is embedded.
        checkpoint_key_file: Option<PathBuf> = None, Kind::SecretFile, like "/etc/checkmate/audit.key";
        /// Where checkpoints are written, outside of the store; data_dir/audit when not set.
        checkpoint_dir: Option<PathBuf> = None, Kind::Folder, like "/var/lib/checkmate/audit";
        /// Between two checkpoints, when something happened.
        checkpoint_every: Span = mins(1), lasting(SECOND), like "5m";
    }
}

/// For whom log lines are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl LogFormat {
    const WORDS: &'static [&'static str] = &["text", "json"];
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("'{other}' is not a form of log lines: use text or json")),
        }
    }
}
