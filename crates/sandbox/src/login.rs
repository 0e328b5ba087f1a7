//! Where a user signs in: `/authorize`, the login page, and the page where a provider is allowed.

use std::sync::Arc;

use axum::extract::{Form, Query, State as Of};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use url::Url;

use crate::state::{Pending, Shared, State, random};
use crate::tenant::ClientAuth;

const LOGIN: &str = include_str!("login.html");
/// Scopes that every client may ask for.
const OIDC: [&str; 3] = ["openid", "profile", "email"];
const CONSENT: &str = include_str!("consent.html");

/// The parameters of `/authorize`.
#[derive(Deserialize)]
pub(crate) struct Authorize {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    audience: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
}

/// A sign-in that waits for its user.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) audience: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
}

/// What the login page sends.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    tx: String,
    user: String,
    password: String,
}

/// `GET /authorize`.
pub(crate) async fn authorize(Of(shared): Of<Arc<Shared>>, Query(asked): Query<Authorize>) -> Response {
    let mut state = shared.lock();
    if let Err(why) = may(&state, &asked) {
        return (StatusCode::BAD_REQUEST, why).into_response();
    }
    let scope = match granted(&state, &asked) {
        Ok(scope) => scope,
        // The browser may be sent back now: it is known where to.
        Err(why) => {
            let why = [("error", "access_denied"), ("error_description", &why), ("state", &asked.state)];
            return back(&asked.redirect_uri, &why);
        }
    };
    let tx = random("tx_", 24);
    let Authorize {
        client_id: client,
        redirect_uri,
        audience,
        state: back,
        nonce,
        code_challenge: challenge,
        ..
    } = asked;
    state
        .sign_ins
        .insert(tx.clone(), SignIn { client, redirect_uri, scope, audience, state: back, nonce, challenge });
    Html(LOGIN.replace("{tx}", &tx).replace("{said}", "")).into_response()
}

fn may(state: &State, asked: &Authorize) -> Result<(), &'static str> {
    let client = state.tenant.clients.iter().find(|client| client.id == asked.client_id);
    let client = client.ok_or("unknown client")?;
    if !client.callbacks.contains(&asked.redirect_uri) {
        return Err("the redirect_uri is not a callback of the client");
    }
    if asked.response_type != "code" || !client.grant_types.iter().any(|grant| grant == "authorization_code")
    {
        return Err("the client may not use the authorization code flow");
    }
    let proven = asked.code_challenge_method == "S256" && asked.code_challenge.len() == 43;
    if matches!(client.auth, ClientAuth::None) && !proven {
        return Err("a public client must use PKCE with S256");
    }
    if !asked.audience.is_empty() && asked.audience != format!("https://{}/me/", state.tenant.domain) {
        return Err("the audience is not known");
    }
    Ok(())
}

/// What is granted of the scopes that were asked for: those of OpenID Connect, and what the client may do at the API. The rest
/// is left out without a word; a client that may do nothing there is refused.
fn granted(state: &State, asked: &Authorize) -> Result<String, String> {
    let client = state.tenant.clients.iter().find(|client| client.id == asked.client_id);
    let grant = client.and_then(|client| client.my_account_scopes.as_deref());
    if !asked.audience.is_empty() && grant.is_none() {
        let Authorize { client_id, audience, .. } = asked;
        return Err(format!(
            "Client \"{client_id}\" is not authorized to access resource server \"{audience}\"."
        ));
    }
    let of_api: Vec<&str> = grant.unwrap_or_default().split(' ').collect();
    let kept = asked.scope.split(' ').filter(|scope| OIDC.contains(scope) || of_api.contains(scope));
    Ok(kept.collect::<Vec<_>>().join(" "))
}

/// `POST /u/login`.
pub(crate) async fn login(Of(shared): Of<Arc<Shared>>, Form(given): Form<Credentials>) -> Response {
    let mut state = shared.lock();
    let Some(waiting) = state.sign_ins.get(&given.tx).cloned() else {
        return (StatusCode::BAD_REQUEST, "this sign-in is over").into_response();
    };
    let known =
        state.tenant.users.iter().any(|user| user.id == given.user && user.password == given.password);
    if !known {
        let page = LOGIN.replace("{tx}", &given.tx).replace("{said}", "Wrong user or password.");
        return (StatusCode::UNAUTHORIZED, Html(page)).into_response();
    }
    state.sign_ins.remove(&given.tx);
    let code = random("code_", 32);
    let back = back(&waiting.redirect_uri, &[("code", &code), ("state", &waiting.state)]);
    state.codes.insert(code, (given.user, waiting));
    back
}

/// `GET /connect`.
#[derive(Deserialize)]
pub(crate) struct Ticket {
    ticket: String,
}

/// The page of the provider.
pub(crate) async fn consent(Of(shared): Of<Arc<Shared>>, Query(asked): Query<Ticket>) -> Response {
    let state = shared.lock();
    match state.pending.values().find(|pending| pending.ticket == asked.ticket) {
        None => (StatusCode::BAD_REQUEST, "this ticket is over").into_response(),
        Some(Pending { connection, scopes, .. }) => {
            let page = CONSENT.replace("{ticket}", &asked.ticket).replace("{connection}", &plain(connection));
            Html(page.replace("{scopes}", &plain(&scopes.join(" ")))).into_response()
        }
    }
}

/// `POST /connect`: the user allows it.
pub(crate) async fn allow(Of(shared): Of<Arc<Shared>>, Form(asked): Form<Ticket>) -> Response {
    let mut state = shared.lock();
    let Some(pending) = state.pending.values_mut().find(|pending| pending.ticket == asked.ticket) else {
        return (StatusCode::BAD_REQUEST, "this ticket is over").into_response();
    };
    let code = random("cc_", 32);
    pending.code = Some(code.clone());
    pending.ticket = random("used_", 24);
    back(&pending.redirect_uri, &[("connect_code", &code), ("state", &pending.state)])
}

fn back(to: &str, with: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(to) else {
        return (StatusCode::BAD_REQUEST, "the redirect_uri is none").into_response();
    };
    url.query_pairs_mut().extend_pairs(with);
    (StatusCode::FOUND, [(header::LOCATION, url.to_string())]).into_response()
}

/// A text fit for a page.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
