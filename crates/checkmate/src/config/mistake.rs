//! What is wrong with a configuration: where, what, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::view::plain;

/// Of a line with a mistake so many characters are shown.
const SHOWN: usize = 100;

/// Names whose values are not shown, whatever is wrong with them.
const SECRETS: [&str; 4] = ["password", "secret", "token", "credential"];

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file as a whole.
    Whole(PathBuf),
    /// In a line of the file.
    File {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Characters from 1.
        column: usize,
        /// The line as it stands there, without secrets.
        quoted: String,
    },
    /// In an environment variable of this name.
    Env(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(path) => write!(f, "{}", path.display()),
            Self::File { path, line, column, .. } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Env(name) => f.write_str(name),
        }
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where.
    pub at: Place,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub then: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.at, self.what, self.then)?;
        match &self.at {
            Place::File { line, quoted, .. } => write!(f, "\n  line {line} | {quoted}"),
            Place::Whole(_) | Place::Env(_) => Ok(()),
        }
    }
}

/// All mistakes of a configuration, those of the file first and in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// These, sorted.
    #[must_use]
    pub fn new(mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort();
        mistakes.dedup();
        Self(mistakes)
    }

    /// Each of them.
    #[must_use]
    pub fn all(&self) -> &[Mistake] {
        &self.0
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in the configuration:", crate::view::count(self.0.len(), "mistake"))?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n{mistake}"))
    }
}

impl std::error::Error for Mistakes {}

/// A file and its text, for telling where in it something stands.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    /// Where each line begins. A long file has thousands of places to tell.
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self { path, text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The place of a byte of the text.
    pub(super) fn place(&self, byte: usize) -> Place {
        // What is reported at the end of the text may lie behind it, or within a character.
        let mut at = byte.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts[..line].last().copied().unwrap_or(0);
        let text = self.text[start..].lines().next().unwrap_or_default();
        Place::File {
            path: self.path.to_owned(),
            line,
            column: self.text[start..at].chars().count() + 1,
            quoted: quote(text),
        }
    }
}

/// A line for the eyes of anybody: cut, on one line, without secrets.
fn quote(line: &str) -> String {
    plain(&without_passwords(without_secret(line).trim_end()), SHOWN)
}

/// The line up to the value of something that is called like a secret; the name of a secret's file is none.
fn without_secret(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let ends = SECRETS.iter().flat_map(|word| lower.match_indices(*word)).filter_map(|(at, _)| {
        let rest = &lower[at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let file = rest[..end].ends_with("_file") || rest[..end].ends_with("_files");
        let equals = rest.find('=').filter(|_| !file)?;
        Some(at + equals + 1)
    });
    match ends.min() {
        Some(end) => format!("{} …", &line[..end]),
        None => line.to_owned(),
    }
}

/// The text with `…` for the password of a URL in it.
pub(super) fn without_passwords(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['"', '\'', ' ']).unwrap_or(rest.len());
    let (inside, after) = rest.split_at(end);
    // A password may hold anything, even '/' and '@': up to the last '@' nothing is trusted.
    let shown = match inside.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            format!("{}:…@{host}", user.split(':').next().unwrap_or_default())
        }
        _ => inside.to_owned(),
    };
    format!("{scheme}://{shown}{}", without_passwords(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_line_and_character() {
        let source = Source::new(Path::new("c.toml"), "a = 1\nä = \"ö\" x");
        let told = |byte| source.place(byte).to_string();
        assert_eq!(told(0), "c.toml:1:1");
        assert_eq!(told(6), "c.toml:2:1");
        assert_eq!(told(7), "c.toml:2:1", "within a character");
        assert_eq!(told(8), "c.toml:2:2");
        assert_eq!(told(9_999), "c.toml:2:10");
    }

    #[test]
    fn no_secret_is_quoted() {
        for (line, quoted) in [
            ("password = \"hunter2\"", "password = …"),
            ("broker = { Password=\"hunter2\" }", "broker = { Password= …"),
            ("password_file = \"a\"", "password_file = \"a\""),
            ("a = { password_file = \"a\", token = \"hunter2\" }", "a = { password_file = \"a\", token = …"),
            ("a = { token = \"hunter2\", password = \"hunter2\" }", "a = { token = …"),
            ("url = \"amqp://me:hunter2@host/v\"", "url = \"amqp://me:…@host/v\""),
            ("url = \"amqp://me:hun/t@r2@host/v\"", "url = \"amqp://me:…@host/v\""),
            ("url = \"redis://:hunter2@host\"  ", "url = \"redis://:…@host\""),
            ("url = \"amqp://me@host:5672/v\"", "url = \"amqp://me@host:5672/v\""),
        ] {
            assert_eq!(quote(line), quoted);
        }
    }
}
