//! From file and environment to [`Config`].

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use checkmate_domain::ScheduleName;
use checkmate_scheduler::schedules::ScheduleSpec;

use super::mistake::{Mistake, Mistakes, Place, Source};
use super::reader::{self, Reading};
use super::told::Loaded;
use super::{Config, environment};

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
    /// File or environment cannot be understood; all mistakes at once.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
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
    /// What was asked for on the command line cannot be done so.
    #[error("{0}")]
    Asked(String),
    /// A secret file is missing, open to others, or empty.
    #[error("{0}")]
    SecretFile(String),
}

/// Reads the file named, else `checkmate.toml` in the working directory, else the defaults; then the environment.
///
/// # Errors
/// See [`ConfigError`].
pub fn load(named: Option<&Path>) -> Result<Config, ConfigError> {
    Ok(load_telling(named)?.config)
}

/// As [`load`]; tells where each value came from.
///
/// # Errors
/// See [`ConfigError`].
pub fn load_telling(named: Option<&Path>) -> Result<Loaded, ConfigError> {
    let default = Path::new("checkmate.toml");
    let file = named.or_else(|| default.exists().then_some(default));
    let text = file.map(text_of).transpose()?;
    let source = file.zip(text.as_deref()).map(|(path, text)| Source::new(path, text));
    Ok(understand(source.as_ref(), &environment::all())?)
}

/// Reads the schedules of a file again. Nothing is handed back while anything in the file is wrong, so that a slip while
/// editing takes no schedule away.
///
/// # Errors
/// All mistakes of the file.
pub fn reload_schedules(file: &Path) -> Result<BTreeMap<ScheduleName, ScheduleSpec>, Mistakes> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Mistakes::new(vec![Mistake {
            at: Place::Whole(file.to_owned()),
            what: format!("cannot be read ({error})"),
            then: "the schedules stay as they were; put the file back".to_owned(),
        }])
    })?;
    let mut reading = Reading::default();
    reader::file(&Source::new(file, &text), &mut reading);
    if reading.mistakes.is_empty() {
        Ok(reading.config.schedules)
    } else {
        Err(Mistakes::new(reading.mistakes))
    }
}

fn text_of(file: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable { path: file.to_owned(), source })
}

/// Understands a file and an environment.
pub(super) fn understand(
    source: Option<&Source<'_>>,
    given: &BTreeMap<String, OsString>,
) -> Result<Loaded, Mistakes> {
    let mut reading = Reading::default();
    if let Some(source) = source {
        reader::file(source, &mut reading);
        reading.config.file = Some(source.path.to_owned());
    }
    reader::environment(given, &mut reading);
    one_setting(&mut reading);
    let Reading { config, places, mistakes, wrong: _ } = reading;
    if mistakes.is_empty() { Ok(Loaded { config, places }) } else { Err(Mistakes::new(mistakes)) }
}

/// The two URLs have to fit each other, wherever they stand.
fn one_setting(reading: &mut Reading) {
    let urls = ["store.url", "broker.url"];
    if urls.iter().any(|url| reading.wrong.contains(*url)) {
        return;
    }
    let (Err(error), Some(at)) =
        (reading.config.setting(), urls.iter().find_map(|url| reading.places.get(*url)))
    else {
        return;
    };
    let told = error.to_string();
    let (what, then) = told.split_once(": ").unwrap_or((told.as_str(), "give both"));
    let mistake = Mistake { at: at.clone(), what: what.to_owned(), then: then.to_owned() };
    reading.mistakes.push(mistake);
}
