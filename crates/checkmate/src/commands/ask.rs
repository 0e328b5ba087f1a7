//! A question to the parts, wherever they are open.

use crate::cli::Command;
use crate::commands::{
    Out, approvals, audit, connections, dead, deliveries, doctor, dump, findings, lane, notify, purge,
    rescan, scan, scans, schedule, workers,
};
use crate::wiring::parts::Parts;

/// Carries out a command that needs the store and the broker; returns the exit code.
///
/// # Errors
/// What could not be done and what to do about it.
pub async fn ask(parts: &Parts, command: &Command, out: &mut Out) -> anyhow::Result<u8> {
    match command {
        Command::Scan(args) => scan::scan(parts, args, out).await,
        Command::Rescan(args) => rescan::rescan(parts, args, out).await,
        Command::Schedule(command) => schedule::schedule(parts, command, out).await,
        Command::Scans(command) => scans::scans(parts, command, out).await,
        Command::Findings(command) => findings::findings(parts, command, out).await,
        Command::Notify(command) => notify::notify(parts, command, out).await,
        Command::Deliveries(command) => deliveries::deliveries(parts, command, out).await,
        Command::Approvals(command) => approvals::approvals(parts, command, out).await,
        Command::Dead(command) => dead::dead(parts, command, out).await,
        Command::Lane(command) => lane::lane(parts, command, out).await,
        Command::Workers(command) => workers::workers(parts, command, out).await,
        Command::Connections(command) => connections::connections(parts, command, out).await,
        Command::Audit(command) => audit::audit(parts, command, out).await,
        Command::Purge(args) => purge::purge(parts, args, out).await,
        Command::Doctor(_) => doctor::tell(parts, out).await,
        Command::Dump(args) => dump::dump(parts, args, out).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(_) => {
            anyhow::bail!("this command runs by itself and is not asked of another process")
        }
        Command::Up
        | Command::Scheduler
        | Command::Worker(_)
        | Command::Notifier
        | Command::Broker(_)
        | Command::Config(_)
        | Command::Snapshot(_)
        | Command::Rules(_)
        | Command::Completions { .. } => {
            anyhow::bail!("this command runs by itself and is not asked of another process")
        }
    }
}
