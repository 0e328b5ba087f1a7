//! The key that signs checkpoints of the audit trail, and where they are written.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use checkmate_scheduler::auditor::{AuditorConfig, FILE};

use crate::config::{self, Config, ConfigError};

/// The public key beside the checkpoints, in hex.
const PUBLIC: &str = "checkpoints.pub";

/// Where the checkpoints of an installation are.
#[must_use]
pub fn folder(config: &Config) -> PathBuf {
    config.audit.checkpoint_dir.clone().unwrap_or_else(|| config.data_dir.join("audit"))
}

/// The file of checkpoints.
#[must_use]
pub fn file(config: &Config) -> PathBuf {
    folder(config).join(FILE)
}

/// What the auditor needs; none where no key is named and none may be made.
///
/// # Errors
/// When the key cannot be read or made.
pub fn auditor(config: &Config, owner: &str, embedded: bool) -> anyhow::Result<Option<AuditorConfig>> {
    let named = config.audit.checkpoint_key_file.clone();
    let path = match named {
        Some(path) => path,
        None if embedded => config.data_dir.join("audit.key"),
        None => return Ok(None),
    };
    if embedded && !path.exists() {
        make(&path)?;
    }
    let pair = read(&path)?;
    let folder = folder(config);
    show_public(&folder, &pair)?;
    let signed = Arc::new(verifier(config, None)?);
    let sign = move |hash: &str| hex::encode(pair.sign(hash.as_bytes()).as_ref());
    let every = config.audit.checkpoint_every.0;
    let keep = config.retention.audit.0;
    Ok(Some(AuditorConfig { owner: owner.to_owned(), folder, every, keep, sign: Arc::new(sign), signed }))
}

/// Tells whether a signature over a hash is good: by any of the keys of the file, since a key that is replaced has signed what
/// came before.
///
/// # Errors
/// When there is no public key.
pub fn verifier(
    config: &Config,
    named: Option<&Path>,
) -> anyhow::Result<impl Fn(&str, &str) -> bool + Send + Sync + 'static> {
    let path = named.map_or_else(|| folder(config).join(PUBLIC), Path::to_owned);
    let text = fs::read_to_string(&path).map_err(|error| {
        ConfigError::Asked(format!(
            "public key {} ({error}): name one with --public-key; a scheduler writes it beside its checkpoints",
            path.display()
        ))
    })?;
    let keys = keys(&text)
        .with_context(|| format!("{} holds no public key: 64 hex digits a line", path.display()))?;
    Ok(move |hash: &str, signature: &str| {
        let Ok(signature) = hex::decode(signature) else { return false };
        keys.iter()
            .any(|key| UnparsedPublicKey::new(&ED25519, key).verify(hash.as_bytes(), &signature).is_ok())
    })
}

/// The keys of a file, one a line, oldest first; none where a line is something else, or there is no line.
fn keys(text: &str) -> Option<Vec<Vec<u8>>> {
    let key = |line: &str| hex::decode(line.trim()).ok().filter(|key| key.len() == 32);
    let keys: Option<Vec<_>> = text.lines().filter(|line| !line.trim().is_empty()).map(key).collect();
    keys.filter(|keys| !keys.is_empty())
}

fn make(path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
        .map_err(|_| anyhow::anyhow!("no random numbers"))?;
    let text = hex::encode(made.as_ref());
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        opened => opened.with_context(|| format!("{} cannot be made", path.display()))?,
    };
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}

/// PKCS#8, as hex or as PEM.
fn read(path: &Path) -> anyhow::Result<Ed25519KeyPair> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let secret = config::secret(path)?;
    let der = secret.with_bytes(|bytes| {
        let text = std::str::from_utf8(bytes).ok()?;
        match text.split_once("-----BEGIN PRIVATE KEY-----") {
            Some((_, rest)) => {
                let body: String = rest.split("-----END").next()?.split_whitespace().collect();
                STANDARD.decode(body).ok()
            }
            None => hex::decode(text.trim()).ok(),
        }
    });
    let der = der.map(zeroize::Zeroizing::new);
    let pair = der.and_then(|der| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok());
    match pair {
        Some(pair) => Ok(pair),
        None => bail!(
            "secret file {} holds no Ed25519 key: make one with openssl genpkey -algorithm ed25519",
            path.display()
        ),
    }
}

/// So that whoever verifies needs no secret. A key that replaces another is added: the other has signed what came before.
fn show_public(folder: &Path, pair: &Ed25519KeyPair) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| {
        format!("audit.checkpoint_dir {} cannot be made: name another folder", folder.display())
    })?;
    let path = folder.join(PUBLIC);
    let key = hex::encode(pair.public_key().as_ref());
    let there = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    if there.lines().any(|line| line.trim() == key) {
        return Ok(());
    }
    if !there.is_empty() {
        keys(&there)
            .with_context(|| format!("{} holds no public key: 64 hex digits a line", path.display()))?;
        tracing::warn!(public_key = %key, "another key signs checkpoints of the audit trail from now on: whoever verifies needs it");
    }
    let beside = path.with_extension("part");
    let text = there.lines().map(|line| format!("{line}\n")).collect::<String>() + &key + "\n";
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &path));
    written.with_context(|| format!("{} cannot be written", path.display()))
}
