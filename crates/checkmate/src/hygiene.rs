//! What a process does for its secrets before it has any.

use rustix::process::{Resource, Rlimit, setrlimit};

/// No file of this process's memory is ever written, and no process of another user may look into it. Memory itself is
/// overwritten when it is freed: see the allocator in `main.rs`.
pub(crate) fn no_core_dumps() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        eprintln!(
            "checkmate: core dumps cannot be switched off ({error}): a crash may write credentials to the disk"
        );
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Where a sandbox forbids it, the limit above still holds.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
