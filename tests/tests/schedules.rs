//! Five schedulers, killed and frozen at random, on a schedule that ticks every second.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::time::Duration;

use checkmate_tests::ticks;
use checkmate_tests::world::Programs;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_second_is_one_scan_whoever_dies() {
    let programs =
        Programs { node: env!("CARGO_BIN_EXE_node").into(), chaos: env!("CARGO_BIN_EXE_chaos").into() };
    let seed = rand::random();
    let told = ticks::run(&programs, Duration::from_secs(25), seed).await.unwrap();
    println!("seed {seed}: {told:?}");
    assert!(told.killed > 3 && told.frozen > 3, "too calm: {told:?}");
    assert!(told.ticks >= 25, "{told:?}");
    assert_eq!((told.missed.as_slice(), told.strange.len()), (&[][..], 0), "seed {seed}: {told:?}");
}
