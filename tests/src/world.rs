//! The folder of one run: exports with their models, the fingerprint key, one configuration file per process.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use checkmate_domain::FingerprintKey;
use tempfile::TempDir;
use toml::{Table, Value};

use crate::model::Model;

/// The programs under test.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `node`.
    pub node: PathBuf,
    /// `chaos`, which is the sink too.
    pub chaos: PathBuf,
}

impl Programs {
    /// Those beside the running program.
    ///
    /// # Errors
    /// When they are not built.
    pub fn beside_this() -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        let folder = this.parent().context("a program without a folder")?;
        let node = folder.join("node");
        anyhow::ensure!(
            node.exists(),
            "{} is not built: cargo build -p checkmate-tests --bins",
            node.display()
        );
        Ok(Self { node, chaos: this })
    }
}

/// What differs from run to run in the configuration. Times are short, so that what is broken is mended soon.
#[derive(Debug, Clone)]
pub struct Knobs {
    /// Jobs of one scan released at a time.
    pub window: u32,
    /// Jobs at a time in one worker, and results in one notifier.
    pub slots: u32,
    /// Times a result is loaded before it is parked.
    pub max_loads: u32,
    /// Failures before a job ends.
    pub max_failures: u32,
    /// From its release to the end of a job.
    pub expires_after: &'static str,
    /// Before the first retry.
    pub retry_first: &'static str,
    /// From recording to sending again.
    pub unconfirmed_after: &'static str,
    /// When every export is scanned by itself, as a cron expression.
    pub schedule: Option<&'static str>,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            window: 200,
            slots: 8,
            max_loads: 50,
            max_failures: 5,
            expires_after: "1h",
            retry_first: "1s",
            unconfirmed_after: "2s",
            schedule: None,
        }
    }
}

/// The folder of one run.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    /// Exports by name.
    pub exports: BTreeMap<String, Model>,
}

impl World {
    /// Makes the folder with these exports.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(exports: BTreeMap<String, Model>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("checkmate-chaos-").tempdir()?;
        let world = Self { folder, exports };
        for (name, model) in &world.exports {
            model.write(&world.export(name))?;
        }
        world.secret("fingerprint.key", &[7; 32])?;
        world.secret("password", checkmate_testkit::rabbit::PASSWORD.as_bytes())?;
        Ok(world)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder after the run, for looking at it.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// Moves every export on to a round. Only while no scan runs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_round(&mut self, round: u32) -> anyhow::Result<()> {
        for (name, model) in &mut self.exports {
            model.round = round;
            model.write(&self.folder.path().join("exports").join(name))?;
        }
        Ok(())
    }

    /// The key of its fingerprints.
    #[must_use]
    pub fn key(&self) -> FingerprintKey {
        FingerprintKey::new(vec![7; 32]).expect("32 bytes")
    }

    /// The file the embedded store is in.
    #[must_use]
    pub fn store_file(&self) -> PathBuf {
        self.folder().join("data/store.db")
    }

    /// Writes the configuration of one process on the embedded parts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn embedded_config(&self, name: &str, knobs: &Knobs) -> anyhow::Result<PathBuf> {
        self.write_config(name, &self.common(knobs))
    }

    /// Writes the configuration of one process that reaches its servers at these places.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn distributed_config(&self, name: &str, knobs: &Knobs, at: &Servers) -> anyhow::Result<PathBuf> {
        let mut all = self.common(knobs);
        let broker = [
            ("url", at.broker.clone()),
            ("password_file", "password".to_owned()),
            ("management_url", at.management.clone()),
            ("management_user", checkmate_testkit::rabbit::ADMIN.to_owned()),
            ("management_password_file", "password".to_owned()),
        ];
        let passwords = ["scheduler", "worker", "notifier"].map(|role| (role, "password".to_owned()));
        let store = [("url", at.store.clone()), ("key_prefix", at.prefix.clone())];
        let mut broker = texts(broker);
        broker.insert("role_password_files".to_owned(), Value::Table(texts(passwords)));
        all.insert("broker".to_owned(), Value::Table(broker));
        all.insert("store".to_owned(), Value::Table(texts(store)));
        self.write_config(name, &all)
    }

    fn common(&self, knobs: &Knobs) -> Table {
        let exports = self.exports.keys().map(|name| (name.as_str(), format!("exports/{name}")));
        let number = |number: u32| Value::from(i64::from(number));
        let text = |text: &str| Value::from(text);
        let table = |entries: &[(&str, Value)]| {
            Value::Table(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
        };
        let scheduled = knobs.schedule.map(|cron| {
            let one = |name: &String| {
                (name.clone(), table(&[("cron", text(cron)), ("scope", text(&format!("export:{name}")))]))
            };
            ("schedules".to_owned(), Value::Table(self.exports.keys().map(one).collect()))
        });
        let all = [
            ("data_dir".to_owned(), text("data")),
            ("fingerprint_key_file".to_owned(), text("fingerprint.key")),
            ("grace".to_owned(), text("10s")),
            ("exports".to_owned(), Value::Table(texts(exports))),
            (
                "scan".to_owned(),
                table(&[
                    ("window", number(knobs.window)),
                    ("time_limit", text("20s")),
                    ("expires_after", text(knobs.expires_after)),
                ]),
            ),
            (
                "worker".to_owned(),
                table(&[
                    ("slots", number(knobs.slots)),
                    ("fence_ttl", text("1s")),
                    ("max_failures", number(knobs.max_failures)),
                    ("retry_first", text(knobs.retry_first)),
                    ("retry_most", text("10s")),
                ]),
            ),
            (
                "notifier".to_owned(),
                table(&[("slots", number(knobs.slots)), ("max_loads", number(knobs.max_loads))]),
            ),
            (
                "keeper".to_owned(),
                table(&[
                    ("every", text("300ms")),
                    ("lock_ttl", text("2s")),
                    ("unconfirmed_after", text(knobs.unconfirmed_after)),
                    ("settling", text("3s")),
                ]),
            ),
        ];
        all.into_iter().chain(scheduled).collect()
    }

    fn write_config(&self, name: &str, config: &Table) -> anyhow::Result<PathBuf> {
        let path = self.folder().join(format!("{name}.toml"));
        std::fs::write(&path, toml::to_string(config)?)?;
        Ok(path)
    }

    fn export(&self, name: &str) -> PathBuf {
        self.folder().join("exports").join(name)
    }

    fn secret(&self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let path = self.folder().join(name);
        std::fs::write(&path, content)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(())
    }
}

/// Where one process reaches its servers.
#[derive(Debug, Clone)]
pub struct Servers {
    /// `amqp://user@host:port/vhost`.
    pub broker: String,
    /// `http://host:port`.
    pub management: String,
    /// `redis://host:port`.
    pub store: String,
    /// In front of every key.
    pub prefix: String,
}

fn texts<'a>(entries: impl IntoIterator<Item = (&'a str, String)>) -> Table {
    entries.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}
