//! Links between tickets.

use serde_json::{Value, json};

use super::model::{Issue, Related};
use super::refuse::bad_payload;
use super::{Jira, issues, meta, refuse};
use crate::office::Vendor;
use crate::office::said::{Answer, Answered, Ctx};

/// Id, name, and how it reads from either end: inward, outward.
const TYPES: [(&str, &str, &str, &str); 3] = [
    ("10000", "Blocks", "is blocked by", "blocks"),
    ("10002", "Duplicate", "is duplicated by", "duplicates"),
    ("10003", "Relates", "relates to", "relates to"),
];

/// `POST /issueLink`: from the inward ticket one reads outward. The same link twice is one.
pub(super) fn link(jira: &mut Jira, ctx: &mut Ctx<'_>, body: &Value) -> Answered {
    issues::only(body, &["type", "inwardIssue", "outwardIssue"])?;
    let (_, name, ..) = kind(&body["type"])?;
    let end = |side: &str| {
        let named = body[side]["key"].as_str().or(body[side]["id"].as_str());
        let issue = jira.find(named.ok_or_else(bad_payload)?)?;
        Ok::<_, Box<Answer>>((issue.id, issue.key.clone(), issue.related.clone()))
    };
    let (inward, outward) = (end("inwardIssue")?, end("outwardIssue")?);
    if inward.0 == outward.0 {
        return Err(refuse(400, "You cannot link an issue to itself."));
    }
    let there = inward.2.iter().any(|one| one.kind == name && one.outward && one.other == outward.0);
    if !there {
        let id = jira.next_id();
        for (issue, other, outward) in [(inward.0, outward.0, true), (outward.0, inward.0, false)] {
            let related = Related { id, kind: name.to_owned(), outward, other };
            jira.change(issue, ctx.now, |issue| issue.related.push(related));
        }
        ctx.wrote(Vendor::Jira, "issue.link", inward.1);
    }
    Ok(Answer::empty(201))
}

fn kind(asked: &Value) -> Result<(&'static str, &'static str, &'static str, &'static str), Box<Answer>> {
    let (id, name) = (asked["id"].as_str(), asked["name"].as_str());
    let found =
        TYPES.into_iter().find(|(one, called, ..)| id == Some(one) || (id.is_none() && name == Some(called)));
    let text = format!("No issue link type with name '{}' found.", name.or(id).unwrap_or_default());
    found.ok_or_else(|| refuse(404, &text))
}

/// The links of a ticket as its field shows them.
pub(super) fn shown(jira: &Jira, ctx: &Ctx<'_>, issue: &Issue) -> Value {
    issue.related.iter().filter_map(|one| one_shown(jira, ctx, one)).collect()
}

fn one_shown(jira: &Jira, ctx: &Ctx<'_>, one: &Related) -> Option<Value> {
    let other = jira.issues.get(&one.other)?;
    let (id, name, inward, outward) = TYPES.into_iter().find(|(_, name, ..)| *name == one.kind)?;
    let status = jira.project(&other.project).and_then(|project| project.status(&other.status));
    let side = if one.outward { "outwardIssue" } else { "inwardIssue" };
    Some(json!({
        "id": one.id.to_string(),
        "type": {"id": id, "name": name, "inward": inward, "outward": outward},
        side: {"id": other.id.to_string(), "key": other.key, "self": issues::address(ctx, other.id),
            "fields": {"summary": other.summary(), "status": meta::status(ctx, status)}},
    }))
}
