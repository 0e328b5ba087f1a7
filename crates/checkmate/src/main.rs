//! The `checkmate` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    checkmate::run(checkmate::wiring::scanners::product)
}
