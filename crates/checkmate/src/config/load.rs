//! From file and environment to [`Config`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::{Config, environment};

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(10);

/// Why there is no configuration, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be understood; the text shows the place.
    #[error("{path}: {message}")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What and where.
        message: String,
    },
    /// One URL is for one machine, the other for many.
    #[error(
        "broker.url and store.url must be of one kind: both sqlite: (one machine), or amqp(s): and redis(s): (many machines)"
    )]
    Mixed,
    /// Queue and store in one file.
    #[error("broker.url and store.url name the same file {0}: give each its own")]
    SameFile(String),
    /// Not a URL of a kind that is known.
    #[error("{0} is not understood: use {1}")]
    BadUrl(&'static str, &'static str),
    /// With less than so much nothing would ever run or end.
    #[error("{0} must be at least {1}: with less, nothing would ever run or end")]
    TooSmall(&'static str, String),
    /// A secret file is missing, open to others, or empty.
    #[error("{0}")]
    SecretFile(String),
}

/// Reads the file named, else `checkmate.toml` in the working directory, else the defaults; then the environment.
///
/// # Errors
/// See [`ConfigError`].
pub fn load(named: Option<&Path>) -> Result<Config, ConfigError> {
    let default = Path::new("checkmate.toml");
    let file = named.or_else(|| default.exists().then_some(default));
    let mut config = match file {
        Some(file) => read(file)?,
        None => Config::default(),
    };
    if let Some(url) = environment::get("CHECKMATE_BROKER_URL") {
        config.broker.url = Some(url);
    }
    if let Some(url) = environment::get("CHECKMATE_STORE_URL") {
        config.store.url = Some(url);
    }
    if let Some(folder) = environment::get("CHECKMATE_HOME") {
        config.data_dir = folder.into();
    }
    sensible(&config)?;
    Ok(config)
}

/// Refuses values with which nothing would ever run or end.
fn sensible(config: &Config) -> Result<(), ConfigError> {
    let Config { scan, worker, notifier, keeper, .. } = config;
    let counts = [
        ("scan.window", u64::from(scan.window)),
        ("worker.slots", u64::from(worker.slots)),
        ("worker.max_failures", u64::from(worker.max_failures)),
        ("worker.max_crashes", u64::from(worker.max_crashes)),
        ("worker.max_crashes_alone", u64::from(worker.max_crashes_alone)),
        ("notifier.slots", u64::from(notifier.slots)),
        ("notifier.max_loads", u64::from(notifier.max_loads)),
    ];
    if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
        return Err(ConfigError::TooSmall(key, "1".to_owned()));
    }
    let spans = [
        ("scan.time_limit", scan.time_limit.0, SECOND),
        ("scan.expires_after", scan.expires_after.0, SECOND),
        ("worker.fence_ttl", worker.fence_ttl.0, SECOND),
        ("keeper.every", keeper.every.0, TICK),
        ("keeper.lock_ttl", keeper.lock_ttl.0, SECOND),
    ];
    match spans.into_iter().find(|(_, span, least)| span < least) {
        Some((key, _, least)) => Err(ConfigError::TooSmall(key, format!("{least:?}"))),
        None => Ok(()),
    }
}

fn read(file: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Unreadable { path: file.to_owned(), source })?;
    let mut config: Config = toml::from_str(&text)
        .map_err(|error| ConfigError::Invalid { path: file.to_owned(), message: error.to_string() })?;
    let base = file.parent().unwrap_or(Path::new("")).to_owned();
    relative_to(&base, &mut config);
    Ok(config)
}

/// Paths in the file are meant from where the file is.
fn relative_to(base: &Path, config: &mut Config) {
    let broker = &mut config.broker;
    let store = &mut config.store;
    let optional = [
        &mut config.fingerprint_key_file,
        &mut broker.password_file,
        &mut broker.ca_file,
        &mut broker.management_password_file,
        &mut store.password_file,
        &mut store.ca_file,
    ];
    let named = optional.into_iter().flatten();
    let mapped = config.exports.values_mut().chain(broker.role_password_files.values_mut());
    for path in named.chain(mapped).chain(std::iter::once(&mut config.data_dir)) {
        *path = base.join(&*path);
    }
    for url in [&mut broker.url, &mut store.url].into_iter().flatten() {
        if let Some(path) = url.strip_prefix("sqlite:") {
            *url = format!("sqlite:{}", base.join(path).display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "[worker]\nslotz = 3\n").unwrap();
        let text = read(&file).unwrap_err().to_string();
        assert!(text.contains("slotz") && text.contains("line 2"), "{text}");
    }

    #[test]
    fn paths_are_meant_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "data_dir = \"d\"\n[exports]\na = \"x\"\n[worker]\nfence_ttl = \"500ms\"\n")
            .unwrap();
        let config = read(&file).unwrap();
        assert_eq!(config.data_dir, folder.path().join("d"));
        assert_eq!(config.exports["a"], folder.path().join("x"));
        assert_eq!(config.worker.fence_ttl.0.as_millis(), 500);
        let queue = folder.path().join("d/queue.db");
        assert!(matches!(config.setting(), Ok(Setting::Embedded { queue: q, .. }) if q == queue));
    }

    #[test]
    fn a_mixed_pair_is_refused() {
        let mut config = Config::default();
        config.broker.url = Some("amqp://localhost".to_owned());
        assert!(matches!(config.setting(), Err(ConfigError::Mixed)));
        config.store.url = Some("postgres://x".to_owned());
        assert!(matches!(config.setting(), Err(ConfigError::BadUrl("store.url", _))));
        config.store.url = Some("redis://localhost".to_owned());
        assert!(matches!(config.setting(), Ok(Setting::Distributed { .. })));
    }
}
