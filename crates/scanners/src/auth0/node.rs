//! A parsed value of an export, the same for JSON and YAML. A value whose text holds a placeholder is *unknown*.

use std::collections::BTreeMap;
use std::fmt;

use compact_str::CompactString;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::keyword;

/// The name of a field. A tenant has hundreds of thousands of them, nearly all of which need no allocation.
pub(crate) type Key = CompactString;

/// A value of an export.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Text that is what it says.
    Text(String),
    /// Holds a placeholder, or was masked: as it is written.
    Unknown(String),
    /// A list.
    List(Vec<Node>),
    /// An object.
    Map(BTreeMap<Key, Node>),
}

impl Node {
    /// Text, or unknown when it holds a placeholder.
    fn text(text: String) -> Self {
        let text = keyword::show(text);
        if keyword::is_unknown(&text) { Self::Unknown(text) } else { Self::Text(text) }
    }

    /// The word for its type, as a person reads it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Unknown(_) => "a placeholder",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }

    /// What is written under a key of an object; `None` for anything else.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// Writes a field of an object; anything else stays as it is.
    pub(crate) fn set(&mut self, key: &str, value: Self) {
        if let Self::Map(entries) = self {
            entries.insert(key.into(), value);
        }
    }

    /// Takes every text for what it says, as where it comes from no text stands for another.
    pub(crate) fn as_said(&mut self) {
        match self {
            Self::Unknown(text) => *self = Self::Text(std::mem::take(text)),
            Self::List(items) => items.iter_mut().for_each(Self::as_said),
            Self::Map(entries) => entries.values_mut().for_each(Self::as_said),
            _ => {}
        }
    }

    /// Puts a word in place of a text, by its path.
    pub(crate) fn shorten(&mut self, path: &str) {
        let (key, below) = path.split_once('/').map_or((path, None), |(key, below)| (key, Some(below)));
        let Self::Map(entries) = self else { return };
        match (entries.get_mut(key), below) {
            (Some(node), Some(below)) => node.shorten(below),
            (Some(Self::Text(text) | Self::Unknown(text)), None) => *text = "(read)".to_owned(),
            _ => {}
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => whole_or_not(*value, serializer),
            Self::Text(text) | Self::Unknown(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key.as_str(), value)))
            }
        }
    }
}

/// A number that was written without a fraction is written so again.
fn whole_or_not<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        #[allow(clippy::cast_possible_truncation, reason = "whole, and within 2^53")]
        return serializer.serialize_i64(value as i64);
    }
    serializer.serialize_f64(value)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

#[allow(clippy::cast_precision_loss, reason = "no setting of a tenant is beyond 2^53")]
impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value()?;
            // Which of the two the tenant gets is the reader's choice, so neither can be judged.
            if map.insert(keyword::show(key).into(), value).is_some() {
                return Err(A::Error::custom("a key is written twice"));
            }
        }
        Ok(Node::Map(map))
    }
}
