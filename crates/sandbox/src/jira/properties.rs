//! Properties of tickets.

use serde_json::{Value, json};

use super::{Jira, fields, issues, refuse};
use crate::office::Vendor;
use crate::office::said::{Answer, Answered, Asked, Ctx, decoded};
use crate::office::serve;

/// `GET /issue/{issue}/properties`.
pub(super) fn list(jira: &Jira, ctx: &Ctx<'_>, issue: &str) -> Answered {
    let issue = jira.find(issue)?;
    let address = |key: &str| format!("{}/properties/{key}", issues::address(ctx, issue.id));
    let keys = issue.properties.keys().map(|key| json!({"key": key, "self": address(key)}));
    Ok(Answer::json(200, json!({"keys": keys.collect::<Vec<_>>()})))
}

/// `GET /issue/{issue}/properties/{key}`.
pub(super) fn read(jira: &Jira, issue: &str, key: &str) -> Answered {
    let value = jira.find(issue)?.properties.get(key).ok_or_else(|| none(key))?;
    Ok(Answer::json(200, json!({"key": key, "value": value})))
}

/// `PUT /issue/{issue}/properties/{key}`; the body is the value.
pub(super) fn set(jira: &mut Jira, ctx: &mut Ctx<'_>, asked: &Asked, issue: &str, key: &str) -> Answered {
    let found = jira.find(issue)?;
    let (id, issue_key, new) = (found.id, found.key.clone(), !found.properties.contains_key(key));
    let wrong = || refuse(400, "The property value is not valid JSON.");
    if !asked.is_json() {
        return Err(Answer::empty(415).into());
    }
    let value: Value = serve::json(asked).ok_or_else(wrong)?;
    fields::check_property(key, &value)?;
    jira.change(id, ctx.now, |issue| drop(issue.properties.insert(key.to_owned(), value)));
    ctx.wrote(Vendor::Jira, "property.set", issue_key);
    Ok(Answer::empty(if new { 201 } else { 200 }))
}

/// `DELETE /issue/{issue}/properties/{key}`.
pub(super) fn delete(jira: &mut Jira, ctx: &mut Ctx<'_>, issue: &str, key: &str) -> Answered {
    let found = jira.find(issue)?;
    let (id, issue_key) = (found.id, found.key.clone());
    if !found.properties.contains_key(key) {
        return Err(none(key));
    }
    jira.change(id, ctx.now, |issue| drop(issue.properties.remove(key)));
    ctx.wrote(Vendor::Jira, "property.delete", issue_key);
    Ok(Answer::empty(204))
}

pub(super) fn none(key: &str) -> Box<Answer> {
    refuse(404, &format!("The property with key '{}' does not exist.", decoded(key)))
}
