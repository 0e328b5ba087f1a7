//! Schedules: what is configured, which of its ticks are due, and how each becomes one scan.
//!
//! - [`ScheduleSpec`] is a schedule of the configuration;
//! - [`announced`] says, purely, what a configuration that was just loaded changes in the store;
//! - [`next`] says, purely, what is to be done with a schedule now;
//! - [`Schedules`] does it, behind a leader lock; one process at a time.
//!
//! The rules are in `docs/scheduling.md`.

mod announce;
mod clock;
mod due;
mod entry;
mod run;
mod spec;
#[cfg(test)]
mod tests;

pub use announce::announced;
pub use clock::{Clock, StoreClock};
pub use due::{GRACE, Next, Step, due_at, next, scan_of};
pub use entry::timetable_in_force;
pub use run::{LOCK, Schedules, Settings, Specs};
pub use spec::ScheduleSpec;
