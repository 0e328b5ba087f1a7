//! The owner's side of the socket.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use checkmate_service::Stop;
use clap::Parser as _;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::EXIT_USAGE;
use crate::cli::Cli;
use crate::commands::{Frame, Out, ask, exit_code};
use crate::control::{MAX_REQUEST, Request, socket};
use crate::wiring::parts::Parts;

/// Commands carried out at a time; further ones wait. Most of them watch, which costs next to nothing.
const AT_A_TIME: usize = 256;

/// The bound socket, on which commands wait from now on.
pub struct Socket {
    path: PathBuf,
    listener: UnixListener,
}

impl Socket {
    /// Binds it. The caller owns the embedded files of this folder, so an old socket is a dead one's.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn bind(data_dir: &Path) -> anyhow::Result<Self> {
        let path = socket(data_dir);
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path)
            .with_context(|| format!("cannot listen at {}: is the folder writable?", path.display()))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { path, listener })
    }

    /// Answers commands until the intake is cut, or until `leaving` fires: then those in hand are finished first.
    pub async fn serve(self, parts: Parts, stop: Stop, leaving: CancellationToken) {
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.draining().cancelled() => break,
                () = leaving.cancelled() => break,
                Some(_) = running.join_next(), if !running.is_empty() => {}
                accepted = self.listener.accept(), if running.len() < AT_A_TIME => {
                    if let Ok((stream, _)) = accepted {
                        let parts = parts.clone();
                        running.spawn(async move {
                            if let Err(error) = answer(&parts, stream).await {
                                tracing::debug!(%error, "a command on the control socket was left");
                            }
                        });
                    }
                }
            }
        }
        let _ = std::fs::remove_file(&self.path);
        if !running.is_empty() && !stop.draining().is_cancelled() {
            eprintln!(
                "checkmate: done here; another command still uses this process (Ctrl-C ends it, nothing is lost)"
            );
            let finished = async { while running.join_next().await.is_some() {} };
            let _ = stop.draining().run_until_cancelled(finished).await;
        }
        running.shutdown().await;
    }
}

async fn answer(parts: &Parts, stream: UnixStream) -> anyhow::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = Vec::new();
    let mut read = BufReader::new(read.take(MAX_REQUEST as u64));
    tokio::time::timeout(std::time::Duration::from_secs(5), read.read_until(b'\n', &mut line)).await??;
    let (frames, mut waiting) = mpsc::channel(64);
    let work = async {
        let code = carry_out(parts, &line, frames.clone()).await;
        let _ = frames.send(Frame::Exit(code)).await;
        drop(frames);
    };
    let send = async {
        while let Some(frame) = waiting.recv().await {
            let mut text = serde_json::to_string(&frame)?;
            text.push('\n');
            write.write_all(text.as_bytes()).await?;
            if matches!(frame, Frame::Exit(_)) {
                break;
            }
        }
        anyhow::Ok(())
    };
    let gone = async {
        let mut rest = Vec::new();
        let _ = read.read_to_end(&mut rest).await;
    };
    tokio::select! {
        (_, sent) = async { tokio::join!(work, send) } => sent,
        () = gone => Ok(()),
    }
}

async fn carry_out(parts: &Parts, line: &[u8], frames: mpsc::Sender<Frame>) -> u8 {
    let refused = match parse(line) {
        Ok((request, cli)) => {
            let mut out = Out::remote(frames.clone(), request.color, request.live, request.program);
            match ask(parts, &cli.command, &mut out).await {
                Ok(code) => return code,
                Err(error) => {
                    let _ = out.progress_done().await;
                    (format!("checkmate: {error:#}\n"), exit_code(&error))
                }
            }
        }
        Err(text) => (text, EXIT_USAGE),
    };
    let _ = frames.send(Frame::Err(refused.0)).await;
    refused.1
}

fn parse(line: &[u8]) -> Result<(Request, Cli), String> {
    let request: Request =
        serde_json::from_slice(line).map_err(|error| format!("not a request: {error}\n"))?;
    let args = std::iter::once("checkmate").chain(request.args.iter().map(String::as_str));
    let cli = Cli::try_parse_from(args).map_err(|error| error.to_string())?;
    Ok((request, cli))
}
