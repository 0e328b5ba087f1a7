//! The fields of an expression: their order, their bounds and their names.

use std::fmt;

/// One field of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 0 to 59; left out of an expression with five fields.
    Second,
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    Day,
    /// 1 to 12, or `jan` to `dec`.
    Month,
    /// 0 to 7, or `sun` to `sat`; 0 and 7 are Sunday.
    Weekday,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Field {
    /// In the order in which they are written.
    pub(super) const ALL: [Self; 6] =
        [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Weekday];

    pub(super) const fn least(self) -> u32 {
        match self {
            Self::Second | Self::Minute | Self::Hour | Self::Weekday => 0,
            Self::Day | Self::Month => 1,
        }
    }

    pub(super) const fn most(self) -> u32 {
        match self {
            Self::Second | Self::Minute => 59,
            Self::Hour => 23,
            Self::Day => 31,
            Self::Month => 12,
            Self::Weekday => 7,
        }
    }

    /// The value that a name stands for.
    pub(super) fn named(self, name: &str) -> Option<u32> {
        let at = self.names().iter().position(|known| known.eq_ignore_ascii_case(name))?;
        u32::try_from(at).ok().map(|at| at + self.least())
    }

    /// The names of the values, from the least one on; none where there are only numbers.
    pub(super) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Second | Self::Minute | Self::Hour | Self::Day => &[],
            Self::Month => &MONTHS,
            Self::Weekday => &WEEKDAYS,
        }
    }

    /// A value as one writes it: by its name, where it has one.
    pub(super) fn written(self, value: u32) -> String {
        let name = self.names().iter().zip(self.least()..).find(|(_, named)| *named == value);
        name.map_or_else(|| value.to_string(), |(name, _)| (*name).to_owned())
    }

    /// What may be written, for a message.
    pub(super) const fn span(self) -> &'static str {
        match self {
            Self::Second | Self::Minute => "0 to 59",
            Self::Hour => "0 to 23",
            Self::Day => "1 to 31",
            Self::Month => "1 to 12 or jan to dec",
            Self::Weekday => "0 to 7 (0 and 7 are Sunday) or sun to sat",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "weekday",
        })
    }
}
