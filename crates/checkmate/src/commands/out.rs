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
    /// What replaces the line before, for a terminal. It may hold the control sequences by which [`Out`] draws several lines.
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
    /// Lines below the first that stand on the terminal and are replaced next.
    drawn: usize,
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
            drawn: 0,
            program: program(),
        }
    }

    /// To another process, which says what its terminal can.
    #[must_use]
    pub fn remote(frames: mpsc::Sender<Frame>, color: bool, live: bool, program: String) -> Self {
        Self { sink: Sink::Remote(frames), color, live, drawn: 0, program }
    }

    /// Whether another process asked.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        matches!(self.sink, Sink::Remote(_))
    }

    /// Prints text as it is. Fails when nobody reads any more.
    ///
    /// # Errors
    /// Nobody reads.
    pub async fn text(&mut self, text: &str) -> anyhow::Result<()> {
        self.frame(Frame::Out(text.to_owned())).await
    }

    /// Shows how far things are: drawn again in place on a terminal, in as many lines as there are; elsewhere as it is.
    ///
    /// # Errors
    /// Nobody reads.
    pub async fn progress(&mut self, text: &str) -> anyhow::Result<()> {
        if self.live {
            let drawn = redraw(self.drawn, text);
            self.drawn = text.matches('\n').count();
            self.frame(Frame::Progress(drawn)).await
        } else {
            self.frame(Frame::Err(format!("{text}\n"))).await
        }
    }

    /// Clears what was drawn before real text follows.
    ///
    /// # Errors
    /// Nobody reads.
    pub async fn progress_done(&mut self) -> anyhow::Result<()> {
        if !self.live {
            return Ok(());
        }
        let above = std::mem::take(&mut self.drawn);
        self.frame(Frame::Progress(redraw(above, ""))).await
    }

    async fn frame(&mut self, frame: Frame) -> anyhow::Result<()> {
        match &self.sink {
            Sink::Stdout => print(&frame),
            Sink::Remote(frames) => Ok(frames.send(frame).await.map_err(|_| Unread)?),
        }
    }
}

/// Goes up over the lines below the first, clears to the end, and draws. Lines do not wrap meanwhile, so that what was drawn
/// stays countable on a narrow terminal.
fn redraw(above: usize, text: &str) -> String {
    let up = if above == 0 { String::new() } else { format!("\x1b[{above}A\x1b[J") };
    if text.is_empty() { up } else { format!("{up}\x1b[?7l{text}\x1b[?7h") }
}

/// How this program was called, with its configuration if one was named, so that the commands it names can be typed as
/// they stand.
#[must_use]
pub fn program() -> String {
    called(std::env::args())
}

fn called(args: impl Iterator<Item = String>) -> String {
    let mut args = args;
    let program = args.next().filter(|called| called.contains('/')).unwrap_or_else(|| "checkmate".to_owned());
    let mut config = None;
    while let Some(arg) = args.next() {
        match arg.strip_prefix("--config") {
            Some("") => config = args.next(),
            Some(value) => config = value.strip_prefix('=').map(str::to_owned),
            None => {}
        }
    }
    match config {
        Some(file) if file.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) => {
            format!("{program} --config {file}")
        }
        Some(file) => format!("{program} --config '{}'", file.replace('\'', "'\\''")),
        None => program,
    }
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

#[cfg(test)]
mod tests {
    use super::{called, redraw};

    #[test]
    fn commands_that_are_named_can_be_typed_as_they_stand() {
        let said = |line: &[&str]| called(line.iter().map(|word| (*word).to_owned()));
        assert_eq!(said(&["checkmate", "scan", "x"]), "checkmate");
        assert_eq!(said(&["target/debug/checkmate", "scan"]), "target/debug/checkmate");
        assert_eq!(said(&["checkmate", "--config", "a.toml", "scan"]), "checkmate --config a.toml");
        assert_eq!(said(&["checkmate", "scan", "--config=a b.toml"]), "checkmate --config 'a b.toml'");
    }

    #[test]
    fn what_was_drawn_is_drawn_over() {
        assert_eq!(redraw(0, ""), "");
        assert_eq!(redraw(0, "a"), "\x1b[?7la\x1b[?7h");
        assert_eq!(redraw(2, "a\nb"), "\x1b[2A\x1b[J\x1b[?7la\nb\x1b[?7h");
        assert_eq!(redraw(1, ""), "\x1b[1A\x1b[J");
    }
}
