//! The local socket of the process that owns the embedded files: the command line hands its command over and gets the
//! answer back. Readable and writable by the owner only.

mod answer;
mod client;
mod server;

use std::path::{Path, PathBuf};

use checkmate_domain::hash::derive;
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;

pub use answer::answer_of;
pub use client::{ask_owner_or_self, open_or_ask};
pub use server::Socket;

/// What the command line hands over, one JSON line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The arguments after the program's name.
    pub args: Vec<String>,
    /// Whether colours are shown.
    pub color: bool,
    /// Whether a line may be replaced.
    pub live: bool,
    /// How the program is called there.
    pub program: String,
}

/// The longest request read, in bytes.
pub const MAX_REQUEST: usize = 64 * 1024;
/// The longest path a socket may have on every system of ours.
const MAX_SOCKET_PATH: usize = 100;

/// The socket beside the embedded files; in the temporary folder when their path is too long for a socket.
#[must_use]
pub fn socket(data_dir: &Path) -> PathBuf {
    let full = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let beside = full.join("control.sock");
    if beside.as_os_str().len() <= MAX_SOCKET_PATH {
        return beside;
    }
    let mark = derive("checkmate.socket.v1", &[&full.to_string_lossy()], 16);
    std::env::temp_dir().join(format!("checkmate-{mark}.sock"))
}

/// The process that owns the embedded files there, if one runs.
pub async fn owner(data_dir: &Path) -> Option<UnixStream> {
    UnixStream::connect(socket(data_dir)).await.ok()
}
