//! What people see: pure functions from records to text, and JSON for machines.

pub mod approvals_view;
pub mod audit_view;
pub mod config_view;
pub mod connections_view;
pub mod dead_view;
pub mod deliveries_view;
pub mod doctor_view;
pub mod finding_view;
pub mod notify_view;
pub mod pressure_view;
pub mod progress;
#[cfg(test)]
mod progress_test;
pub mod purge_view;
pub mod report;
pub mod scan_view;
pub mod scans;
pub mod schedules_view;
#[cfg(test)]
mod snapshots;
pub mod ticks_view;
pub mod waits;

use checkmate_domain::{FindingRecord, Priority, Severity};
use serde::Serialize;

/// One JSON document, indented, with a line end.
///
/// # Errors
/// When a value has no JSON form.
pub fn json(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Most urgent first; among equals by rule, target and resource.
pub fn by_urgency(records: &mut [FindingRecord]) {
    records.sort_by(|a, b| {
        let key = |r: &FindingRecord| (r.triage.priority, std::cmp::Reverse(r.finding.severity));
        key(a).cmp(&key(b)).then_with(|| a.finding.place.cmp(&b.finding.place))
    });
}

/// `1 job`, `2 jobs`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// For whom text is made.
#[derive(Debug, Clone, Copy)]
pub struct Show<'a> {
    /// How the program is called, for the commands to try next.
    pub program: &'a str,
    /// Whether colours are shown.
    pub color: bool,
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Paint(pub bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Headings.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Side remarks.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// A priority, by its urgency.
    #[must_use]
    pub fn priority(self, priority: Priority) -> String {
        let code = match priority {
            Priority::P1 => "1;31",
            Priority::P2 => "33",
            Priority::P3 => "36",
            Priority::P4 => "2",
        };
        self.with(code, &priority.to_string())
    }

    /// A text in the colour of a severity.
    #[must_use]
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Info => "2",
            Severity::Low => "36",
            Severity::Moderate => "33",
            _ => "1;31",
        };
        self.with(code, text)
    }

    /// Something that is wrong.
    #[must_use]
    pub fn wrong(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// Something that needs a look.
    #[must_use]
    pub fn warn(self, text: &str) -> String {
        self.with("33", text)
    }
}

/// Text from outside on a terminal: one line, no control characters, none that turn text around or hide in it, cut at a width.
#[must_use]
pub fn plain(text: &str, width: usize) -> String {
    let safe = whole(text);
    if safe.chars().count() <= width {
        return safe;
    }
    let cut: String = safe.chars().take(width.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// The same uncut, for texts whose end must be read: advice stands there.
#[must_use]
pub fn whole(text: &str) -> String {
    let shown = text.chars().filter(|c| !is_mark(*c));
    shown.map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

/// A mark that turns the text around it or that nobody sees: with it a text shows as something else than it is.
const fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    )
}

/// Text broken into lines of at most `width`, each after the first behind `indent` spaces.
#[must_use]
pub fn wrap(text: &str, indent: usize, width: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut();
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_moves_the_cursor() {
        assert_eq!(plain("a\x1b[2Jb\nc", 80), "a [2Jb c");
        assert_eq!(plain("abcdef", 4), "abc…");
        assert_eq!(whole("a\u{2028}b\u{2029}\nc"), "a b  c");
    }

    #[test]
    fn nothing_from_outside_turns_text_around() {
        let marks = ('\u{202A}'..='\u{202E}')
            .chain('\u{2066}'..='\u{2069}')
            .chain(['\u{061C}', '\u{200E}', '\u{200F}']);
        let hidden = ['\u{200B}', '\u{2060}', '\u{FEFF}'];
        for mark in marks.chain(hidden) {
            assert_eq!(plain(&format!("gnp.{mark}exe"), 80), "gnp.exe", "{}", mark.escape_unicode());
        }
        assert_eq!(plain("ab\u{202E}cd", 4), "abcd", "what is dropped takes no room");
        assert_eq!(plain("שלום עולם", 80), "שלום עולם", "text of such a script stays");
    }

    #[test]
    fn wraps_at_words() {
        assert_eq!(wrap("one two three", 2, 7), "one two\n  three");
    }
}
