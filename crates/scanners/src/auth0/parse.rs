//! Text to values, bounded. What goes wrong is told by position only: the text may hold secrets.

use std::collections::BTreeSet;
use std::fmt;

use checkmate_domain::NotAssessed;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::keyword;
use super::node::Node;
use super::source::is_read;

/// Values in one `tenant.yaml`, aliases included: a tenant of 10,000 applications has fewer.
const MOST_VALUES: usize = 2_000_000;
/// Values that may be written by alias instead of in full.
const MOST_REPEATED: usize = 200_000;
const DEEPEST: usize = 64;

/// One JSON file.
pub(crate) fn json(text: &str) -> Result<Node, NotAssessed> {
    let valid = keyword::quote_in_json(text);
    serde_json::from_str(&valid).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "ends too early",
            _ => "is not valid JSON",
        };
        NotAssessed::Unreadable(format!("{what} (line {}, column {})", error.line(), error.column()))
    })
}

/// The sections of a `tenant.yaml` that are read, in the order of the file, and whether anything shows that the file was
/// written to its end.
#[derive(Debug)]
pub(crate) struct Sections {
    pub(crate) read: Vec<(String, Node)>,
    /// The last section of the file, when nothing after it shows that it was written to its end.
    pub(crate) open_end: Option<String>,
}

/// One `tenant.yaml`.
pub(crate) fn yaml(text: &str) -> Result<Sections, NotAssessed> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        budget: serde_saphyr::budget! {
            max_events: 2 * MOST_VALUES,
            max_nodes: MOST_VALUES,
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            max_aliases: 50_000,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPEATED,
            max_replay_stack_depth: DEEPEST,
            max_alias_expansions_per_anchor: usize::MAX,
        },
    };
    let top: TopLevel =
        serde_saphyr::from_str_with_options(&keyword::hide_in_yaml(text), options).map_err(|error| {
            let at = error
                .location()
                .map_or_else(String::new, |at| format!(" (line {}, column {})", at.line(), at.column()));
            NotAssessed::Unreadable(format!("is not valid YAML, or beyond its bounds{at}"))
        })?;
    let open_end = if ends_with_marker(text) { None } else { top.last };
    Ok(Sections { read: top.read, open_end })
}

/// YAML cut at the end of a line is YAML. Only a line `...` says that nothing follows.
fn ends_with_marker(text: &str) -> bool {
    text.ends_with('\n') && text.lines().rev().find(|line| !line.trim().is_empty()) == Some("...")
}

#[derive(Default)]
struct TopLevel {
    read: Vec<(String, Node)>,
    last: Option<String>,
}

impl<'de> Deserialize<'de> for TopLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TopLevelVisitor)
    }
}

struct TopLevelVisitor;

impl<'de> Visitor<'de> for TopLevelVisitor {
    type Value = TopLevel;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sections of a tenant export")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<TopLevel, A::Error> {
        let mut top = TopLevel::default();
        let mut seen = BTreeSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom("a section is written twice"));
            }
            if is_read(&key) {
                top.read.push((key.clone(), entries.next_value()?));
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
            top.last = Some(key);
        }
        Ok(top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        yaml(text).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn placeholders_are_unknown_in_both_formats() {
        let from_json = json(r###"{"a": @@LIST@@, "b": "##B##", "c": 1, "d": [##D##]}"###).expect("valid");
        let text = "clients:\n  - a: @@LIST@@\n    b: ##B##\n    c: 1\n    d: [ ##D## ]\n...\n";
        let sections = yaml(text).expect("valid");
        let Some((_, Node::List(clients))) = sections.read.first() else { panic!("no clients") };
        assert_eq!(clients.first(), Some(&from_json));
        assert_eq!(from_json.get("a"), Some(&Node::Unknown("@@LIST@@".to_owned())));
    }

    #[test]
    fn the_last_section_counts_as_written_only_with_an_end_marker() {
        let open = |text: &str| yaml(text).expect("valid").open_end;
        assert_eq!(open("clients: []\ntenant: {}\n").as_deref(), Some("tenant"));
        assert_eq!(open("clients: []\nanything: {}\n").as_deref(), Some("anything"));
        assert_eq!(open("clients: []\ntenant: {}\n...\n"), None);
        assert_eq!(open("clients: []\ntenant: {}\n...").as_deref(), Some("tenant"));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..10 {
            let line = format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
            text.push_str(&line);
        }
        text.push_str("clients: *a9\n");
        assert!(reason(&text).contains("bounds"), "{}", reason(&text));
    }

    #[test]
    fn errors_name_a_place_and_never_the_text() {
        let errors = [
            reason("clients: [hunter2\n"),
            reason("clients:\n  - a: hunter2\n    a: hunter2\n"),
            reason("tenant: {}\ntenant: {x: hunter2}\n"),
            reason("- hunter2\n"),
            json("{\"a\": hunter2}").expect_err("not JSON").to_string(),
            json("{\"a\": \"hunter2\", \"a\": 1}").expect_err("twice").to_string(),
            json("{\"a\": \"hunter2").expect_err("cut").to_string(),
        ];
        for error in errors {
            assert!(error.starts_with("unreadable") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        assert!(json(&"[".repeat(100_000)).is_err());
        assert!(yaml(&format!("clients: {}", "[".repeat(100_000))).is_err());
        assert!(yaml(&format!("clients: {}1", "- ".repeat(10_000))).is_err());
    }
}
