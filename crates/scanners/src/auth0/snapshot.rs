//! A tenant as checks see it, whichever way it was read. Every collection says how much of it is known: an absent section
//! was not exported, which is not the same as empty.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::hash::derive;
use checkmate_domain::{NotAssessed, ResourceId, Timestamp};

use super::code::Script;
use super::item::Item;
use super::node::Node;
use super::page::Page;
use super::source::{Collection, Shape, Source, sources};

/// How much of a collection is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Section {
    /// Everything.
    Loaded(Vec<Item>),
    /// Everything, and there is nothing.
    Empty,
    /// It is not in the export.
    NotExported,
    /// The tenant's plan has no such thing; which.
    NotAvailable(String),
    /// It is there and tells nothing, for this reason.
    Unreadable(NotAssessed),
    /// Some objects are known, and there are or may be others.
    Partial {
        /// The known ones.
        items: Vec<Item>,
        /// Those that are known to exist only.
        unseen: Vec<(ResourceId, NotAssessed)>,
    },
}

/// A tenant as checks see it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TenantSnapshot {
    sections: BTreeMap<Collection, Section>,
    /// What scripts do, by the pointer of the field that holds or names them.
    scripts: BTreeMap<String, Script>,
    /// What pages do, in the same way.
    pages: BTreeMap<String, Result<Page, NotAssessed>>,
    now: Timestamp,
}

impl TenantSnapshot {
    /// A tenant of which nothing is known yet, at a time from which ages count.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { sections: BTreeMap::new(), scripts: BTreeMap::new(), pages: BTreeMap::new(), now }
    }

    /// A tenant of which nothing is known, for this reason.
    pub(crate) fn unreadable(reason: &NotAssessed, now: Timestamp) -> Self {
        let mut snapshot = Self::new(now);
        for source in sources() {
            snapshot.put(source.collection, Section::Unreadable(reason.clone()));
        }
        snapshot
    }

    pub(crate) fn put(&mut self, collection: Collection, section: Section) {
        self.sections.insert(collection, section);
    }

    pub(crate) fn put_script(&mut self, pointer: String, script: Script) {
        self.scripts.insert(pointer, script);
    }

    pub(crate) fn put_page(&mut self, pointer: String, page: Result<Page, NotAssessed>) {
        self.pages.insert(pointer, page);
    }

    /// The time from which ages count.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whole days until a date of RFC 3339, negative when it is past; `None` when it is no date.
    pub(crate) fn days_until(&self, date: &str) -> Option<i64> {
        const DAY_MILLIS: i64 = 86_400_000;
        let at = date.parse::<Timestamp>().ok()?;
        Some((at.as_millis() - self.now.as_millis()).div_euclid(DAY_MILLIS))
    }

    /// What is known of a collection.
    pub(crate) fn section(&self, collection: Collection) -> &Section {
        self.sections.get(&collection).unwrap_or(&Section::NotExported)
    }

    /// All objects of a collection; an error when any may be missing.
    pub(crate) fn all(&self, collection: Collection) -> Result<&[Item], NotAssessed> {
        match self.section(collection) {
            Section::Loaded(items) => Ok(items),
            Section::Empty => Ok(&[]),
            Section::NotExported => Err(not_exported(collection)),
            Section::NotAvailable(what) => Err(NotAssessed::NotAvailable(what.clone())),
            Section::Unreadable(reason) => Err(reason.clone()),
            Section::Partial { unseen, .. } => Err(unseen
                .first()
                .map_or_else(|| cut(collection), |(id, reason)| about(id.as_str(), reason.clone()))),
        }
    }

    /// The objects of a collection that are known, all or not.
    pub(crate) fn known(&self, collection: Collection) -> &[Item] {
        match self.section(collection) {
            Section::Loaded(items) | Section::Partial { items, .. } => items,
            Section::Empty | Section::NotExported | Section::NotAvailable(_) | Section::Unreadable(_) => &[],
        }
    }

    /// Takes what is known of a collection out.
    pub(crate) fn take(&mut self, collection: Collection) -> Section {
        self.sections.remove(&collection).unwrap_or(Section::NotExported)
    }

    /// The objects that are known, to be completed.
    pub(crate) fn items_mut(&mut self, collection: Collection) -> &mut [Item] {
        match self.sections.get_mut(&collection) {
            Some(Section::Loaded(items) | Section::Partial { items, .. }) => items,
            _ => &mut [],
        }
    }

    /// The object with this id.
    pub(crate) fn one(&self, collection: Collection, id: &str) -> Result<&Item, NotAssessed> {
        if let Some(item) = self.known(collection).iter().find(|item| item.id.as_str() == id) {
            return Ok(item);
        }
        if let Section::Partial { unseen, .. } = self.section(collection)
            && let Some((_, reason)) = unseen.iter().find(|(unseen, _)| unseen.as_str() == id)
        {
            return Err(about(id, reason.clone()));
        }
        self.all(collection)?;
        Err(NotAssessed::NotExported(id.to_owned()))
    }

    /// The only object of a collection that has just one.
    pub(crate) fn only(&self, collection: Collection) -> Result<&Item, NotAssessed> {
        self.one(collection, collection.source().id)
    }

    /// The object of a collection that has one or none.
    pub(crate) fn at_most_one(&self, collection: Collection) -> Result<Option<&Item>, NotAssessed> {
        Ok(self.all(collection)?.first())
    }

    /// The script at a pointer.
    pub(crate) fn script(&self, pointer: &str) -> Result<&Script, NotAssessed> {
        self.scripts.get(pointer).ok_or_else(|| unread(pointer))
    }

    /// The page at a pointer.
    pub(crate) fn page(&self, pointer: &str) -> Result<&Page, NotAssessed> {
        self.pages.get(pointer).ok_or_else(|| unread(pointer))?.as_ref().map_err(Clone::clone)
    }
}

fn unread(pointer: &str) -> NotAssessed {
    NotAssessed::Unreadable(format!("{pointer} was not read"))
}

pub(crate) fn not_exported(collection: Collection) -> NotAssessed {
    NotAssessed::NotExported(collection.source().words.to_owned())
}

/// The reason for a list whose end is not known.
pub(crate) fn cut(collection: Collection) -> NotAssessed {
    NotAssessed::Unreadable(format!("the list of {} could not be read to its end", collection.source().words))
}

fn about(what: &str, reason: NotAssessed) -> NotAssessed {
    match reason {
        NotAssessed::Unreadable(why) => NotAssessed::Unreadable(format!("{what}: {why}")),
        other => other,
    }
}

/// An object as a reader found it.
pub(crate) struct Raw {
    /// Its file stem, folder name, key or position: stands for the name of what cannot be read.
    pub(crate) hint: String,
    /// File and JSON pointer.
    pub(crate) at: String,
    pub(crate) parsed: Result<Node, NotAssessed>,
}

/// Names what a reader found. `complete`: there can be no others.
///
/// With an object that cannot be read the list does not count as complete: the name inside may differ from the name of
/// its file, and an object that seems to be gone may be the one that cannot be read.
pub(crate) fn gather(source: &Source, found: Vec<Raw>, complete: bool) -> Section {
    let mut ids = Ids::default();
    let (mut items, mut unseen) = (Vec::new(), Vec::new());
    let mut named_all = true;
    for Raw { hint, at, parsed } in found {
        let parsed = parsed.and_then(object);
        let name = parsed.as_ref().ok().and_then(|node| name_of(source, node)).unwrap_or(hint);
        let Some(id) = ids.next(&name) else {
            named_all = false;
            continue;
        };
        match parsed {
            Ok(value) => items.push(Item { id, name, at, value }),
            Err(reason) => unseen.push((id, reason)),
        }
    }
    items.sort_by(|a, b| a.id.cmp(&b.id));
    unseen.sort_by(|a, b| a.0.cmp(&b.0));
    match (complete && named_all && unseen.is_empty(), items.is_empty()) {
        (true, true) => Section::Empty,
        (true, false) => Section::Loaded(items),
        (false, _) => Section::Partial { items, unseen },
    }
}

fn object(node: Node) -> Result<Node, NotAssessed> {
    match node {
        Node::Map(_) => Ok(node),
        other => Err(NotAssessed::Unreadable(format!("is {}, expected an object", other.kind()))),
    }
}

/// What an object is called.
pub(crate) fn name_of(source: &Source, node: &Node) -> Option<String> {
    let text = |key: &str| match node.get(key) {
        Some(Node::Text(text) | Node::Unknown(text)) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    };
    match source.collection {
        Collection::ClientGrants => {
            let user = if text("subject_type") == Some("user") { " for users" } else { "" };
            Some(format!("{} -> {}{user}", text("client_id")?, text("audience")?))
        }
        Collection::AttackProtection => None,
        _ if source.shape == Shape::Object => None,
        // What has no name is known by its address, its template, its key.
        _ => ["name", "domain", "template", "key", "description", "kid"]
            .iter()
            .find_map(|key| text(key))
            .map(str::to_owned),
    }
}

/// Gives each object an id of its own: the second of a name gets `#2`.
#[derive(Default)]
struct Ids {
    taken: BTreeSet<ResourceId>,
    repeats: BTreeMap<String, usize>,
}

impl Ids {
    fn next(&mut self, name: &str) -> Option<ResourceId> {
        let base = printable(name);
        let repeats = self.repeats.entry(base.clone()).or_insert(0);
        loop {
            *repeats += 1;
            let text = if *repeats == 1 { base.clone() } else { format!("{base}#{repeats}") };
            let id = ResourceId::new(text).ok()?;
            if self.taken.insert(id.clone()) {
                return Some(id);
            }
        }
    }
}

/// An id that is given, if it can be one; else what can be kept of it.
pub(crate) fn identify(id: &str) -> Option<ResourceId> {
    ResourceId::new(printable(id)).ok()
}

/// The name, if it can be an id; else what can be kept of it and a hash that keeps it apart from others.
fn printable(name: &str) -> String {
    const LONGEST: usize = 400;
    if !name.is_empty() && name.len() <= LONGEST && !name.chars().any(char::is_control) {
        return name.to_owned();
    }
    let kept: String = name.chars().filter(|c| !c.is_control()).take(LONGEST / 4).collect();
    format!("{kept}~{}", derive("checkmate.auth0-name.v1", &[name], 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::parse;

    fn raw(hint: &str, json: &str) -> Raw {
        Raw { hint: hint.into(), at: format!("{hint}#"), parsed: parse::json(json) }
    }

    fn ids(section: &Section) -> (Vec<&str>, Vec<&str>) {
        match section {
            Section::Loaded(items) => (items.iter().map(|item| item.id.as_str()).collect(), vec![]),
            Section::Partial { items, unseen } => (
                items.iter().map(|item| item.id.as_str()).collect(),
                unseen.iter().map(|(id, _)| id.as_str()).collect(),
            ),
            _ => (vec![], vec![]),
        }
    }

    #[test]
    fn repeated_names_are_kept_apart() {
        let clients = Collection::Clients.source();
        let found = ["a", "b", "c"].map(|hint| raw(hint, r#"{"name": "App"}"#)).into();
        let section = gather(clients, found, true);
        assert_eq!(ids(&section), (vec!["App", "App#2", "App#3"], vec![]));
        let taken =
            vec![raw("a", r#"{"name": "A#2"}"#), raw("b", r#"{"name": "A"}"#), raw("c", r#"{"name": "A"}"#)];
        assert_eq!(ids(&gather(clients, taken, true)).0, ["A", "A#2", "A#3"]);
    }

    #[test]
    fn what_cannot_be_read_is_listed_and_opens_the_list() {
        let clients = Collection::Clients.source();
        let found = vec![raw("a", r#"{"name": "A"}"#), raw("b", "{"), raw("c", "[]")];
        let section = gather(clients, found, true);
        assert!(matches!(section, Section::Partial { .. }));
        assert_eq!(ids(&section), (vec!["A"], vec!["b", "c"]));
        assert_eq!(gather(clients, vec![], true), Section::Empty);
        assert!(matches!(gather(clients, vec![], false), Section::Partial { .. }));
    }

    #[test]
    fn any_name_becomes_an_id() {
        let clients = Collection::Clients.source();
        for name in ["", "a\nb", &"é".repeat(3000)] {
            let json = serde_json::json!({ "name": name }).to_string();
            let section = gather(clients, vec![raw("", &json)], true);
            assert_eq!(ids(&section).0.len(), 1, "{name:?}");
        }
        assert_ne!(printable("a\nb"), printable("ab"));
    }
}
