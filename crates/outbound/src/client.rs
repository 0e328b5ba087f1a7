//! Sends calls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_domain::Timestamp;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{NoProxy, Proxy, Response};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use crate::answer::Answer;
use crate::base_url::is_loopback;
use crate::budget::{BudgetKey, Budgets, Grant};
use crate::call::Call;
use crate::circuit::Circuits;
use crate::error::CallError;
use crate::guard;
use crate::retry::{self, Attempted, Bounds};
use crate::settings::{Settings, SettingsError};
use crate::tls;

/// What all calls of a process share. Clones share it.
#[derive(Clone)]
pub struct Outbound(Arc<Shared>);

struct Shared {
    settings: Settings,
    tls: ClientConfig,
    proxy: Option<Proxy>,
    circuits: Circuits,
    budgets: Arc<dyn Budgets>,
}

/// Connections of one job.
pub struct Client {
    shared: Arc<Shared>,
    http: reqwest::Client,
}

impl Outbound {
    /// Reads what the settings name.
    ///
    /// # Errors
    /// With the setting that cannot be used.
    pub fn new(settings: Settings, budgets: Arc<dyn Budgets>) -> Result<Self, SettingsError> {
        let tls = tls::config(&settings)?;
        let proxy = proxy(&settings)?;
        let circuits = Circuits::new(settings.circuit);
        let shared = Shared { settings, tls, proxy, circuits, budgets };
        // Made once for nothing, so that what is wrong shows now and not in the first job.
        shared.builder().build().map_err(|error| SettingsError::Client(chain(error)))?;
        Ok(Self(Arc::new(shared)))
    }

    /// Connections for one job.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn client(&self) -> Result<Client, SettingsError> {
        let http = self.0.builder().build().map_err(|error| SettingsError::Client(chain(error)))?;
        Ok(Client { shared: Arc::clone(&self.0), http })
    }
}

impl Shared {
    /// Asks the budgets of a call. That of its endpoint first: the pace of the whole is not used up for a call that waits.
    async fn admit(&self, call: &Call<'_>) -> Result<(), CallError> {
        if let Some((key, _)) = &call.endpoint {
            granted(key, self.budgets.take(key).await)?;
        }
        if let Some(key) = &call.budget {
            let grant = match call.pace {
                Some(pace) => self.budgets.take_paced(key, pace).await,
                None => self.budgets.take(key).await,
            };
            granted(key, grant)?;
        }
        Ok(())
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        let settings = &self.settings;
        let builder = reqwest::Client::builder()
            .user_agent(settings.user_agent.clone())
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            .redirect(Policy::none())
            .pool_max_idle_per_host(4)
            .tls_backend_preconfigured(self.tls.clone())
            .no_proxy();
        match &self.proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        }
    }
}

impl Client {
    /// Sends a call, again if need be and if that is safe. A status that is no success is an answer too.
    ///
    /// # Errors
    /// When there is no answer within the bounds.
    pub async fn send(&self, call: &Call<'_>) -> Result<Answer, CallError> {
        let began = Instant::now();
        let settings = &self.shared.settings;
        let host = call.host();
        refuse_plain(call, &host)?;
        let total = call.within.map_or(settings.total_timeout, |within| within.min(settings.total_timeout));
        let (mut attempt, mut maybe_done) = (0, false);
        loop {
            attempt += 1;
            let left = total.saturating_sub(began.elapsed());
            let outcome = self.attempt(call, &host, left).await;
            let now = Timestamp::now();
            let attempted = match &outcome {
                Ok(answer) => Attempted::Answered(answer.status, answer.retry_after(now)),
                Err(error) => Attempted::Failed(error),
            };
            let left = total.saturating_sub(began.elapsed());
            let bounds = Bounds { attempts: settings.attempts, backoff: settings.backoff, left };
            match retry::next(call.repeat, attempt, attempted, bounds, rand::random()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => {
                    let told = |answer| Answer { attempts: attempt, maybe_done_before: maybe_done, ..answer };
                    return outcome.map(told);
                }
            }
            maybe_done |= match &outcome {
                // Whoever answers so speaks for one behind it, who may have done it.
                Ok(answer) => matches!(answer.status, 502..=504),
                Err(error) => error.maybe_sent(),
            };
        }
    }

    /// One attempt, with everything that is noted about it.
    async fn attempt(&self, call: &Call<'_>, host: &str, left: Duration) -> Result<Answer, CallError> {
        let shared = &*self.shared;
        shared.admit(call).await?;
        let open = |again_in| CallError::CircuitOpen { host: host.to_owned(), again_in };
        // Several services may be behind one host, and one of them may be down alone.
        let service = call.budget.as_ref().map_or(host, BudgetKey::as_str);
        shared.circuits.admit(service, Instant::now()).map_err(open)?;
        let late = || CallError::TimedOut { host: host.to_owned(), after: left, maybe_sent: true };
        let outcome = tokio::time::timeout(left, self.once(call, host)).await.unwrap_or_else(|_| Err(late()));
        let well = match &outcome {
            Ok(answer) => Some(!matches!(answer.status, 502..=504)),
            Err(CallError::TimedOut { .. } | CallError::Unreachable { .. } | CallError::Tls { .. }) => {
                Some(false)
            }
            Err(CallError::TooLarge { .. } | CallError::Unreadable { .. }) => Some(true),
            // Nothing was sent: that says nothing of the host.
            Err(_) => None,
        };
        if let Some(well) = well {
            shared.circuits.note(service, well, Instant::now());
        }
        match &outcome {
            Ok(answer) => {
                tracing::debug!(http.host = host, http.method = %call.method, http.status = answer.status, "called");
                if let Some(key) = call.told_of(answer.status, &answer.headers) {
                    shared.budgets.saw(key, answer.rate(Timestamp::now())).await;
                }
            }
            Err(error) => {
                tracing::debug!(http.host = host, http.method = %call.method, %error, "called in vain");
            }
        }
        outcome
    }

    async fn once(&self, call: &Call<'_>, host: &str) -> Result<Answer, CallError> {
        let pinned;
        let http = if call.from_data {
            let within = self.shared.settings.connect_timeout;
            let addresses = guard::public_addresses(&call.url, within).await?;
            let name = call.url.host_str().unwrap_or_default();
            let built = self.shared.builder().resolve_to_addrs(name, &addresses).build();
            pinned = built.map_err(|error| CallError::NotSendable(chain(error)))?;
            &pinned
        } else {
            &self.http
        };
        let response = call.request(http)?.send().await.map_err(|error| explain(error, host))?;
        if response.status().is_redirection()
            && let Some(to) = response.headers().get(LOCATION)
        {
            return Err(CallError::Redirected { host: host.to_owned(), to: host_of(to.as_bytes(), call) });
        }
        self.read(response, host).await
    }

    async fn read(&self, mut response: Response, host: &str) -> Result<Answer, CallError> {
        let cap = self.shared.settings.body_cap;
        let too_large = || CallError::TooLarge { host: host.to_owned(), cap };
        let told = response.content_length().unwrap_or(0);
        let told = usize::try_from(told).ok().filter(|told| *told <= cap).ok_or_else(too_large)?;
        let mut body = Zeroizing::new(Vec::with_capacity(told));
        while let Some(chunk) = response.chunk().await.map_err(|error| explain(error, host))? {
            if body.len() + chunk.len() > cap {
                return Err(too_large());
            }
            grow(&mut body, chunk.len());
            body.extend_from_slice(&chunk);
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body, attempts: 1, maybe_done_before: false, host: host.to_owned() })
    }
}

fn granted(key: &BudgetKey, grant: Grant) -> Result<(), CallError> {
    match grant {
        Grant::Go => Ok(()),
        Grant::Wait(again_in) => Err(CallError::OutOfBudget { key: key.to_string(), again_in }),
    }
}

/// Makes room by hand: a vector that grows by itself leaves its old memory as it was.
fn grow(body: &mut Zeroizing<Vec<u8>>, more: usize) {
    if body.capacity() - body.len() < more {
        let mut larger = Zeroizing::new(Vec::with_capacity((body.len() + more) * 2));
        larger.extend_from_slice(body);
        *body = larger;
    }
}

/// A credential never travels in the open, whoever made the address.
fn refuse_plain(call: &Call<'_>, host: &str) -> Result<(), CallError> {
    if call.url.scheme() == "https" || (is_loopback(&call.url) && !call.from_data) {
        return Ok(());
    }
    if call.has_secret() || call.url.scheme() != "http" {
        let why = "it is not encrypted: only https is used".to_owned();
        return Err(CallError::Refused { host: host.to_owned(), why });
    }
    Ok(())
}

fn host_of(location: &[u8], call: &Call<'_>) -> String {
    let to = std::str::from_utf8(location).ok().and_then(|to| call.url.join(to).ok());
    to.and_then(|to| to.host_str().map(str::to_owned))
        .unwrap_or_else(|| "an address nobody can read".to_owned())
}

fn explain(error: reqwest::Error, host: &str) -> CallError {
    let (host, connect, timeout) = (host.to_owned(), error.is_connect(), error.is_timeout());
    let (decode, build) = (error.is_decode(), error.is_builder());
    let why = chain(error);
    if why.contains("certificate") {
        return CallError::Tls { host, why };
    }
    if timeout && !connect {
        return CallError::Unreachable { host, why: "it stopped answering".to_owned(), maybe_sent: true };
    }
    if build {
        return CallError::NotSendable(why);
    }
    if decode {
        return CallError::Unreadable { host, why };
    }
    CallError::Unreachable { host, why, maybe_sent: !connect }
}

/// What went wrong, down to its cause, without the address, which may hold more than the host.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

fn proxy(settings: &Settings) -> Result<Option<Proxy>, SettingsError> {
    let Some(url) = &settings.proxy else { return Ok(None) };
    let host = url.host_str().unwrap_or("?").to_owned();
    let proxy = Proxy::all(url.clone()).map_err(|error| SettingsError::Proxy { host, why: chain(error) })?;
    // What is on this machine may be spoken to without encryption, which ends here if it leaves the machine.
    Ok(Some(proxy.no_proxy(NoProxy::from_string("localhost,127.0.0.0/8,::1"))))
}
