//! A look at the tickets from outside, and what a person does with them.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::Timestamp;
use serde_json::Value;

use super::model::{Category, Issue};
use super::{Jira, PERSON, transitions};
use crate::office::{Office, State};

/// The tickets of a place. What is done here a person does: it is in no record, and no token is asked for.
pub struct Desk<'a>(&'a Office);

impl Office {
    /// The tickets.
    #[must_use]
    pub const fn jira(&self) -> Desk<'_> {
        Desk(self)
    }
}

impl Desk<'_> {
    /// Every ticket that is there, oldest first.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        self.0.shared.lock().jira.issues.values().map(|issue| Issue::clone(issue)).collect()
    }

    /// A ticket by its id, its key, or a key it had.
    #[must_use]
    pub fn issue(&self, id_or_key: &str) -> Option<Issue> {
        self.0.shared.lock().jira.find(id_or_key).ok().map(|issue| Issue::clone(issue))
    }

    /// Tickets with a label, oldest first.
    #[must_use]
    pub fn labelled(&self, label: &str) -> Vec<Issue> {
        let state = self.0.shared.lock();
        let some = state.jira.issues.values().filter(|issue| issue.labels().contains(&label));
        some.map(|issue| Issue::clone(issue)).collect()
    }

    /// Changes a ticket as one likes; false when it is not there.
    pub fn change(&self, id_or_key: &str, change: impl FnOnce(&mut Issue)) -> bool {
        self.with(id_or_key, |jira, issue, now| jira.change(issue.id, now, change)).is_some()
    }

    /// Puts a ticket into the first status of a kind that its workflow has a way to; the name of the status.
    pub fn transition(&self, id_or_key: &str, category: Category) -> Option<String> {
        self.with(id_or_key, |jira, issue, now| {
            let project = jira.project(&issue.project)?;
            let mut open = transitions::open(project, &issue).filter_map(|way| project.status(&way.to));
            let name = open.find(|status| status.category == category)?.name.clone();
            drop(open);
            transitions::move_to(jira, issue.id, &name, PERSON, now);
            Some(name)
        })?
    }

    /// Puts a ticket into a status by its name, whatever the workflow says; false when there is no such ticket.
    pub fn set_status(&self, id_or_key: &str, status: &str) -> bool {
        self.with(id_or_key, |jira, issue, now| transitions::move_to(jira, issue.id, status, PERSON, now))
            .is_some()
    }

    /// Deletes a ticket; false when it is not there.
    pub fn delete(&self, id_or_key: &str) -> bool {
        self.with(id_or_key, |jira, issue, now| jira.forget(issue.id, now)).is_some()
    }

    /// Moves a ticket to another project; its new key. The old key leads to it.
    pub fn move_to(&self, id_or_key: &str, project: &str) -> Option<String> {
        self.with(id_or_key, |jira, issue, now| {
            let to = jira.project(project)?.key.clone();
            let key = jira.next_key(&to);
            jira.keys.insert(key.clone(), issue.id);
            jira.change(issue.id, now, |issue| {
                issue.key.clone_from(&key);
                issue.project = to;
            });
            Some(key)
        })?
    }

    /// Clones a ticket: fields and labels go along, properties, comments and links do not; the key of the clone.
    pub fn clone_issue(&self, id_or_key: &str) -> Option<String> {
        self.with(id_or_key, |jira, issue, now| {
            let (id, key) = (jira.next_id(), jira.next_key(&issue.project));
            let mut clone = Issue {
                id,
                key: key.clone(),
                properties: std::collections::BTreeMap::new(),
                comments: Vec::new(),
                links: Vec::new(),
                related: Vec::new(),
                moved: Vec::new(),
                creator: PERSON.to_owned(),
                created: now,
                updated: now,
                ..Issue::clone(&issue)
            };
            clone.fields.insert("summary".to_owned(), Value::String(format!("CLONE - {}", issue.summary())));
            jira.keep(clone, now);
            key
        })
    }

    /// From now on the search sees a change so late, in Jira's time.
    pub fn index_delay(&self, delay: Duration) {
        self.0.shared.lock().jira.index_delay = delay;
    }

    fn with<T>(
        &self,
        id_or_key: &str,
        what: impl FnOnce(&mut Jira, Arc<Issue>, Timestamp) -> T,
    ) -> Option<T> {
        let mut state = self.0.shared.lock();
        let State { jira, clock, .. } = &mut *state;
        let issue = Arc::clone(jira.find(id_or_key).ok()?);
        let now = clock.now();
        Some(what(jira, issue, now))
    }
}
