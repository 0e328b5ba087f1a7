//! What Confluence's answers say; pure.

use checkmate_domain::DeliveryId;
use serde::Deserialize;
use serde_json::Value;

use super::page::{Mark, Page};

/// A list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) results: Vec<T>,
}

/// Something that has an id.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

/// A page as it stands.
#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) status: String,
    pub(super) version: Version,
    #[serde(default)]
    pub(super) body: Value,
}

/// How often it was written, and what was said of the last time.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) number: u64,
    #[serde(default)]
    pub(super) message: String,
}

impl Shown {
    /// Whether people see it.
    pub(super) fn is_current(&self) -> bool {
        self.status == "current"
    }

    fn text(&self) -> &str {
        self.body["atlas_doc_format"]["value"].as_str().unwrap_or_default()
    }

    /// Whether its text says that it is this delivery.
    pub(super) fn names(&self, id: &DeliveryId) -> bool {
        self.text().contains(id.as_str())
    }

    /// Whether the content stands there already: the last version says so, or it is the same.
    pub(super) fn shows(&self, page: &Page) -> bool {
        let same =
            || serde_json::from_str::<Value>(self.text()).is_ok_and(|text| text == page.content.document);
        self.version.message == page.message() || same()
    }
}

/// A property of a page.
#[derive(Debug, Deserialize)]
pub(super) struct Property {
    pub(super) id: String,
    pub(super) value: Value,
    pub(super) version: Number,
}

/// How often it was set.
#[derive(Debug, Deserialize)]
pub(super) struct Number {
    pub(super) number: u64,
}

impl Property {
    /// Our mark; none where there is something else in its place.
    pub(super) fn mark(&self) -> Option<Mark> {
        serde_json::from_value(self.value.clone()).ok()
    }
}
