//! The file of checkpoints: one JSON object a line, only ever added to.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use checkmate_domain::audit::Checkpoint;

/// Its name in its folder.
pub const FILE: &str = "checkpoints.jsonl";

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says no.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is no checkpoint.
    #[error("{}: line {line} is no checkpoint", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
}

/// Every checkpoint of a file; none when there is no file. A last line without its end was being written when the power
/// went, and is left out.
///
/// # Errors
/// When it cannot be read, or a line is no checkpoint.
pub fn read(path: &Path) -> Result<Vec<Checkpoint>, FileError> {
    let io = |source| FileError::Io { path: path.to_owned(), source };
    let mut text = String::new();
    match File::open(path).and_then(|mut file| file.read_to_string(&mut text)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(io)?,
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let line = |(place, text): (usize, &str)| {
        serde_json::from_str(text).map_err(|_| FileError::Line { path: path.to_owned(), line: place + 1 })
    };
    whole.lines().enumerate().map(line).collect()
}

/// The number of its last checkpoint.
pub(super) async fn last(path: PathBuf) -> Result<u64, FileError> {
    let looking = move || Ok(read(&path)?.last().map_or(0, |last| last.number));
    joined(tokio::task::spawn_blocking(looking).await)
}

/// Adds checkpoints and waits until they are on the disk.
pub(super) async fn append(path: PathBuf, checkpoints: Vec<Checkpoint>) -> Result<(), FileError> {
    if checkpoints.is_empty() {
        return Ok(());
    }
    let writing =
        move || write(&path, &checkpoints).map_err(|source| FileError::Io { path: path.clone(), source });
    joined(tokio::task::spawn_blocking(writing).await)
}

fn write(path: &Path, checkpoints: &[Checkpoint]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    // What was cut off by a crash must not run into the next line.
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    file.set_len(whole as u64)?;
    let mut lines = String::new();
    for checkpoint in checkpoints {
        lines.push_str(&serde_json::to_string(checkpoint)?);
        lines.push('\n');
    }
    file.write_all(lines.as_bytes())?;
    file.sync_all()
}

fn joined<T>(done: Result<Result<T, FileError>, tokio::task::JoinError>) -> Result<T, FileError> {
    done.unwrap_or_else(|error| {
        Err(FileError::Io { path: PathBuf::from(FILE), source: std::io::Error::other(error) })
    })
}
