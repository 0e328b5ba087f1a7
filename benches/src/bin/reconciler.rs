//! Reconciles one result, in a process that does nothing else: how long it took and the most memory it had.
//!
//! `bench-reconciler STORE EVENT`: an address of Redis or a file, and the event that a result is stored.

#![allow(clippy::print_stdout, reason = "its answer")]

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, event] = arguments.as_slice() else { anyhow::bail!("bench-reconciler STORE EVENT") };
    let took = checkmate::runtime()?.block_on(checkmate_benches::findings::alone(store, event))?;
    println!("{} {}", took.seconds, took.peak_mb);
    Ok(())
}
