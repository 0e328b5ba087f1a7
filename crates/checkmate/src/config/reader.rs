//! From text and environment to values: everything that is wrong is noted, and reading goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Config;
use super::key::Read;
use super::kind::{Given, Kind, Wrong};
use super::mistake::{Mistake, Place, Source};
use super::near::near;
use super::sections::{SECTIONS, keys};
use super::tables::TABLES;

/// Noted as wrong when a URL may stand where it was not understood: whether the two fit is seen when that is mended.
const A_URL: &str = "store.url";

/// What has been read so far.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) config: Config,
    /// Where each value that was given stands, by its path.
    pub(super) places: BTreeMap<String, Place>,
    pub(super) mistakes: Vec<Mistake>,
    /// Keys whose value was given and is wrong.
    pub(super) wrong: BTreeSet<String>,
}

impl Reading {
    fn add(&mut self, at: Place, what: impl Into<String>, then: impl Into<String>) {
        self.mistakes.push(Mistake { at, what: what.into(), then: then.into() });
    }
}

/// Reads one file into a [`Reading`].
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) reading: &'a mut Reading,
}

/// Reads a file.
pub(super) fn file(source: &Source<'_>, reading: &mut Reading) {
    // A default, too, is meant from where the file is.
    reading.config.data_dir = base(source.path).join(&reading.config.data_dir);
    let (table, errors) = DeTable::parse_recoverable(source.text);
    let mut broken: BTreeMap<usize, Mistake> = BTreeMap::new();
    let mut lost = false;
    for error in &errors {
        let at = source.place(error.span().map_or(0, |span| span.start));
        if let Place::File { line, quoted, .. } = &at {
            let (line, repeated) = (*line, error.message() == "duplicate key");
            // Without its head nobody knows to which table the keys below belong.
            lost |= quoted.trim_start().starts_with('[') && !repeated;
            broken.entry(line).or_insert_with(|| no_toml(at, error.message(), repeated));
        }
    }
    let mut read = Reading { config: std::mem::take(&mut reading.config), ..Reading::default() };
    if lost {
        read.wrong.insert(A_URL.to_owned());
    } else {
        Reader { source, reading: &mut read }.table(table.get_ref(), "");
    }
    // What is made of a line that is not understood says nothing.
    read.mistakes.retain(|mistake| match &mistake.at {
        Place::File { line, .. } => !broken.contains_key(line),
        Place::Whole(_) | Place::Env(_) => true,
    });
    read.mistakes.extend(broken.into_values());
    *reading = read;
}

fn no_toml(at: Place, message: &str, repeated: bool) -> Mistake {
    if repeated {
        let what = "this key or table stands here for the second time".to_owned();
        return Mistake { at, what, then: "keep one of the two".to_owned() };
    }
    let then = "a key is written name = value, a text in \"quotes\", a table in [brackets]".to_owned();
    Mistake { at, what: format!("this is not TOML ({message})"), then }
}

/// Paths in a file are meant from here.
fn base(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, prefix: &str) {
        for (name, value) in table {
            let text: &str = name.get_ref();
            let path = if prefix.is_empty() { text.to_owned() } else { format!("{prefix}.{text}") };
            // A dot within a name is no step into a table.
            let plain = !text.contains('.');
            if let Some(key) = keys().find(|key| plain && key.path == path) {
                if let Some(read) = self.value(key.kind, &path, key.example, value) {
                    let kept = (key.put)(&mut self.reading.config, read);
                    self.note(&path, value.span().start, kept);
                }
            } else if plain && is_table(&path) {
                self.inner(value, &path);
            } else {
                self.unknown(name, prefix, names_in(prefix));
            }
        }
    }

    fn inner(&mut self, value: &Spanned<DeValue<'_>>, path: &str) {
        match (value.get_ref(), TABLES.iter().find(|table| table.path == path)) {
            (DeValue::Table(entries), Some(free)) => self.free(free, entries),
            (DeValue::Table(entries), None) => self.table(entries, path),
            (other, _) => {
                let what = format!("{path} must be a table, and this is of the kind '{}'", other.type_str());
                self.mistake(value.span().start, what, format!("write [{path}] above its keys"));
            }
        }
    }

    /// Understands one value; a mistake when it cannot be.
    pub(super) fn value(
        &mut self,
        kind: Kind,
        path: &str,
        example: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Read> {
        match kind.read(path, example, Given::Toml(value.get_ref()), base(self.source.path)) {
            Ok(read) => Some(read),
            Err(wrong) => {
                self.reading.wrong.insert(path.to_owned());
                let at = self.within(value.span().start, wrong.within);
                self.mistake(at, wrong.what, wrong.then);
                None
            }
        }
    }

    /// The byte so many characters into a text that is written at `start`.
    fn within(&self, start: usize, characters: usize) -> usize {
        let rest = self.source.text.get(start..).unwrap_or_default();
        let quotes = if rest.starts_with(['"', '\'']) { 1 } else { 0 };
        if characters == 0 {
            return start;
        }
        start + rest.chars().take(characters + quotes).map(char::len_utf8).sum::<usize>()
    }

    /// Notes where a value that is kept stands.
    pub(super) fn note(&mut self, path: &str, byte: usize, kept: bool) {
        if kept {
            self.reading.places.insert(path.to_owned(), self.source.place(byte));
        } else {
            self.mistake(byte, format!("{path} cannot keep this value"), "leave the key out");
        }
    }

    pub(super) fn mistake(&mut self, byte: usize, what: impl Into<String>, then: impl Into<String>) {
        self.reading.add(self.source.place(byte), what, then);
    }

    /// A name that nobody knows; `words` are those that could stand there.
    pub(super) fn unknown<'w>(
        &mut self,
        name: &Spanned<DeString<'_>>,
        prefix: &str,
        words: impl Iterator<Item = &'w str>,
    ) {
        let text: &str = name.get_ref();
        let shown = super::texts::shown(text);
        let words: Vec<&str> = words.collect();
        let what = if prefix.is_empty() {
            format!("there is no key or table '{shown}'")
        } else {
            format!("there is no key '{shown}' in [{prefix}]")
        };
        let file = format!("{text}_file");
        let elsewhere = keys().find(|key| key.name() == text);
        let then = if words.contains(&file.as_str()) {
            format!(
                "a secret never stands here: put it into a file that only you may read, and write {file} = \"PATH\""
            )
        } else if let Some(key) = elsewhere {
            match key.path.rsplit_once('.') {
                Some((table, _)) => format!("it stands in [{table}]"),
                None => "it stands before the first table".to_owned(),
            }
        } else if let Some(word) = near(text, words.iter().copied()) {
            if ["broker", "store", "url"].contains(&word) {
                self.reading.wrong.insert(A_URL.to_owned());
            }
            format!("did you mean '{word}'?")
        } else {
            format!("known are {}", words.join(", "))
        };
        self.mistake(name.span().start, what, then);
    }
}

fn is_table(path: &str) -> bool {
    SECTIONS.iter().any(|section| section.path == path) || TABLES.iter().any(|table| table.path == path)
}

/// The names that may stand in a table with fixed keys.
fn names_in(prefix: &str) -> impl Iterator<Item = &'static str> {
    let all = keys().map(|key| key.path).chain(SECTIONS.iter().map(|section| section.path));
    let all = all.chain(TABLES.iter().map(|table| table.path));
    let prefix = prefix.to_owned();
    all.filter_map(move |path| match path.rsplit_once('.') {
        Some((table, name)) => (table == prefix).then_some(name),
        None => (prefix.is_empty() && !path.is_empty()).then_some(path),
    })
}

/// Every variable of ours begins so.
const PREFIX: &str = "CHECKMATE_";

/// Variables that are no keys: the command line's, the tests', and the tools' of this tree.
const OTHERS: [&str; 5] = [
    "CHECKMATE_CONFIG",
    "CHECKMATE_LOG",
    "CHECKMATE_DATA_DIR",
    "CHECKMATE_CONTRACTS_DIR",
    "CHECKMATE_REGENERATE",
];

/// How more of them begin.
const OTHERS_BEGIN: [&str; 2] = ["CHECKMATE_TEST_", "CHECKMATE_ADVISORY_"];

/// Reads the environment, which wins over what is there.
pub(super) fn environment(given: &BTreeMap<String, OsString>, reading: &mut Reading) {
    for (name, value) in given {
        let at = Place::Env(name.clone());
        let Some(key) = keys().find(|key| key.env() == *name) else {
            if !is_other(name, value) {
                let then = meant(name);
                reading.add(at, "no key has this variable", then);
            }
            continue;
        };
        let read = match value.to_str() {
            Some(text) => key.kind.read(key.path, key.example, Given::Text(text), Path::new("")),
            None => Err(Wrong::new(format!("{} is not UTF-8", key.path), "write it in UTF-8")),
        };
        match read {
            Ok(read) => {
                if (key.put)(&mut reading.config, read) {
                    reading.places.insert(key.path.to_owned(), at);
                } else {
                    reading.add(at, format!("{} cannot keep this value", key.path), "unset the variable");
                }
            }
            Err(wrong) => {
                reading.wrong.insert(key.path.to_owned());
                reading.add(at, wrong.what, wrong.then);
            }
        }
    }
}

/// Whether the variable is meant for somebody else.
fn is_other(name: &str, value: &OsStr) -> bool {
    // Kubernetes tells every process about every service: CHECKMATE_SERVICE_HOST, CHECKMATE_PORT=tcp://…
    let service = ["_SERVICE_HOST", "_SERVICE_PORT"].iter().any(|word| name.contains(word))
        || ["_TCP", "_UDP", "_SCTP"].iter().any(|word| name.contains(word) && name.contains("_PORT_"))
        || (name.ends_with("_PORT") && value.to_string_lossy().contains("://"));
    service || OTHERS.contains(&name) || OTHERS_BEGIN.iter().any(|begin| name.starts_with(begin))
}

/// What somebody meant with a variable that nobody knows.
fn meant(name: &str) -> String {
    let names: Vec<String> = keys().map(|key| key.env()).collect();
    let file = format!("{name}_FILE");
    let free = TABLES.iter().find(|table| {
        let begin = format!("CHECKMATE_{}_", table.path.replace('.', "_").to_uppercase());
        name.starts_with(&begin)
    });
    if names.contains(&file) {
        return format!(
            "a secret never stands in the environment: put it into a file that only you may read, and set {file} to its path"
        );
    }
    if let Some(table) = free {
        return format!("unset it; what stands in [{}] is set in the file only", table.path);
    }
    // What all of them begin with makes none of them similar.
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    match near(rest, names.iter().filter_map(|known| known.strip_prefix(PREFIX))) {
        Some(known) => format!("did you mean {PREFIX}{known}?"),
        None => "unset it; 'checkmate config show' lists every key and its variable".to_owned(),
    }
}
