//! The setting for one machine: one process, `up`, on two files.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use checkmate_store::Store;
use checkmate_store::embedded::EmbeddedStore;

use crate::command::CommandLine;
use crate::roles::{Roles, spec};
use crate::world::{Knobs, Programs, World};

/// The process, and the command line to talk to it.
pub struct Embedded {
    /// Asks it.
    pub command: CommandLine,
    /// Keeps it alive.
    pub roles: Roles,
}

/// Starts it; it is killed so often on average.
///
/// # Errors
/// When its configuration cannot be written.
pub fn start(
    world: &World,
    programs: &Programs,
    knobs: &Knobs,
    sink: Option<u16>,
    kill_every: Duration,
    seed: u64,
) -> anyhow::Result<Embedded> {
    let config = world.embedded_config("up", knobs)?;
    let roles = Roles::start(vec![spec("up", &programs.node, &config, "up", sink)], kill_every, seed);
    Ok(Embedded { command: CommandLine { node: programs.node.clone(), config, env: Vec::new() }, roles })
}

/// Opens the store after the process has stopped.
///
/// # Errors
/// When it cannot be opened.
pub async fn open_store(world: &World) -> anyhow::Result<Arc<dyn Store>> {
    let store = EmbeddedStore::open(&world.store_file()).await.context("the store of the stopped process")?;
    Ok(Arc::new(store))
}
