//! Every key with its value and where that came from.

use std::collections::BTreeMap;

use super::Config;
use super::mistake::{Place, without_passwords};
use super::sections::keys;
use super::tables::{self, TABLES};

/// A configuration, and where what was given for it stands.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What holds.
    pub config: Config,
    pub(super) places: BTreeMap<String, Place>,
}

/// One key as it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// `worker.slots`, `schedules.nightly.cron`.
    pub path: String,
    /// As it would be written in the file; none when it is not set. Of a secret only the path of its file.
    pub value: Option<String>,
    /// Where it was given; none when it is the default.
    pub from: Option<Place>,
    /// The environment variable that sets it; none where only the file can.
    pub env: Option<String>,
}

impl Loaded {
    /// Every key, in the order of the documents.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        let fixed = keys().map(|key| {
            let value = (key.get)(&self.config).map(|value| without_passwords(&value.toml()));
            self.tell(key.path.to_owned(), value, Some(key.env()))
        });
        let free = TABLES.iter().flat_map(|table| {
            let below = tables::told(&self.config, table.of).into_iter();
            below.map(move |(name, value)| self.tell(format!("{}.{name}", table.path), value, None))
        });
        fixed.chain(free).collect()
    }

    /// How many keys were given, in the file or by the environment.
    #[must_use]
    pub fn given(&self) -> usize {
        self.places.len()
    }

    fn tell(&self, path: String, value: Option<String>, env: Option<String>) -> Told {
        Told { from: self.places.get(&path).cloned(), path, value, env }
    }
}
