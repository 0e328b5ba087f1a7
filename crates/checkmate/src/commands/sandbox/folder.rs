//! What a sandbox keeps in its folder: keys, a configuration, its tenants to change, and what has arrived.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkmate_sandbox::{Office, OfficeBuilder};

/// What has arrived, for the next start.
const MEMORY: &str = "office.json";
/// The same, to look at.
const PAGE: &str = "office.html";
const KEY: &str = "webhook.key";

pub(super) struct Folder<'a>(pub(super) &'a Path);

impl Folder<'_> {
    pub(super) fn make(&self) -> anyhow::Result<()> {
        let tenants = self.0.join("tenants");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&tenants)
            .with_context(|| format!("{} cannot be made", tenants.display()))
    }

    pub(super) fn config(&self) -> PathBuf {
        self.0.join("checkmate.toml")
    }

    pub(super) fn page(&self) -> PathBuf {
        self.0.join(PAGE)
    }

    /// Puts a file there, whole or not at all.
    pub(super) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let (path, beside) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
        opened
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&beside, &path))
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    fn read(&self, name: &str) -> anyhow::Result<Option<String>> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// What a tenant's Management API shows: as it stands in its file, which is made where there is none.
    pub(super) fn tenant(&self, name: &str, otherwise: &str) -> anyhow::Result<String> {
        let file = format!("tenants/{name}.json");
        let Some(text) = self.read(&file)? else {
            self.write(&file, otherwise)?;
            return Ok(otherwise.to_owned());
        };
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).with_context(|| {
            let path = self.0.join(&file);
            format!("{} is no object in JSON: mend it, or remove it and it is made anew", path.display())
        })?;
        Ok(text)
    }

    /// The key that events are signed with: the one of before, or a new one.
    pub(super) fn hook_key(&self) -> anyhow::Result<Vec<u8>> {
        let before = self.read(KEY)?;
        let read =
            before.as_deref().and_then(|text| STANDARD.decode(text.trim().strip_prefix("whsec_")?).ok());
        if let Some(key) = read {
            return Ok(key);
        }
        let key = rand::random::<[u8; 32]>();
        self.write(KEY, &format!("whsec_{}", STANDARD.encode(key)))?;
        Ok(key.to_vec())
    }

    /// With what has arrived before.
    pub(super) fn remembered(&self, office: OfficeBuilder) -> anyhow::Result<OfficeBuilder> {
        let Some(memory) = self.read(MEMORY)? else { return Ok(office) };
        office.remembering(&memory).with_context(|| {
            format!(
                "{} cannot be understood: remove {} to begin anew",
                self.0.join(MEMORY).display(),
                self.0.display()
            )
        })
    }

    pub(super) fn remember(&self, office: &Office) -> anyhow::Result<()> {
        self.write(MEMORY, &office.memory())?;
        self.write(PAGE, &office.page())
    }
}
