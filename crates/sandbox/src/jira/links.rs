//! Links from tickets to the outside, and files on them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::model::{Attachment, Issue, RemoteLink};
use super::refuse::{bad_payload, refuse_field};
use super::{ACCOUNT, Jira, issues, meta, refuse, stamp};
use crate::office::said::{Answer, Answered, Asked, Ctx};
use crate::office::{Vendor, multipart};

/// The most files at once.
const FILES: usize = 60;
/// The most links, and the most files, of one ticket.
const MOST: usize = 2_000;

/// `GET /issue/{issue}/remotelink`.
pub(super) fn list(jira: &Jira, ctx: &Ctx<'_>, asked: &Asked, issue: &str) -> Answered {
    let issue = jira.find(issue)?;
    if let Some(global) = asked.asked_for("globalId") {
        let one = issue.links.iter().find(|link| link.global_id.as_deref() == Some(global));
        return one.map(|link| Answer::json(200, shown(ctx, issue, link))).ok_or_else(no_link);
    }
    Ok(Answer::json(200, issue.links.iter().map(|link| shown(ctx, issue, link)).collect()))
}

/// `GET /issue/{issue}/remotelink/{id}`.
pub(super) fn read(jira: &Jira, ctx: &Ctx<'_>, issue: &str, id: &str) -> Answered {
    let issue = jira.find(issue)?;
    let one = issue.links.iter().find(|link| link.id.to_string() == id).ok_or_else(no_link)?;
    Ok(Answer::json(200, shown(ctx, issue, one)))
}

/// `POST /issue/{issue}/remotelink`: a link with a global id that is there is replaced.
pub(super) fn put(jira: &mut Jira, ctx: &mut Ctx<'_>, issue: &str, body: &Value) -> Answered {
    let found = jira.find(issue)?;
    let (issue_id, key) = (found.id, found.key.clone());
    let global_id = checked(body)?;
    let old = found
        .links
        .iter()
        .find(|link| global_id.is_some() && link.global_id == global_id)
        .map(|link| link.id);
    if old.is_none() && found.links.len() >= MOST {
        return Err(refuse(413, "The issue has reached its limit of remote links."));
    }
    let id = old.unwrap_or_else(|| jira.next_id());
    let link = RemoteLink { id, global_id, body: body.clone() };
    jira.change(issue_id, ctx.now, |issue| match issue.links.iter_mut().find(|one| one.id == id) {
        Some(one) => *one = link,
        None => issue.links.push(link),
    });
    ctx.wrote(Vendor::Jira, if old.is_some() { "remotelink.update" } else { "remotelink.create" }, key);
    let address = format!("{}/remotelink/{id}", issues::address(ctx, issue_id));
    Ok(Answer::json(if old.is_some() { 200 } else { 201 }, json!({"id": id, "self": address})))
}

/// The global id of a link that is right.
fn checked(body: &Value) -> Result<Option<String>, Box<Answer>> {
    issues::only(body, &["globalId", "application", "relationship", "object"])?;
    let object = body.get("object").ok_or_else(|| refuse_field("object", "'object' is required."))?;
    issues::only(object, &["url", "title", "summary", "icon", "status"])?;
    for name in ["title", "url"] {
        if object[name].as_str().is_none_or(str::is_empty) {
            return Err(refuse_field(name, &format!("'{name}' is required.")));
        }
    }
    let url = object["url"].as_str().unwrap_or_default();
    if url::Url::parse(url).is_err() {
        return Err(refuse_field("url", "'url' is not a valid URL."));
    }
    let global_id = match body.get("globalId") {
        None => return Ok(None),
        Some(value) => value.as_str().ok_or_else(bad_payload)?,
    };
    if global_id.chars().count() > 255 {
        return Err(refuse_field("globalId", "'globalId' exceeds 255 characters."));
    }
    Ok(Some(global_id.to_owned()))
}

/// `DELETE /issue/{issue}/remotelink?globalId=`.
pub(super) fn delete(jira: &mut Jira, ctx: &mut Ctx<'_>, asked: &Asked, issue: &str) -> Answered {
    let found = jira.find(issue)?;
    let (id, key) = (found.id, found.key.clone());
    let global =
        asked.asked_for("globalId").ok_or_else(|| refuse_field("globalId", "'globalId' is required."))?;
    let is_it = |link: &RemoteLink| link.global_id.as_deref() == Some(global);
    if !found.links.iter().any(is_it) {
        return Err(no_link());
    }
    jira.change(id, ctx.now, |issue| issue.links.retain(|link| !is_it(link)));
    ctx.wrote(Vendor::Jira, "remotelink.delete", key);
    Ok(Answer::empty(204))
}

fn no_link() -> Box<Answer> {
    refuse(404, "The remote link does not exist.")
}

fn shown(ctx: &Ctx<'_>, issue: &Issue, link: &RemoteLink) -> Value {
    let mut answer = link.body.clone();
    answer["id"] = json!(link.id);
    answer["self"] = json!(format!("{}/remotelink/{}", issues::address(ctx, issue.id), link.id));
    answer
}

/// `POST /issue/{issue}/attachments`.
pub(super) fn attach(jira: &mut Jira, ctx: &mut Ctx<'_>, asked: &Asked, issue: &str) -> Answered {
    let found = jira.find(issue)?;
    let (issue_id, key, held) = (found.id, found.key.clone(), found.attachments.len());
    if asked.header("x-atlassian-token") != Some("no-check") {
        return Err(Answer::text(403, "XSRF check failed").into());
    }
    let parts = multipart::parts(asked).map_err(|why| refuse(400, why))?;
    if parts.is_empty() || parts.iter().any(|part| part.name != "file" || part.filename.is_none()) {
        return Err(refuse(400, "Every part of the form must be a file with the name 'file'."));
    }
    let too_long = parts.iter().any(|part| part.data.len() > jira.limits.attachment);
    if too_long || parts.len() > FILES || held + parts.len() > MOST {
        return Err(refuse(413, "The attachments exceed what the site takes."));
    }
    let mut files = Vec::new();
    for part in parts {
        files.push(Attachment {
            id: jira.next_id(),
            filename: part.filename.unwrap_or_default(),
            media_type: part.content_type,
            data: part.data,
            author: ACCOUNT.to_owned(),
            created: ctx.now,
        });
    }
    let answer = files.iter().map(|file| attachment(ctx, file)).collect();
    jira.change(issue_id, ctx.now, |issue| issue.attachments.extend(files));
    ctx.wrote(Vendor::Jira, "attachment.create", key);
    Ok(Answer::json(200, answer))
}

/// `DELETE /attachment/{id}`.
pub(super) fn detach(jira: &mut Jira, ctx: &mut Ctx<'_>, id: &str) -> Answered {
    let has = |issue: &&Arc<Issue>| issue.attachments.iter().any(|file| file.id.to_string() == id);
    let found = jira.issues.values().find(has);
    let found = found.ok_or_else(|| refuse(404, "The attachment with id does not exist."))?;
    let (issue_id, key) = (found.id, found.key.clone());
    jira.change(issue_id, ctx.now, |issue| issue.attachments.retain(|file| file.id.to_string() != id));
    ctx.wrote(Vendor::Jira, "attachment.delete", key);
    Ok(Answer::empty(204))
}

/// A file as it is shown.
pub(super) fn attachment(ctx: &Ctx<'_>, file: &Attachment) -> Value {
    json!({
        "self": format!("{}/attachment/{}", issues::api(ctx), file.id),
        "id": file.id.to_string(),
        "filename": file.filename,
        "author": meta::user(&file.author),
        "created": stamp(file.created),
        "size": file.data.len(),
        "mimeType": file.media_type,
        "content": format!("{}/attachment/content/{}", issues::api(ctx), file.id),
    })
}
