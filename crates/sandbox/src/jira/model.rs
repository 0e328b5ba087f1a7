//! What a site of Jira consists of.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use checkmate_domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What kind of status it is; all that is the same in every workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Nobody works on it.
    New,
    /// Somebody does.
    Indeterminate,
    /// Nobody has to any more.
    Done,
}

impl Category {
    /// As the API writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Indeterminate => "indeterminate",
            Self::Done => "done",
        }
    }

    pub(crate) const fn shown(self) -> (u64, &'static str, &'static str) {
        match self {
            Self::New => (2, "To Do", "blue-gray"),
            Self::Indeterminate => (4, "In Progress", "yellow"),
            Self::Done => (3, "Done", "green"),
        }
    }
}

/// A status of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its id, digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub category: Category,
}

/// A way from one status to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Its id, digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Names of the statuses it leads from; any where there is none.
    pub from: Vec<String>,
    /// Name of the status it leads to.
    pub to: String,
    /// Ids of the fields that are on its screen and must be filled in.
    pub required: Vec<String>,
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Line,
    /// A document.
    Document,
    /// A list of words.
    Labels,
    /// A day.
    Day,
    /// A number.
    Number,
    /// A person.
    Person,
    /// One of these, by name or id.
    Named(Vec<String>),
    /// Some of these, by name or id.
    ManyNamed(Vec<String>),
    /// One of these, by value or id.
    Option(Vec<String>),
}

/// A field on the screens of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `summary`, `customfield_10010`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it takes.
    pub kind: Kind,
    /// Whether a ticket must have it.
    pub required: bool,
}

impl Field {
    /// A field that need not be filled in.
    #[must_use]
    pub fn new(id: &str, name: &str, kind: Kind) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), kind, required: false }
    }

    /// A field that must.
    #[must_use]
    pub fn required(id: &str, name: &str, kind: Kind) -> Self {
        Self { required: true, ..Self::new(id, name, kind) }
    }
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id, digits.
    pub id: String,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Names of the types of its tickets, by id.
    pub issue_types: BTreeMap<String, String>,
    /// Its statuses, the first of which a new ticket has.
    pub statuses: Vec<Status>,
    /// The ways between them.
    pub transitions: Vec<Transition>,
    /// What its screens have, beside project and type.
    pub fields: Vec<Field>,
}

impl Project {
    /// A project as they come: Task and Bug; to do, in progress, done and won't do.
    #[must_use]
    pub fn new(id: &str, key: &str, name: &str) -> Self {
        let status =
            |id: &str, name: &str, category| Status { id: id.to_owned(), name: name.to_owned(), category };
        let way = |id: &str, name: &str, from: &[&str], to: &str| Transition {
            id: id.to_owned(),
            name: name.to_owned(),
            from: from.iter().map(|name| (*name).to_owned()).collect(),
            to: to.to_owned(),
            required: Vec::new(),
        };
        let types = [("10001", "Task"), ("10004", "Bug")];
        Self {
            id: id.to_owned(),
            key: key.to_owned(),
            name: name.to_owned(),
            issue_types: types.map(|(id, name)| (id.to_owned(), name.to_owned())).into(),
            statuses: vec![
                status("10000", "To Do", Category::New),
                status("3", "In Progress", Category::Indeterminate),
                status("10002", "Done", Category::Done),
                status("10003", "Won't Do", Category::Done),
            ],
            transitions: vec![
                way("11", "Start work", &["To Do"], "In Progress"),
                way("21", "Stop work", &["In Progress"], "To Do"),
                way("31", "Resolve", &["To Do", "In Progress"], "Done"),
                way("41", "Won't do", &["To Do", "In Progress"], "Won't Do"),
                way("51", "Reopen", &["Done", "Won't Do"], "To Do"),
            ],
            fields: usual_fields(),
        }
    }

    /// The same with another field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    pub(crate) fn status(&self, name: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.name == name)
    }
}

fn usual_fields() -> Vec<Field> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    vec![
        Field::required("summary", "Summary", Kind::Line),
        Field::new("description", "Description", Kind::Document),
        Field::new("environment", "Environment", Kind::Document),
        Field::new("labels", "Labels", Kind::Labels),
        Field::new("duedate", "Due date", Kind::Day),
        Field::new("assignee", "Assignee", Kind::Person),
        Field::new(
            "priority",
            "Priority",
            Kind::Named(names(&["Highest", "High", "Medium", "Low", "Lowest"])),
        ),
        Field::new("components", "Components", Kind::ManyNamed(names(&["Identity", "Code"]))),
    ]
}

/// A remark on a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// What it says, a document.
    pub body: Value,
    /// Account id of who wrote it.
    pub author: String,
    /// Properties by key.
    pub properties: BTreeMap<String, Value>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub updated: Timestamp,
}

/// A file on a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub filename: String,
    /// Its media type.
    pub media_type: String,
    /// What is in it.
    #[serde(with = "crate::office::kept::bytes")]
    pub data: Bytes,
    /// Account id of who made it.
    pub author: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A link from a ticket to the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoteLink {
    /// Its id.
    pub id: u64,
    /// What it is found again by.
    pub global_id: Option<String>,
    /// The whole of it, as it was sent.
    pub body: Value,
}

/// A link to another ticket, as each end has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Its id, the same at both ends.
    pub id: u64,
    /// `Duplicate`, `Relates`, `Blocks`.
    pub kind: String,
    /// Whether it reads outward from here: this one duplicates the other.
    pub outward: bool,
    /// Id of the other ticket.
    pub other: u64,
}

/// A change of status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// When.
    pub at: Timestamp,
    /// Account id of who did it.
    pub by: String,
    /// Name of the status before.
    pub from: String,
    /// Name of the status after.
    pub to: String,
    /// The kind of the status after.
    pub category: Category,
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// Its id, for good.
    pub id: u64,
    /// Its key; another one after it has moved.
    pub key: String,
    /// Key of its project.
    pub project: String,
    /// Name of its type.
    pub issue_type: String,
    /// Name of its status.
    pub status: String,
    /// The kind of its status.
    pub category: Category,
    /// Its fields as they were set.
    pub fields: Map<String, Value>,
    /// Properties by key.
    pub properties: BTreeMap<String, Value>,
    /// Remarks, oldest first.
    pub comments: Vec<Comment>,
    /// Files, oldest first.
    pub attachments: Vec<Attachment>,
    /// Links to the outside, oldest first.
    pub links: Vec<RemoteLink>,
    /// Links to other tickets, oldest first.
    pub related: Vec<Related>,
    /// How its status changed, oldest first.
    pub moved: Vec<Moved>,
    /// Account id of who made it.
    pub creator: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub updated: Timestamp,
}

impl Issue {
    /// Its one line.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.fields.get("summary").and_then(Value::as_str).unwrap_or_default()
    }

    /// Since when its status is of the kind it is.
    #[must_use]
    pub fn kind_since(&self) -> Timestamp {
        let of_other_kind = self.moved.iter().rposition(|moved| moved.category != self.category);
        let since = self.moved.get(of_other_kind.map_or(0, |last| last + 1));
        since
            .filter(|_| of_other_kind.is_some() || self.category != Category::New)
            .map_or(self.created, |moved| moved.at)
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> Vec<&str> {
        let labels = self.fields.get("labels").and_then(Value::as_array);
        labels.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// What is allowed per time, in Jira's time. Nothing is limited where a number is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests per second and endpoint: reads and `POST`.
    pub burst: Option<usize>,
    /// The same of `PUT` and `DELETE`.
    pub burst_change: Option<usize>,
    /// Writes to one ticket in so long.
    pub per_issue: Vec<(usize, Duration)>,
    /// Points per hour; here each request is one.
    pub points: Option<usize>,
    /// The longest attachment, in bytes.
    pub attachment: usize,
    /// Comments on one ticket.
    pub comments: usize,
}

impl Limits {
    /// As documented.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            burst: Some(100),
            burst_change: Some(50),
            per_issue: vec![(20, Duration::from_secs(2)), (100, Duration::from_secs(30))],
            points: Some(65_000),
            attachment: 10 << 20,
            comments: 5_000,
        }
    }

    /// Without limits per time.
    #[must_use]
    pub fn none() -> Self {
        Self { burst: None, burst_change: None, per_issue: Vec::new(), points: None, ..Self::documented() }
    }
}
