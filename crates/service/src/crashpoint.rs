//! Named places at which a test can have the process die, one between every two steps of a job's way.
//!
//! Nothing in the product arms a point: only a test binary calls [`arm`]. Unarmed, a point costs one relaxed load.
//! The table of all points is in ARCHITECTURE.md; a test runs each.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static ARMED: AtomicBool = AtomicBool::new(false);
static POINT: OnceLock<String> = OnceLock::new();
static SKIP: AtomicU32 = AtomicU32::new(0);

/// Has the process abort when `point` is reached for the time after `skip` times. Only the first call counts.
pub fn arm(point: &str, skip: u32) {
    if POINT.set(point.to_owned()).is_ok() {
        SKIP.store(skip, Ordering::SeqCst);
        ARMED.store(true, Ordering::SeqCst);
    }
}

/// A place between two steps. Dies here, as from `kill -9`, when armed for it.
pub fn crashpoint(name: &str) {
    if !ARMED.load(Ordering::Relaxed) || POINT.get().is_none_or(|point| point != name) {
        return;
    }
    let before = SKIP.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if before.is_err() {
        die();
    }
}

/// SIGKILL to ourselves: no destructors, no flush, no handler, exactly what a test kill does.
fn die() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}
