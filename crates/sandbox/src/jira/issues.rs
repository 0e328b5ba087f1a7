//! Tickets: made, read, changed, deleted.

use serde_json::{Map, Value, json};

use super::fields::{self, Errors};
use super::model::{Issue, Project};
use super::refuse::{bad_payload, refuse_fields};
use super::{ACCOUNT, Jira, links, meta, refuse, related, stamp};
use crate::office::said::{Answer, Answered, Asked, Ctx};
use crate::office::{CLOUD_ID, Vendor};

/// `POST /issue`.
pub(super) fn create(jira: &mut Jira, ctx: &mut Ctx<'_>, body: &Value) -> Answered {
    only(body, &["fields", "update", "properties", "historyMetadata", "transition"])?;
    let asked = body.get("fields").and_then(Value::as_object).ok_or_else(bad_payload)?;
    let properties = fields::properties(body.get("properties"))?;
    if body.get("update").is_some() || body.get("transition").is_some() {
        return Err(refuse(400, "This site takes 'fields' and 'properties' of a new issue only."));
    }
    let (project, issue_type) = kind(jira, asked)?;
    let fields = checked(project, asked)?;
    let (project_key, issue_type) = (project.key.clone(), issue_type.to_owned());
    let first = project.statuses.first().ok_or_else(|| refuse(422, "The project has no workflow."))?;
    let (status, category) = (first.name.clone(), first.category);
    let (id, key) = (jira.next_id(), jira.next_key(&project_key));
    let issue = Issue {
        id,
        key: key.clone(),
        project: project_key,
        issue_type,
        status,
        category,
        fields,
        properties: properties.into_iter().collect(),
        comments: Vec::new(),
        attachments: Vec::new(),
        links: Vec::new(),
        related: Vec::new(),
        moved: Vec::new(),
        creator: ACCOUNT.to_owned(),
        created: ctx.now,
        updated: ctx.now,
    };
    jira.keep(issue, ctx.now);
    ctx.wrote(Vendor::Jira, "issue.create", &key);
    Ok(Answer::json(201, json!({"id": id.to_string(), "key": key, "self": address(ctx, id)})))
}

/// The project and the name of the type that a new ticket asks for.
fn kind<'a>(jira: &'a Jira, asked: &Map<String, Value>) -> Result<(&'a Project, &'a str), Box<Answer>> {
    let text =
        |field: &str, by: &str| asked.get(field).and_then(|value| value.get(by)).and_then(Value::as_str);
    let mut errors = Errors::new();
    let project = match (text("project", "key"), text("project", "id")) {
        (Some(name), _) | (None, Some(name)) => jira.project(name),
        (None, None) => None,
    };
    if project.is_none() {
        errors.insert("project".to_owned(), json!("Specify a valid project ID or key"));
    }
    let types = project.map(|project| &project.issue_types);
    let name = match (text("issuetype", "id"), text("issuetype", "name")) {
        (Some(id), _) => types.and_then(|types| types.get(id)),
        (None, Some(name)) => types.and_then(|types| types.values().find(|one| *one == name)),
        (None, None) => None,
    };
    if name.is_none() {
        errors.insert("issuetype".to_owned(), json!("Specify a valid issue type"));
    }
    project.zip(name.map(String::as_str)).ok_or_else(|| refuse_fields(&errors))
}

/// The fields of a new ticket, when each is right and none is missing.
fn checked(project: &Project, asked: &Map<String, Value>) -> Result<Map<String, Value>, Box<Answer>> {
    let (mut errors, mut fields) = (Errors::new(), Map::new());
    for (id, value) in asked.iter().filter(|(id, _)| *id != "project" && *id != "issuetype") {
        match fields::check(project, id, value) {
            Err(why) => drop(errors.insert(id.clone(), json!(why))),
            Ok(()) => drop(fields.insert(id.clone(), value.clone())),
        }
    }
    for field in project.fields.iter().filter(|field| field.required && !asked.contains_key(&field.id)) {
        errors.insert(field.id.clone(), json!(fields::missing(field)));
    }
    wrong(&errors)?;
    Ok(fields)
}

/// Refuses when something is wrong.
pub(super) fn wrong(errors: &Errors) -> Result<(), Box<Answer>> {
    if errors.is_empty() {
        return Ok(());
    }
    // What is wrong inside a document Jira says in a message, without the field.
    if errors.values().all(|why| why == "INVALID_INPUT") {
        return Err(refuse(400, "INVALID_INPUT"));
    }
    Err(refuse_fields(errors))
}

/// `PUT /issue/{issue}`.
pub(super) fn edit(jira: &mut Jira, ctx: &mut Ctx<'_>, asked: &Asked, issue: &str, body: &Value) -> Answered {
    let found = jira.find(issue)?;
    let (id, key, now) = (found.id, found.key.clone(), ctx.now);
    only(body, &["fields", "update", "properties", "historyMetadata", "transition"])?;
    let properties = fields::properties(body.get("properties"))?;
    let project = jira.project(&found.project).ok_or_else(super::no_issue)?;
    let fields = edited(project, found, body)?;
    if fields.is_empty() && properties.is_empty() {
        return Err(refuse(400, "one of 'fields' or 'update' required"));
    }
    jira.change(id, now, |issue| {
        issue.fields.extend(fields);
        issue.properties.extend(properties);
    });
    ctx.wrote(Vendor::Jira, "issue.update", key);
    if asked.asked_for("returnIssue") == Some("true") {
        return read(jira, ctx, asked, issue);
    }
    Ok(Answer::empty(204))
}

/// The fields that an edit changes, with what they will be.
fn edited(project: &Project, issue: &Issue, body: &Value) -> Result<Map<String, Value>, Box<Answer>> {
    let none = Map::new();
    let part = |name: &str| match body.get(name) {
        None => Ok(&none),
        Some(some) => some.as_object().ok_or_else(bad_payload),
    };
    let (set, update) = (part("fields")?, part("update")?);
    let (mut errors, mut fields) = (Errors::new(), Map::new());
    for (id, value) in set {
        if update.contains_key(id) {
            let why = format!("Field '{id}' cannot appear in both 'fields' and 'update'");
            errors.insert(id.clone(), json!(why));
        }
        fields.insert(id.clone(), value.clone());
    }
    for (id, operations) in update {
        let old = issue.fields.get(id).cloned().unwrap_or_default();
        let operations = operations.as_array().ok_or_else(bad_payload)?;
        fields
            .insert(id.clone(), operations.iter().try_fold(old, |old, operation| operated(&old, operation))?);
    }
    for (id, value) in &fields {
        if let Err(why) = fields::check(project, id, value) {
            errors.insert(id.clone(), json!(why));
        }
    }
    wrong(&errors)?;
    Ok(fields)
}

/// One operation of an update: set, add, remove.
fn operated(old: &Value, operation: &Value) -> Result<Value, Box<Answer>> {
    let entries = operation.as_object().filter(|entries| entries.len() == 1).ok_or_else(bad_payload)?;
    let (verb, value) = entries.iter().next().ok_or_else(bad_payload)?;
    let mut list = old.as_array().cloned().unwrap_or_default();
    match verb.as_str() {
        "set" => return Ok(value.clone()),
        "add" if !list.contains(value) => list.push(value.clone()),
        "add" => {}
        "remove" => list.retain(|one| one != value),
        _ => return Err(bad_payload()),
    }
    Ok(Value::Array(list))
}

/// `DELETE /issue/{issue}`.
pub(super) fn delete(jira: &mut Jira, ctx: &mut Ctx<'_>, issue: &str) -> Answered {
    let found = jira.find(issue)?;
    let (id, key) = (found.id, found.key.clone());
    jira.forget(id, ctx.now);
    ctx.wrote(Vendor::Jira, "issue.delete", key);
    Ok(Answer::empty(204))
}

/// `GET /issue/{issue}`.
pub(super) fn read(jira: &Jira, ctx: &Ctx<'_>, asked: &Asked, issue: &str) -> Answered {
    let issue = jira.find(issue)?;
    let mut wanted = asked.list("fields");
    if wanted.is_empty() {
        wanted.push("*all".to_owned());
    }
    Ok(Answer::json(200, shown(jira, ctx, issue, &wanted, &asked.list("properties"))))
}

/// A ticket with the fields and properties that are wanted.
pub(super) fn shown(
    jira: &Jira,
    ctx: &Ctx<'_>,
    issue: &Issue,
    wanted: &[String],
    properties: &[String],
) -> Value {
    let mut answer = json!({"id": issue.id.to_string()});
    if wanted.iter().all(|field| field == "id") && properties.is_empty() {
        return answer;
    }
    answer["key"] = json!(issue.key);
    answer["self"] = json!(address(ctx, issue.id));
    answer["expand"] = json!("operations,versionedRepresentations,editmeta,changelog,renderedFields");
    answer["fields"] =
        Value::Object(all_fields(jira, ctx, issue).into_iter().filter(|(id, _)| takes(wanted, id)).collect());
    if !properties.is_empty() {
        let all = properties.iter().any(|key| key == "*all");
        let some = issue.properties.iter().filter(|(key, _)| all || properties.contains(key));
        answer["properties"] = some.map(|(key, value)| (key.clone(), value.clone())).collect();
    }
    answer
}

/// Whether a field is among the wanted: `*all`, `*navigable`, names, and names with a dash for what is left out.
fn takes(wanted: &[String], id: &str) -> bool {
    if wanted.iter().any(|name| name.strip_prefix('-') == Some(id)) {
        return false;
    }
    let navigable = id != "comment" && id != "attachment" && id != "description";
    wanted.iter().any(|name| name == "*all" || (name == "*navigable" && navigable) || name == id)
}

fn all_fields(jira: &Jira, ctx: &Ctx<'_>, issue: &Issue) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Some(project) = jira.project(&issue.project) {
        fields.insert("project".to_owned(), meta::project_in_short(ctx, project));
        let (id, name) = project.issue_types.iter().find(|(_, name)| **name == issue.issue_type).unzip();
        let address = format!("{}/issuetype/{}", api(ctx), id.map_or("", String::as_str));
        fields.insert(
            "issuetype".to_owned(),
            json!({"self": address, "id": id, "name": name, "subtask": false}),
        );
        fields.insert("status".to_owned(), meta::status(ctx, project.status(&issue.status)));
        for field in &project.fields {
            let value = issue.fields.get(&field.id).map(|value| fields::shown(field, value));
            fields.insert(field.id.clone(), value.unwrap_or(Value::Null));
        }
    }
    if fields.get("labels").is_some_and(Value::is_null) {
        fields.insert("labels".to_owned(), json!([]));
    }
    let done = issue.moved.last().filter(|moved| moved.category == super::Category::Done);
    let more = json!({
        "created": stamp(issue.created),
        "updated": stamp(issue.updated),
        "creator": meta::user(&issue.creator),
        "reporter": meta::user(&issue.creator),
        "resolution": done.map(|moved| json!({"id": "10000", "name": moved.to})),
        "resolutiondate": done.map(|moved| stamp(moved.at)),
        "statuscategorychangedate": stamp(issue.kind_since()),
        "comment": super::comments::page(ctx, issue, 0, 5_000, false),
        "issuelinks": related::shown(jira, ctx, issue),
        "attachment": issue.attachments.iter().map(|one| links::attachment(ctx, one)).collect::<Vec<_>>(),
    });
    fields.extend(more.as_object().cloned().unwrap_or_default());
    fields
}

/// Where the API is.
pub(super) fn api(ctx: &Ctx<'_>) -> String {
    format!("{}/ex/jira/{CLOUD_ID}/rest/api/3", ctx.base)
}

/// Where a ticket is.
pub(super) fn address(ctx: &Ctx<'_>, id: u64) -> String {
    format!("{}/issue/{id}", api(ctx))
}

/// Refuses a body that has what is not known.
pub(super) fn only(body: &Value, known: &[&str]) -> Result<(), Box<Answer>> {
    let keys = body.as_object().ok_or_else(bad_payload)?.keys();
    if keys.into_iter().all(|key| known.contains(&key.as_str())) { Ok(()) } else { Err(bad_payload()) }
}
