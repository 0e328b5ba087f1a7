//! Does what was asked: a role, or a question to the parts.

mod approvals;
mod ask;
mod audit;
mod broker;
mod callback;
mod completions;
mod config;
mod connect;
mod connections;
mod dead;
mod deliveries;
mod direct;
mod doctor;
mod dump;
mod findings;
mod lane;
mod notify;
mod out;
mod purge;
mod rescan;
mod rules;
#[cfg(feature = "sandbox")]
mod sandbox;
mod scan;
mod scans;
mod schedule;
mod verify;
mod workers;

#[cfg(test)]
pub(crate) use approvals::HeldDelivery;
pub(crate) use approvals::{ListedApproval, ShownApproval, short as short_approval};
pub use ask::ask;
pub(crate) use findings::{Listed, ListedFinding, Shown};
pub use out::{Frame, Out, Unread, print, program};

use std::path::{Path, PathBuf};

use anyhow::Context;
use checkmate_domain::ScopeError;
use checkmate_domain::id::IdError;

use crate::cli::{Audit, Cli, Command, Direct, DumpArgs, ScanArgs, Schedule, Snapshot, VerifyArgs};
use crate::config::{Config, ConfigError};
use crate::wiring::roles::{self, Role};
use crate::wiring::scanners::MakeScanners;
use crate::wiring::telemetry;
use crate::{EXIT_DONE, EXIT_ERROR, EXIT_USAGE, control};

/// The end of what a decision with `--dry-run` shows.
const NOT_KEPT: &str = "it would be so; nothing is kept (--dry-run)\n";

/// Does what the command line says and returns the exit code.
pub async fn dispatch(cli: Cli, scanners: MakeScanners) -> u8 {
    // Needs no configuration.
    if let Command::Schedule(Schedule::Next(args)) = &cli.command
        && args.name.is_none()
    {
        return code(schedule::next_of_expression(args, &mut Out::stdout()).await);
    }
    if let Command::Doctor(args) = &cli.command {
        return code(doctor::doctor(cli.config.as_deref(), args.format, &mut Out::stdout()).await);
    }
    if let Command::Config(command) = &cli.command {
        return code(config::config(command, cli.config.as_deref(), &mut Out::stdout()).await);
    }
    if let Command::Completions { shell } = cli.command {
        return code(completions::completions(shell, &mut Out::stdout()).await);
    }
    if let Command::Rules(command) = &cli.command {
        return code(rules::rules(command, &mut Out::stdout()).await);
    }
    #[cfg(feature = "sandbox")]
    if let Command::Sandbox(args) = &cli.command {
        return code(sandbox::sandbox(args, &mut Out::stdout()).await);
    }
    let config = match crate::config::load(cli.config.as_deref()) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("checkmate: {error}");
            return EXIT_USAGE;
        }
    };
    telemetry::start(&cli, config.telemetry.log);
    let exporter = match telemetry::export(&config) {
        Ok(exporter) => exporter,
        Err(error) => {
            eprintln!("checkmate: {error}");
            return EXIT_USAGE;
        }
    };
    let code = code(Box::pin(run(cli.command, config, scanners)).await);
    if let Some(exporter) = exporter {
        exporter.close().await;
    }
    code
}

/// The exit code of what was done, or of what was not, which is told.
fn code(done: anyhow::Result<u8>) -> u8 {
    match done {
        Ok(code) => code,
        Err(error) if error.is::<Unread>() => EXIT_DONE,
        Err(error) => {
            eprintln!("checkmate: {error:#}");
            exit_code(&error)
        }
    }
}

/// Whether what was asked for was not understood, or could not be done.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    let slots = error.is::<checkmate_queue::consumer::ConfigError>();
    let typed = error.is::<ScopeError>() || error.is::<IdError>() || error.is::<schedule::NotUnderstood>();
    let usage = slots || typed || error.is::<ConfigError>();
    if usage { EXIT_USAGE } else { EXIT_ERROR }
}

async fn run(command: Command, config: Config, scanners: MakeScanners) -> anyhow::Result<u8> {
    let role = match command {
        Command::Up => return roles::up(config, scanners).await.map(|()| EXIT_DONE),
        Command::Scheduler => Role::Scheduler,
        Command::Worker(ref args) => Role::Worker(args.lane),
        Command::Notifier => Role::Notifier,
        Command::Doctor(args) => return doctor::doctor(None, args.format, &mut Out::stdout()).await,
        Command::Config(command) => return config::config(&command, None, &mut Out::stdout()).await,
        Command::Completions { shell } => return completions::completions(shell, &mut Out::stdout()).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => return sandbox::sandbox(&args, &mut Out::stdout()).await,
        Command::Rules(command) => return rules::rules(&command, &mut Out::stdout()).await,
        Command::Scan(ScanArgs { direct: Some(Direct::Auth0(args)), .. }) => {
            return direct::scan_auth0(&args, config, scanners, &mut Out::stdout())
                .await
                .map_err(direct::no_finding);
        }
        Command::Snapshot(Snapshot::Auth0 { reach, output }) => {
            let mut out = Out::stdout();
            let written = direct::snapshot_auth0(&reach, &output, config, scanners, &mut out).await;
            return written.map_err(direct::no_finding);
        }
        Command::Audit(Audit::Verify(args)) if args.from.is_some() => {
            return verify::elsewhere(&args, &config, &mut Out::stdout()).await;
        }
        Command::Broker(command) => return broker::run(&config, &command, &mut Out::stdout()).await,
        Command::Scan(_)
        | Command::Scans(_)
        | Command::Findings(_)
        | Command::Notify(_)
        | Command::Deliveries(_)
        | Command::Approvals(_)
        | Command::Dead(_)
        | Command::Lane(_)
        | Command::Workers(_)
        | Command::Purge(_)
        | Command::Dump(_)
        | Command::Rescan(_)
        | Command::Connections(_)
        | Command::Audit(_)
        | Command::Schedule(_) => {
            return control::ask_owner_or_self(absolute(command)?, config, scanners).await;
        }
    };
    roles::run(config, scanners, role).await.map(|()| EXIT_DONE)
}

/// A folder or file on the command line is meant from where the command was typed, whoever carries it out.
fn absolute(command: Command) -> anyhow::Result<Command> {
    if let Command::Dump(DumpArgs { out: Some(file) }) = command {
        let full = std::path::absolute(&file)
            .with_context(|| format!("{} cannot be a file: give another name", file.display()))?;
        return Ok(Command::Dump(DumpArgs { out: Some(full) }));
    }
    if let Command::Audit(Audit::Verify(args)) = command {
        let full = |file: Option<PathBuf>| file.map(std::path::absolute).transpose();
        let (checkpoints, public_key, from) =
            (full(args.checkpoints)?, full(args.public_key)?, full(args.from)?);
        return Ok(Command::Audit(Audit::Verify(VerifyArgs { checkpoints, public_key, from, ..args })));
    }
    let Command::Scan(mut args) = command else { return Ok(command) };
    if let Some(folder) = args.scope.as_deref().and_then(|scope| scope.strip_prefix("path:")) {
        let full = Path::new(folder).canonicalize().with_context(|| {
            format!("there is no folder {folder}: give the folder of a tenant export, as in path:./my-export")
        })?;
        args.scope = Some(format!("path:{}", full.display()));
    }
    Ok(Command::Scan(args))
}
