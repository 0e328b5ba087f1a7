//! Messages: posted, answered, read, changed.

use serde_json::{Value, json};

use super::model::{Card, DAY, Message, SECOND};
use super::{Graph, USER, card, context, refuse};
use crate::office::said::{Answer, Answered, Asked, Ctx};
use crate::office::{Vendor, serve};

/// What may be sent of a message.
const SENT: &[&str] = &["subject", "body", "attachments", "mentions", "importance", "locale", "summary"];
const CARD: &str = "application/vnd.microsoft.card.adaptive";

/// A channel of a team.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) team: &'a str,
    pub(super) channel: &'a str,
}

impl Place<'_> {
    fn holds(self, message: &Message) -> bool {
        message.team == self.team && message.channel == self.channel
    }
}

/// `POST …/messages` and `POST …/messages/{id}/replies`.
pub(super) fn post(
    graph: &mut Graph,
    ctx: &mut Ctx<'_>,
    asked: &Asked,
    place: Place<'_>,
    reply_to: Option<&str>,
) -> Answered {
    if let Some(id) = reply_to {
        find(graph, place, id)?;
    }
    let limits = [("channel", graph.limits.channel, SECOND), ("day", graph.limits.channel_day, DAY)];
    graph.allow(ctx, place.channel, &limits)?;
    let body = sent(graph, asked)?;
    let (content_type, content) = text(&body)?;
    mentions(&body, &content)?;
    let cards = cards(&body, &content)?;
    let message = Message {
        id: graph.next_id(ctx),
        team: place.team.to_owned(),
        channel: place.channel.to_owned(),
        reply_to: reply_to.map(str::to_owned),
        subject: body["subject"].as_str().map(str::to_owned),
        content_type,
        content,
        cards,
        attachments: body.get("attachments").cloned().unwrap_or_else(|| json!([])),
        created: ctx.now,
        edited: None,
    };
    let mut answer = shown(&message);
    answer["@odata.context"] = json!(context(ctx, "teams/channels/messages/$entity"));
    let what = if reply_to.is_some() { "message.reply" } else { "message.create" };
    ctx.wrote(Vendor::Graph, what, &message.id);
    graph.messages.push(message);
    Ok(Answer::json(201, answer))
}

/// `PATCH …/messages/{id}`.
pub(super) fn change(
    graph: &mut Graph,
    ctx: &mut Ctx<'_>,
    asked: &Asked,
    place: Place<'_>,
    id: &str,
) -> Answered {
    find(graph, place, id)?;
    let body = sent(graph, asked)?;
    let (content_type, content) = text(&body)?;
    let cards = cards(&body, &content)?;
    for message in graph.messages.iter_mut().filter(|message| message.id == id && place.holds(message)) {
        message.content_type.clone_from(&content_type);
        message.content.clone_from(&content);
        message.cards.clone_from(&cards);
        message.attachments = body.get("attachments").cloned().unwrap_or_else(|| json!([]));
        message.edited = Some(ctx.now);
    }
    ctx.wrote(Vendor::Graph, "message.update", id);
    Ok(Answer::empty(204))
}

/// `GET …/messages/{id}`.
pub(super) fn read(graph: &Graph, ctx: &Ctx<'_>, place: Place<'_>, id: &str) -> Answered {
    let mut answer = shown(find(graph, place, id)?);
    answer["@odata.context"] = json!(context(ctx, "teams/channels/messages/$entity"));
    Ok(Answer::json(200, answer))
}

/// `GET …/messages` and `GET …/messages/{id}/replies`: the newest first.
pub(super) fn list(
    graph: &Graph,
    ctx: &Ctx<'_>,
    asked: &Asked,
    place: Place<'_>,
    of: Option<&str>,
) -> Answered {
    if let Some(id) = of {
        find(graph, place, id)?;
    }
    let number =
        |name: &str, default| asked.number(name, default).map_err(|why| refuse(400, "BadRequest", &why));
    let (top, skip) = (number("$top", 20)?, number("$skiptoken", 0)?);
    if !(1..=50).contains(&top) {
        return Err(refuse(400, "BadRequest", "The limit of '50' for Top query has been exceeded."));
    }
    let all = graph.messages.iter().rev().filter(|one| place.holds(one) && one.reply_to.as_deref() == of);
    let all: Vec<&Message> = all.collect();
    let some: Vec<Value> = all.iter().skip(skip).take(top).map(|message| shown(message)).collect();
    let end = skip + some.len();
    let context = context(ctx, "teams/channels/messages");
    let mut answer = json!({"@odata.context": context, "@odata.count": some.len(), "value": some});
    if end < all.len() {
        let path = format!("{}{}?$top={top}&$skiptoken={end}", ctx.base, asked.path);
        answer["@odata.nextLink"] = json!(path);
    }
    Ok(Answer::json(200, answer))
}

fn find<'a>(graph: &'a Graph, place: Place<'_>, id: &str) -> Result<&'a Message, Box<Answer>> {
    let mut here = graph.messages.iter().filter(|message| place.holds(message));
    here.find(|message| message.id == id).ok_or_else(|| refuse(404, "NotFound", "NotFound"))
}

/// The body, when it is small enough and has what is known only.
fn sent(graph: &Graph, asked: &Asked) -> Result<Value, Box<Answer>> {
    if asked.body.len() > graph.limits.message {
        return Err(refuse(413, "RequestEntityTooLarge", "Request Entity Too Large"));
    }
    if !asked.is_json() {
        return Err(refuse(415, "UnsupportedMediaType", "The content type must be application/json."));
    }
    let body = serve::json(asked).filter(Value::is_object);
    let body = body.ok_or_else(|| refuse(400, "BadRequest", "Unable to read JSON request payload."))?;
    let unknown = body.as_object().and_then(|body| body.keys().find(|key| !SENT.contains(&key.as_str())));
    match unknown {
        Some(key) => {
            Err(refuse(400, "BadRequest", &format!("The property '{key}' may not be set on a message.")))
        }
        None => Ok(body),
    }
}

/// Kind and content of the text.
fn text(body: &Value) -> Result<(String, String), Box<Answer>> {
    let wrong = |why: &str| refuse(400, "BadRequest", why);
    let content = body["body"]["content"].as_str().filter(|content| !content.is_empty());
    let content = content.ok_or_else(|| wrong("Missing body content."))?;
    match body["body"].get("contentType") {
        None => Ok(("text".to_owned(), content.to_owned())),
        Some(Value::String(kind)) if kind == "text" || kind == "html" => {
            Ok((kind.clone(), content.to_owned()))
        }
        Some(_) => Err(wrong("The content type of the body is 'text' or 'html'.")),
    }
}

/// The cards, when the text names each of them once and nothing else.
fn cards(body: &Value, content: &str) -> Result<Vec<Card>, Box<Answer>> {
    let wrong = |why: &str| refuse(400, "BadRequest", why);
    let none = Vec::new();
    let attachments = match body.get("attachments") {
        None | Some(Value::Null) => &none,
        Some(list) => list.as_array().ok_or_else(|| wrong("Attachments are a list."))?,
    };
    let mut cards: Vec<Card> = Vec::new();
    for attachment in attachments {
        let card = one_card(attachment)?;
        if cards.iter().any(|other| other.id == card.id) {
            return Err(wrong("Duplicate attachment id."));
        }
        cards.push(card);
    }
    let named = content.split("<attachment id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut named: Vec<&str> = named.collect();
    named.sort_unstable();
    let mut held: Vec<&str> = cards.iter().map(|card| card.id.as_str()).collect();
    held.sort_unstable();
    if named != held {
        return Err(wrong("The body names attachments that are not the attachments of the message."));
    }
    if !cards.is_empty() && body["body"]["contentType"] != "html" {
        return Err(wrong("A message with attachments has a body of html."));
    }
    Ok(cards)
}

/// A mention is named by the text, and the text names no other.
fn mentions(body: &Value, content: &str) -> Result<(), Box<Answer>> {
    let held = body.get("mentions").and_then(Value::as_array).map_or(0, Vec::len);
    if content.matches("<at id=").count() == held {
        return Ok(());
    }
    Err(refuse(400, "BadRequest", "The body names mentions that are not the mentions of the message."))
}

fn one_card(attachment: &Value) -> Result<Card, Box<Answer>> {
    let wrong = |why: &str| refuse(400, "BadRequest", why);
    let known = ["id", "contentType", "contentUrl", "content", "name", "thumbnailUrl", "teamsAppId"];
    let entries = attachment.as_object().ok_or_else(|| wrong("An attachment is an object."))?;
    if entries.keys().any(|key| !known.contains(&key.as_str())) {
        return Err(wrong("An attachment has an unknown property."));
    }
    let id = attachment["id"]
        .as_str()
        .filter(|id| !id.is_empty())
        .ok_or_else(|| wrong("Missing attachment id."))?;
    if attachment["contentType"] != CARD {
        return Err(wrong("The content type of the attachment is not supported."));
    }
    if !attachment["contentUrl"].is_null() {
        return Err(wrong("contentUrl and content are mutually exclusive."));
    }
    let content = attachment["content"].as_str();
    let content = content.ok_or_else(|| wrong("The content of a card is JSON in a string."))?;
    let content = serde_json::from_str(content).map_err(|_| wrong("The content of a card is no JSON."))?;
    card::check(&content).map_err(|why| wrong(&format!("The card is not valid: {why}.")))?;
    Ok(Card { id: id.to_owned(), content })
}

impl Graph {
    /// The time, in milliseconds; a later one where it is taken.
    fn next_id(&self, ctx: &Ctx<'_>) -> String {
        let last = self.messages.last().and_then(|message| message.id.parse::<i64>().ok());
        ctx.now.as_millis().max(last.unwrap_or_default() + 1).to_string()
    }
}

fn shown(message: &Message) -> Value {
    let Message { id, team, channel, .. } = message;
    let created = message.created.to_string();
    let parent = message.reply_to.as_ref().unwrap_or(id);
    json!({
        "id": id,
        "replyToId": message.reply_to,
        "etag": message.edited.map_or_else(|| id.clone(), |edited| edited.as_millis().to_string()),
        "messageType": "message",
        "createdDateTime": created,
        "lastModifiedDateTime": message.edited.map_or(created, |edited| edited.to_string()),
        "lastEditedDateTime": message.edited.map(|edited| edited.to_string()),
        "deletedDateTime": null,
        "subject": message.subject,
        "summary": null,
        "chatId": null,
        "importance": "normal",
        "locale": "en-us",
        "webUrl": format!("https://teams.microsoft.com/l/message/{channel}/{id}?groupId={team}&parentMessageId={parent}"),
        "policyViolation": null,
        "eventDetail": null,
        "from": {"application": null, "device": null,
            "user": {"id": USER, "displayName": "CheckMate"}},
        "body": {"contentType": message.content_type, "content": message.content},
        "channelIdentity": {"teamId": team, "channelId": channel},
        "attachments": message.attachments,
        "mentions": [],
        "reactions": [],
    })
}
