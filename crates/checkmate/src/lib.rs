//! The binary as a library: command line, configuration, wiring. Nobody but the binary (and the tests' own, with another
//! list of scanners) uses it.
//!
//! [`run`] parses and dispatches; `cli` is what can be typed, `config` what can be set, `wiring` puts the parts together,
//! `commands` does what was asked, `control` talks to the process that owns the embedded files, `view` is what people see.

pub mod cli;
pub mod commands;
pub mod config;
pub mod control;
mod hygiene;
pub mod view;
pub mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::wiring::scanners::MakeScanners;

/// The command was done.
pub const EXIT_DONE: u8 = 0;
/// Something went wrong.
pub const EXIT_ERROR: u8 = 1;
/// What was asked for, or the configuration, cannot be understood.
pub const EXIT_USAGE: u8 = 2;
/// The scan ended, or the doctor looked, without having seen everything.
pub const EXIT_INCOMPLETE: u8 = 3;
/// The audit trail is not whole.
pub const EXIT_BROKEN: u8 = 4;

/// What the roles run on: one thread. What takes the processor (scans, SQLite, the client library) has threads of its own, and
/// what is left is handing messages over, which costs less on one thread than between two. More jobs at a time than one
/// thread can drive want another process.
///
/// Its tasks run in the order in which they were woken. So what several jobs have to send is gathered before the task that
/// sends runs, and goes out together; a scheduler of several threads runs the woken task next, and sends piece by piece.
///
/// # Errors
/// When the system gives no thread.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Parses the command line and does what it says.
pub fn run(scanners: MakeScanners) -> ExitCode {
    let cli = Cli::parse();
    hygiene::no_core_dumps();
    wiring::tls::install_provider();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("checkmate: cannot start: {error}");
            return ExitCode::from(EXIT_ERROR);
        }
    };
    let code = runtime.block_on(commands::dispatch(cli, scanners));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    ExitCode::from(code)
}
