//! The Management API's views of the vault.

use std::sync::Arc;

use axum::extract::{Path, State as Of};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use checkmate_domain::Timestamp;
use serde_json::{Value, json};

use crate::state::{Shared, State};

/// `GET /api/v2/users/{id}/connected-accounts`.
pub(crate) async fn connected_accounts(
    Of(shared): Of<Arc<Shared>>,
    Path(user): Path<String>,
    headers: HeaderMap,
) -> Response {
    let state = shared.lock();
    if let Err(refused) = may(&state, &headers, "read:users") {
        return refused;
    }
    let accounts = state.tenant.accounts.iter().filter(|account| account.user == user);
    let shown: Vec<Value> = accounts
        .map(|account| {
            let strategy = state.tenant.connections.iter().find(|one| one.name == account.connection);
            json!({
                "id": account.id,
                "connection": account.connection,
                "connection_id": format!("con_{}", account.connection),
                "strategy": strategy.map(|one| one.strategy.as_str()),
                "access_type": "offline",
                "scopes": account.scopes.split([' ', ',']).collect::<Vec<_>>(),
                "created_at": "2026-06-01T08:00:00.000Z",
            })
        })
        .collect();
    axum::Json(json!({"connected_accounts": shown})).into_response()
}

/// `GET /api/v2/users/{id}/federated-connections-tokensets`.
pub(crate) async fn tokensets(
    Of(shared): Of<Arc<Shared>>,
    Path(user): Path<String>,
    headers: HeaderMap,
) -> Response {
    let state = shared.lock();
    if let Err(refused) = may(&state, &headers, "read:users") {
        return refused;
    }
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).to_string();
    let lifetime = |name: &str| {
        let connection = state.tenant.connections.iter().find(|one| one.name == name);
        connection.map_or(0, |one| i64::try_from(one.lifetime.as_secs()).unwrap_or(i64::MAX))
    };
    let accounts = state.tenant.accounts.iter().enumerate().filter(|(_, account)| account.user == user);
    let shown: Vec<Value> = accounts
        .map(|(place, account)| {
            let used = state.now() - account.idle_days * 86_400;
            json!({
                "id": format!("fct_{place}"),
                "connection": account.connection,
                "scope": account.scopes,
                "issued_at": at(used),
                "last_used_at": at(used),
                // That of the access token, which is renewed whenever it is needed.
                "expires_at": at(used.saturating_add(lifetime(&account.connection))),
            })
        })
        .collect();
    axum::Json(shown).into_response()
}

#[allow(clippy::result_large_err, reason = "a response is what it is")]
pub(crate) fn may(state: &State, headers: &HeaderMap, scope: &str) -> Result<(), Response> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some(scopes) = token.and_then(|token| state.management_tokens.get(token)) else {
        return Err(refuse(StatusCode::UNAUTHORIZED, "invalid_token", "Invalid token"));
    };
    if scopes.split(' ').any(|granted| granted == scope) {
        return Ok(());
    }
    let message = format!("Insufficient scope, expected any of: {scope}");
    Err(refuse(StatusCode::FORBIDDEN, "insufficient_scope", &message))
}

/// A refusal as the Management API writes it.
pub(crate) fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let error = status.canonical_reason().unwrap_or_default();
    let body = json!({"statusCode": status.as_u16(), "error": error, "message": message, "errorCode": code});
    (status, axum::Json(body)).into_response()
}
