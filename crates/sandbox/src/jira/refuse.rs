//! Refusals in Jira's words, and those of the gateway in front of it.

use serde_json::{Map, Value, json};

use crate::office::said::{Answer, Ctx};

/// One message.
pub(super) fn refuse(status: u16, message: &str) -> Box<Answer> {
    Answer::json(status, json!({"errorMessages": [message], "errors": {}})).into()
}

/// A message for each field.
pub(super) fn refuse_fields(errors: &Map<String, Value>) -> Box<Answer> {
    Answer::json(400, json!({"errorMessages": [], "errors": errors})).into()
}

/// A message for one field.
pub(super) fn refuse_field(field: &str, message: &str) -> Box<Answer> {
    Answer::json(400, json!({"errorMessages": [], "errors": {field: message}})).into()
}

/// What is sent back when a body is not what it should be.
pub(super) fn bad_payload() -> Box<Answer> {
    refuse(400, "Invalid request payload. Refer to the REST API documentation and try again.")
}

pub(super) fn no_issue() -> Box<Answer> {
    refuse(404, "Issue does not exist or you do not have permission to see it.")
}

pub(super) fn no_project(key: &str) -> Box<Answer> {
    refuse(404, &format!("No project could be found with key '{key}'."))
}

pub(super) fn no_path() -> Box<Answer> {
    Answer::json(404, json!({"message": "null for uri", "status-code": 404})).into()
}

/// Whether the gateway knows the token.
pub(super) fn known<'a>(ctx: &'a Ctx<'_>) -> Result<&'a [String], Box<Answer>> {
    let refused = || Answer::json(401, json!({"code": 401, "message": "Unauthorized"})).into();
    ctx.scopes.as_deref().ok_or_else(refused)
}

/// Whether the token has the scope. The gateway answers 401 to a token that lacks it, not 403.
pub(super) fn may(ctx: &Ctx<'_>, scope: &str) -> Result<(), Box<Answer>> {
    let scopes = known(ctx)?;
    if scope.is_empty() || scopes.iter().any(|one| one == scope) {
        return Ok(());
    }
    Err(Answer::json(401, json!({"code": 401, "message": "Unauthorized; scope does not match"})).into())
}

/// Too many requests.
pub(crate) fn limited(reason: &str) -> Answer {
    Answer::json(429, json!({"errorMessages": ["Rate limit exceeded."], "errors": {}}))
        .with("ratelimit-reason", reason.to_owned())
}
