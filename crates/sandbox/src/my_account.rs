//! The My Account API: connected accounts of the user who has signed in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State as Of};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkmate_domain::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::state::{Pending, Shared, State, random};
use crate::tenant::Account;

/// How long a connection may take, in seconds.
const SESSION: u64 = 300;

type Answer = Result<Response, Response>;

/// The body of `connect`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connect {
    connection: String,
    redirect_uri: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
}

/// The body of `complete`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Complete {
    auth_session: String,
    connect_code: String,
    redirect_uri: String,
    #[serde(default)]
    code_verifier: String,
}

/// The parameters of a list.
#[derive(Deserialize)]
pub(crate) struct Listing {
    connection: Option<String>,
}

/// `POST /me/v1/connected-accounts/connect`.
pub(crate) async fn connect(
    Of(shared): Of<Arc<Shared>>,
    headers: HeaderMap,
    Json(asked): Json<Connect>,
) -> Answer {
    let mut state = shared.lock();
    let (user, client) = user(&state, &headers, "create:me:connected_accounts")?;
    let known = state.tenant.connections.iter().find(|connection| connection.name == asked.connection);
    if !known.is_some_and(|connection| connection.connected_accounts) {
        return Err(problem(
            400,
            "Bad Request",
            "the connection does not exist or takes no connected accounts",
        ));
    }
    if !known.is_some_and(|connection| connection.enabled_clients.contains(&client)) {
        return Err(problem(400, "Bad Request", "the connection is not enabled for the client"));
    }
    let callbacks = state.tenant.clients.iter().find(|one| one.id == client).map(|one| one.callbacks.clone());
    if !callbacks.is_some_and(|callbacks| callbacks.contains(&asked.redirect_uri)) {
        return Err(problem(400, "Bad Request", "Invalid redirect_uri"));
    }
    if asked.code_challenge_method != "S256" || asked.code_challenge.len() != 43 {
        return Err(problem(400, "Bad Request", "code_challenge with S256 is required"));
    }
    let (session, ticket) = (random("as_", 32), random("tk_", 32));
    let Connect { connection, redirect_uri, state: back, scopes, code_challenge: challenge, .. } = asked;
    let (ticket_told, pending) = (
        ticket.clone(),
        Pending { user, connection, redirect_uri, state: back, scopes, challenge, ticket, code: None },
    );
    state.pending.insert(session.clone(), pending);
    let body = json!({
        "auth_session": session,
        "connect_uri": format!("{}/connect", state.base),
        "connect_params": {"ticket": ticket_told},
        "expires_in": SESSION,
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `POST /me/v1/connected-accounts/complete`.
pub(crate) async fn complete(
    Of(shared): Of<Arc<Shared>>,
    headers: HeaderMap,
    Json(asked): Json<Complete>,
) -> Answer {
    let mut state = shared.lock();
    let (user, _) = user(&state, &headers, "create:me:connected_accounts")?;
    let pending = state.pending.remove(&asked.auth_session);
    let pending = pending.ok_or_else(|| problem(400, "Bad Request", "the session is over"))?;
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(&asked.code_verifier));
    let fits = pending.user == user
        && pending.code.as_ref() == Some(&asked.connect_code)
        && pending.redirect_uri == asked.redirect_uri
        && pending.challenge == proof;
    if !fits {
        return Err(problem(
            400,
            "Bad Request",
            "the connect_code, the redirect_uri or the code_verifier does not fit",
        ));
    }
    let account = Account {
        id: random("cac_", 16),
        user: user.clone(),
        connection: pending.connection.clone(),
        provider_id: Account::id_at(&pending.connection),
        scopes: pending.scopes.join(" "),
        idle_days: 0,
    };
    state.revoked.remove(&(user.clone(), pending.connection.clone()));
    state.tenant.accounts.retain(|one| one.user != user || one.connection != pending.connection);
    let body = shown(&account);
    state.tenant.accounts.push(account);
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `GET /me/v1/connected-accounts/accounts`.
pub(crate) async fn list(
    Of(shared): Of<Arc<Shared>>,
    headers: HeaderMap,
    Query(asked): Query<Listing>,
) -> Answer {
    let state = shared.lock();
    let (user, _) = user(&state, &headers, "read:me:connected_accounts")?;
    let fits = |account: &&Account| {
        account.user == user && asked.connection.as_ref().is_none_or(|name| *name == account.connection)
    };
    let accounts: Vec<Value> = state.tenant.accounts.iter().filter(fits).map(shown).collect();
    Ok(Json(json!({"accounts": accounts})).into_response())
}

/// `DELETE /me/v1/connected-accounts/accounts/{id}`.
pub(crate) async fn delete(
    Of(shared): Of<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let mut state = shared.lock();
    let (user, _) = user(&state, &headers, "delete:me:connected_accounts")?;
    let before = state.tenant.accounts.len();
    state.tenant.accounts.retain(|account| account.user != user || account.id != id);
    if state.tenant.accounts.len() == before {
        return Err(problem(404, "Not Found", "no such account"));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn shown(account: &Account) -> Value {
    let scopes: Vec<&str> = account.scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
    json!({
        "id": account.id,
        "connection": account.connection,
        "access_type": "offline",
        "scopes": scopes,
        "created_at": Timestamp::now().to_string(),
    })
}

/// Whose token it is and by which client, when it may do this.
#[allow(clippy::result_large_err, reason = "a response is what it is")]
fn user(state: &State, headers: &HeaderMap, scope: &str) -> Result<(String, String), Response> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let known = token.and_then(|token| state.user_tokens.get(token));
    let (user, client, scopes) = known.ok_or_else(|| problem(401, "Unauthorized", "Invalid Token"))?;
    if scopes.split(' ').any(|granted| granted == scope) {
        Ok((user.clone(), client.clone()))
    } else {
        Err(problem(403, "Forbidden", &format!("Insufficient scope, expected {scope}")))
    }
}

fn problem(status: u16, title: &str, detail: &str) -> Response {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let kind = format!("https://auth0.com/api-errors#A0E-{status}-0001");
    (code, Json(json!({"type": kind, "status": status, "title": title, "detail": detail}))).into_response()
}
