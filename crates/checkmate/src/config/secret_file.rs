//! Secrets by file: read once, refused when others may read them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkmate_domain::{FingerprintKey, Secret};

use crate::config::ConfigError;

/// What a key begins with that is written in base64.
const WRITTEN_KEY: &[u8] = b"whsec_";

/// The content of a secret file without the line end.
///
/// # Errors
/// When it is missing, empty, or open to others than its owner and group.
pub fn secret(path: &Path) -> Result<Secret, ConfigError> {
    line(path).map(Secret::new)
}

/// A key that signs events. One that begins with `whsec_`, as receivers write it, is what its base64 stands for.
///
/// # Errors
/// As [`secret`], and when it is no base64.
pub fn signing_key(path: &Path) -> Result<Secret, ConfigError> {
    let bytes = line(path)?;
    let Some(text) = bytes.strip_prefix(WRITTEN_KEY) else { return Ok(Secret::new(bytes)) };
    let key = STANDARD.decode(text);
    let no_base64 = |_| refuse(path, "begins with whsec_, and the rest is no base64: copy the key anew");
    key.map(Secret::new).map_err(no_base64)
}

fn line(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let mut bytes = read(path)?;
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(refuse(path, "is empty: put the secret into it"));
    }
    Ok(bytes)
}

/// The installation's fingerprint key. `make`: create one, readable by its owner only, when there is none.
///
/// # Errors
/// When it is missing and may not be made, or holds too little.
pub fn fingerprint_key(path: &Path, make: bool) -> Result<FingerprintKey, ConfigError> {
    if make && !path.exists() {
        create(path)?;
    }
    FingerprintKey::new(read(path)?).map_err(|error| refuse(path, &error.to_string()))
}

fn create(path: &Path) -> Result<(), ConfigError> {
    let io = |error: std::io::Error| refuse(path, &format!("cannot be made: {error}"));
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    }
    // Whole or not at all: half a key would be taken for the installation's.
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", std::process::id()));
    let bytes: [u8; 32] = rand::random();
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft);
    let linked = written
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io(error)),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let mode = fs::metadata(path)
        .map_err(|error| refuse(path, &format!("cannot be read: {error}")))?
        .permissions()
        .mode();
    if mode & 0o007 != 0 {
        return Err(refuse(path, "may be read by everybody: chmod 600 it"));
    }
    fs::read(path).map_err(|error| refuse(path, &format!("cannot be read: {error}")))
}

fn refuse(path: &Path, why: &str) -> ConfigError {
    ConfigError::SecretFile(format!("secret file {} {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/key");
        assert!(fingerprint_key(&path, false).is_err());
        let first = fingerprint_key(&path, true).unwrap();
        let again = fingerprint_key(&path, true).unwrap();
        assert_eq!(first.id(), again.id());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_in_base64_is_what_it_stands_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for (text, length) in [
            ("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n", Some(24)),
            ("plain\r\n", Some(5)),
            ("whsec_?", None),
        ] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(signing_key(&path).ok().map(|key| key.len()), length, "{text}");
        }
    }

    #[test]
    fn a_file_open_to_everybody_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "hunter2\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let text = secret(&path).unwrap_err().to_string();
        assert!(text.contains("chmod 600") && !text.contains("hunter2"), "{text}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secret(&path).unwrap().len(), 7);
    }
}
