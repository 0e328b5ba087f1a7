//! The way of a ticket through its workflow.

use checkmate_domain::Timestamp;
use serde_json::{Map, Value, json};

use super::fields::{self, Errors};
use super::model::{Issue, Moved, Project, Transition};
use super::refuse::bad_payload;
use super::{ACCOUNT, Jira, issues, meta, no_issue, refuse};
use crate::office::Vendor;
use crate::office::said::{Answer, Answered, Asked, Ctx};

/// `GET /issue/{issue}/transitions`: those that are open from here.
pub(super) fn list(jira: &Jira, ctx: &Ctx<'_>, asked: &Asked, issue: &str) -> Answered {
    let issue = jira.find(issue)?;
    let project = jira.project(&issue.project).ok_or_else(no_issue)?;
    let with_fields = asked.list("expand").iter().any(|one| one == "transitions.fields");
    let wanted = asked.asked_for("transitionId");
    let some = open(project, issue).filter(|way| wanted.is_none_or(|id| way.id == id));
    let shown = some.map(|way| shown(ctx, project, way, with_fields)).collect::<Vec<_>>();
    Ok(Answer::json(200, json!({"expand": "transitions", "transitions": shown})))
}

/// The ways that are open to a ticket.
pub(super) fn open<'a>(project: &'a Project, issue: &Issue) -> impl Iterator<Item = &'a Transition> {
    let status = issue.status.clone();
    project.transitions.iter().filter(move |way| way.from.is_empty() || way.from.contains(&status))
}

fn shown(ctx: &Ctx<'_>, project: &Project, way: &Transition, with_fields: bool) -> Value {
    let mut answer = json!({
        "id": way.id,
        "name": way.name,
        "to": meta::status(ctx, project.status(&way.to)),
        "hasScreen": !way.required.is_empty(),
        "isGlobal": way.from.is_empty(),
        "isInitial": false,
        "isAvailable": true,
        "isConditional": false,
        "looped": false,
    });
    if with_fields {
        let fields = project.fields.iter().filter(|field| way.required.contains(&field.id));
        let fields: Map<String, Value> =
            fields.map(|field| (field.id.clone(), meta::field(field, true))).collect();
        answer["fields"] = Value::Object(fields);
    }
    answer
}

/// `POST /issue/{issue}/transitions`.
pub(super) fn make(jira: &mut Jira, ctx: &mut Ctx<'_>, issue: &str, body: &Value) -> Answered {
    let found = jira.find(issue)?;
    let (id, key) = (found.id, found.key.clone());
    issues::only(body, &["transition", "fields", "update", "historyMetadata", "properties"])?;
    let project = jira.project(&found.project).ok_or_else(no_issue)?;
    let wanted = body["transition"]["id"].as_str();
    let wanted = wanted.ok_or_else(|| refuse(400, "Missing 'transition' identifier"))?;
    let way = open(project, found).find(|way| way.id == wanted);
    let way =
        way.ok_or_else(|| refuse(400, &format!("Transition id '{wanted}' is not valid for this issue.")))?;
    let fields = filled_in(project, way, body)?;
    let to = way.to.clone();
    move_to(jira, id, &to, ACCOUNT, ctx.now);
    jira.change(id, ctx.now, |issue| issue.fields.extend(fields));
    ctx.wrote(Vendor::Jira, "issue.transition", key);
    Ok(Answer::empty(204))
}

/// The fields of the screen, when there are all of them and no other.
fn filled_in(project: &Project, way: &Transition, body: &Value) -> Result<Map<String, Value>, Box<Answer>> {
    if body.get("update").is_some_and(|update| update != &json!({})) {
        return Err(refuse(400, "This site takes 'fields' of a transition only."));
    }
    let none = Map::new();
    let fields = match body.get("fields") {
        None => &none,
        Some(some) => some.as_object().ok_or_else(bad_payload)?,
    };
    let mut errors = Errors::new();
    for (id, value) in fields {
        let off = format!("Field '{id}' cannot be set. It is not on the appropriate screen, or unknown.");
        let checked = if way.required.contains(id) { fields::check(project, id, value) } else { Err(off) };
        if let Err(why) = checked {
            errors.insert(id.clone(), json!(why));
        }
    }
    let on_screen = project.fields.iter().filter(|field| way.required.contains(&field.id));
    for field in on_screen.filter(|field| !fields.contains_key(&field.id)) {
        errors.insert(field.id.clone(), json!(fields::missing(field)));
    }
    issues::wrong(&errors)?;
    Ok(fields.clone())
}

/// Puts a ticket into a status.
pub(super) fn move_to(jira: &mut Jira, id: u64, to: &str, by: &str, now: Timestamp) {
    let project = jira.issues.get(&id).and_then(|issue| jira.project(&issue.project));
    let Some(status) = project.and_then(|project| project.status(to)).cloned() else { return };
    jira.change(id, now, |issue| {
        issue.moved.push(Moved {
            at: now,
            by: by.to_owned(),
            from: std::mem::replace(&mut issue.status, status.name.clone()),
            to: status.name,
            category: status.category,
        });
        issue.category = status.category;
    });
}
