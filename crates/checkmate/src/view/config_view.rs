//! The configuration as it holds: every key, its value, and where that came from.

use std::fmt::Write;

use serde::Serialize;

use crate::config::{Loaded, Place, Told};
use crate::view::{Paint, Show, count, plain};

/// Of a value so many characters are shown before its origin.
const VALUE: usize = 48;

/// The configuration as it holds.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ConfigView {
    /// The version of this form.
    pub schema: &'static str,
    /// The file; none when there was none.
    pub file: Option<String>,
    /// In the order of the documents.
    pub keys: Vec<KeyView>,
}

/// One key.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// `worker.slots`.
    pub key: String,
    /// As it is written in the file; none when it is not set.
    pub value: Option<String>,
    /// `default`, `FILE:LINE`, or the name of a variable.
    pub from: String,
    /// The variable that sets it; none where only the file can.
    pub variable: Option<String>,
}

impl ConfigView {
    /// Of a configuration.
    #[must_use]
    pub fn new(loaded: &Loaded) -> Self {
        Self {
            schema: "checkmate.config/1",
            file: loaded.config.file.as_ref().map(|file| file.display().to_string()),
            keys: loaded.told().into_iter().map(KeyView::new).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self, show: Show<'_>) -> String {
        let paint = Paint(show.color);
        let width = self.keys.iter().map(|key| key.key.len()).max().unwrap_or(0);
        let mut text = format!("{}\n\n", read_from(self.file.as_deref()));
        for KeyView { key, value, from, .. } in &self.keys {
            let value = plain(value.as_deref().unwrap_or("–"), 1_000);
            let line = format!("{key:<width$}  {value:<VALUE$}");
            let given = from != "default";
            let line = if given { paint.bold(&line) } else { line };
            let _ = writeln!(text, "{line}  {}", paint.dim(&plain(from, 200)));
        }
        let given = self.keys.iter().filter(|key| key.from != "default").count();
        let _ = writeln!(
            text,
            "\n{}, {given} of them set; what each means: {} config init --print",
            count(self.keys.len(), "key"),
            show.program
        );
        text
    }
}

impl KeyView {
    fn new(told: Told) -> Self {
        let from = match told.from {
            None => "default".to_owned(),
            Some(Place::File { path, line, .. }) => format!("{}:{line}", path.display()),
            Some(place @ (Place::Whole(_) | Place::Env(_))) => place.to_string(),
        };
        Self { key: told.path, value: told.value, from, variable: told.env }
    }
}

/// Which file was read, in words.
#[must_use]
pub fn read_from(file: Option<&str>) -> String {
    match file {
        Some(file) => format!("read from {} and the environment", plain(file, 200)),
        None => "read from the environment; there is no file, and none is needed on one machine".to_owned(),
    }
}
