//! A trail as lines of JSON, to be looked at elsewhere. Pure.

use std::fmt::Write as _;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AuditRecord, Checkpoint, Trail};

/// One line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line {
    /// A record of a segment.
    Record(AuditRecord),
    /// A checkpoint.
    Checkpoint(Checkpoint),
}

/// A line that is none of an export.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is none of an audit export: {why}")]
pub struct NoLine {
    /// Which, from 1.
    pub line: usize,
    /// Why.
    pub why: serde_json::Error,
}

/// The lines, each with its end.
///
/// # Errors
/// None: what is written has a form.
pub fn lines(lines: impl Iterator<Item = Line>) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for line in lines {
        let line = serde_json::to_string(&line)?;
        let _ = writeln!(text, "{line}");
    }
    Ok(text)
}

impl Trail {
    /// Takes one line of an export up; `number` from 1.
    ///
    /// # Errors
    /// When it is none.
    pub fn take(&mut self, number: usize, line: &str) -> Result<(), NoLine> {
        match exact(line).map_err(|why| NoLine { line: number, why })? {
            Line::Record(record) => self.segments.entry(record.segment.clone()).or_default().push(record),
            Line::Checkpoint(checkpoint) => self.checkpoints.push(checkpoint),
        }
        Ok(())
    }

    /// Reads an export. The law of the fuzz target `audit_export`: any text is a trail that can be judged, or a line that is
    /// none; and what was read reads the same again.
    ///
    /// # Errors
    /// At the first line that is none.
    pub fn from_export(text: &str) -> Result<Self, NoLine> {
        let mut trail = Self::default();
        for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            trail.take(place + 1, line)?;
        }
        Ok(trail)
    }
}

/// Reads what was written here to the last field: one that was added by somebody else stands in no hash, and would go unseen.
///
/// # Errors
/// When it is something else, or more.
pub fn exact<T: Serialize + DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    let whole: Value = serde_json::from_str(text)?;
    let read: T = T::deserialize(&whole)?;
    if serde_json::to_value(&read)? == whole {
        Ok(read)
    } else {
        Err(serde_json::Error::custom("it holds more than was written"))
    }
}
