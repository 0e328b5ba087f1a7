//! The description of one key, from which everything about it is derived.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::tz::TimeZone;

use super::kind::Kind;
use super::span::Span;

/// One key of a `T`.
pub(super) struct Key<T: 'static> {
    /// `worker.slots`; for a key without a table its name.
    pub(super) path: &'static str,
    /// In one line.
    pub(super) meaning: &'static str,
    /// What may stand there.
    pub(super) kind: Kind,
    /// A value that may.
    pub(super) example: &'static str,
    /// Keeps a value; `false` when the place takes none of this form.
    pub(super) put: fn(&mut T, Read) -> bool,
    /// The value that is kept; none when nothing is set.
    pub(super) get: fn(&T) -> Option<Read>,
}

impl<T> Key<T> {
    /// Its name without the table.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// The environment variable that sets it.
    pub(super) fn env(&self) -> String {
        match self.path {
            // The folder with everything in it has a name of its own.
            "data_dir" => "CHECKMATE_HOME".to_owned(),
            path => format!("CHECKMATE_{}", path.replace('.', "_").to_uppercase()),
        }
    }
}

impl<T: Default> Key<T> {
    /// What holds when it is not set, as it would be written; none when nothing does.
    pub(super) fn default(&self) -> Option<String> {
        (self.get)(&T::default()).map(|value| value.toml())
    }
}

/// Makes a [`Key`] for a place in a struct.
macro_rules! key {
    ($root:ty; $path:expr, $meaning:expr, $kind:expr, $example:expr, $($place:ident).+) => {
        $crate::config::key::Key {
            path: $path,
            meaning: $meaning.trim_ascii(),
            kind: $kind,
            example: $example,
            put: |target: &mut $root, read: $crate::config::key::Read| {
                $crate::config::key::put(&mut target.$($place).+, read)
            },
            get: |target: &$root| $crate::config::key::Value::give(&target.$($place).+),
        }
    };
}
pub(super) use key;

/// Keeps a value where there is room for its form.
pub(super) fn put<V: Value>(place: &mut V, read: Read) -> bool {
    match V::take(read) {
        Some(value) => {
            *place = value;
            true
        }
        None => false,
    }
}

/// A value between file, environment and [`Config`](super::Config).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    /// How many.
    Count(u64),
    /// How long.
    Span(Span),
    /// Text, which its place may understand further.
    Text(String),
    /// A file or a folder.
    Path(PathBuf),
    /// Several texts.
    Texts(BTreeSet<String>),
    /// Several texts whose order counts.
    Ordered(Vec<String>),
    /// A time zone, which takes long to find.
    Zone(TimeZone),
}

impl Read {
    /// As it is written in the file.
    pub(super) fn toml(&self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Span(span) => quoted(&span.to_string()),
            Self::Text(text) => quoted(text),
            Self::Path(path) => quoted(&path.display().to_string()),
            Self::Zone(zone) => quoted(zone.iana_name().unwrap_or("UTC")),
            Self::Texts(texts) => list(texts),
            Self::Ordered(texts) => list(texts),
        }
    }
}

fn list<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// A text as it is written in the file.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What a key can set.
pub(super) trait Value: Sized {
    /// Out of what was read; none when it is of another form.
    fn take(read: Read) -> Option<Self>;
    /// Back to what could have been read; none when nothing is set.
    fn give(&self) -> Option<Read>;
}

impl<T: Value> Value for Option<T> {
    fn take(read: Read) -> Option<Self> {
        T::take(read).map(Some)
    }

    fn give(&self) -> Option<Read> {
        self.as_ref().and_then(T::give)
    }
}

/// Values that are counts.
macro_rules! counts {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn take(read: Read) -> Option<Self> {
                match read {
                    Read::Count(count) => Self::try_from(count).ok(),
                    _ => None,
                }
            }

            fn give(&self) -> Option<Read> {
                Some(Read::Count(u64::from(*self)))
            }
        }
    )+};
}

counts!(u16, u32);

/// Values that are kept as they were read.
macro_rules! kept {
    ($($type:ty => $form:ident),+) => {$(
        impl Value for $type {
            fn take(read: Read) -> Option<Self> {
                match read {
                    Read::$form(value) => Some(value),
                    _ => None,
                }
            }

            fn give(&self) -> Option<Read> {
                Some(Read::$form(self.clone()))
            }
        }
    )+};
}

kept!(PathBuf => Path, BTreeSet<String> => Texts, Vec<String> => Ordered, TimeZone => Zone);

impl Value for Span {
    fn take(read: Read) -> Option<Self> {
        match read {
            Read::Span(span) => Some(span),
            _ => None,
        }
    }

    fn give(&self) -> Option<Read> {
        Some(Read::Span(*self))
    }
}

/// Values that are texts of a certain form.
macro_rules! texts {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn take(read: Read) -> Option<Self> {
                match read {
                    Read::Text(text) => text.parse().ok(),
                    _ => None,
                }
            }

            fn give(&self) -> Option<Read> {
                Some(Read::Text(self.to_string()))
            }
        }
    )+};
}

texts!(
    String,
    std::net::SocketAddr,
    super::LogFormat,
    checkmate_domain::Lane,
    checkmate_domain::Missed,
    checkmate_domain::Overlap,
    checkmate_domain::Scope,
    checkmate_scheduler::cron::CronExpr
);
