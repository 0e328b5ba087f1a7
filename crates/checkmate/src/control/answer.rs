//! A question to the process that owns the embedded files, for its answer as text.

use anyhow::bail;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::EXIT_DONE;
use crate::commands::{Frame, program};
use crate::control::Request;

/// The longest answer that is read, in bytes.
const MOST_ANSWER: u64 = 64 * 1024 * 1024;

/// Gives that process a command and hands back what it prints.
///
/// # Errors
/// When it does not carry the command out, with what it says.
pub async fn answer_of(stream: UnixStream, command: &[&str]) -> anyhow::Result<String> {
    // Its end says that nobody waits any more, so it is kept until the answer is there.
    let (read, mut write) = stream.into_split();
    let args = command.iter().map(|word| (*word).to_owned()).collect();
    let request = Request { args, color: false, live: false, program: program() };
    write.write_all((serde_json::to_string(&request)? + "\n").as_bytes()).await?;
    let mut lines = BufReader::new(read.take(MOST_ANSWER)).lines();
    let (mut said, mut failed) = (String::new(), String::new());
    while let Some(line) = lines.next_line().await? {
        match serde_json::from_str::<Frame>(&line)? {
            Frame::Out(text) => said.push_str(&text),
            Frame::Err(text) => failed.push_str(&text),
            Frame::Progress(_) => {}
            Frame::Exit(EXIT_DONE) => return Ok(said),
            Frame::Exit(_) => bail!("{}", failed.trim()),
        }
    }
    bail!("it went away before it had answered")
}
