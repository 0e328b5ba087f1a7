//! Requests to one vendor's API with the job's credential, each within the turn of its sender.

use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_outbound::{Answer, BaseUrl, BudgetKey, Call};
use serde::de::DeserializeOwned;

use super::access::{Access, Held};
use super::limit;
use super::request::{Method, Request};
use super::trouble::{Trouble, of_call};
use crate::Clock;

/// An API, for as long as one turn takes.
pub(crate) struct Api<'a> {
    pub(crate) base: &'a BaseUrl,
    /// What every path of it begins with.
    pub(crate) root: &'static [&'static str],
    /// What all who ask this site share: a wait that one of them is told holds for all.
    pub(crate) budget: &'a BudgetKey,
    pub(crate) access: &'a dyn Access,
    pub(crate) clock: &'a dyn Clock,
    /// From then on somebody else may be at the same delivery.
    pub(crate) until: Timestamp,
    /// What an answer that is no success means: by status, wait and body.
    pub(crate) trouble: fn(u16, Option<Duration>, &[u8]) -> Trouble,
}

impl Api<'_> {
    /// Sends a request; where the credential is not taken, once more with another one.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, Trouble> {
        let held = self.access.lease().await?;
        match self.once(request, &held).await {
            Err(Trouble::Stale(_)) => {
                let other = self.access.renew(&held).await?;
                self.once(request, &other).await
            }
            outcome => outcome,
        }
    }

    /// Sends a request and reads the answer. One that cannot be read is a lost one.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Trouble> {
        self.send(request).await?.json().map_err(|error| of_call(&error))
    }

    /// A sender that was held up for longer than its turn does nothing any more: the last look at the clock is here, after
    /// everything that could have taken long.
    async fn once(&self, request: &Request, held: &Held) -> Result<Answer, Trouble> {
        let client = self.access.client()?;
        let call = self.call(request).bearer(&held.secret);
        if request.writes && self.clock.now() >= self.until {
            return Err(Trouble::TooLate);
        }
        let answer = client.send(&call).await.map_err(|error| of_call(&error))?;
        if answer.is_success() {
            return Ok(answer);
        }
        let wait = answer.retry_after(self.clock.now());
        Err(match ((self.trouble)(answer.status, wait, &answer.body), limit::reason(&answer.headers)) {
            (Trouble::Later(text, wait), Some(limit)) => Trouble::Later(format!("{text} ({limit})"), wait),
            (trouble, _) => trouble,
        })
    }

    fn call<'s>(&self, request: &Request) -> Call<'s> {
        let path: Vec<&str> =
            self.root.iter().copied().chain(request.path.iter().map(String::as_str)).collect();
        let url = self.base.join(&path);
        let call = match request.method {
            Method::Get => Call::get(url),
            Method::Post => Call::post(url),
            Method::Put => Call::put(url),
            Method::Delete => Call::delete(url),
        };
        let call = call.repeat(request.repeat).header("accept", "application/json");
        let call = call.endpoint(self.budget.clone(), &request.place(), limit::reach);
        let call = request.query.iter().fold(call, |call, (name, value)| call.query(name, value));
        let call = request.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        let call = request.pace.into_iter().fold(call, Call::paced);
        match (&request.body, &request.form) {
            (Some(body), _) => call.json(body),
            (None, Some(form)) => call.content(&form.kind, form.bytes.clone()),
            (None, None) => call,
        }
    }
}
