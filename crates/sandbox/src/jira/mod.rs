//! Jira Cloud, version 3 of its API: tickets, as far as delivering goes.
//!
//! Shapes are those of Atlassian's own contract. Refusals carry the words that sites are known to answer with. Its search
//! sees a change late, as in life; a ticket read by its key is always as it is.

mod comments;
mod desk;
mod fields;
mod issues;
mod jql;
mod limits;
mod links;
mod meta;
mod model;
mod properties;
mod refuse;
mod related;
mod search;
mod transitions;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::office::said::{Answer, Answered, Asked, Ctx};
use crate::office::{CLOUD_ID, serve};
pub use desk::Desk;
use limits::Meter;
pub use model::{
    Attachment, Category, Comment, Field, Issue, Kind, Limits, Moved, Project, Related, RemoteLink, Status,
    Transition,
};
pub(crate) use refuse::limited;
use refuse::{no_issue, refuse};

/// Account id of whoever has a token.
pub const ACCOUNT: &str = "5b10a2844c20165700ede21g";
/// Account id of a person who works with the tickets.
pub const PERSON: &str = "5b10ac8d82e05b22cc7d4ef5";

/// How a ticket looked since when; nothing since it is gone.
type Looks = VecDeque<(Timestamp, Option<Arc<Issue>>)>;

/// A site.
#[derive(Debug)]
pub(crate) struct Jira {
    projects: Vec<Project>,
    issues: BTreeMap<u64, Arc<Issue>>,
    /// Ids by key, old keys of moved tickets too.
    keys: BTreeMap<String, u64>,
    /// What the search may see, by id.
    index: BTreeMap<u64, Looks>,
    /// The last number of each project.
    numbers: BTreeMap<String, u64>,
    last_id: u64,
    pub(crate) index_delay: Duration,
    /// How many of its seconds pass in one of ours.
    pub(crate) scale: f64,
    pub(crate) limits: Limits,
    meter: Meter,
}

/// What outlasts the process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptTickets {
    issues: Vec<Issue>,
    keys: BTreeMap<String, u64>,
    numbers: BTreeMap<String, u64>,
    last_id: u64,
}

impl Jira {
    pub(crate) fn new() -> Self {
        Self {
            projects: vec![Project::new("10000", "SEC", "Security")],
            issues: BTreeMap::new(),
            keys: BTreeMap::new(),
            index: BTreeMap::new(),
            numbers: BTreeMap::new(),
            last_id: 10_000,
            index_delay: Duration::from_secs(30),
            scale: 1.0,
            limits: Limits::documented(),
            meter: Meter::default(),
        }
    }

    pub(crate) fn add(&mut self, project: Project) {
        self.projects.retain(|one| one.key != project.key);
        self.projects.push(project);
    }

    /// Every ticket, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Issue> {
        self.issues.values().map(AsRef::as_ref)
    }

    pub(crate) fn kept(&self) -> KeptTickets {
        KeptTickets {
            issues: self.all().cloned().collect(),
            keys: self.keys.clone(),
            numbers: self.numbers.clone(),
            last_id: self.last_id,
        }
    }

    /// Takes over what an earlier one kept.
    pub(crate) fn remember(&mut self, kept: KeptTickets) {
        for issue in kept.issues {
            let changed = issue.updated;
            self.keep(issue, changed);
        }
        self.keys = kept.keys;
        self.numbers = kept.numbers;
        self.last_id = kept.last_id;
    }

    fn project(&self, id_or_key: &str) -> Option<&Project> {
        self.projects.iter().find(|one| one.id == id_or_key || one.key.eq_ignore_ascii_case(id_or_key))
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn next_key(&mut self, project: &str) -> String {
        let number = self.numbers.entry(project.to_owned()).or_default();
        *number += 1;
        format!("{project}-{number}")
    }

    /// A ticket by its id, its key, or a key it had.
    fn find(&self, id_or_key: &str) -> Result<&Arc<Issue>, Box<Answer>> {
        let key = id_or_key.to_ascii_uppercase();
        let id = self.keys.get(&key).copied().or_else(|| id_or_key.parse().ok());
        id.and_then(|id| self.issues.get(&id)).ok_or_else(no_issue)
    }

    /// Puts a ticket where reading and, later, searching finds it.
    fn keep(&mut self, issue: Issue, now: Timestamp) {
        let issue = Arc::new(issue);
        self.keys.insert(issue.key.clone(), issue.id);
        self.issues.insert(issue.id, Arc::clone(&issue));
        self.look(issue.id, Some(issue), now);
    }

    /// Changes a ticket.
    fn change(&mut self, id: u64, now: Timestamp, change: impl FnOnce(&mut Issue)) {
        let Some(held) = self.issues.get_mut(&id) else { return };
        let issue = Arc::make_mut(held);
        change(issue);
        issue.updated = now;
        let looks = Arc::clone(held);
        self.look(id, Some(looks), now);
    }

    fn forget(&mut self, id: u64, now: Timestamp) {
        self.issues.remove(&id);
        self.look(id, None, now);
    }

    fn look(&mut self, id: u64, looks: Option<Arc<Issue>>, now: Timestamp) {
        let seen_by_now = now.minus(self.index_delay.div_f64(self.scale));
        let kept = self.index.entry(id).or_default();
        while kept.get(1).is_some_and(|(since, _)| *since <= seen_by_now) {
            kept.pop_front();
        }
        kept.push_back((now, looks));
    }
}

/// Answers a request.
pub(crate) fn answer(jira: &mut Jira, ctx: &mut Ctx<'_>, asked: &Asked) -> Answer {
    routed(jira, ctx, asked).unwrap_or_else(|refused| *refused)
}

fn routed(jira: &mut Jira, ctx: &mut Ctx<'_>, asked: &Asked) -> Answered {
    let parts = asked.segments();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let path = match parts.as_slice() {
        ["oauth", "token", "accessible-resources"] => return meta::resources(ctx),
        ["ex", "jira", cloud, "rest", "api", "3", path @ ..] if *cloud == CLOUD_ID => path,
        _ => {
            refuse::known(ctx)?;
            return Err(Answer::json(404, serde_json::json!({"code": 404, "message": "Not Found"})).into());
        }
    };
    let method = asked.method.as_str();
    refuse::may(ctx, scope(method, path))?;
    jira.allow(ctx, method, path)?;
    let mut answer = match (method, path) {
        ("GET", _) => read(jira, ctx, asked, path)?,
        ("POST", ["search", "jql"]) => search::search(jira, ctx, &body(asked)?)?,
        ("POST", ["jql", "match"]) => search::matched(jira, ctx, &body(asked)?)?,
        _ => write(jira, ctx, asked, method, path)?,
    };
    jira.near(&mut answer, method, path);
    Ok(answer)
}

/// What a token must be allowed.
fn scope(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        (_, ["serverInfo"]) => "",
        (_, ["myself"]) => "read:jira-user",
        ("GET", _) | (_, ["search" | "jql", ..]) => "read:jira-work",
        _ => "write:jira-work",
    }
}

fn read(jira: &Jira, ctx: &Ctx<'_>, asked: &Asked, path: &[&str]) -> Answered {
    match path {
        ["serverInfo"] => meta::server(ctx),
        ["myself"] => meta::myself(ctx),
        ["project", project] => meta::project(jira, ctx, project),
        ["project", project, "statuses"] => meta::statuses(jira, ctx, project),
        ["search", "jql"] => search::search(jira, ctx, &search::by_address(asked)?),
        ["search"] => Err(refuse(
            410,
            "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.",
        )),
        ["issue", "createmeta", project, "issuetypes"] => meta::types(jira, ctx, asked, project),
        ["issue", "createmeta", project, "issuetypes", kind] => meta::fields(jira, asked, project, kind),
        ["issue", issue] => issues::read(jira, ctx, asked, issue),
        ["issue", issue, "transitions"] => transitions::list(jira, ctx, asked, issue),
        ["issue", issue, "properties"] => properties::list(jira, ctx, issue),
        ["issue", issue, "properties", key] => properties::read(jira, issue, key),
        ["issue", issue, "comment"] => comments::list(jira, ctx, asked, issue),
        ["issue", issue, "comment", id] => comments::read(jira, ctx, asked, issue, id),
        ["comment", id, "properties", key] => comments::property(jira, id, key),
        ["issue", issue, "remotelink"] => links::list(jira, ctx, asked, issue),
        ["issue", issue, "remotelink", id] => links::read(jira, ctx, issue, id),
        _ => Err(refuse::no_path()),
    }
}

fn write(jira: &mut Jira, ctx: &mut Ctx<'_>, asked: &Asked, method: &str, path: &[&str]) -> Answered {
    match (method, path) {
        ("POST", ["search"]) => Err(refuse(
            410,
            "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.",
        )),
        ("POST", ["issue"]) => issues::create(jira, ctx, &body(asked)?),
        ("POST", ["issueLink"]) => related::link(jira, ctx, &body(asked)?),
        ("PUT", ["issue", issue]) => issues::edit(jira, ctx, asked, issue, &body(asked)?),
        ("DELETE", ["issue", issue]) => issues::delete(jira, ctx, issue),
        ("POST", ["issue", issue, "transitions"]) => transitions::make(jira, ctx, issue, &body(asked)?),
        ("PUT", ["issue", issue, "properties", key]) => properties::set(jira, ctx, asked, issue, key),
        ("DELETE", ["issue", issue, "properties", key]) => properties::delete(jira, ctx, issue, key),
        ("POST", ["issue", issue, "comment"]) => comments::add(jira, ctx, asked, issue, &body(asked)?),
        ("PUT", ["issue", issue, "comment", id]) => {
            comments::change(jira, ctx, asked, (issue, id), &body(asked)?)
        }
        ("DELETE", ["issue", issue, "comment", id]) => comments::delete(jira, ctx, issue, id),
        ("POST", ["issue", issue, "remotelink"]) => links::put(jira, ctx, issue, &body(asked)?),
        ("DELETE", ["issue", issue, "remotelink"]) => links::delete(jira, ctx, asked, issue),
        ("POST", ["issue", issue, "attachments"]) => links::attach(jira, ctx, asked, issue),
        ("DELETE", ["attachment", id]) => links::detach(jira, ctx, id),
        _ => Err(refuse::no_path()),
    }
}

/// The body, which must be an object in JSON and say so.
fn body(asked: &Asked) -> Result<Value, Box<Answer>> {
    if !asked.is_json() {
        return Err(Answer::empty(415).into());
    }
    let read = serve::json(asked).filter(Value::is_object);
    read.ok_or_else(|| refuse(400, "There was an error parsing JSON. Check that your request body is valid."))
}

/// A time as Jira writes it: `2026-11-27T08:00:00.000+0000`.
fn stamp(at: Timestamp) -> String {
    let text = at.to_string();
    let text = text.trim_end_matches('Z');
    let (seconds, rest) = text.split_once('.').unwrap_or((text, ""));
    format!("{seconds}.{rest:0<3.3}+0000")
}
