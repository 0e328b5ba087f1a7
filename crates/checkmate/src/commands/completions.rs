//! `completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::EXIT_DONE;
use crate::cli::Cli;
use crate::commands::Out;

/// Prints what makes the shell complete our commands.
pub(crate) async fn completions(shell: Shell, out: &mut Out) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "checkmate", &mut script);
    out.text(&String::from_utf8_lossy(&script)).await?;
    Ok(EXIT_DONE)
}
