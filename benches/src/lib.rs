//! What CheckMate costs: each figure beside a bare loop that does the same without us, in turns on the same servers, so that
//! a ratio holds on any machine. `make bench` prints them with their bars; `docs/benchmarks.md` keeps one run.
//!
//! The bare loops are `bare_queue`, `hand` and `src/bin/holder.rs`; they are the whole of what they do.

pub mod table;
pub mod turns;

pub mod noop;
pub mod servers;
pub mod tap;

pub mod bare_queue;
pub mod queue_alone;

pub mod hand;
pub mod path;
pub mod recorded;
pub mod whole_path;

pub mod deliveries;
pub mod disk;
pub mod findings;
pub mod latency;
pub mod lease;
pub mod schedules;
pub mod size;
pub mod telemetry;
pub mod tenant;
pub mod workers;
