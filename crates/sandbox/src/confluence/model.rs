//! What a site of Confluence consists of.

use std::collections::BTreeMap;

use axum::body::Bytes;
use checkmate_domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Its id, digits.
    pub id: String,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Id of the page that pages without a parent are under; it is no page here.
    pub homepage: String,
}

impl Space {
    /// A space; its homepage has the number after its id.
    #[must_use]
    pub fn new(id: u64, key: &str, name: &str) -> Self {
        let (key, name) = (key.to_owned(), name.to_owned());
        Self { id: id.to_string(), key, name, homepage: (id + 1).to_string() }
    }
}

/// How a page looked once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// From 1.
    pub number: u64,
    /// Its title then.
    pub title: String,
    /// `storage`, `atlas_doc_format` or `wiki`.
    pub representation: String,
    /// Its text then, in that format.
    pub body: String,
    /// What was said of the change.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// A property of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// Its id.
    pub id: u64,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// From 1.
    pub version: u64,
    /// When it was set.
    pub at: Timestamp,
}

/// A file on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// What was said of it.
    pub comment: String,
    /// What was in it, oldest first.
    #[serde(with = "crate::office::kept::many")]
    pub versions: Vec<Bytes>,
    /// When it was put there last.
    pub at: Timestamp,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Its id.
    pub id: u64,
    /// Id of its space.
    pub space: String,
    /// Id of the page it is under.
    pub parent: String,
    /// `current` or `draft`.
    pub status: String,
    /// How it looked, oldest first; never empty.
    pub versions: Vec<Version>,
    /// Properties by key.
    pub properties: BTreeMap<String, Property>,
    /// Labels.
    pub labels: Vec<String>,
    /// Files by name.
    pub files: BTreeMap<String, File>,
    /// When it was made.
    pub created: Timestamp,
}

impl Page {
    /// Its title.
    #[must_use]
    pub fn title(&self) -> &str {
        self.versions.last().map_or("", |version| version.title.as_str())
    }

    /// Its text, in the format it was sent in.
    #[must_use]
    pub fn body(&self) -> &str {
        self.versions.last().map_or("", |version| version.body.as_str())
    }

    /// Its number by now.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.versions.last().map_or(0, |version| version.number)
    }
}
