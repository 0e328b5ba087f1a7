//! Remarks on tickets.

use serde_json::{Value, json};

use super::fields::Properties;
use super::model::{Comment, Issue};
use super::refuse::{bad_payload, refuse_field};
use super::{ACCOUNT, Jira, fields, issues, meta, refuse, stamp};
use crate::office::Vendor;
use crate::office::said::{Answer, Answered, Asked, Ctx};

/// `GET /issue/{issue}/comment`.
pub(super) fn list(jira: &Jira, ctx: &Ctx<'_>, asked: &Asked, issue: &str) -> Answered {
    let issue = jira.find(issue)?;
    let number = |name: &str, default| asked.number(name, default).map_err(|why| refuse(400, &why));
    let (start, most) = (number("startAt", 0)?, number("maxResults", 100)?.min(5_000));
    let mut backwards = Issue::clone(issue);
    let issue = match asked.asked_for("orderBy") {
        None | Some("created" | "+created") => issue,
        Some("-created") => {
            backwards.comments.reverse();
            &backwards
        }
        Some(other) => {
            return Err(refuse(400, &format!("'{other}' is not a field that comments are ordered by.")));
        }
    };
    Ok(Answer::json(200, page(ctx, issue, start, most, with_properties(asked))))
}

/// Comments from one on.
pub(super) fn page(ctx: &Ctx<'_>, issue: &Issue, start: usize, most: usize, properties: bool) -> Value {
    let some = issue.comments.iter().skip(start).take(most);
    let comments: Vec<Value> = some.map(|one| shown(ctx, issue.id, one, properties)).collect();
    json!({"startAt": start, "maxResults": most, "total": issue.comments.len(), "comments": comments})
}

/// `GET /issue/{issue}/comment/{id}`.
pub(super) fn read(jira: &Jira, ctx: &Ctx<'_>, asked: &Asked, issue: &str, id: &str) -> Answered {
    let issue = jira.find(issue)?;
    let comment = found(issue, id)?;
    Ok(Answer::json(200, shown(ctx, issue.id, comment, with_properties(asked))))
}

/// `GET /comment/{id}/properties/{key}`.
pub(super) fn property(jira: &Jira, id: &str, key: &str) -> Answered {
    let comments = jira.issues.values().flat_map(|issue| &issue.comments);
    let comment = comments.into_iter().find(|one| one.id.to_string() == id).ok_or_else(|| gone(id))?;
    let value = comment.properties.get(key).ok_or_else(|| super::properties::none(key))?;
    Ok(Answer::json(200, json!({"key": key, "value": value})))
}

/// `POST /issue/{issue}/comment`.
pub(super) fn add(jira: &mut Jira, ctx: &mut Ctx<'_>, asked: &Asked, issue: &str, body: &Value) -> Answered {
    let found = jira.find(issue)?;
    let (issue, key) = (found.id, found.key.clone());
    if found.comments.len() >= jira.limits.comments {
        return Err(refuse(413, "The issue has reached its limit of comments."));
    }
    let (text, properties) = checked(body)?;
    let comment = Comment {
        id: jira.next_id(),
        body: text,
        author: ACCOUNT.to_owned(),
        properties: properties.into_iter().collect(),
        created: ctx.now,
        updated: ctx.now,
    };
    let answer = shown(ctx, issue, &comment, with_properties(asked));
    jira.change(issue, ctx.now, |issue| issue.comments.push(comment));
    ctx.wrote(Vendor::Jira, "comment.create", key);
    Ok(Answer::json(201, answer))
}

/// `PUT /issue/{issue}/comment/{id}`.
pub(super) fn change(
    jira: &mut Jira,
    ctx: &mut Ctx<'_>,
    asked: &Asked,
    (issue, id): (&str, &str),
    body: &Value,
) -> Answered {
    let issue = jira.find(issue)?;
    let (issue_id, key, now) = (issue.id, issue.key.clone(), ctx.now);
    let (text, properties) = checked(body)?;
    let mut comment = found(issue, id)?.clone();
    comment.body = text;
    comment.properties.extend(properties);
    comment.updated = now;
    let answer = shown(ctx, issue_id, &comment, with_properties(asked));
    jira.change(issue_id, now, |issue| {
        issue.comments.iter_mut().filter(|one| one.id == comment.id).for_each(|one| one.clone_from(&comment));
    });
    ctx.wrote(Vendor::Jira, "comment.update", key);
    Ok(Answer::json(200, answer))
}

/// `DELETE /issue/{issue}/comment/{id}`.
pub(super) fn delete(jira: &mut Jira, ctx: &mut Ctx<'_>, issue: &str, id: &str) -> Answered {
    let issue = jira.find(issue)?;
    let (issue_id, key, comment) = (issue.id, issue.key.clone(), found(issue, id)?.id);
    jira.change(issue_id, ctx.now, |issue| issue.comments.retain(|one| one.id != comment));
    ctx.wrote(Vendor::Jira, "comment.delete", key);
    Ok(Answer::empty(204))
}

/// The text and the properties of a comment that is sent.
fn checked(body: &Value) -> Result<(Value, Properties), Box<Answer>> {
    issues::only(body, &["body", "visibility", "properties", "jsdPublic"])?;
    if body.get("visibility").is_some() {
        return Err(refuse_field("visibility", "This site has no groups or roles."));
    }
    let properties = fields::properties(body.get("properties"))?;
    let text = body.get("body").ok_or_else(|| refuse_field("comment", "Comment body can not be empty!"))?;
    match fields::document(text) {
        Ok(()) if text["content"].as_array().is_some_and(Vec::is_empty) => {
            Err(refuse_field("comment", "Comment body can not be empty!"))
        }
        Ok(()) => Ok((text.clone(), properties)),
        Err(why) if why == "INVALID_INPUT" => Err(refuse(400, &why)),
        Err(why) if why.starts_with("Operation") => {
            Err(refuse_field("comment", "Comment body is not valid!"))
        }
        Err(why) => Err(refuse_field("comment", &why)),
    }
}

fn found<'a>(issue: &'a Issue, id: &str) -> Result<&'a Comment, Box<Answer>> {
    issue.comments.iter().find(|one| one.id.to_string() == id).ok_or_else(|| gone(id))
}

fn gone(id: &str) -> Box<Answer> {
    if id.parse::<u64>().is_err() {
        return bad_payload();
    }
    refuse(404, &format!("Can not find a comment for the id: {id}."))
}

/// Properties are shown to who asks for them.
fn with_properties(asked: &Asked) -> bool {
    asked.list("expand").iter().any(|one| one == "properties")
}

fn shown(ctx: &Ctx<'_>, issue: u64, comment: &Comment, properties: bool) -> Value {
    let user = meta::user(&comment.author);
    let mut answer = json!({
        "self": format!("{}/comment/{}", issues::address(ctx, issue), comment.id),
        "id": comment.id.to_string(),
        "author": user,
        "updateAuthor": user,
        "body": comment.body,
        "created": stamp(comment.created),
        "updated": stamp(comment.updated),
        "jsdPublic": true,
    });
    if properties {
        let all = comment.properties.iter().map(|(key, value)| json!({"key": key, "value": value}));
        answer["properties"] = all.collect();
    }
    answer
}
