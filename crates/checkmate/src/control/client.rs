//! The command line's side: ask the process that owns the files, or become it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use checkmate_domain::Timestamp;
use checkmate_service::Stop;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use crate::EXIT_ERROR;
use crate::cli::{Audit, Command, Connections, DumpArgs, Format, ScanArgs, Scans};
use crate::commands::{Frame, Out, ask, print, program};
use crate::config::Config;
use crate::control::{Request, Socket, owner};
use crate::wiring::open::Opener;
use crate::wiring::parts::Parts;
use crate::wiring::roles::{self, Role};
use crate::wiring::scanners::MakeScanners;
use crate::wiring::sending;

/// How long a process may own the files without answering: it begins, it ends, or it carries out a short command.
const OWNED_FOR: Duration = Duration::from_secs(5);
/// Before that is tried again.
const AGAIN: Duration = Duration::from_millis(50);

/// Carries out a command: in the process that owns the embedded files when there is one, else in this one.
///
/// # Errors
/// What could not be done and what to do about it.
pub async fn ask_owner_or_self(
    command: Command,
    config: Config,
    scanners: MakeScanners,
) -> anyhow::Result<u8> {
    let parts = match open_or_ask(&config, Opener::Command, scanners).await? {
        Ok(parts) => parts,
        Err(owner) => return ask_owner(owner, &command).await,
    };
    let needs_roles = match &command {
        Command::Scan(args) => !args.no_wait,
        Command::Rescan(args) => !args.no_wait,
        Command::Connections(Connections::Check { no_wait, .. }) => !no_wait,
        Command::Scans(Scans::Watch { .. }) => true,
        _ => false,
    };
    let code = if parts.embedded && needs_roles {
        with_roles(&parts, &command).await
    } else {
        ask(&parts, &command, &mut Out::stdout()).await
    };
    parts.close().await;
    code
}

/// Opens the parts; when another process owns the files and does not answer, until it has had its time. `None` when it
/// does answer.
///
/// # Errors
/// What cannot be opened, and what to do.
pub async fn open_or_ask(
    config: &Config,
    by: Opener,
    scanners: MakeScanners,
) -> anyhow::Result<Result<Parts, UnixStream>> {
    let embedded = config.setting()?.is_embedded();
    let began = Instant::now();
    loop {
        if embedded && let Some(stream) = owner(&config.data_dir).await {
            return Ok(Err(stream));
        }
        match Parts::open(config.clone(), by, scanners).await {
            Err(error) if is_owned(&error) && began.elapsed() < OWNED_FOR => tokio::time::sleep(AGAIN).await,
            opened => return opened.map(Ok),
        }
    }
}

/// Whether another process owns the files.
fn is_owned(error: &anyhow::Error) -> bool {
    use checkmate_queue::embedded::OpenError as File;
    use checkmate_store::embedded::OpenError as Store;
    let queue = matches!(error.downcast_ref(), Some(File::InUse(_)));
    queue || matches!(error.downcast_ref(), Some(Store::File(File::InUse(_))))
}

/// Runs every role beside the command, until the command is done or a signal comes. What is not done then is kept. Other
/// commands are answered meanwhile, as `up` does.
async fn with_roles(parts: &Parts, command: &Command) -> anyhow::Result<u8> {
    let (stop, began) = (Stop::new(parts.config.grace.0), Timestamp::now());
    let mut out = Out::stdout();
    let all = [Role::Scheduler, Role::Worker(None), Role::Notifier];
    let leaving = CancellationToken::new();
    let serving = Socket::bind(&parts.config.data_dir)?.serve(parts.clone(), stop.clone(), leaving.clone());
    let running = roles::spawn(parts, &all, &stop)?;
    let serving = tokio::spawn(serving);
    let work = async {
        let answer = tokio::select! {
            answer = async {
                let code = ask(parts, command, &mut out).await?;
                sending::settle(parts).await?;
                anyhow::Ok(code)
            } => answer,
            () = stop.draining().cancelled() => {
                let _ = out.progress_done().await;
                Err(anyhow::anyhow!(
                    "stopped; nothing is lost: 'checkmate up' goes on with it, 'checkmate scans list' shows it"
                ))
            }
        };
        leaving.cancel();
        if let Err(error) = serving.await {
            tracing::error!(%error, "the control socket failed");
        }
        stop.drain();
        running.join(&stop).await?;
        if is_told_as_text(command) && answer.is_ok() {
            out.text(&sending::told(parts, began).await?).await?;
        }
        answer
    };
    roles::until_signal(&stop, work).await
}

/// Whether people read the answer; one JSON document gets no lines behind it.
const fn is_told_as_text(command: &Command) -> bool {
    let format = match command {
        Command::Scan(args) => args.format.format,
        Command::Rescan(args) => args.format.format,
        _ => return false,
    };
    matches!(format, Format::Text)
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
        "checkmate: the running checkmate process went away before it had answered; nothing is lost: 'checkmate scans list' shows \
         what is under way, 'checkmate up' goes on with it"
    );
    Ok(EXIT_ERROR)
}

/// The arguments as typed, with a folder or file made absolute.
fn arguments(command: &Command) -> Vec<String> {
    if let Command::Dump(DumpArgs { out: Some(file) }) = command {
        return ["dump", "--out", &file.to_string_lossy()].map(str::to_owned).to_vec();
    }
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if let Command::Audit(Audit::Verify(verify)) = command {
        let files = [
            ("--checkpoints", &verify.checkpoints),
            ("--public-key", &verify.public_key),
            ("--from", &verify.from),
        ];
        for (flag, file) in files {
            let Some(file) = file.as_ref().map(|file| file.to_string_lossy()) else { continue };
            if let Some(arg) = args.iter_mut().find(|arg| arg.starts_with(&format!("{flag}="))) {
                *arg = format!("{flag}={file}");
            } else if let Some(at) = args.iter().position(|arg| arg == flag)
                && let Some(arg) = args.get_mut(at + 1)
            {
                *arg = file.into_owned();
            }
        }
    }
    if let Command::Scan(ScanArgs { scope: Some(scope), .. }) = command {
        for arg in &mut args {
            if arg.starts_with("path:") && Path::new(&arg[5..]).exists() {
                arg.clone_from(scope);
            }
        }
    }
    args
}
