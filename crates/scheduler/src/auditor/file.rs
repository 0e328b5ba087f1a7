//! The file of checkpoints: one JSON object a line, only ever added to.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use checkmate_domain::audit::Checkpoint;
use checkmate_domain::audit::export::exact;

/// Its name in its folder.
pub const FILE: &str = "checkpoints.jsonl";

/// Read at a time from the end, in bytes.
const PIECE: u64 = 64 * 1024;

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
    #[error("{}: {} is no checkpoint", path.display(), if *line == 0 { "the last line".to_owned() } else { format!("line {line}") })]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1; 0 for the last.
        line: usize,
    },
}

/// Every checkpoint of a file; none when there is no file. A last line without its end was being written when the power
/// went, and is left out.
///
/// # Errors
/// When it cannot be read, or a line is no checkpoint.
pub fn read(path: &Path) -> Result<Vec<Checkpoint>, FileError> {
    match read_named(path) {
        Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// Every checkpoint of a file that somebody named, and which therefore is there.
///
/// # Errors
/// As [`read`], and when there is no file.
pub fn read_named(path: &Path) -> Result<Vec<Checkpoint>, FileError> {
    let io = |source| FileError::Io { path: path.to_owned(), source };
    let mut text = String::new();
    File::open(path).and_then(|mut file| file.read_to_string(&mut text)).map_err(io)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let line = |(place, text): (usize, &str)| {
        exact(text).map_err(|_| FileError::Line { path: path.to_owned(), line: place + 1 })
    };
    whole.lines().enumerate().map(line).collect()
}

/// The number of its last checkpoint; only the end of the file is read.
pub(super) async fn last(path: PathBuf) -> Result<u64, FileError> {
    let looking = move || {
        let io = |source| FileError::Io { path: path.clone(), source };
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            opened => opened.map_err(io)?,
        };
        let (_, line) = end(&mut file).map_err(io)?;
        let Some(line) = line else { return Ok(0) };
        let last: Result<Checkpoint, _> = serde_json::from_slice(&line);
        last.map(|last| last.number).map_err(|_| FileError::Line { path: path.clone(), line: 0 })
    };
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
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", folder.display())))?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    // What was cut off by a crash must not run into the next line.
    let (whole, _) = end(&mut file)?;
    file.set_len(whole)?;
    let mut lines = String::new();
    for checkpoint in checkpoints {
        lines.push_str(&serde_json::to_string(checkpoint)?);
        lines.push('\n');
    }
    file.write_all(lines.as_bytes())?;
    file.sync_all()
}

/// How long the file is up to its last line end, and the last whole line.
fn end(file: &mut File) -> std::io::Result<(u64, Option<Vec<u8>>)> {
    let (mut from, mut tail) = (file.seek(SeekFrom::End(0))?, Vec::new());
    loop {
        let ends: Vec<usize> =
            tail.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
        if let [.., before, last] = ends.as_slice() {
            return Ok((from + *last as u64 + 1, Some(tail[before + 1..*last].to_vec())));
        }
        if from == 0 {
            let line = ends.first().map(|last| tail[..*last].to_vec());
            return Ok((line.as_ref().map_or(0, |line| line.len() as u64 + 1), line));
        }
        let more = from.min(PIECE);
        from -= more;
        file.seek(SeekFrom::Start(from))?;
        let mut piece = vec![0; usize::try_from(more).unwrap_or(0)];
        file.read_exact(&mut piece)?;
        piece.append(&mut tail);
        tail = piece;
    }
}

fn joined<T>(done: Result<Result<T, FileError>, tokio::task::JoinError>) -> Result<T, FileError> {
    done.unwrap_or_else(|error| {
        Err(FileError::Io { path: PathBuf::from(FILE), source: std::io::Error::other(error) })
    })
}
