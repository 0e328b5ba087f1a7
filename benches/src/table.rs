//! The one table: figure, value, bar, met or not.

use std::fmt;

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Only shown.
    None,
}

impl Bar {
    /// Whether a value reaches it.
    #[must_use]
    pub fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
            Self::None => true,
        }
    }
}

/// One figure.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was measured.
    pub figure: String,
    /// The median.
    pub value: f64,
    /// What the value counts: `x`, `ms`, `MB`, `jobs/s`.
    pub unit: &'static str,
    /// What it must reach.
    pub bar: Bar,
    /// How it came about, in a few words.
    pub detail: String,
}

impl Row {
    /// A figure with its bar.
    #[must_use]
    pub fn new(figure: impl Into<String>, value: f64, unit: &'static str, bar: Bar) -> Self {
        Self { figure: figure.into(), value, unit, bar, detail: String::new() }
    }

    /// Adds how it came about.
    #[must_use]
    pub fn told(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    fn verdict(&self, judged: bool) -> &'static str {
        match self.bar {
            Bar::None => "",
            _ if !judged => "not judged",
            bar if bar.met(self.value) => "met",
            _ => "MISSED",
        }
    }

    fn value(&self) -> String {
        number(self.value, self.unit)
    }

    fn bar(&self) -> String {
        match self.bar {
            Bar::AtLeast(least) => format!(">= {}", number(least, self.unit)),
            Bar::AtMost(most) => format!("<= {}", number(most, self.unit)),
            Bar::None => "-".to_owned(),
        }
    }
}

fn number(value: f64, unit: &str) -> String {
    match unit {
        "x" => format!("{value:.2} x"),
        "jobs/s" => format!("{value:.0} jobs/s"),
        unit => format!("{value:.1} {unit}"),
    }
}

/// All figures of a run.
#[derive(Debug, Clone)]
pub struct Table {
    /// In the order of the run.
    pub rows: Vec<Row>,
    /// False in the short form: its runs are too short to judge by.
    pub judged: bool,
}

impl Table {
    /// How many figures have one.
    #[must_use]
    pub fn bars(&self) -> usize {
        self.rows.iter().filter(|row| row.bar != Bar::None).count()
    }

    /// The figures that do not reach their bars.
    #[must_use]
    pub fn missed(&self) -> usize {
        self.rows.iter().filter(|row| self.judged && !row.bar.met(row.value)).count()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Row) -> String, least: usize| {
            self.rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0).max(least)
        };
        let figure = width(|row| row.figure.clone(), 6);
        let value = width(Row::value, 5);
        let bar = width(Row::bar, 3);
        writeln!(f, "{:figure$}  {:>value$}  {:>bar$}  {:10}  how", "figure", "value", "bar", "")?;
        for row in &self.rows {
            let line = format!(
                "{:figure$}  {:>value$}  {:>bar$}  {:10}  {}",
                row.figure,
                row.value(),
                row.bar(),
                row.verdict(self.judged),
                row.detail
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_bar_is_said_and_counted_unless_nothing_is_judged() {
        let rows = vec![
            Row::new("ratio", 0.9, "x", Bar::AtLeast(0.9)),
            Row::new("memory", 40.1, "MB", Bar::AtMost(40.0)).told("why"),
            Row::new("counted", 3.0, "per job", Bar::None),
        ];
        let table = Table { rows: rows.clone(), judged: true };
        assert_eq!(table.missed(), 1);
        let text = table.to_string();
        let words =
            |line: usize| text.lines().nth(line).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(1), "ratio 0.90 x >= 0.90 x met");
        assert_eq!(words(2), "memory 40.1 MB <= 40.0 MB MISSED why");
        assert_eq!(words(3), "counted 3.0 per job -");
        assert_eq!(Table { rows, judged: false }.missed(), 0);
    }
}
