//! One cron expression.

use std::fmt;
use std::str::FromStr;

use super::error::CronError;
use super::parse;
use super::values::Values;

/// A cron expression that names at least one day of the calendar. Prints as it was typed.
///
/// What can be written, and which rules hold, is in the [module's doc](super).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronExpr {
    text: String,
    fields: Fields,
}

/// The values of each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) second: Values,
    pub(super) minute: Values,
    pub(super) hour: Values,
    pub(super) day: Values,
    pub(super) month: Values,
    /// Sunday is 0, and only 0.
    pub(super) weekday: Values,
}

impl CronExpr {
    pub(super) const fn fields(&self) -> &Fields {
        &self.fields
    }
}

impl Fields {
    /// Whether it means an interval, every match of which counts, and not fixed times, which come once each.
    pub(super) const fn is_interval(&self) -> bool {
        self.minute.star || self.hour.star
    }

    /// Whether a day needs both its date and its weekday to match; otherwise one is enough.
    pub(super) const fn needs_both_days(&self) -> bool {
        self.day.star || self.weekday.star
    }

    /// Days of the longest month it names; 29 for February.
    pub(super) fn longest_month(&self) -> u32 {
        let days = |month| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.month.each().map(days).max().unwrap_or(0)
    }

    /// Whether no day can ever match: its dates are in none of its months, and weekdays alone do not do.
    pub(super) fn names_no_day(&self) -> bool {
        self.needs_both_days() && self.day.first() > self.longest_month()
    }
}

impl FromStr for CronExpr {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        Ok(Self { fields: parse::fields(text)?, text: text.trim().to_owned() })
    }
}

impl fmt::Display for CronExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
