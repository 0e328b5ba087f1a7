//! The stand-in, running.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{DefaultBodyLimit, Request, State as Of};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde_json::json;
use tokio::net::TcpListener;

use crate::fault::{Fault, cut};
use crate::log::{LogEvent, Said};
use crate::serving::Serving;
use crate::state::Shared;
use crate::tenant::Tenant;
use crate::{api, login, management, my_account, provider, token, write};

/// The largest body, in bytes.
const LARGEST: usize = 64 << 10;
/// The largest answer, in bytes.
const LARGEST_ANSWER: usize = 16 << 20;
/// Longer than anybody waits.
pub(crate) const HANG: Duration = Duration::from_secs(60);

/// A tenant that answers.
pub struct Sandbox {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    serving: Serving,
}

impl Sandbox {
    /// On any free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(tenant: Tenant) -> io::Result<Self> {
        Self::start_at(tenant, (Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// At an address.
    ///
    /// # Errors
    /// When it is not free.
    pub async fn start_at(tenant: Tenant, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(tenant, format!("http://{address}")));
        let service = routes(&shared).into_make_service_with_connect_info::<SocketAddr>();
        let serving = Serving::start(axum::serve(listener, service).into_future());
        Ok(Self { shared, address, serving })
    }

    /// Where it answers: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happens to the next request.
    pub fn order(&self, fault: Fault) {
        self.shared.lock().faults.order(fault);
    }

    /// What happens to the next request to a provider.
    pub fn order_of_provider(&self, fault: Fault) {
        self.shared.lock().faults.order_of_provider(fault);
    }

    /// What happens to the next request to the Management API.
    pub fn order_of_api(&self, fault: Fault) {
        self.shared.lock().faults.order_of_api(fault);
    }

    /// From now on this share of requests fails in one way or another.
    pub fn chaos(&self, share: f64, seed: u64) {
        self.shared.lock().faults.chaos(share, seed);
    }

    /// Every token that was ever given: of providers, and for the Management API.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.shared.lock().ever.clone()
    }

    /// Everything that was asked and answered, for a look at the contracts.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        self.shared.lock().said.clone()
    }

    /// The last code that a browser was sent back with and that nobody has used.
    #[must_use]
    pub fn last_code(&self) -> Option<String> {
        let state = self.shared.lock();
        let allowed = state.pending.values().find_map(|pending| pending.code.clone());
        allowed.or_else(|| state.codes.keys().next().cloned())
    }

    /// The tenant's log.
    #[must_use]
    pub fn log(&self) -> Vec<LogEvent> {
        self.shared.lock().log.clone()
    }

    /// The most exchanges at once for one account whose provider rotates.
    #[must_use]
    pub fn exchanges_at_once(&self) -> usize {
        self.shared.lock().most_at_once
    }

    /// How often an assertion's id came a second time.
    #[must_use]
    pub fn reused_ids(&self) -> usize {
        self.shared.lock().reused
    }

    /// From now on every answer takes so long.
    pub fn delay(&self, latency: Duration) {
        self.shared.lock().latency = latency;
    }

    /// Puts its clock so many seconds ahead.
    pub fn skew_clock(&self, seconds: i64) {
        self.shared.lock().skew = seconds;
    }

    /// The user's account is gone.
    pub fn disconnect(&self, user: &str, connection: &str) {
        let gone = |one: &crate::tenant::Account| one.user == user && one.connection == connection;
        self.shared.lock().tenant.accounts.retain(|one| !gone(one));
    }

    /// The provider has revoked the user's account.
    pub fn revoke(&self, user: &str, connection: &str) {
        self.shared.lock().revoked.insert((user.to_owned(), connection.to_owned()));
    }

    /// No token that a provider has given so far is good any more.
    pub fn expire_provider_tokens(&self) {
        self.shared.lock().provider_tokens.clear();
    }

    /// Changes the tenant.
    pub fn set(&self, change: impl FnOnce(&mut Tenant)) {
        change(&mut self.shared.lock().tenant);
    }

    /// Ends it.
    pub async fn stop(self) {
        self.serving.end().await;
    }
}

fn routes(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/oauth/token", post(token::token))
        .route("/api/v2/users/{id}/connected-accounts", get(management::connected_accounts))
        .route("/api/v2/users/{id}/federated-connections-tokensets", get(management::tokensets))
        .route("/api/v2/{*path}", get(api::read).post(write::create).patch(write::change))
        .route("/authorize", get(login::authorize))
        .route("/u/login", post(login::login))
        .route("/connect", get(login::consent).post(login::allow))
        .route("/me/v1/connected-accounts/connect", post(my_account::connect))
        .route("/me/v1/connected-accounts/complete", post(my_account::complete))
        .route("/me/v1/connected-accounts/accounts", get(my_account::list))
        .route("/me/v1/connected-accounts/accounts/{id}", delete(my_account::delete))
        .route("/provider/github/user", get(provider::github))
        .route("/provider/atlassian/oauth/token/accessible-resources", get(provider::atlassian))
        .route("/provider/graph/v1.0/me", get(provider::graph))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), as_ordered))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(Arc::clone(shared))
}

/// Lets a request through, or does to it what is ordered; every answer shows the tenant's clock.
async fn as_ordered(Of(shared): Of<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (fault, latency) = {
        let mut state = shared.lock();
        (state.faults.take(request.uri().path()), state.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let mut answer = match fault {
        None => recorded(&shared, request, next).await,
        Some(Fault::Hang) => {
            tokio::time::sleep(HANG).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Fault::Status(status)) => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
        Some(Fault::Lost) => {
            recorded(&shared, request, next).await;
            return cut();
        }
        Some(Fault::Withheld) => {
            recorded(&shared, request, next).await;
            tokio::time::sleep(HANG).await;
            return cut();
        }
        Some(Fault::Late(by)) => {
            tokio::time::sleep(by).await;
            recorded(&shared, request, next).await
        }
        Some(Fault::Garbage) => "<html>what is this</html>".into_response(),
        Some(Fault::Redirect(to)) => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
        }
        Some(Fault::RateLimited { retry_after }) => too_many(Some(retry_after)),
        Some(Fault::Limited { retry_after, .. }) => too_many(retry_after),
    };
    let now = u64::try_from(shared.lock().now()).unwrap_or_default();
    if let Ok(date) = HeaderValue::from_str(&date(now)) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}

fn too_many(retry_after: Option<u64>) -> Response {
    let text = "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.";
    let body = json!({"error": "too_many_requests", "error_description": text});
    let mut answer = (StatusCode::TOO_MANY_REQUESTS, axum::Json(body)).into_response();
    answer.headers_mut().insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// Lets a request through and keeps what was said.
async fn recorded(shared: &Shared, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let parameters = request.uri().query().unwrap_or_default().as_bytes();
    let query = url::form_urlencoded::parse(parameters).into_owned().collect();
    let (parts, body) = request.into_parts();
    let Ok(asked) = to_bytes(body, LARGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
    let body = if form {
        let fields = url::form_urlencoded::parse(&asked).into_owned();
        serde_json::Value::Object(fields.map(|(name, value)| (name, value.into())).collect())
    } else {
        serde_json::from_slice(&asked).unwrap_or_default()
    };
    let answer = next.run(Request::from_parts(parts, asked.into())).await;
    let (parts, said) = answer.into_parts();
    let Ok(said) = to_bytes(said, LARGEST_ANSWER).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let answer = serde_json::from_slice(&said).unwrap_or_default();
    shared.lock().said.push(Said { method, path, query, body, status: parts.status.as_u16(), answer });
    Response::from_parts(parts, said.into())
}

/// An HTTP date.
fn date(seconds: u64) -> String {
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(seconds))
}
