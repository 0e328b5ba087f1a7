//! From a request to its vendor and back, by way of what is ordered to go wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as Of};
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use serde_json::Value;

use super::said::{Answer, Asked, Ctx};
use super::{Shared, State, Vendor};
use crate::fault::{Fault, cut};
use crate::log::Said;
use crate::{confluence, graph, jira, webhook};

/// The largest body, in bytes.
const LARGEST: usize = 64 << 20;

pub(crate) fn routes(shared: &Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(Arc::clone(shared))
}

async fn answer(Of(shared): Of<Arc<Shared>>, request: Request) -> Response {
    if let Some(page) = page(&shared, &request) {
        return page;
    }
    let Some(asked) = read(request).await else { return Answer::empty(413).into_response() };
    let Some(vendor) = vendor(&asked.path) else { return Answer::empty(404).into_response() };
    let (fault, latency, patience) = {
        let mut state = shared.lock();
        (state.troubles.take(vendor, &asked.method, &asked.path), state.latency, state.patience)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    as_ordered(&shared, vendor, &asked, fault, patience).await
}

/// The page of what has arrived, for a browser on this machine; a name that only leads here is not served.
fn page(shared: &Shared, request: &Request) -> Option<Response> {
    if request.method() != Method::GET || request.uri().path() != "/" {
        return None;
    }
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let state = shared.lock();
    let port = state.base.strip_prefix("http://127.0.0.1:")?;
    if host != format!("127.0.0.1:{port}") && host != format!("localhost:{port}") {
        return None;
    }
    let mut response = Response::new(Body::from(super::page::page(&state)));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html;charset=UTF-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

async fn as_ordered(
    shared: &Arc<Shared>,
    vendor: Vendor,
    asked: &Asked,
    fault: Option<Fault>,
    patience: Duration,
) -> Response {
    match fault {
        None => done(shared, vendor, asked, true).into_response(),
        Some(Fault::Lost) => {
            done(shared, vendor, asked, false);
            cut()
        }
        Some(Fault::Withheld) => {
            done(shared, vendor, asked, false);
            tokio::time::sleep(patience).await;
            cut()
        }
        Some(Fault::Late(by)) => {
            // A task of its own goes on when the connection has ended.
            let (shared, asked) = (Arc::clone(shared), asked.clone());
            let late = tokio::spawn(async move {
                tokio::time::sleep(by).await;
                done(&shared, vendor, &asked, true)
            });
            late.await.map_or_else(|_| cut(), Answer::into_response)
        }
        Some(Fault::Hang) => {
            tokio::time::sleep(patience).await;
            cut()
        }
        Some(Fault::Status(status)) => Answer::text(status, "upstream connect error").into_response(),
        Some(Fault::Garbage) => Answer::text(200, "<html>what is this</html>").into_response(),
        Some(Fault::Redirect(to)) => Answer::empty(307).with("location", to).into_response(),
        Some(Fault::RateLimited { retry_after }) => {
            limited(vendor, Some(retry_after), usual_reason(vendor)).into_response()
        }
        Some(Fault::Limited { retry_after, reason }) => limited(vendor, retry_after, &reason).into_response(),
    }
}

/// Does what was asked, and keeps what was said.
fn done(shared: &Shared, vendor: Vendor, asked: &Asked, answered: bool) -> Answer {
    let mut state = shared.lock();
    let before = state.record.len();
    let answer = dispatched(&mut state, vendor, asked);
    for written in state.record.iter_mut().skip(before) {
        written.answered = answered;
    }
    if let Some(said) = &mut state.said {
        said.push(Said {
            method: asked.method.clone(),
            path: asked.path.clone(),
            query: asked.query.clone(),
            body: serde_json::from_slice(&asked.body).unwrap_or_default(),
            status: answer.status,
            answer: answer.body(),
        });
    }
    answer
}

/// Scopes of a token that is good: one of this place, or one that the vault has leased.
fn scopes(
    tokens: &BTreeMap<String, Vec<String>>,
    vault: Option<&crate::state::Shared>,
    token: &str,
) -> Option<Vec<String>> {
    tokens.get(token).cloned().or_else(|| vault?.lock().leased(token))
}

fn dispatched(state: &mut State, vendor: Vendor, asked: &Asked) -> Answer {
    let now = state.clock.now();
    let scopes = asked.bearer().and_then(|token| scopes(&state.tokens, state.vault.as_deref(), token));
    let mut ctx = Ctx { now, clock: &state.clock, scopes, base: &state.base, record: &mut state.record };
    match vendor {
        Vendor::Jira => jira::answer(&mut state.jira, &mut ctx, asked),
        Vendor::Confluence => confluence::answer(&mut state.confluence, &mut ctx, asked),
        Vendor::Graph => graph::answer(&mut state.graph, &mut ctx, asked),
        Vendor::Workflow => graph::run(&mut state.workflow, &mut ctx, asked),
        Vendor::Webhook => webhook::answer(&mut state.hooks, &mut ctx, asked),
    }
}

/// Which limit it is when nobody says.
const fn usual_reason(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Confluence => "confluence-quota-tenant-based",
        _ => "jira-burst-based",
    }
}

fn limited(vendor: Vendor, retry_after: Option<u64>, reason: &str) -> Answer {
    let answer = match vendor {
        Vendor::Jira => jira::limited(reason),
        Vendor::Confluence => confluence::limited(reason),
        Vendor::Graph => graph::limited(),
        Vendor::Workflow | Vendor::Webhook => Answer::text(429, "Too Many Requests"),
    };
    match retry_after {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

fn vendor(path: &str) -> Option<Vendor> {
    let begins = [
        ("/ex/jira/", Vendor::Jira),
        ("/oauth/token/accessible-resources", Vendor::Jira),
        ("/ex/confluence/", Vendor::Confluence),
        ("/v1.0/", Vendor::Graph),
        ("/powerautomate/", Vendor::Workflow),
        ("/hooks/", Vendor::Webhook),
    ];
    begins.iter().find(|(begin, _)| path.starts_with(begin)).map(|(_, vendor)| *vendor)
}

async fn read(request: Request) -> Option<Asked> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    Some(Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query).into_owned().collect(),
        headers,
        body: to_bytes(body, LARGEST).await.ok()?,
    })
}

/// The body as JSON.
pub(crate) fn json(asked: &Asked) -> Option<Value> {
    serde_json::from_slice(&asked.body).ok()
}
