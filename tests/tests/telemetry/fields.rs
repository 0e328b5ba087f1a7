//! The page of the documents, and the fields in the source: nothing is there that is not named, and nothing named is not
//! there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use checkmate_service::telemetry::{Field, document};

/// Set to anything, the page is written anew.
const WRITE: &str = "CHECKMATE_REGENERATE";

#[test]
#[allow(clippy::disallowed_methods, reason = "a test is told by its environment to write the page")]
fn the_page_says_what_the_program_knows() {
    let page = document::page();
    let file = root().join("docs/telemetry.md");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    assert!(written == page, "docs/telemetry.md is not what the program knows: run this test with {WRITE}=1");
}

#[test]
fn every_field_of_a_log_line_is_named_and_every_name_is_used() {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        for call in calls(&text) {
            for argument in arguments(call) {
                if let Some(name) = field(argument) {
                    used.entry(name).or_insert_with(|| file.display().to_string());
                }
            }
        }
    }
    assert!(used.len() > 20, "only {} fields found: the scan looks in the wrong place", used.len());
    let named: BTreeSet<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    let unnamed: Vec<_> = used.iter().filter(|(name, _)| !named.contains(name.as_str())).collect();
    assert!(
        unnamed.is_empty(),
        "add to crates/service/src/telemetry/fields.rs, or use a name from it: {unnamed:?}"
    );
    let unused: Vec<_> = named.iter().filter(|name| !used.contains_key(**name)).collect();
    assert!(unused.is_empty(), "no log line has them: {unused:?}");
}

#[test]
fn the_scan_understands_how_log_lines_are_written() {
    let text = r#"
        tracing::info!(a, b.c = f(x, "no, name = 1"), %d, ?e, f.g = %h.i(), "text, with = {marks}: \" {j}");
        tracing::warn!("nothing");
        // tracing::warn!(commented);
    "#;
    let found: Vec<String> = calls(text).iter().flat_map(|call| arguments(call)).filter_map(field).collect();
    assert_eq!(found, ["a", "b.c", "d", "e", "f.g"]);
}

/// What stands between the brackets of each log line.
fn calls(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for level in ["trace", "debug", "info", "warn", "error"] {
        let start = format!("tracing::{level}!(");
        for (at, _) in text.match_indices(&start) {
            let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
            if !text[line..at].trim_start().starts_with("//") {
                let rest = &text[at + start.len()..];
                found.push(&rest[..end(rest, |depth, c| depth == 0 && c == ')')]);
            }
        }
    }
    found
}

/// The arguments of a call.
fn arguments(mut call: &str) -> Vec<&str> {
    let mut found = Vec::new();
    loop {
        let at = end(call, |depth, c| depth == 0 && c == ',');
        found.push(call[..at].trim());
        match call.get(at + 1..) {
            Some(rest) => call = rest,
            None => return found,
        }
    }
}

/// Where the first character is that counts, brackets and texts passed over; the length when there is none.
fn end(text: &str, counts: impl Fn(u32, char) -> bool) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (at, c) in text.char_indices() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        if counts(depth, c) {
            return at;
        }
        match c {
            '"' => quoted = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// The name of a field; `None` for the text of the line.
fn field(argument: &str) -> Option<String> {
    let name = argument.split('=').next().unwrap_or_default().trim();
    let name = name.trim_start_matches(['%', '?']);
    let fits = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
    (!name.is_empty() && name.chars().all(fits)).then(|| name.to_owned())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The source of every crate.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for krate in fs::read_dir(root().join("crates")).unwrap() {
        walk(&krate.unwrap().path().join("src"), &mut found);
    }
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}
