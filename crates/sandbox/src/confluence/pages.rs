//! Pages: made, read, changed, deleted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::{Page, Version};
use super::{Confluence, listed, only, refuse, spaces, stamp, text};
use crate::office::Vendor;
use crate::office::said::{Answer, Answered, Asked, Ctx};

/// The largest request, in bytes.
const LARGEST: usize = 5 << 20;
/// The longest title, in characters.
const TITLE: usize = 255;
const AUTHOR: &str = "5b10a2844c20165700ede21g";

/// `POST /pages`.
pub(super) fn create(site: &mut Confluence, ctx: &mut Ctx<'_>, asked: &Asked, body: &Value) -> Answered {
    small(asked)?;
    only(body, &["spaceId", "status", "title", "parentId", "body", "subtype"])?;
    let space = body["spaceId"].as_str().ok_or_else(|| wrong("spaceId must not be null"))?;
    let space = spaces::find(site, space)?.clone();
    let status = status(body.get("status").unwrap_or(&json!("current")))?;
    let parent = parent(site, body, &space.id)?.unwrap_or_else(|| space.homepage.clone());
    let title = title(site, body, &space.id, None)?;
    let (representation, text) = match body.get("body") {
        None => ("storage".to_owned(), String::new()),
        Some(body) => text::checked(body)?,
    };
    let first = Version { number: 1, title, representation, body: text, message: String::new(), at: ctx.now };
    let page = Page {
        id: site.next_id(),
        space: space.id,
        parent,
        status,
        versions: vec![first],
        properties: BTreeMap::new(),
        labels: Vec::new(),
        files: BTreeMap::new(),
        created: ctx.now,
    };
    let answer = shown(ctx, &page, page.versions.last(), asked_format(body));
    ctx.wrote(Vendor::Confluence, "page.create", page.id.to_string());
    site.pages.insert(page.id, page);
    Ok(Answer::json(200, answer))
}

/// `PUT /pages/{id}`: the whole of it, by who knows its number.
pub(super) fn update(site: &mut Confluence, ctx: &mut Ctx<'_>, id: &str, body: &Value) -> Answered {
    let page = site.page(id)?;
    let (number, space) = (page.number(), page.space.clone());
    if body.to_string().len() > LARGEST {
        return Err(refuse(413, "REQUEST_TOO_LARGE", "The request is larger than 5 MB"));
    }
    only(body, &["id", "status", "title", "spaceId", "parentId", "ownerId", "body", "version"])?;
    if body["id"].as_str() != Some(id) {
        return Err(wrong("The id of the body is not that of the path"));
    }
    let status = status(&body["status"])?;
    if body.get("spaceId").is_some_and(|other| other != &json!(space)) {
        return Err(wrong("A page cannot be moved to another space"));
    }
    let parent = parent(site, body, &space)?;
    let (representation, text) =
        text::checked(body.get("body").ok_or_else(|| wrong("body must not be null"))?)?;
    let next = body["version"]["number"].as_u64().ok_or_else(|| wrong("version.number must not be null"))?;
    let title = title(site, body, &space, Some(id))?;
    if next != number + 1 {
        let text = format!("Version must be incremented on update. Current version is: {number}");
        return Err(refuse(409, "CONFLICT", &text));
    }
    let message = body["version"]["message"].as_str().unwrap_or_default().to_owned();
    let version = Version { number: next, title, representation, body: text, message, at: ctx.now };
    let page = site.page_mut(id)?;
    page.status = status;
    page.parent = parent.unwrap_or_else(|| page.parent.clone());
    page.versions.push(version);
    ctx.wrote(Vendor::Confluence, "page.update", id);
    Ok(Answer::json(200, shown(ctx, page, page.versions.last(), asked_format(body))))
}

fn small(asked: &Asked) -> Result<(), Box<Answer>> {
    if asked.body.len() > LARGEST {
        return Err(refuse(413, "REQUEST_TOO_LARGE", "The request is larger than 5 MB"));
    }
    Ok(())
}

fn wrong(why: &str) -> Box<Answer> {
    refuse(400, "INVALID_REQUEST_PARAMETER", why)
}

fn status(value: &Value) -> Result<String, Box<Answer>> {
    match value.as_str() {
        Some(status @ ("current" | "draft")) => Ok(status.to_owned()),
        _ => Err(wrong("status must be one of current and draft")),
    }
}

/// The page it is to be under, when that is there.
fn parent(site: &Confluence, body: &Value, space: &str) -> Result<Option<String>, Box<Answer>> {
    let parent = match body.get("parentId") {
        None | Some(Value::Null) => return Ok(None),
        Some(parent) => parent.as_str().ok_or_else(|| wrong("parentId must be a string"))?,
    };
    let homepage = site.spaces.iter().any(|one| one.id == space && one.homepage == parent);
    if homepage || site.page(parent).is_ok_and(|page| page.space == space) {
        return Ok(Some(parent.to_owned()));
    }
    Err(refuse(404, "NOT_FOUND", "The parent page is not found"))
}

/// The title, when no other page of the space has it.
fn title(site: &Confluence, body: &Value, space: &str, of: Option<&str>) -> Result<String, Box<Answer>> {
    let title = body["title"].as_str().map(str::trim).filter(|title| !title.is_empty());
    let title = title.ok_or_else(|| wrong("title must not be empty"))?;
    if title.chars().count() > TITLE {
        return Err(wrong("title must be no more than 255 characters"));
    }
    let taken = site.pages.values().any(|page| {
        page.space == space
            && of != Some(page.id.to_string().as_str())
            && page.title().eq_ignore_ascii_case(title)
    });
    if taken {
        let text =
            "A page with this title already exists: A page already exists with the same TITLE in this space";
        return Err(refuse(400, "BAD_REQUEST", text));
    }
    Ok(title.to_owned())
}

/// `GET /pages/{id}`.
pub(super) fn read(site: &Confluence, ctx: &Ctx<'_>, asked: &Asked, id: &str) -> Answered {
    let page = site.page(id)?;
    let version = match asked.asked_for("version") {
        None => page.versions.last(),
        Some(number) => page.versions.iter().find(|one| one.number.to_string() == number),
    };
    let version = version.ok_or_else(super::refuse::no_page)?;
    Ok(Answer::json(200, shown(ctx, page, Some(version), format(asked)?)))
}

/// `GET /pages` and `GET /spaces/{id}/pages`.
pub(super) fn list(site: &Confluence, ctx: &Ctx<'_>, asked: &Asked, space: Option<&str>) -> Answered {
    let (ids, mut spaces, status) = (asked.list("id"), asked.list("space-id"), asked.list("status"));
    spaces.extend(space.map(str::to_owned));
    let title = asked.asked_for("title");
    let fits = |page: &&Page| {
        (ids.is_empty() || ids.contains(&page.id.to_string()))
            && (spaces.is_empty() || spaces.contains(&page.space))
            && (status.is_empty() || status.contains(&page.status))
            && title.is_none_or(|title| page.title() == title)
    };
    let format = format(asked)?;
    let some = site.pages.values().filter(fits);
    listed(ctx, asked, &some.map(|page| shown(ctx, page, page.versions.last(), format)).collect::<Vec<_>>())
}

/// `GET /pages/{id}/children`.
pub(super) fn children(site: &Confluence, ctx: &Ctx<'_>, asked: &Asked, id: &str) -> Answered {
    site.page(id)?;
    let some = site.pages.values().filter(|page| page.parent == id);
    let some = some.map(|page| {
        json!({"id": page.id.to_string(), "status": page.status, "title": page.title(), "spaceId": page.space})
    });
    listed(ctx, asked, &some.collect::<Vec<_>>())
}

/// `GET /pages/{id}/versions`: the last first.
pub(super) fn versions(site: &Confluence, ctx: &Ctx<'_>, asked: &Asked, id: &str) -> Answered {
    let page = site.page(id)?;
    listed(ctx, asked, &page.versions.iter().rev().map(version_shown).collect::<Vec<_>>())
}

/// `DELETE /pages/{id}`.
pub(super) fn delete(site: &mut Confluence, ctx: &mut Ctx<'_>, id: &str) -> Answered {
    let page = site.page(id)?.id;
    site.pages.remove(&page);
    ctx.wrote(Vendor::Confluence, "page.delete", id);
    Ok(Answer::empty(204))
}

/// The format a reader wants; there is no text without one.
fn format(asked: &Asked) -> Result<Option<&str>, Box<Answer>> {
    match asked.asked_for("body-format") {
        format @ (None | Some("storage" | "atlas_doc_format" | "view")) => Ok(format),
        Some(_) => Err(wrong("body-format must be one of storage, atlas_doc_format and view")),
    }
}

/// The format a page was sent in, in which it is shown to who sent it.
fn asked_format(body: &Value) -> Option<&str> {
    body["body"]["representation"].as_str()
}

fn version_shown(version: &Version) -> Value {
    json!({"number": version.number, "message": version.message, "minorEdit": false, "authorId": AUTHOR,
        "createdAt": stamp(version.at)})
}

/// A page; its text in the format it was sent in only, as nothing is converted here.
fn shown(ctx: &Ctx<'_>, page: &Page, version: Option<&Version>, format: Option<&str>) -> Value {
    let mut answer = json!({
        "id": page.id.to_string(),
        "status": page.status,
        "title": version.map(|version| &version.title),
        "spaceId": page.space,
        "parentId": page.parent,
        "parentType": "page",
        "position": null,
        "authorId": AUTHOR,
        "ownerId": AUTHOR,
        "lastOwnerId": null,
        "createdAt": stamp(page.created),
        "version": version.map(version_shown),
        "body": {},
        "_links": {
            "webui": format!("/spaces/{}/pages/{}", page.space, page.id),
            "editui": format!("/pages/resumedraft.action?draftId={}", page.id),
            "tinyui": format!("/x/{}", page.id),
            "base": format!("{}/ex/confluence/{}/wiki", ctx.base, crate::office::CLOUD_ID),
        },
    });
    if let Some(version) = version.filter(|version| format == Some(version.representation.as_str())) {
        let text = json!({"representation": version.representation, "value": version.body});
        answer["body"] = json!({&version.representation: text});
    }
    answer
}
