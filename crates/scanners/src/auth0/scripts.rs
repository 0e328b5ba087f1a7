//! Loads the texts that objects refer to or hold: code and pages. They are read once, and what checks need is kept.

use std::collections::BTreeMap;

use checkmate_domain::NotAssessed;

use super::code::{self, DATABASE_SCRIPTS, PROFILE_SCRIPT, Script};
use super::files::{Stopped, Tree};
use super::item::{Item, Written};
use super::page::{self, Page};
use super::snapshot::TenantSnapshot;
use super::source::Collection;

/// Where code lies.
const CODE: [(Collection, &[&str]); 6] = [
    (Collection::Actions, &["code", "deployed_version/code"]),
    (Collection::ActionModules, &["code"]),
    (Collection::Rules, &["script"]),
    (Collection::Hooks, &["script"]),
    (Collection::Databases, &DATABASE_SCRIPTS),
    (Collection::Connections, &[PROFILE_SCRIPT]),
];
/// Where pages lie.
const PAGES: [(Collection, &[&str]); 1] = [(Collection::Pages, &["html"])];

type Texts = BTreeMap<String, Result<String, NotAssessed>>;

/// Reads what an export refers to into the snapshot. Blocking.
pub(crate) fn load(tree: &mut Tree, snapshot: &mut TenantSnapshot) -> Result<(), Stopped> {
    let mut code = Texts::new();
    for (pointer, item_at, written) in written(snapshot, &CODE) {
        let text = if is_inline(&written) { Ok(written) } else { file(tree, &item_at, &written)? };
        code.insert(pointer, text);
    }
    let mut pages = Texts::new();
    for (pointer, item_at, written) in written(snapshot, &PAGES) {
        let text = if written.contains('<') { Ok(written) } else { file(tree, &item_at, &written)? };
        pages.insert(pointer, text);
    }
    put(snapshot, code, pages);
    Ok(())
}

/// Takes the texts that objects hold themselves into the snapshot. Blocking.
pub(crate) fn load_inline(snapshot: &mut TenantSnapshot) {
    let texts = |found: Vec<(String, String, String)>| {
        found.into_iter().map(|(pointer, _, text)| (pointer, Ok(text))).collect()
    };
    let (code, pages) = (texts(written(snapshot, &CODE)), texts(written(snapshot, &PAGES)));
    put(snapshot, code, pages);
    // What checks need of them is kept; the texts are large and may hold secrets.
    for (collection, fields) in CODE.iter().chain(&PAGES) {
        for item in snapshot.items_mut(*collection) {
            for field in *fields {
                item.value.shorten(field);
            }
        }
    }
}

/// Pointer, place of the object, and what is written there.
fn written(snapshot: &TenantSnapshot, places: &[(Collection, &[&str])]) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (collection, fields) in places {
        for item in snapshot.known(*collection) {
            found.extend(fields.iter().filter_map(|field| field_of(item, field)));
        }
    }
    found
}

fn field_of(item: &Item, field: &str) -> Option<(String, String, String)> {
    match item.written(field) {
        // A placeholder alone is not the text that it stands for.
        Ok(Some(Written::Partly(text))) if !text.contains(['\n', '<', ';']) => None,
        Ok(Some(Written::Known(text) | Written::Partly(text))) => {
            Some((item.pointer(field), item.at.clone(), text.to_owned()))
        }
        _ => None,
    }
}

/// Whether a text is code and no path.
fn is_inline(text: &str) -> bool {
    text.contains(['\n', ';', '{']) || text.len() > 1_000
}

/// A file by its path from the root of the export or, as database scripts are, from the folder of the object.
fn file(tree: &mut Tree, item_at: &str, reference: &str) -> Result<Result<String, NotAssessed>, Stopped> {
    let path = reference.strip_prefix("./").unwrap_or(reference);
    let from_root = tree.text(path)?;
    if !matches!(from_root, Ok(None)) {
        return Ok(from_root.map(Option::unwrap_or_default));
    }
    let folder = item_at.split('#').next().and_then(|file| file.rsplit_once('/')).map(|(folder, _)| folder);
    let missing = || NotAssessed::Unreadable(format!("the file {path} is missing"));
    match folder {
        Some(folder) => Ok(tree.text(&format!("{folder}/{path}"))?.and_then(|text| text.ok_or_else(missing))),
        None => Ok(Err(missing())),
    }
}

fn put(snapshot: &mut TenantSnapshot, code: Texts, pages: Texts) {
    // Most versions that run are the draft, and are read once.
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (pointer, text) in code {
        match text {
            Ok(text) => by_text.entry(text).or_default().push(pointer),
            Err(reason) => snapshot.put_script(pointer, Script::unreadable(reason)),
        }
    }
    let (texts, pointers): (Vec<String>, Vec<Vec<String>>) = by_text.into_iter().unzip();
    for (pointers, script) in pointers.into_iter().zip(code::read_all(texts)) {
        for pointer in pointers {
            snapshot.put_script(pointer, script.clone());
        }
    }
    for (pointer, text) in pages {
        let page: Result<Page, NotAssessed> = text.map(|html| page::read(&html));
        snapshot.put_page(pointer, page);
    }
}
