//! Schedules: what is configured, and which of its ticks are due.

mod spec;

pub use spec::ScheduleSpec;
