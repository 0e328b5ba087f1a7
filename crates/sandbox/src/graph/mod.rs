//! Microsoft Teams: messages in channels by way of Graph, and cards by way of a workflow's address.
//!
//! Shapes are those of Graph's own contract, version 1.0. Messages are sent for a user, never for an application.

mod card;
mod desk;
mod messages;
mod model;
mod workflow;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::office::limits::{Window, seconds};
use crate::office::said::{Answer, Answered, Asked, Ctx};
pub use desk::Desk;
use model::SECOND;
pub use model::{Card, Limits, Message, Run};
pub(crate) use workflow::{Workflow, run, workflow_path};

/// The team that there is from the beginning.
pub const TEAM: &str = "fbe2bf47-16c8-47cf-b4a5-4b9b187c508b";
/// Its channel.
pub const CHANNEL: &str = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2";
const USER: &str = "48d31887-5fad-4d73-a9f5-3c356e68a038";

/// A tenant.
#[derive(Debug)]
pub(crate) struct Graph {
    /// Names of channels, by team and channel.
    channels: BTreeMap<(String, String), String>,
    messages: Vec<Message>,
    pub(crate) limits: Limits,
    windows: BTreeMap<(String, &'static str), Window>,
}

impl Graph {
    pub(crate) fn new() -> Self {
        let mut graph = Self {
            channels: BTreeMap::new(),
            messages: Vec::new(),
            limits: Limits::documented(),
            windows: BTreeMap::new(),
        };
        graph.add(TEAM, CHANNEL, "Security");
        graph
    }

    pub(crate) fn add(&mut self, team: &str, channel: &str, name: &str) {
        self.channels.insert((team.to_owned(), channel.to_owned()), name.to_owned());
    }

    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Takes over what an earlier one kept.
    pub(crate) fn remember(&mut self, messages: Vec<Message>) {
        self.messages = messages;
    }

    /// What people call a channel.
    pub(crate) fn channel_name(&self, team: &str, channel: &str) -> &str {
        let key = (team.to_owned(), channel.to_owned());
        self.channels.get(&key).map_or("", String::as_str)
    }

    /// Lets a request through, or says how long to wait.
    fn allow(
        &mut self,
        ctx: &Ctx<'_>,
        on: &str,
        limits: &[(&'static str, Option<usize>, Duration)],
    ) -> Result<(), Box<Answer>> {
        let key = |name| (on.to_owned(), name);
        for (name, most, per) in limits {
            let Some(most) = most else { continue };
            let window = self.windows.entry(key(*name)).or_default();
            let wait = window.wait(ctx.now, *most, ctx.clock.scaled(*per));
            if !wait.is_zero() {
                return Err(limited().with("retry-after", seconds(wait).to_string()).into());
            }
        }
        for (name, ..) in limits {
            self.windows.entry(key(*name)).or_default().done(ctx.now);
        }
        Ok(())
    }
}

/// Answers a request.
pub(crate) fn answer(graph: &mut Graph, ctx: &mut Ctx<'_>, asked: &Asked) -> Answer {
    routed(graph, ctx, asked).unwrap_or_else(|refused| *refused)
}

fn routed(graph: &mut Graph, ctx: &mut Ctx<'_>, asked: &Asked) -> Answered {
    let parts = asked.segments();
    let path: Vec<&str> = parts.iter().map(String::as_str).skip(1).collect();
    let method = asked.method.as_str();
    match (method, path.as_slice()) {
        ("GET", ["me"]) => {
            may(ctx, asked, &["User.Read"])?;
            Ok(Answer::json(
                200,
                json!({"@odata.context": context(ctx, "users/$entity"), "id": USER,
                "displayName": "CheckMate", "userPrincipalName": "checkmate@acme.example"}),
            ))
        }
        (_, ["teams", team, rest @ ..]) => {
            let scopes = scopes(method, rest);
            may(ctx, asked, scopes)?;
            graph.allow(ctx, team, &[("team", graph.limits.team, SECOND)])?;
            of_team(graph, ctx, asked, team, rest)
        }
        _ => {
            may(ctx, asked, &[])?;
            Err(no_path())
        }
    }
}

/// What a token must be allowed, any of it.
fn scopes(method: &str, rest: &[&str]) -> &'static [&'static str] {
    match (method, rest) {
        ("GET", []) => &["Team.ReadBasic.All", "Group.Read.All", "Group.ReadWrite.All"],
        ("GET", ["channels"] | ["channels", _]) => {
            &["Channel.ReadBasic.All", "Group.Read.All", "Group.ReadWrite.All"]
        }
        ("GET", _) => &["ChannelMessage.Read.All", "Group.Read.All", "Group.ReadWrite.All"],
        ("PATCH", _) => &["ChannelMessage.ReadWrite", "Group.ReadWrite.All"],
        _ => &["ChannelMessage.Send", "Group.ReadWrite.All"],
    }
}

fn of_team(graph: &mut Graph, ctx: &mut Ctx<'_>, asked: &Asked, team: &str, rest: &[&str]) -> Answered {
    if !graph.channels.keys().any(|(one, _)| one == team) {
        return Err(refuse(404, "NotFound", "No team found with Group Id"));
    }
    let (channel, rest) = match rest {
        [] if asked.method == "GET" => {
            let shown = json!({"@odata.context": context(ctx, "teams/$entity"), "id": team, "displayName": "Security"});
            return Ok(Answer::json(200, shown));
        }
        ["channels"] if asked.method == "GET" => return Ok(channels(graph, ctx, team)),
        ["channels", channel, rest @ ..] => (*channel, rest),
        _ => return Err(no_path()),
    };
    let name = graph.channels.get(&(team.to_owned(), channel.to_owned()));
    let name = name.ok_or_else(|| refuse(404, "NotFound", "NotFound"))?;
    let place = messages::Place { team, channel };
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            Ok(Answer::json(200, json!({"id": channel, "displayName": name, "membershipType": "standard"})))
        }
        ("GET", ["messages"]) => messages::list(graph, ctx, asked, place, None),
        ("POST", ["messages"]) => messages::post(graph, ctx, asked, place, None),
        ("GET", ["messages", id]) => messages::read(graph, ctx, place, id),
        ("PATCH", ["messages", id]) => messages::change(graph, ctx, asked, place, id),
        ("GET", ["messages", id, "replies"]) => messages::list(graph, ctx, asked, place, Some(id)),
        ("POST", ["messages", id, "replies"]) => messages::post(graph, ctx, asked, place, Some(id)),
        _ => Err(no_path()),
    }
}

fn channels(graph: &Graph, ctx: &Ctx<'_>, team: &str) -> Answer {
    let some = graph.channels.iter().filter(|((one, _), _)| one == team);
    let some: Vec<Value> = some
        .map(|((_, id), name)| json!({"id": id, "displayName": name, "membershipType": "standard"}))
        .collect();
    let context = context(ctx, &format!("teams('{team}')/channels"));
    Answer::json(200, json!({"@odata.context": context, "@odata.count": some.len(), "value": some}))
}

fn context(ctx: &Ctx<'_>, what: &str) -> String {
    format!("{}/v1.0/$metadata#{what}", ctx.base)
}

/// Whether the token is good and has any of the scopes.
fn may(ctx: &Ctx<'_>, asked: &Asked, scopes: &[&str]) -> Result<(), Box<Answer>> {
    if asked.bearer().is_none() {
        return Err(refuse(401, "InvalidAuthenticationToken", "Access token is empty."));
    }
    let Some(held) = ctx.scopes.as_deref() else {
        return Err(refuse(
            401,
            "InvalidAuthenticationToken",
            "Access token has expired or is not yet valid.",
        ));
    };
    if scopes.is_empty() || held.iter().any(|one| scopes.contains(&one.as_str())) {
        return Ok(());
    }
    let text = format!(
        "Missing scope permissions on the request. API requires one of '{}'. Scopes on the request '{}'",
        scopes.join(", "),
        held.join(", ")
    );
    Err(refuse(403, "Forbidden", &text))
}

fn no_path() -> Box<Answer> {
    refuse(400, "BadRequest", "Resource not found for the segment.")
}

/// A refusal as Graph writes it.
fn refuse(status: u16, code: &str, message: &str) -> Box<Answer> {
    error(status, code, message).into()
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let inner = json!({"request-id": "0c1b7c5e-3f6e-4d0a-9a35-2f2f6d3b6c11", "client-request-id": "0c1b7c5e-3f6e-4d0a-9a35-2f2f6d3b6c11",
        "date": "2026-11-27T08:00:00Z"});
    Answer::json(status, json!({"error": {"code": code, "message": message, "innerError": inner}}))
}

/// Too many requests.
pub(crate) fn limited() -> Answer {
    error(429, "TooManyRequests", "Too many requests. Please try again later.")
}
