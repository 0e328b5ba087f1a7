//! `POST /oauth/token`.

mod client;
mod vault;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State as Of};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::keys::RsaPair;
use crate::log::LogEvent;
use crate::state::{Shared, State, random};
use crate::tenant::{Client, Demand, VAULT_GRANT};

/// The fields of a request, each once.
pub(crate) type Fields = BTreeMap<String, String>;

/// A refusal: status, `error`, `error_description`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) u16, pub(crate) &'static str, pub(crate) String);

impl Refusal {
    pub(crate) fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Self(status, error, description.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::BAD_REQUEST);
        (status, axum::Json(json!({"error": self.1, "error_description": self.2}))).into_response()
    }
}

/// Answers a request for a token.
pub(crate) async fn token(
    Of(shared): Of<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&shared, peer.ip(), &headers, &body).await {
        Ok(answer) => ([("cache-control", "no-store")], axum::Json(answer)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(shared: &Shared, peer: IpAddr, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let fields = fields(headers, body)?;
    let field = |name: &str| fields.get(name).map(String::as_str);
    let grant =
        field("grant_type").ok_or_else(|| Refusal::new(400, "invalid_request", "grant_type is missing"))?;
    let client = client::authenticate(&mut shared.lock(), &fields)?;
    if !client.grant_types.iter().any(|allowed| allowed == grant) {
        let text = format!("Grant type '{grant}' not allowed for the client.");
        return Err(Refusal::new(403, "unauthorized_client", text));
    }
    match grant {
        "client_credentials" => credentials(&mut shared.lock(), &client, &fields),
        "authorization_code" => code(&mut shared.lock(), &client, &fields),
        VAULT_GRANT => vault::exchange(shared, peer, &client, &fields).await,
        _ => Err(Refusal::new(400, "unsupported_grant_type", "the stand-in does not know this grant type")),
    }
}

/// A form or a JSON object of texts; a field that comes twice is refused.
fn fields(headers: &HeaderMap, body: &[u8]) -> Result<Fields, Refusal> {
    let bad = |why: &str| Refusal::new(400, "invalid_request", why);
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        return serde_json::from_slice(body).map_err(|_| bad("the body is no object of texts"));
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(bad("the body must be a form or JSON"));
    }
    let mut fields = Fields::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(bad("a parameter is there twice"));
        }
    }
    Ok(fields)
}

/// A token of the user who has signed in. Its code is taken once.
fn code(state: &mut State, client: &Client, fields: &Fields) -> Result<Value, Refusal> {
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let bad = |why: &str| Refusal::new(403, "invalid_grant", why);
    let (user, begun) = state.codes.remove(field("code")).ok_or_else(|| bad("Invalid authorization code"))?;
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
    if begun.client != client.id || begun.redirect_uri != field("redirect_uri") || begun.challenge != proof {
        return Err(bad("the client, the redirect_uri or the code_verifier does not fit"));
    }
    if begun.audience.is_empty() {
        return Err(bad("the stand-in gives tokens for My Account only"));
    }
    step_up(state)?;
    let token = random("usr_", 40);
    state.user_tokens.insert(token.clone(), (user.clone(), client.id.clone(), begun.scope.clone()));
    state.ever.push(token.clone());
    let mut answer =
        json!({"access_token": token, "scope": begun.scope, "expires_in": 7_200, "token_type": "Bearer"});
    if begun.scope.split(' ').any(|scope| scope == "openid") {
        answer["id_token"] = json!(id_token(state, &client.id, &user, &begun.nonce));
    }
    Ok(answer)
}

/// Nobody here has a second factor: where the tenant demands one for accounts, nobody gets at them.
fn step_up(state: &State) -> Result<(), Refusal> {
    if state.tenant.demands == Demand::StepUp {
        let text = "A second factor or a recent sign-in is required.";
        return Err(Refusal::new(403, "unmet_authentication_requirements", text));
    }
    Ok(())
}

/// Who has signed in, signed by the tenant.
fn id_token(state: &State, client: &str, user: &str, nonce: &str) -> String {
    static KEY: LazyLock<RsaPair> = LazyLock::new(RsaPair::generate);
    let (now, issuer) = (state.now(), format!("https://{}/", state.tenant.domain));
    let claims =
        json!({"iss": issuer, "sub": user, "aud": client, "iat": now, "exp": now + 36_000, "nonce": nonce});
    KEY.sign(&json!({"alg": "RS256", "typ": "JWT", "kid": "tenant"}), &claims)
}

/// A token for the Management API. Its audience is the tenant's own host, whatever host was called.
fn credentials(state: &mut State, client: &Client, fields: &Fields) -> Result<Value, Refusal> {
    let audience = format!("https://{}/api/v2/", state.tenant.domain);
    let asked = fields.get("audience").map(String::as_str).unwrap_or_default();
    if asked != audience {
        let text = format!("Service not found: {asked}");
        return Err(Refusal::new(403, "access_denied", text));
    }
    let Some(scopes) = client.management_scopes.clone() else {
        let text = format!(
            "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" associated to this API."
        );
        return Err(Refusal::new(403, "access_denied", text));
    };
    let token = random("mgm_", 40);
    state.management_tokens.insert(token.clone(), scopes.clone());
    state.ever.push(token.clone());
    state.log.push(LogEvent { kind: "seccft", client: client.id.clone(), ..LogEvent::default() });
    Ok(json!({"access_token": token, "scope": scopes, "expires_in": 86_400, "token_type": "Bearer"}))
}
