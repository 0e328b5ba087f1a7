//! The `checkmate` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

/// Overwrites memory when it is freed: what a library copied of a credential goes with it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    checkmate::run(checkmate::wiring::scanners::product)
}
