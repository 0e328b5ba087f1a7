//! The same program as `checkmate`, with a scanner that sleeps in place of the product's.

use std::process::ExitCode;

fn main() -> ExitCode {
    checkmate::run(checkmate_benches::noop::only_noop)
}
