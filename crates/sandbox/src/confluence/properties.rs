//! Properties of pages.

use serde_json::{Value, json};

use super::model::{Page, Property};
use super::{Confluence, listed, only, refuse, stamp};
use crate::office::Vendor;
use crate::office::said::{Answer, Answered, Asked, Ctx};

/// The largest value, in bytes.
const LARGEST: usize = 32 << 10;

/// `GET /pages/{id}/properties`, by key if one is asked for.
pub(super) fn list(site: &Confluence, ctx: &Ctx<'_>, asked: &Asked, id: &str) -> Answered {
    let wanted = asked.asked_for("key");
    let all = site.page(id)?.properties.values();
    let some = all.filter(|property| wanted.is_none_or(|key| property.key == key));
    listed(ctx, asked, &some.map(shown).collect::<Vec<_>>())
}

/// `GET /pages/{id}/properties/{property}`.
pub(super) fn read(site: &Confluence, id: &str, property: &str) -> Answered {
    Ok(Answer::json(200, shown(find(site.page(id)?, property)?)))
}

/// `POST /pages/{id}/properties`: a key is taken once.
pub(super) fn create(site: &mut Confluence, ctx: &mut Ctx<'_>, id: &str, body: &Value) -> Answered {
    let page = site.page(id)?;
    let (key, value) = checked(body, &["key", "value"])?;
    if page.properties.contains_key(&key) {
        let text = format!("A property with key '{key}' already exists on this content");
        return Err(refuse(409, "CONFLICT", &text));
    }
    let property = Property { id: site.next_id(), key: key.clone(), value, version: 1, at: ctx.now };
    let answer = shown(&property);
    site.page_mut(id)?.properties.insert(key, property);
    ctx.wrote(Vendor::Confluence, "property.create", id);
    Ok(Answer::json(200, answer))
}

/// `PUT /pages/{id}/properties/{property}`, by who knows its number.
pub(super) fn update(
    site: &mut Confluence,
    ctx: &mut Ctx<'_>,
    (id, property): (&str, &str),
    body: &Value,
) -> Answered {
    let old = find(site.page(id)?, property)?;
    let (old_key, number) = (old.key.clone(), old.version);
    let (key, value) = checked(body, &["key", "value", "version"])?;
    if key != old_key {
        return Err(refuse(400, "INVALID_REQUEST_PARAMETER", "The key of a property cannot be changed"));
    }
    if body["version"]["number"].as_u64() != Some(number + 1) {
        let text = format!("Version must be incremented on update. Current version is: {number}");
        return Err(refuse(409, "CONFLICT", &text));
    }
    let now = ctx.now;
    let page = site.page_mut(id)?;
    let held = page.properties.get_mut(&key).ok_or_else(none)?;
    (held.value, held.version, held.at) = (value, number + 1, now);
    ctx.wrote(Vendor::Confluence, "property.update", id);
    Ok(Answer::json(200, shown(held)))
}

/// `DELETE /pages/{id}/properties/{property}`.
pub(super) fn delete(site: &mut Confluence, ctx: &mut Ctx<'_>, id: &str, property: &str) -> Answered {
    let key = find(site.page(id)?, property)?.key.clone();
    site.page_mut(id)?.properties.remove(&key);
    ctx.wrote(Vendor::Confluence, "property.delete", id);
    Ok(Answer::empty(204))
}

fn checked(body: &Value, known: &[&str]) -> Result<(String, Value), Box<Answer>> {
    only(body, known)?;
    let wrong = |why: &str| refuse(400, "INVALID_REQUEST_PARAMETER", why);
    let key = body["key"].as_str().filter(|key| (1..=255).contains(&key.chars().count()));
    let key = key.ok_or_else(|| wrong("The key must have between 1 and 255 characters"))?;
    let value = body.get("value").ok_or_else(|| wrong("The value must not be null"))?;
    if value.to_string().len() > LARGEST {
        return Err(wrong("The value is larger than 32 KB"));
    }
    Ok((key.to_owned(), value.clone()))
}

fn find<'a>(page: &'a Page, id: &str) -> Result<&'a Property, Box<Answer>> {
    page.properties.values().find(|one| one.id.to_string() == id).ok_or_else(none)
}

fn none() -> Box<Answer> {
    refuse(404, "NOT_FOUND", "The property is not found")
}

fn shown(property: &Property) -> Value {
    let version = json!({"number": property.version, "message": "", "minorEdit": false, "createdAt": stamp(property.at)});
    json!({"id": property.id.to_string(), "key": property.key, "value": property.value, "version": version})
}
