//! One object of an export, and how a check reads it: what is there, what is absent, and, as an error, what is unknown.

use checkmate_domain::{NotAssessed, ResourceId};

use super::keyword;
use super::node::Node;

/// One object of an export.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// In an export the name stands for the id.
    pub(crate) id: ResourceId,
    /// What a person calls it.
    pub(crate) name: String,
    /// File and JSON pointer of the object: `clients/Shop.json#`, `tenant.yaml#/clients/0`.
    pub(crate) at: String,
    pub(crate) value: Node,
}

/// A text as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written<'a> {
    /// It is what it says.
    Known(&'a str),
    /// It holds a placeholder: only what stands around it is known.
    Partly(&'a str),
}

/// A list of texts, of which some may be placeholders.
#[derive(Debug, Default)]
pub(crate) struct Texts<'a> {
    pub(crate) known: Vec<&'a str>,
    /// Those that hold a placeholder, as they are written.
    pub(crate) unknown: Vec<&'a str>,
    place: String,
}

impl Texts<'_> {
    /// Whether the list holds a word. That it does not can be said only of a list without placeholders.
    pub(crate) fn has(&self, word: &str) -> Result<bool, NotAssessed> {
        if self.known.contains(&word) { Ok(true) } else { self.all_known().map(|()| false) }
    }

    /// An error when any of them is a placeholder.
    pub(crate) fn all_known(&self) -> Result<(), NotAssessed> {
        self.unknown.first().map_or(Ok(()), |text| Err(placeholder(&self.place, text)))
    }
}

impl Item {
    /// File and JSON pointer of a field, as `options/mfa/active`.
    pub(crate) fn pointer(&self, path: &str) -> String {
        format!("{}/{path}", self.at)
    }

    /// A switch; `None` when it is not there.
    pub(crate) fn flag(&self, path: &str) -> Result<Option<bool>, NotAssessed> {
        self.read(
            path,
            |node| if let Node::Bool(value) = node { Some(*value) } else { None },
            "true or false",
        )
    }

    /// A switch that has to be there.
    pub(crate) fn stated_flag(&self, path: &str) -> Result<bool, NotAssessed> {
        self.flag(path)?.ok_or_else(|| self.not_stated(path))
    }

    /// A number; `None` when it is not there.
    pub(crate) fn number(&self, path: &str) -> Result<Option<f64>, NotAssessed> {
        self.read(path, |node| if let Node::Number(value) = node { Some(*value) } else { None }, "a number")
    }

    /// A text; `None` when it is not there, an error when it holds a placeholder.
    pub(crate) fn text(&self, path: &str) -> Result<Option<&str>, NotAssessed> {
        match self.written(path)? {
            None => Ok(None),
            Some(Written::Known(text)) => Ok(Some(text)),
            Some(Written::Partly(text)) => Err(placeholder(&self.pointer(path), text)),
        }
    }

    /// A text as it is written; `None` when it is not there.
    pub(crate) fn written(&self, path: &str) -> Result<Option<Written<'_>>, NotAssessed> {
        match self.find(path)? {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(Written::Known(text))),
            Some(Node::Unknown(text)) => Ok(Some(Written::Partly(text))),
            Some(other) => Err(self.wrong(path, other, "a text")),
        }
    }

    /// A list of texts; `None` when it is not there.
    pub(crate) fn texts(&self, path: &str) -> Result<Option<Texts<'_>>, NotAssessed> {
        let list = match self.find(path)? {
            None => return Ok(None),
            Some(Node::List(list)) => list,
            Some(Node::Unknown(text)) => return Err(placeholder(&self.pointer(path), text)),
            Some(other) => return Err(self.wrong(path, other, "a list")),
        };
        let mut texts = Texts { place: self.pointer(path), ..Texts::default() };
        for node in list {
            match node {
                Node::Text(text) => texts.known.push(text),
                Node::Unknown(text) => texts.unknown.push(text),
                other => return Err(self.wrong(path, other, "a text in this list")),
            }
        }
        Ok(Some(texts))
    }

    /// A list of texts that has to be there.
    pub(crate) fn stated_texts(&self, path: &str) -> Result<Texts<'_>, NotAssessed> {
        self.texts(path)?.ok_or_else(|| self.not_stated(path))
    }

    /// Whether anything is written there.
    pub(crate) fn has(&self, path: &str) -> Result<bool, NotAssessed> {
        self.find(path).map(|node| node.is_some())
    }

    /// The error for a field without which the question cannot be answered.
    pub(crate) fn not_stated(&self, path: &str) -> NotAssessed {
        NotAssessed::Unknown(format!("{} is not stated", self.pointer(path)))
    }

    fn read<T>(
        &self,
        path: &str,
        typed: impl Fn(&Node) -> Option<T>,
        expected: &str,
    ) -> Result<Option<T>, NotAssessed> {
        match self.find(path)? {
            None => Ok(None),
            Some(Node::Unknown(text)) => Err(placeholder(&self.pointer(path), text)),
            Some(node) => typed(node).map(Some).ok_or_else(|| self.wrong(path, node, expected)),
        }
    }

    pub(crate) fn find(&self, path: &str) -> Result<Option<&Node>, NotAssessed> {
        let mut node = &self.value;
        for key in path.split('/') {
            let entries = match node {
                Node::Map(entries) => entries,
                Node::Null => return Ok(None),
                Node::Unknown(text) => return Err(placeholder(&self.pointer(path), text)),
                other => return Err(self.wrong(path, other, "an object around it")),
            };
            match entries.get(key) {
                Some(below) => node = below,
                None => {
                    // A key that is a placeholder could be this one.
                    let hidden = entries.keys().find(|key| keyword::is_unknown(key));
                    return hidden.map_or(Ok(None), |key| Err(placeholder(&self.pointer(path), key)));
                }
            }
        }
        Ok(Some(node).filter(|node| **node != Node::Null))
    }

    /// The error for a field that is not of the kind it should be.
    pub(crate) fn unlike(&self, path: &str, node: &Node, expected: &str) -> NotAssessed {
        match node {
            Node::Unknown(text) => placeholder(&self.pointer(path), text),
            node => self.wrong(path, node, expected),
        }
    }

    fn wrong(&self, path: &str, node: &Node, expected: &str) -> NotAssessed {
        NotAssessed::Unknown(format!("{} is {}, expected {expected}", self.pointer(path), node.kind()))
    }
}

fn placeholder(place: &str, text: &str) -> NotAssessed {
    if let Some(why) = text.strip_prefix("(not read: ") {
        return NotAssessed::Unknown(format!("{place} was not read: {}", why.trim_end_matches(')')));
    }
    NotAssessed::Unknown(format!("{place} is set to {}", keyword::named(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::parse;

    fn item(json: &str) -> Item {
        let value = parse::json(json).expect("valid");
        Item { id: ResourceId::new("x").expect("id"), name: "x".into(), at: "x.json#".into(), value }
    }

    #[test]
    fn there_absent_and_unknown_are_told_apart() {
        let item = item(
            r###"{"on": true, "null": null, "ph": ##P##, "mask": "_VALUE_NOT_SHOWN_", "o": {"n": 1.5},
            "list": ["a", ##B##]}"###,
        );
        assert_eq!(item.flag("on"), Ok(Some(true)));
        assert_eq!(item.flag("null"), Ok(None));
        assert_eq!(item.flag("none"), Ok(None));
        assert_eq!(item.flag("null/deeper"), Ok(None));
        assert_eq!(item.number("o/n"), Ok(Some(1.5)));
        for unknown in ["ph", "ph/deeper", "mask", "o", "on/deeper", "list"] {
            assert!(item.flag(unknown).is_err(), "{unknown}");
        }
        let list = item.texts("list").expect("a list").expect("there");
        assert_eq!(list.has("a"), Ok(true));
        assert!(list.has("c").is_err());
        assert_eq!(
            item.flag("ph").expect_err("unknown").to_string(),
            "value unknown: x.json#/ph is set to ##P##"
        );
    }

    #[test]
    fn what_stands_around_a_placeholder_is_not_told() {
        let item =
            item(r###"{"url": "postgres://app:S3cret@##HOST##/x?@@ARGS@@", "mask": "_VALUE_NOT_SHOWN_"}"###);
        let why = item.text("url").expect_err("unknown").to_string();
        assert_eq!(why, "value unknown: x.json#/url is set to ##HOST##, @@ARGS@@");
        let why = item.text("mask").expect_err("unknown").to_string();
        assert_eq!(why, "value unknown: x.json#/mask is set to _VALUE_NOT_SHOWN_");
    }

    #[test]
    fn beside_a_key_that_is_a_placeholder_nothing_is_absent() {
        let item = item(r###"{"flags": {"##SOME##": true, "a": false}}"###);
        assert_eq!(item.flag("flags/a"), Ok(Some(false)));
        assert!(item.flag("flags/b").is_err());
    }
}
