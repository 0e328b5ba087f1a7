//! What Jira's answers say; pure.

use checkmate_domain::{DeliveryId, Timestamp};
use serde::Deserialize;

use super::ticket::Mark;
use crate::render::jira::{PROPERTY, is_list};

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
    #[serde(default)]
    resolution: Option<Named>,
    /// When the kind of its status changed last.
    #[serde(default)]
    statuscategorychangedate: Option<String>,
}

/// A status.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    #[serde(default)]
    name: String,
    status_category: Kind,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Kind {
    key: Category,
}

impl Issue {
    pub(super) const fn category(&self) -> Category {
        self.fields.status.status_category.key
    }

    /// What people call its status.
    pub(super) fn status(&self) -> &str {
        &self.fields.status.name
    }

    /// How it ended, where its workflow says so.
    pub(super) fn resolution(&self) -> Option<&str> {
        self.fields.resolution.as_ref().map(|resolution| resolution.name.as_str())
    }

    /// When it was moved last from one kind of status to another.
    pub(super) fn moved_at(&self) -> Option<Timestamp> {
        self.fields.statuscategorychangedate.as_deref().and_then(time)
    }

    /// Our mark on it; none where there is something else in its place.
    pub(super) fn mark(&self) -> Option<Mark> {
        serde_json::from_value(self.properties.get(PROPERTY)?.clone()).ok()
    }
}

/// A time as Jira writes it: `2026-11-27T09:25:31.000+0000`.
fn time(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

/// Tickets that were found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    pub(super) issues: Vec<Issue>,
    /// Where the next page begins; nothing on the last one.
    #[serde(default)]
    pub(super) next_page_token: Option<String>,
}

impl Found {
    /// Those that carry our property, oldest first. A label goes along when somebody clones a ticket; a property does not.
    pub(super) fn ours(self, id: &DeliveryId) -> Vec<Issue> {
        let ours = |issue: &Issue| issue.mark().is_some_and(|mark| mark.id == id.as_str());
        self.issues.into_iter().filter(ours).collect()
    }
}

/// Files on a ticket.
#[derive(Debug, Deserialize)]
pub(super) struct Files {
    fields: Attached,
}

#[derive(Debug, Deserialize)]
struct Attached {
    #[serde(default)]
    attachment: Vec<Attachment>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(super) struct Attachment {
    pub(super) id: String,
    pub(super) filename: String,
}

impl Files {
    /// Lists of ours, of now or of before, in the order in which they came.
    pub(super) fn lists(self, id: &DeliveryId) -> Vec<Attachment> {
        self.fields.attachment.into_iter().filter(|file| is_list(id, &file.filename)).collect()
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
    pub(super) fn tell(&self, change: &serde_json::Value) -> bool {
        let properties = self.comments.iter().flat_map(|remark| &remark.properties);
        let ours = properties.filter(|one| one.key == super::request::REMARK);
        ours.into_iter().any(|one| one.value == *change)
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
    pub(super) schema: Schema,
    /// What it takes, where it lists that.
    pub(super) allowed_values: Vec<serde_json::Value>,
}

/// What kind of value a field takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Schema {
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The kind of each value, where it takes several.
    pub(super) items: String,
    /// Atlassian's own name of the field.
    pub(super) system: String,
    /// The kind of a field that the site has made.
    pub(super) custom: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_jira_writes_it() {
        let at = time("2026-11-27T10:25:31.250+0100").unwrap();
        assert_eq!(at.to_string(), "2026-11-27T09:25:31.25Z");
        assert_eq!(time("yesterday"), None);
    }
}
