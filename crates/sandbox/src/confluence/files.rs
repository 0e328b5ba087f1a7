//! Files and labels of pages, which are put there by version 1 of the API.

use serde_json::{Value, json};

use super::model::{File, Page};
use super::{Confluence, listed, stamp};
use crate::office::said::{Answer, Answered, Asked, Ctx};
use crate::office::{Vendor, multipart, serve};

/// The largest file, in bytes.
const LARGEST: usize = 25 << 20;

/// `PUT` and `POST /content/{id}/child/attachment`: `PUT` makes a new version of a file of that name, `POST` refuses.
pub(super) fn put(site: &mut Confluence, ctx: &mut Ctx<'_>, asked: &Asked, id: &str) -> Answered {
    if !matches!(asked.header("x-atlassian-token"), Some("nocheck" | "no-check")) {
        return Err(Answer::text(403, "XSRF check failed").into());
    }
    let gone = |_| super::refuse::first(404, "There is no content with the given id");
    let held = site.page(id).map_err(gone)?;
    let parts = multipart::parts(asked).map_err(|why| super::refuse::first(400, why))?;
    let text = |name: &str| parts.iter().find(|part| part.name == name).map(multipart::Part::text);
    let file = parts.iter().filter(|part| part.name == "file").collect::<Vec<_>>();
    let [file] = file.as_slice() else {
        return Err(super::refuse::first(400, "The form must have one part with the name 'file'"));
    };
    let name = file.filename.clone().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| super::refuse::first(400, "The file has no name"))?;
    if text("minorEdit").is_none() {
        return Err(super::refuse::first(400, "The form must have a part with the name 'minorEdit'"));
    }
    if file.data.len() > LARGEST {
        return Err(super::refuse::first(404, "The attachment is too large"));
    }
    let old = held.files.get(&name).cloned();
    if old.is_some() && asked.method == "POST" {
        let text =
            format!("Cannot add a new attachment with same file name as an existing attachment: {name}");
        return Err(super::refuse::first(400, &text));
    }
    let what = if old.is_some() { "attachment.update" } else { "attachment.create" };
    let new = || File {
        id: 0,
        name: name.clone(),
        media_type: String::new(),
        comment: String::new(),
        versions: Vec::new(),
        at: ctx.now,
    };
    let mut kept = old.unwrap_or_else(new);
    if kept.id == 0 {
        kept.id = site.next_id();
    }
    kept.media_type.clone_from(&file.content_type);
    kept.comment = text("comment").unwrap_or_default();
    kept.versions.push(file.data.clone());
    kept.at = ctx.now;
    let shown = first_shown(&kept);
    site.page_mut(id)?.files.insert(name, kept);
    ctx.wrote(Vendor::Confluence, what, id);
    Ok(Answer::json(
        200,
        json!({"results": [shown], "start": 0, "limit": 50, "size": 1, "_links": {"base": ctx.base}}),
    ))
}

fn first_shown(file: &File) -> Value {
    json!({"id": format!("att{}", file.id), "type": "attachment", "status": "current", "title": file.name,
        "version": {"number": file.versions.len(), "minorEdit": true, "when": stamp(file.at)},
        "extensions": {"mediaType": file.media_type, "fileSize": size(file), "comment": file.comment},
        "_links": {"download": format!("/download/attachments/{}", file.id)}})
}

/// `GET /pages/{id}/attachments`, by name if one is asked for.
pub(super) fn list(site: &Confluence, ctx: &Ctx<'_>, asked: &Asked, id: &str) -> Answered {
    let page = site.page(id)?;
    let wanted = asked.asked_for("filename");
    let some = page.files.values().filter(|file| wanted.is_none_or(|name| file.name == name));
    listed(ctx, asked, &some.map(|file| shown(page, file)).collect::<Vec<_>>())
}

fn shown(page: &Page, file: &File) -> Value {
    json!({"id": format!("att{}", file.id), "status": "current", "title": file.name, "createdAt": stamp(file.at),
        "pageId": page.id.to_string(), "mediaType": file.media_type, "comment": file.comment,
        "fileId": file.id.to_string(), "fileSize": size(file),
        "version": {"number": file.versions.len(), "message": "", "minorEdit": true, "createdAt": stamp(file.at)}})
}

fn size(file: &File) -> usize {
    file.versions.last().map_or(0, axum::body::Bytes::len)
}

/// `GET /pages/{id}/labels`.
pub(super) fn labels(site: &Confluence, ctx: &Ctx<'_>, asked: &Asked, id: &str) -> Answered {
    let labels = &site.page(id)?.labels;
    listed(ctx, asked, &labels.iter().enumerate().map(label_shown).collect::<Vec<_>>())
}

/// `POST /content/{id}/label`: what is there stays.
pub(super) fn label(site: &mut Confluence, ctx: &mut Ctx<'_>, asked: &Asked, id: &str) -> Answered {
    let wrong = |why: &str| super::refuse::first(400, why);
    if !asked.is_json() {
        return Err(Answer::empty(415).into());
    }
    let body = serve::json(asked).ok_or_else(|| wrong("The request body is no JSON"))?;
    let list = match body {
        Value::Array(list) => list,
        one => vec![one],
    };
    let mut new = Vec::new();
    for one in &list {
        let name = one["name"].as_str().filter(|_| one["prefix"] == "global");
        let name = name.ok_or_else(|| wrong("A label has a name and the prefix 'global'"))?;
        if name.is_empty()
            || name.chars().count() > 255
            || name.contains([' ', ':', ';', ',', '?', '&', '[', ']', '(', ')', '#', '^', '*', '!', '@'])
        {
            return Err(wrong("A label has invalid characters or too many"));
        }
        new.push(name.to_lowercase());
    }
    let page =
        site.page_mut(id).map_err(|_| super::refuse::first(404, "There is no content with the given id"))?;
    for name in new {
        if !page.labels.contains(&name) {
            page.labels.push(name);
        }
    }
    ctx.wrote(Vendor::Confluence, "label.add", id);
    let all: Vec<Value> = page.labels.iter().enumerate().map(first_label).collect();
    Ok(Answer::json(
        200,
        json!({"start": 0, "limit": 200, "size": all.len(), "results": all, "_links": {"base": ctx.base}}),
    ))
}

fn label_shown((place, name): (usize, &String)) -> Value {
    json!({"id": (place + 1).to_string(), "name": name, "prefix": "global"})
}

fn first_label(label: (usize, &String)) -> Value {
    let mut shown = label_shown(label);
    shown["label"] = json!(label.1);
    shown
}
