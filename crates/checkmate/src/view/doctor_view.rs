//! What `doctor` found, as a page: a section for each part, a line for each thing that was looked at.

use std::fmt::Write;

use serde::Serialize;

use crate::view::{Paint, Show, count, plain, whole, wrap};

/// The width of the page, in characters.
const WIDTH: usize = 105;
/// The widest name of a thing that stands beside what was found; wider ones stand above it.
const NAME: usize = 24;
/// The width of the words for outcomes.
const WORD: usize = 7;

/// Everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The version of this form.
    pub schema: &'static str,
    /// In reading order.
    pub sections: Vec<Section>,
}

/// One part of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its heading.
    pub name: &'static str,
    /// What was looked at.
    pub lines: Vec<Line>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The thing.
    pub what: String,
    /// Where it is: a file, an address, a name; empty when there is only one.
    #[serde(rename = "where")]
    pub place: String,
    /// How it is; empty when it could not be looked at.
    pub found: String,
    /// Whether that is as it should be.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The command or setting that mends it; empty when there is nothing to do.
    pub mend: String,
}

/// Whether a thing is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It is.
    Fine,
    /// It works, and somebody should look.
    Warning,
    /// It does not work, or what is promised cannot be kept.
    Wrong,
    /// Nobody knows: it could not be looked at.
    CouldNotLook {
        /// Why not.
        reason: String,
    },
}

impl Outcome {
    const fn word(&self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Wrong => "WRONG",
            Self::CouldNotLook { .. } => "unknown",
        }
    }
}

impl Line {
    /// As it should be.
    #[must_use]
    pub fn fine(what: impl Into<String>, place: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Outcome::Fine, what.into(), place.into(), found.into(), String::new())
    }

    /// Works, and somebody should look.
    #[must_use]
    pub fn warning(
        what: impl Into<String>,
        place: impl Into<String>,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::new(Outcome::Warning, what.into(), place.into(), found.into(), mend.into())
    }

    /// Not as it should be.
    #[must_use]
    pub fn wrong(
        what: impl Into<String>,
        place: impl Into<String>,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::new(Outcome::Wrong, what.into(), place.into(), found.into(), mend.into())
    }

    /// Could not be looked at.
    #[must_use]
    pub fn unknown(
        what: impl Into<String>,
        place: impl Into<String>,
        reason: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let outcome = Outcome::CouldNotLook { reason: reason.into() };
        Self::new(outcome, what.into(), place.into(), String::new(), mend.into())
    }

    fn new(outcome: Outcome, what: String, place: String, found: String, mend: String) -> Self {
        Self { what, place, found, outcome, mend }
    }

    /// What is said of it.
    fn said(&self) -> String {
        let said = match &self.outcome {
            Outcome::CouldNotLook { reason } => format!("could not be looked at: {reason}"),
            Outcome::Fine | Outcome::Warning | Outcome::Wrong => self.found.clone(),
        };
        if self.place.is_empty() { said } else { format!("{}: {said}", self.place) }
    }
}

impl Page {
    /// A page of these sections.
    #[must_use]
    pub fn new(sections: Vec<Section>) -> Self {
        Self { schema: "checkmate.doctor/1", sections }
    }

    /// All lines of all sections.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.sections.iter().flat_map(|section| &section.lines)
    }

    /// For people.
    #[must_use]
    pub fn text(&self, show: Show<'_>) -> String {
        let names = self.lines().map(|line| line.what.chars().count()).filter(|width| *width <= NAME);
        let name = names.max().unwrap_or(0);
        let mut text = String::new();
        for section in self.sections.iter().filter(|section| !section.lines.is_empty()) {
            let _ = writeln!(text, "{}", Paint(show.color).bold(section.name));
            for line in &section.lines {
                write_line(&mut text, line, name, show);
            }
            text.push('\n');
        }
        text.push_str(&self.summary());
        text
    }

    fn summary(&self) -> String {
        let number = |word: &str| self.lines().filter(|line| line.outcome.word() == word).count();
        let (warnings, wrong, unknown) = (number("warning"), number("WRONG"), number("unknown"));
        format!(
            "{} looked at: {} fine, {}, {wrong} wrong, {unknown} that could not be looked at\n",
            count(self.lines().count(), "thing"),
            number("ok"),
            count(warnings, "warning"),
        )
    }
}

fn write_line(text: &mut String, line: &Line, name: usize, show: Show<'_>) {
    let paint = Paint(show.color);
    let indent = 2 + WORD + 2 + name + 2;
    let width = WIDTH.saturating_sub(indent);
    let word = format!("{:<WORD$}", line.outcome.word());
    let word = match line.outcome {
        Outcome::Fine => paint.dim(&word),
        Outcome::Warning | Outcome::CouldNotLook { .. } => paint.warn(&word),
        Outcome::Wrong => paint.wrong(&word),
    };
    let what = plain(&line.what, WIDTH - WORD);
    let gap = if what.chars().count() > name { format!("\n{}", " ".repeat(indent)) } else { "  ".to_owned() };
    let said = wrap(&commands(&whole(&line.said()), show.program), indent, width);
    let _ = writeln!(text, "  {word}  {what:<name$}{gap}{said}");
    if !line.mend.is_empty() {
        let mend = format!("fix: {}", commands(&whole(&line.mend), show.program));
        let _ = writeln!(text, "{}{}", " ".repeat(indent), paint.warn(&wrap(&mend, indent, width)));
    }
}

/// Commands stand in quotes; they are to be typed as this program was.
fn commands(text: &str, program: &str) -> String {
    text.replace("'checkmate ", &format!("'{program} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOW: Show<'static> = Show { program: "bin/checkmate", color: false };

    fn page() -> Page {
        let asked =
            "Redis at redis.example.com:6379 keeps no append-only file and would lose jobs on a restart";
        Page::new(vec![
            Section {
                name: "Store",
                lines: vec![
                    Line::fine(
                        "software",
                        "redis://redis.example.com:6379",
                        "Redis 7.2.4, answers within 2 ms",
                    ),
                    Line::wrong("durability", "", asked, "set 'appendonly yes' in redis.conf"),
                    Line::unknown(
                        "the settings of 'checkmate.scan.interactive'",
                        "",
                        "no\u{1b}[2J answer",
                        "",
                    ),
                ],
            },
            Section { name: "Nothing", lines: Vec::new() },
            Section {
                name: "Work",
                lines: vec![Line::warning("dead letters", "", "3 wait", "'checkmate dead list' shows them")],
            },
        ])
    }

    #[test]
    fn a_page_for_people() {
        insta::assert_snapshot!(page().text(SHOW));
    }

    #[test]
    fn nothing_is_wider_than_the_page_and_nothing_moves_the_cursor() {
        let text = page().text(SHOW);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("Nothing"), "{text}");
        assert!(text.contains("'bin/checkmate dead list'"), "{text}");
        assert!(page().text(Show { color: true, ..SHOW }).contains("\u{1b}[1;31mWRONG"));
    }

    #[test]
    fn a_page_for_machines_keeps_what_could_not_be_looked_at_apart() {
        let json = serde_json::to_value(page()).unwrap();
        let line = &json["sections"][0]["lines"][2];
        assert_eq!(
            (&line["outcome"], &line["reason"]),
            (&"could-not-look".into(), &"no\u{1b}[2J answer".into())
        );
        let fine = &json["sections"][0]["lines"][0];
        assert_eq!(
            (&fine["outcome"], &fine["where"]),
            (&"fine".into(), &"redis://redis.example.com:6379".into())
        );
        assert!(fine.get("reason").is_none());
    }
}
