//! Reads the YAML layout: one `tenant.yaml`. Pure.

use checkmate_domain::{NotAssessed, Timestamp};

use super::node::Node;
use super::parse;
use super::snapshot::{Raw, Section, TenantSnapshot, gather};
use super::source::{Shape, Source, kebab, sources};

/// A tenant from the text of its `tenant.yaml`. What cannot be read is in the snapshot as such.
pub(crate) fn read(text: &str, now: Timestamp) -> TenantSnapshot {
    let sections = match parse::yaml(text) {
        Ok(sections) => sections,
        Err(reason) => return TenantSnapshot::unreadable(&in_file(reason), now),
    };
    let mut read = sections.read;
    let mut snapshot = TenantSnapshot::new(now);
    for source in sources() {
        let open = sections.open_end.as_deref() == Some(source.key);
        if let Some(position) = read.iter().position(|(key, _)| key == source.key) {
            let (_, node) = read.swap_remove(position);
            snapshot.put(source.collection, section(source, node, open));
        }
    }
    snapshot
}

/// `open`: nothing shows that the section was written to its end.
fn section(source: &Source, node: Node, open: bool) -> Section {
    let key = source.key;
    match (source.shape, node) {
        (_, Node::Null) if !open => Section::NotExported,
        (_, Node::Unknown(text)) => {
            Section::Unreadable(NotAssessed::Unknown(format!("the section {key} is set to {text}")))
        }
        (Shape::List, Node::List(nodes)) => list(source, nodes, open),
        (Shape::Object | Shape::Named, _) | (_, Node::Null) if open => Section::Unreadable(open_end(key)),
        (Shape::Object, node @ Node::Map(_)) => {
            let raw = Raw { hint: source.id.to_owned(), at: format!("tenant.yaml#/{key}"), parsed: Ok(node) };
            gather(source, vec![raw], true)
        }
        (Shape::Named, Node::Map(entries)) => {
            let raws = entries.into_iter().filter(|(_, node)| *node != Node::Null).map(|(name, node)| Raw {
                hint: kebab(&name),
                at: format!("tenant.yaml#/{key}/{name}"),
                parsed: known(node),
            });
            gather(source, raws.collect(), true)
        }
        (_, other) => Section::Unreadable(NotAssessed::Unreadable(format!(
            "tenant.yaml: the section {key} is {}",
            other.kind()
        ))),
    }
}

fn list(source: &Source, nodes: Vec<Node>, open: bool) -> Section {
    let key = source.key;
    if open && nodes.is_empty() {
        return Section::Unreadable(open_end(key));
    }
    let last = nodes.len().saturating_sub(1);
    let raws = nodes.into_iter().enumerate().map(|(n, node)| {
        let at = format!("tenant.yaml#/{key}/{n}");
        let mut hint = format!("{key} #{}", n + 1);
        let mut parsed = known(node);
        if open && n == last {
            if let Ok(Some(Node::Text(name))) = parsed.as_ref().map(|node| node.get("name")) {
                hint.clone_from(name);
            }
            parsed = Err(open_end(key));
        }
        Raw { hint, at, parsed }
    });
    gather(source, raws.collect(), !open)
}

fn known(node: Node) -> Result<Node, NotAssessed> {
    match node {
        Node::Unknown(text) => {
            Err(NotAssessed::Unknown(format!("it is set to {}", super::keyword::named(&text))))
        }
        node => Ok(node),
    }
}

fn open_end(key: &str) -> NotAssessed {
    NotAssessed::Unreadable(format!(
        "tenant.yaml ends in the section {key}, and nothing shows that it was written to its end: if it was, end the file with a line '...'"
    ))
}

fn in_file(reason: NotAssessed) -> NotAssessed {
    match reason {
        NotAssessed::Unreadable(why) => NotAssessed::Unreadable(format!("tenant.yaml {why}")),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;
    use crate::auth0::source::Collection;

    #[test]
    fn absent_empty_and_unreadable_sections_are_told_apart() {
        let snapshot = read(
            "clients: []\ndatabases: wrong\nrules:\nactions: @@ACTIONS@@\nguardianPolicies: [all-applications]\nend: 1\n",
            fixture::NOW,
        );
        assert_eq!(snapshot.section(Collection::Clients), &Section::Empty);
        assert_eq!(snapshot.section(Collection::Rules), &Section::NotExported);
        assert_eq!(snapshot.section(Collection::Tenant), &Section::NotExported);
        for unreadable in [Collection::Databases, Collection::Actions, Collection::GuardianPolicies] {
            assert!(matches!(snapshot.section(unreadable), Section::Unreadable(_)), "{unreadable:?}");
        }
    }

    #[test]
    fn the_last_object_of_an_open_end_is_not_known() {
        let snapshot = read("clients:\n  - name: A\n  - name: B\n", fixture::NOW);
        let Section::Partial { items, unseen } = snapshot.section(Collection::Clients) else {
            panic!("expected a partial list")
        };
        assert_eq!(items.first().map(|item| item.name.as_str()), Some("A"));
        assert_eq!(unseen.first().map(|(id, _)| id.as_str()), Some("B"));
        let ended = read("clients:\n  - name: A\n  - name: B\n...\n", fixture::NOW);
        assert!(matches!(ended.section(Collection::Clients), Section::Loaded(items) if items.len() == 2));
    }
}
