//! The same program as `checkmate`, with the scanner of the tests in place of the product's and with crash points that can
//! be armed from its environment: `CHECKMATE_TEST_CRASH=POINT` or `POINT:SKIP`.

use std::process::ExitCode;

fn main() -> ExitCode {
    arm();
    checkmate::run(checkmate_tests::scanner::only_noop)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the program of the tests is told by its environment; the product does not know of it"
)]
fn arm() {
    let Ok(armed) = std::env::var("CHECKMATE_TEST_CRASH") else { return };
    let (point, skip) = armed.split_once(':').unwrap_or((&armed, "0"));
    checkmate_service::crashpoint::arm(point, skip.parse().unwrap_or(0));
}
