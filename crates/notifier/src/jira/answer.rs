//! What Jira's answers say; pure.

use checkmate_domain::DeliveryId;
use serde::Deserialize;

use super::ticket::Mark;
use crate::render::jira::PROPERTY;

/// What kind of status it is; all that is the same in every workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Category {
    New,
    Indeterminate,
    Done,
    /// Atlassian's own name for none.
    #[serde(other)]
    Undefined,
}

/// A ticket that was made.
#[derive(Debug, Deserialize)]
pub(super) struct Created {
    pub(super) key: String,
}

/// A ticket as it stands.
#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) key: String,
    fields: Fields,
    #[serde(default)]
    properties: std::collections::BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Fields {
    status: Status,
}

/// A status.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    status_category: Kind,
}

#[derive(Debug, Deserialize)]
struct Kind {
    key: Category,
}

impl Issue {
    pub(super) const fn category(&self) -> Category {
        self.fields.status.status_category.key
    }

    /// Our mark on it; none where there is something else in its place.
    pub(super) fn mark(&self) -> Option<Mark> {
        serde_json::from_value(self.properties.get(PROPERTY)?.clone()).ok()
    }
}

/// Tickets that were found.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    issues: Vec<Issue>,
}

impl Found {
    /// Those that carry our property, oldest first. A label goes along when somebody clones a ticket; a property does not.
    pub(super) fn ours(self, id: &DeliveryId) -> Vec<Issue> {
        let ours = |issue: &Issue| issue.mark().is_some_and(|mark| mark.id == id.as_str());
        self.issues.into_iter().filter(ours).collect()
    }
}

/// Remarks.
#[derive(Debug, Deserialize)]
pub(super) struct Remarks {
    comments: Vec<Remark>,
}

#[derive(Debug, Deserialize)]
struct Remark {
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Debug, Deserialize)]
struct Property {
    key: String,
    value: serde_json::Value,
}

impl Remarks {
    /// Whether one of them is about this change.
    pub(super) fn tell(&self, mark: &Mark) -> bool {
        let properties = self.comments.iter().flat_map(|remark| &remark.properties);
        let ours = properties.filter(|one| one.key == super::request::REMARK);
        ours.into_iter().any(|one| one.value == mark.json())
    }
}

/// Ways of a workflow.
#[derive(Debug, Deserialize)]
pub(super) struct Ways {
    pub(super) transitions: Vec<Way>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(super) struct Way {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    pub(super) to: To,
    #[serde(default)]
    pub(super) fields: std::collections::BTreeMap<String, Field>,
}

/// Where it leads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct To {
    #[serde(default)]
    pub(super) name: String,
    status_category: Kind,
}

impl To {
    pub(super) const fn category(&self) -> Category {
        self.status_category.key
    }
}

/// A field of a screen.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Field {
    #[serde(rename = "fieldId")]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) has_default_value: bool,
}

/// The types of a project.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Types {
    pub(super) issue_types: Vec<Type>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(super) struct Type {
    pub(super) id: String,
    pub(super) name: String,
}

/// The fields of a type.
#[derive(Debug, Deserialize)]
pub(super) struct Screen {
    pub(super) fields: Vec<Field>,
}
