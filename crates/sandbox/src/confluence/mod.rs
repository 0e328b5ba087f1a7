//! Confluence Cloud: version 2 of its API for pages, version 1 for files and labels, as far as delivering goes.
//!
//! Shapes are those of Atlassian's own contracts. A title is taken once in a space; a page is changed by who knows its number.

mod files;
mod model;
mod pages;
mod properties;
mod refuse;
mod spaces;
mod text;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkmate_domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::office::said::{Answer, Answered, Asked, Ctx};
use crate::office::{CLOUD_ID, Office, serve};
pub use model::{File, Page, Property, Space, Version};
pub(crate) use refuse::limited;
use refuse::refuse;

/// A site.
#[derive(Debug)]
pub(crate) struct Confluence {
    spaces: Vec<Space>,
    pages: BTreeMap<u64, Page>,
    last_id: u64,
}

/// What outlasts the process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptPages {
    pages: Vec<Page>,
    last_id: u64,
}

impl Confluence {
    pub(crate) fn new() -> Self {
        Self { spaces: vec![Space::new(98_305, "SEC", "Security")], pages: BTreeMap::new(), last_id: 131_072 }
    }

    pub(crate) fn add(&mut self, space: Space) {
        self.spaces.retain(|one| one.key != space.key);
        self.spaces.push(space);
    }

    /// Every page, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Page> {
        self.pages.values()
    }

    pub(crate) fn kept(&self) -> KeptPages {
        KeptPages { pages: self.all().cloned().collect(), last_id: self.last_id }
    }

    /// Takes over what an earlier one kept.
    pub(crate) fn remember(&mut self, kept: KeptPages) {
        self.pages = kept.pages.into_iter().map(|page| (page.id, page)).collect();
        self.last_id = kept.last_id;
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn page(&self, id: &str) -> Result<&Page, Box<Answer>> {
        id.parse().ok().and_then(|id: u64| self.pages.get(&id)).ok_or_else(refuse::no_page)
    }

    fn page_mut(&mut self, id: &str) -> Result<&mut Page, Box<Answer>> {
        id.parse().ok().and_then(|id: u64| self.pages.get_mut(&id)).ok_or_else(refuse::no_page)
    }
}

/// Answers a request.
pub(crate) fn answer(site: &mut Confluence, ctx: &mut Ctx<'_>, asked: &Asked) -> Answer {
    routed(site, ctx, asked).unwrap_or_else(|refused| *refused)
}

fn routed(site: &mut Confluence, ctx: &mut Ctx<'_>, asked: &Asked) -> Answered {
    let parts = asked.segments();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let method = asked.method.as_str();
    match parts.as_slice() {
        ["ex", "confluence", cloud, "wiki", "api", "v2", path @ ..] if *cloud == CLOUD_ID => {
            refuse::may(ctx, scope(method, path))?;
            second(site, ctx, asked, method, path)
        }
        ["ex", "confluence", cloud, "wiki", "rest", "api", path @ ..] if *cloud == CLOUD_ID => {
            refuse::may(ctx, first_scope(method, path))?;
            first(site, ctx, asked, method, path)
        }
        _ => {
            refuse::may(ctx, "")?;
            Err(Answer::json(404, json!({"code": 404, "message": "Not Found"})).into())
        }
    }
}

/// What a token must be allowed for version 2.
fn scope(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        (_, ["spaces", _, "pages"]) => "read:page:confluence",
        (_, ["spaces", ..]) => "read:space:confluence",
        (_, ["pages", _, "attachments"]) => "read:attachment:confluence",
        ("GET", _) => "read:page:confluence",
        ("DELETE", ["pages", _]) => "delete:page:confluence",
        _ => "write:page:confluence",
    }
}

/// What a token must be allowed for version 1.
fn first_scope(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        ("GET", _) => "read:confluence-content.summary",
        (_, [.., "attachment"]) => "write:confluence-file",
        _ => "write:confluence-content",
    }
}

fn second(site: &mut Confluence, ctx: &mut Ctx<'_>, asked: &Asked, method: &str, path: &[&str]) -> Answered {
    match (method, path) {
        ("GET", ["spaces"]) => spaces::list(site, ctx, asked),
        ("GET", ["spaces", id]) => spaces::read(site, ctx, id),
        ("GET", ["spaces", id, "pages"]) => {
            let space = spaces::find(site, id)?.id.clone();
            pages::list(site, ctx, asked, Some(&space))
        }
        ("GET", ["pages"]) => pages::list(site, ctx, asked, None),
        ("POST", ["pages"]) => pages::create(site, ctx, asked, &body(asked)?),
        ("GET", ["pages", id]) => pages::read(site, ctx, asked, id),
        ("PUT", ["pages", id]) => pages::update(site, ctx, id, &body(asked)?),
        ("DELETE", ["pages", id]) => pages::delete(site, ctx, id),
        ("GET", ["pages", id, "children"]) => pages::children(site, ctx, asked, id),
        ("GET", ["pages", id, "versions"]) => pages::versions(site, ctx, asked, id),
        ("GET", ["pages", id, "labels"]) => files::labels(site, ctx, asked, id),
        ("GET", ["pages", id, "attachments"]) => files::list(site, ctx, asked, id),
        ("GET", ["pages", id, "properties"]) => properties::list(site, ctx, asked, id),
        ("POST", ["pages", id, "properties"]) => properties::create(site, ctx, id, &body(asked)?),
        ("GET", ["pages", id, "properties", property]) => properties::read(site, id, property),
        ("PUT", ["pages", id, "properties", property]) => {
            properties::update(site, ctx, (id, property), &body(asked)?)
        }
        ("DELETE", ["pages", id, "properties", property]) => properties::delete(site, ctx, id, property),
        _ => Err(refuse(404, "NOT_FOUND", "The path is not known")),
    }
}

fn first(site: &mut Confluence, ctx: &mut Ctx<'_>, asked: &Asked, method: &str, path: &[&str]) -> Answered {
    match (method, path) {
        ("PUT" | "POST", ["content", id, "child", "attachment"]) => files::put(site, ctx, asked, id),
        ("POST", ["content", id, "label"]) => files::label(site, ctx, asked, id),
        (_, ["content"] | ["content", _]) => {
            Err(refuse::first(410, "This endpoint has been removed. Use version 2 of the API."))
        }
        _ => Err(refuse::first(404, "The path is not known")),
    }
}

/// The body, which must be an object in JSON and say so.
fn body(asked: &Asked) -> Result<Value, Box<Answer>> {
    if !asked.is_json() {
        return Err(refuse(415, "UNSUPPORTED_MEDIA_TYPE", "The content type must be application/json"));
    }
    let read = serve::json(asked).filter(Value::is_object);
    read.ok_or_else(|| refuse(400, "INVALID_MESSAGE", "The request body is no JSON object"))
}

/// Refuses a body that has what is not known.
fn only(body: &Value, known: &[&str]) -> Result<(), Box<Answer>> {
    let unknown = body.as_object().and_then(|body| body.keys().find(|key| !known.contains(&key.as_str())));
    match unknown {
        Some(key) => Err(refuse(400, "INVALID_MESSAGE", &format!("Unrecognized field \"{key}\""))),
        None => Ok(()),
    }
}

/// A page of a list, with the way to the next one.
fn listed(ctx: &Ctx<'_>, asked: &Asked, all: &[Value]) -> Answered {
    let limit = asked.number("limit", 25).map_err(|why| refuse(400, "INVALID_REQUEST_PARAMETER", &why))?;
    if !(1..=250).contains(&limit) {
        return Err(refuse(400, "INVALID_REQUEST_PARAMETER", "limit must be between 1 and 250"));
    }
    let start = match asked.asked_for("cursor") {
        None => 0,
        Some(text) => {
            let read = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let start = read.and_then(|read| read.parse::<usize>().ok());
            start.ok_or_else(|| {
                refuse(400, "INVALID_REQUEST_PARAMETER", "Provided value for 'cursor' is not valid")
            })?
        }
    };
    let some: Vec<&Value> = all.iter().skip(start).take(limit).collect();
    let mut links = json!({"base": format!("{}/ex/confluence/{CLOUD_ID}/wiki", ctx.base)});
    let end = start + some.len();
    if end < all.len() {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(asked.query.iter().filter(|(name, _)| *name != "cursor"));
        query.append_pair("cursor", &URL_SAFE_NO_PAD.encode(end.to_string()));
        let path = asked.path.split_once("/wiki/").map_or("", |(_, path)| path);
        links["next"] = json!(format!("/wiki/{path}?{}", query.finish()));
    }
    Ok(Answer::json(200, json!({"results": some, "_links": links})))
}

/// A time as Confluence writes it: `2026-11-27T08:00:00.000Z`.
fn stamp(at: Timestamp) -> String {
    let text = at.to_string();
    let text = text.trim_end_matches('Z');
    let (seconds, rest) = text.split_once('.').unwrap_or((text, ""));
    format!("{seconds}.{rest:0<3.3}Z")
}

/// The pages of a place.
pub struct Desk<'a>(&'a Office);

impl Office {
    /// The pages.
    #[must_use]
    pub const fn confluence(&self) -> Desk<'_> {
        Desk(self)
    }
}

impl Desk<'_> {
    /// Every page, oldest first.
    #[must_use]
    pub fn pages(&self) -> Vec<Page> {
        self.0.shared.lock().confluence.pages.values().cloned().collect()
    }

    /// A page by its id.
    #[must_use]
    pub fn page(&self, id: &str) -> Option<Page> {
        self.0.shared.lock().confluence.page(id).ok().cloned()
    }

    /// A page by its title.
    #[must_use]
    pub fn titled(&self, title: &str) -> Option<Page> {
        self.pages().into_iter().find(|page| page.title() == title)
    }

    /// Changes a page as a person does, whose version is one more; false when it is not there.
    pub fn edit(&self, id: &str, body: &str) -> bool {
        let mut state = self.0.shared.lock();
        let now = state.clock.now();
        let Ok(page) = state.confluence.page_mut(id) else { return false };
        let Some(last) = page.versions.last().cloned() else { return false };
        let (number, body) = (last.number + 1, body.to_owned());
        page.versions.push(Version { number, body, message: String::new(), at: now, ..last });
        true
    }

    /// Deletes a page; false when it is not there.
    pub fn delete(&self, id: &str) -> bool {
        let id = id.parse().unwrap_or_default();
        self.0.shared.lock().confluence.pages.remove(&id).is_some()
    }
}
