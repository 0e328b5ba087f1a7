//! What may stand in a key, and why something may not.

use std::path::Path;
use std::time::Duration;

use toml::de::DeValue;

use super::key::{Read, quoted};
use super::near::near;
use super::span::Span;
use super::texts;

/// Nothing here takes longer, and sums of it must not overflow.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 3600);

/// What may stand in a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A number of things.
    Count {
        /// With less, nothing would run or end.
        least: u64,
        /// More cannot be kept.
        most: u64,
    },
    /// A length of time.
    Span {
        /// With less, nothing would run or end.
        least: Duration,
    },
    /// Any text.
    Text,
    /// Several texts.
    Texts,
    /// Several texts, the first of which counts most.
    Ordered,
    /// The address of something that is talked to.
    Url {
        /// How it may begin.
        schemes: &'static [&'static str],
        /// What to write, for a message.
        write: &'static str,
    },
    /// The address of an API that credentials are sent to: encrypted, or on this machine.
    Api,
    /// A file.
    File,
    /// A file that holds a secret.
    SecretFile,
    /// A folder.
    Folder,
    /// One of these.
    Word(&'static [&'static str]),
    /// An address of this machine and a port.
    Address,
    /// A cron expression.
    Cron,
    /// The name of a time zone.
    Zone,
    /// What to scan.
    Scope,
    /// Several of that.
    Scopes,
}

/// A value before it is understood.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    /// From the file.
    Toml(&'a DeValue<'a>),
    /// From the environment.
    Text(&'a str),
}

/// Why a value may not stand there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What is wrong.
    pub(super) what: String,
    /// What to do.
    pub(super) then: String,
    /// How far into the text, in characters.
    pub(super) within: usize,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>, then: impl Into<String>) -> Self {
        Self { what: what.into(), then: then.into(), within: 0 }
    }
}

impl Kind {
    /// In a few words, for the documents and for messages.
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::Count { .. } => "a whole number",
            Self::Span { .. } => "a length of time",
            Self::Text => "a text",
            Self::Texts | Self::Ordered => "a list of texts",
            Self::Url { .. } | Self::Api => "a URL",
            Self::File => "a file",
            Self::SecretFile => "a file with a secret",
            Self::Folder => "a folder",
            Self::Word(_) => "a word",
            Self::Address => "an address with a port",
            Self::Cron => "a cron expression",
            Self::Zone => "a time zone",
            Self::Scope => "a scope",
            Self::Scopes => "a list of scopes",
        }
    }

    /// An example, as it is written in the file.
    pub(super) fn written(&self, example: &str) -> String {
        match self {
            Self::Count { .. } | Self::Texts | Self::Ordered | Self::Scopes => example.to_owned(),
            _ => quoted(example),
        }
    }

    /// Understands a value of the key `path`; paths are meant from `base`.
    pub(super) fn read(
        &self,
        path: &str,
        example: &str,
        given: Given<'_>,
        base: &Path,
    ) -> Result<Read, Wrong> {
        if let Self::Count { least, most } = *self {
            return count(path, number(given).ok_or_else(|| self.other(path, example, given))?, least, most);
        }
        if matches!(self, Self::Texts | Self::Ordered | Self::Scopes) {
            let list = texts::list(given).ok_or_else(|| self.other(path, example, given))?;
            let texts = texts::each(path, list, matches!(self, Self::Scopes))?;
            return Ok(match self {
                Self::Ordered => Read::Ordered(texts),
                _ => Read::Texts(texts.into_iter().collect()),
            });
        }
        let text = match given {
            Given::Text(text) => text,
            Given::Toml(value) => value.as_str().ok_or_else(|| self.other(path, example, given))?,
        };
        if text.trim().is_empty() {
            return Err(Wrong::new(
                format!("{path} is empty"),
                format!("write {}, or leave the key out", self.written(example)),
            ));
        }
        self.text(path, text, base)
    }

    fn text(&self, path: &str, text: &str, base: &Path) -> Result<Read, Wrong> {
        match *self {
            Self::Span { least } => span(path, text, least),
            Self::Url { schemes, write } => texts::url(path, text, schemes, write, base),
            Self::Api => texts::api(path, text),
            Self::File | Self::SecretFile | Self::Folder => Ok(Read::Path(base.join(text))),
            Self::Word(words) if !words.contains(&text) => Err(word(path, text, words)),
            Self::Address => texts::address(path, text),
            Self::Cron => texts::cron(path, text),
            Self::Zone => texts::zone(path, text),
            Self::Scope => texts::scope(path, text).map(Read::Text),
            Self::Text | Self::Word(_) | Self::Count { .. } | Self::Texts | Self::Ordered | Self::Scopes => {
                Ok(Read::Text(text.to_owned()))
            }
        }
    }

    /// Something of another kind stands there.
    fn other(&self, path: &str, example: &str, given: Given<'_>) -> Wrong {
        let found = match given {
            Given::Toml(value) => value.type_str(),
            Given::Text(_) => "text",
        };
        let name = path.rsplit('.').next().unwrap_or(path);
        let write = match given {
            Given::Toml(_) => format!("{name} = {}", self.written(example)),
            Given::Text(_) => example.to_owned(),
        };
        Wrong::new(
            format!("{path} must be {}, and this is of the kind '{found}'", self.noun()),
            format!("write it as in {write}"),
        )
    }
}

/// A whole number; one that nobody can count to is the largest.
fn number(given: Given<'_>) -> Option<i128> {
    match given {
        Given::Text(text) => text.trim().parse().ok(),
        Given::Toml(DeValue::Integer(number)) => {
            let negative = number.as_str().starts_with('-');
            let most = if negative { i128::MIN } else { i128::MAX };
            Some(i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(most))
        }
        Given::Toml(_) => None,
    }
}

fn count(path: &str, number: i128, least: u64, most: u64) -> Result<Read, Wrong> {
    if number < i128::from(least) {
        return Err(too_small(path, &least.to_string(), least == 0));
    }
    match u64::try_from(number) {
        Ok(count) if count <= most => Ok(Read::Count(count)),
        _ => Err(Wrong::new(format!("{path} must be at most {most}"), "write a smaller number")),
    }
}

fn span(path: &str, text: &str, least: Duration) -> Result<Read, Wrong> {
    let span: Span = text.parse().map_err(|error: super::SpanError| {
        Wrong::new(
            format!("{path}: '{}' {error}", texts::shown(text)),
            "write a number with its unit, such as 500ms, 30s, 15m, 24h or 90d",
        )
    })?;
    if span.0 < least {
        return Err(too_small(path, &Span(least).to_string(), false));
    }
    if span.0 > LONGEST {
        return Err(Wrong::new(format!("{path} must be at most {}", Span(LONGEST)), "write a shorter time"));
    }
    Ok(Read::Span(span))
}

fn too_small(path: &str, least: &str, counts: bool) -> Wrong {
    let then = if counts { "it says how many" } else { "with less, nothing would ever run or end" };
    Wrong::new(format!("{path} must be at least {least}"), then)
}

fn word(path: &str, text: &str, words: &'static [&'static str]) -> Wrong {
    let then = match near(text, words.iter().copied()) {
        Some(word) => format!("did you mean '{word}'?"),
        None => format!("write {}", words.join(" or ")),
    };
    Wrong::new(format!("{path} knows {}, and no '{}'", words.join(", "), texts::shown(text)), then)
}
