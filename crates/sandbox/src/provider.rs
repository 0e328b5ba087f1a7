//! The providers: they answer who shows a token of theirs that is still good.

use std::sync::Arc;

use axum::extract::State as Of;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::state::Shared;

/// `GET /user` of GitHub.
pub(crate) async fn github(Of(shared): Of<Arc<Shared>>, headers: HeaderMap) -> Response {
    match user(&shared, &headers, "github") {
        Some(_) => {
            axum::Json(json!({"login": "checkmate", "id": 583_231, "type": "User", "site_admin": false}))
                .into_response()
        }
        None => {
            let body = json!({"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"});
            (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
        }
    }
}

/// `GET /oauth/token/accessible-resources` of Atlassian.
pub(crate) async fn atlassian(Of(shared): Of<Arc<Shared>>, headers: HeaderMap) -> Response {
    match user(&shared, &headers, "atlassian") {
        Some(_) => {
            let site = json!([{"id": "1324a887-45db-1bf4-1e99-ef0ff456d421", "name": "acme", "url": "https://acme.atlassian.net", "scopes": ["read:jira-work", "write:jira-work"], "avatarUrl": "https://site-admin-avatar-cdn.prod.public.atl-paas.net/avatars/240/flag.png"}]);
            axum::Json(site).into_response()
        }
        None => (StatusCode::UNAUTHORIZED, axum::Json(json!({"code": 401, "message": "Unauthorized"})))
            .into_response(),
    }
}

/// `GET /v1.0/me` of Microsoft Graph.
pub(crate) async fn graph(Of(shared): Of<Arc<Shared>>, headers: HeaderMap) -> Response {
    match user(&shared, &headers, "microsoft-teams") {
        Some(_) => axum::Json(json!({"id": "48d31887-5fad-4d73-a9f5-3c356e68a038", "displayName": "CheckMate", "userPrincipalName": "checkmate@acme.example"})).into_response(),
        None => {
            let body = json!({"error": {"code": "InvalidAuthenticationToken", "message": "Access token has expired or is not yet valid."}});
            (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
        }
    }
}

/// Whose token it is, when it is good here and now.
fn user(shared: &Shared, headers: &HeaderMap, connection: &str) -> Option<String> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    let state = shared.lock();
    let issued = state.provider_tokens.get(token)?;
    (issued.connection == connection && issued.until > state.now()).then(|| issued.user.clone())
}
