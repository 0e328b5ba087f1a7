//! Cron expressions in time zones: which instants they name. Pure; no clock is read here.
//!
//! # What can be written
//!
//! Five fields, `minute hour day-of-month month weekday`, or six with seconds in front. Without a seconds field a tick is at
//! second 0.
//!
//! | written | means |
//! |---|---|
//! | `*` | every value |
//! | `7` | this value |
//! | `9-17` | from 9 to 17, both included |
//! | `*/5`, `9-17/2` | every 5th, every 2nd of them, counted from the first |
//! | `10/15` | every 15th from 10 to the end of the field: `10-59/15` |
//! | `1,15,20-25` | each of these |
//! | `jan`, `mon` | months and weekdays by their first three letters, also in ranges; capitals do not matter |
//! | `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually` | what their names say |
//!
//! Weekdays are 0 to 7, and both 0 and 7 are Sunday. A range of weekdays may run over the end of the week (`fri-mon`); any
//! other range that runs backwards is refused, because it is nearly always a slip.
//!
//! # Which days match
//!
//! As in Vixie cron: when neither the day of the month nor the weekday *begins with* `*`, a day matches when one of them
//! does; otherwise when both do. So `0 0 13 * fri` is each 13th and each Friday, and `0 0 */2 * sat`, whose day of the
//! month begins with `*`, is those Saturdays that have an odd date. What names no day of the calendar (30 February) is
//! refused when it is read.
//!
//! # When the clocks change
//!
//! As in Vixie cron. Where the minute or the hour field begins with `*`, the expression means an interval, and every instant
//! at which the wall clock matches is a tick: twice in a repeated hour, and nothing is made up for a skipped one.
//! Everything else means fixed times, and a fixed time comes once: at the first instant at which the wall clock shows it,
//! or has passed it. So one that is repeated counts the first time only, and all that one gap skips come together, as one
//! tick, at the first instant after the gap. There is no limit of three hours, as Vixie cron has it: a day that a zone
//! skips whole is made up for too.
//!
//! The seconds field changes nothing in this: `*/10 30 2 * * *` means fixed times, six of them.
//!
//! # Zone data
//!
//! [`zone`] takes the rules of the host (`TZDIR`, `/usr/share/zoneinfo`), because laws change at short notice and hosts are
//! updated sooner than this program is. A host without them is no trouble: a copy is built into the binary.

mod describe;
mod error;
mod expr;
mod field;
mod line;
mod parse;
mod stretch;
mod timetable;
mod values;
mod words;
mod zone;

#[cfg(test)]
mod tests;

pub use error::{CronError, Mistake};
pub use expr::CronExpr;
pub use field::Field;
pub use timetable::Timetable;
pub use zone::{ZoneError, zone};
