//! Where answers go: the terminal, or the process that asked over the control socket.

use std::io::{IsTerminal, Write};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::config::environment;
use crate::view::Show;

/// A piece of an answer on the control socket, one JSON object a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frame {
    /// Text for stdout.
    Out(String),
    /// A line that replaces the one before, for a terminal.
    Progress(String),
    /// Text for stderr.
    Err(String),
    /// The end, with the exit code.
    Exit(u8),
}

/// Nobody reads the answer any more, as after `| head`: no failure of what was asked.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the answer any more")]
pub struct Unread;

enum Sink {
    Stdout,
    Remote(mpsc::Sender<Frame>),
}

/// Takes answers.
pub struct Out {
    sink: Sink,
    /// Whether colours are shown.
    pub color: bool,
    /// Whether a line may be replaced.
    pub live: bool,
    /// How the program is called.
    program: String,
}

impl Out {
    /// For whom text is made.
    #[must_use]
    pub fn show(&self) -> Show<'_> {
        Show { program: &self.program, color: self.color }
    }

    /// To this process's terminal.
    #[must_use]
    pub fn stdout() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let plain = environment::get("NO_COLOR").is_some();
        Self {
            sink: Sink::Stdout,
            color: terminal && !plain,
            live: std::io::stderr().is_terminal(),
            program: program(),
        }
    }

    /// To another process, which says what its terminal can.
    #[must_use]
    pub fn remote(frames: mpsc::Sender<Frame>, color: bool, live: bool, program: String) -> Self {
        Self { sink: Sink::Remote(frames), color, live, program }
    }

    /// Prints text as it is. Fails when nobody reads any more.
    ///
    /// # Errors
    /// Nobody reads.
    pub async fn text(&mut self, text: &str) -> anyhow::Result<()> {
        self.frame(Frame::Out(text.to_owned())).await
    }

    /// Shows how far things are: a replaced line on a terminal, a line each elsewhere.
    ///
    /// # Errors
    /// Nobody reads.
    pub async fn progress(&mut self, line: &str) -> anyhow::Result<()> {
        if self.live {
            self.frame(Frame::Progress(line.to_owned())).await
        } else {
            self.frame(Frame::Err(format!("{line}\n"))).await
        }
    }

    /// Clears the replaced line before real text follows.
    ///
    /// # Errors
    /// Nobody reads.
    pub async fn progress_done(&mut self) -> anyhow::Result<()> {
        if self.live { self.frame(Frame::Progress(String::new())).await } else { Ok(()) }
    }

    async fn frame(&mut self, frame: Frame) -> anyhow::Result<()> {
        match &self.sink {
            Sink::Stdout => print(&frame),
            Sink::Remote(frames) => Ok(frames.send(frame).await.map_err(|_| Unread)?),
        }
    }
}

/// How this program was called, so that the commands it names can be typed as they stand.
#[must_use]
pub fn program() -> String {
    let called = std::env::args().next().unwrap_or_default();
    if called.contains('/') { called } else { "checkmate".to_owned() }
}

/// Shows a frame on this process's terminal.
///
/// # Errors
/// [`Unread`] when the terminal is gone, or what else kept it from being written.
pub fn print(frame: &Frame) -> anyhow::Result<()> {
    write(frame).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Unread.into(),
        _ => anyhow::Error::from(error).context("the answer could not be written"),
    })
}

fn write(frame: &Frame) -> std::io::Result<()> {
    match frame {
        Frame::Out(text) => {
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        }
        Frame::Progress(line) => write!(std::io::stderr(), "\r\x1b[K{line}"),
        Frame::Err(text) => write!(std::io::stderr(), "{text}"),
        Frame::Exit(_) => Ok(()),
    }
}
