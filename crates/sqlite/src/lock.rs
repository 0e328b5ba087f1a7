//! One process owns the file.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Why the file could not be opened, by what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns it.
    #[error("{0} belongs to another running checkmate process: talk to that one, or stop it first")]
    InUse(PathBuf),
    /// The folder or file cannot be made, read or written.
    #[error("cannot open {path}: check that the folder exists, is writable and on a local disk")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refuses it.
    #[error("cannot use {path} as a database: if it is damaged, move it away and start anew")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
}

/// Takes the exclusive lock beside the file; held until the returned handle is dropped, also by a crash.
pub(crate) fn own(path: &Path) -> Result<File, OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    // For the owner only: what was found is in it. SQLite gives the files beside the database its mode.
    let open =
        |name: &OsStr| OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(name);
    let file = open(&name).map_err(io)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
            return Err(OpenError::InUse(path.to_owned()));
        }
        Err(error) => return Err(io(error.into())),
    }
    // Not before it is ours: closing a file drops the locks that SQLite holds on it in the same process.
    open(path.as_os_str()).map_err(io)?;
    Ok(file)
}
