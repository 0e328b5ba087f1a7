//! The command line's side: ask the process that owns the files, or become it.

use std::path::Path;

use anyhow::Context;
use checkmate_service::Stop;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::EXIT_ERROR;
use crate::cli::{Command, Scans};
use crate::commands::{Frame, Out, ask, print, program};
use crate::config::{Config, Setting};
use crate::control::{Request, socket};
use crate::wiring::parts::Parts;
use crate::wiring::roles::{self, Role};
use crate::wiring::scanners::MakeScanners;

/// Carries out a command: in the process that owns the embedded files when there is one, else in this one.
///
/// # Errors
/// What could not be done and what to do about it.
pub async fn ask_owner_or_self(
    command: Command,
    config: Config,
    scanners: MakeScanners,
) -> anyhow::Result<u8> {
    let embedded = matches!(config.setting()?, Setting::Embedded { .. });
    if embedded && let Ok(stream) = UnixStream::connect(socket(&config.data_dir)).await {
        return ask_owner(stream, &command).await;
    }
    let parts = Parts::open(config, "command", scanners).await?;
    let needs_roles = match &command {
        Command::Scan(args) => !args.no_wait,
        Command::Scans(Scans::Watch { .. }) => true,
        _ => false,
    };
    let code = if embedded && needs_roles {
        with_roles(&parts, &command).await
    } else {
        ask(&parts, &command, &mut Out::stdout()).await
    };
    parts.close().await;
    code
}

/// Runs every role beside the command, until the command is done or a signal comes. What is not done then is kept.
async fn with_roles(parts: &Parts, command: &Command) -> anyhow::Result<u8> {
    let stop = Stop::new(parts.config.grace.0);
    let mut out = Out::stdout();
    let all = [Role::Scheduler, Role::Worker(None), Role::Notifier];
    let running = roles::spawn(parts, &all, &stop)?;
    let answer = tokio::select! {
        answer = ask(parts, command, &mut out) => answer,
        signals = stop.on_signals() => signals.map_err(Into::into).and_then(|()| {
            anyhow::bail!("stopped; nothing is lost: 'checkmate up' goes on with it, 'checkmate scans list' shows it")
        }),
    };
    stop.drain();
    running.join(&stop).await?;
    answer
}

async fn ask_owner(stream: UnixStream, command: &Command) -> anyhow::Result<u8> {
    let (read, mut write) = stream.into_split();
    let out = Out::stdout();
    let request = Request { args: arguments(command), color: out.color, live: out.live, program: program() };
    let line = serde_json::to_string(&request)? + "\n";
    write.write_all(line.as_bytes()).await?;
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await.context("the running checkmate process went away")? {
        match serde_json::from_str::<Frame>(&line)? {
            Frame::Exit(code) => return Ok(code),
            frame => print(&frame)?,
        }
    }
    eprintln!(
        "checkmate: the running checkmate process went away before it had answered; nothing is lost, ask again"
    );
    Ok(EXIT_ERROR)
}

/// The arguments as typed, with a folder made absolute.
fn arguments(command: &Command) -> Vec<String> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if let Command::Scan(scan) = command {
        for arg in &mut args {
            if arg.starts_with("path:") && Path::new(&arg[5..]).exists() {
                arg.clone_from(&scan.scope);
            }
        }
    }
    args
}
