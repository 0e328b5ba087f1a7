//! Refusals in Confluence's words, and those of the gateway in front of it.

use serde_json::json;

use crate::office::said::{Answer, Ctx};

/// As version 2 writes it.
pub(super) fn refuse(status: u16, code: &str, title: &str) -> Box<Answer> {
    let error = json!({"status": status, "code": code, "title": title, "detail": null});
    Answer::json(status, json!({"errors": [error]})).into()
}

/// As version 1 writes it.
pub(super) fn first(status: u16, message: &str) -> Box<Answer> {
    let data = json!({"authorized": true, "valid": status != 400, "errors": [], "successful": false});
    Answer::json(status, json!({"statusCode": status, "data": data, "message": message})).into()
}

pub(super) fn no_page() -> Box<Answer> {
    refuse(404, "NOT_FOUND", "Page not found")
}

/// Whether the token is good and has the scope. The gateway answers 401 to a token that lacks it, not 403.
pub(super) fn may(ctx: &Ctx<'_>, scope: &str) -> Result<(), Box<Answer>> {
    let refused = |message: &str| Box::new(Answer::json(401, json!({"code": 401, "message": message})));
    let scopes = ctx.scopes.as_deref().ok_or_else(|| refused("Unauthorized"))?;
    if scope.is_empty() || scopes.iter().any(|one| one == scope) {
        return Ok(());
    }
    Err(refused("Unauthorized; scope does not match"))
}

/// Too many requests.
pub(crate) fn limited(reason: &str) -> Answer {
    Answer::json(429, json!({"code": 429, "message": "Rate limit exceeded."}))
        .with("ratelimit-reason", reason.to_owned())
}
