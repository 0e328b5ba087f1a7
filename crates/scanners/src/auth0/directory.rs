//! Reads the directory layout: a folder per collection, a file per object. One file that cannot be read makes that one
//! object unseen. Blocking.

use checkmate_domain::{NotAssessed, Timestamp};

use super::files::{Found, Kind, Stopped, Tree};
use super::node::Node;
use super::parse;
use super::snapshot::{Raw, Section, TenantSnapshot, gather};
use super::source::{Files, Source, sources};

/// A tenant from its folder. What cannot be read is in the snapshot as such.
pub(crate) fn read(tree: &mut Tree, now: Timestamp) -> Result<TenantSnapshot, Stopped> {
    let mut snapshot = TenantSnapshot::new(now);
    for source in sources() {
        let section = match source.files {
            Files::One(file) => one(tree, source, file)?,
            Files::Each(folder) => each(tree, source, folder, None)?,
            Files::EachBut(folder, other) => each(tree, source, folder, Some(other))?,
            Files::List(file) => list(tree, source, file)?,
            Files::Nowhere => Section::NotExported,
            Files::Folders(folder, file) => folders(tree, source, folder, file)?,
        };
        snapshot.put(source.collection, section);
    }
    Ok(snapshot)
}

fn one(tree: &mut Tree, source: &Source, file: &str) -> Result<Section, Stopped> {
    Ok(match object(tree.text(file)?, file) {
        Ok(None) => Section::NotExported,
        Ok(Some(node @ Node::Map(_))) => {
            let raw = Raw { hint: source.id.to_owned(), at: format!("{file}#"), parsed: Ok(node) };
            gather(source, vec![raw], true)
        }
        Ok(Some(other)) => {
            Section::Unreadable(NotAssessed::Unreadable(format!("{file} is {}", other.kind())))
        }
        Err(reason) => Section::Unreadable(reason),
    })
}

fn list(tree: &mut Tree, source: &Source, file: &str) -> Result<Section, Stopped> {
    Ok(match object(tree.text(file)?, file) {
        Ok(None) => Section::NotExported,
        Ok(Some(Node::List(nodes))) => {
            let raws = nodes.into_iter().enumerate().map(|(n, node)| Raw {
                hint: format!("{} #{}", source.id, n + 1),
                at: format!("{file}#/{n}"),
                parsed: Ok(node),
            });
            gather(source, raws.collect(), true)
        }
        Ok(Some(other)) => Section::Unreadable(NotAssessed::Unreadable(format!(
            "{file} is {}, expected a list",
            other.kind()
        ))),
        Err(reason) => Section::Unreadable(reason),
    })
}

fn each(tree: &mut Tree, source: &Source, folder: &str, but: Option<&str>) -> Result<Section, Stopped> {
    let listing = match tree.list(folder)? {
        Ok(Some(listing)) => listing,
        Ok(None) => return Ok(Section::NotExported),
        Err(reason) => return Ok(Section::Unreadable(reason)),
    };
    let mut found = Vec::new();
    for (name, kind) in &listing.entries {
        if let Some(stem) = name.strip_suffix(".json")
            && *kind != Kind::Folder
            && but != Some(name.as_str())
        {
            found.push(listed(tree, stem, &format!("{folder}/{name}"))?);
        }
    }
    Ok(gather(source, found, listing.complete))
}

fn folders(tree: &mut Tree, source: &Source, folder: &str, file: &str) -> Result<Section, Stopped> {
    let listing = match tree.list(folder)? {
        Ok(Some(listing)) => listing,
        Ok(None) => return Ok(Section::NotExported),
        Err(reason) => return Ok(Section::Unreadable(reason)),
    };
    let mut found = Vec::new();
    for (name, _) in listing.entries.iter().filter(|(_, kind)| *kind != Kind::File) {
        found.push(listed(tree, name, &format!("{folder}/{name}/{file}"))?);
    }
    Ok(gather(source, found, listing.complete))
}

/// A file that has to be there: its folder lists it.
fn listed(tree: &mut Tree, hint: &str, path: &str) -> Result<Raw, Stopped> {
    let missing = || NotAssessed::Unreadable(format!("{path} is missing"));
    let parsed = object(tree.text(path)?, path).and_then(|node| node.ok_or_else(missing));
    Ok(Raw { hint: hint.to_owned(), at: format!("{path}#"), parsed })
}

fn object(text: Found<String>, path: &str) -> Found<Node> {
    let Some(text) = text? else { return Ok(None) };
    parse::json(&text).map(Some).map_err(|reason| match reason {
        NotAssessed::Unreadable(why) => NotAssessed::Unreadable(format!("{path} {why}")),
        other => other,
    })
}
