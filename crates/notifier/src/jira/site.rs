//! Requests to one site, each within the turn of its sender.

use checkmate_domain::Timestamp;
use checkmate_outbound::{Answer, BaseUrl, BudgetKey, Call};
use serde::de::DeserializeOwned;

use super::access::{Access, Held};
use super::request::{Method, Request};
use super::trouble::{Trouble, of_answer, of_call};
use crate::Clock;
use crate::render::line;

/// A site, for as long as one turn takes.
pub(super) struct Site<'a> {
    pub(super) base: &'a BaseUrl,
    /// What all who ask this site share: a wait that one of them is told holds for all.
    pub(super) budget: &'a BudgetKey,
    pub(super) access: &'a dyn Access,
    pub(super) clock: &'a dyn Clock,
    /// From then on somebody else may be at the same delivery.
    pub(super) until: Timestamp,
}

impl Site<'_> {
    /// Sends a request; where the credential is not taken, once more with another one.
    pub(super) async fn send(&self, request: &Request) -> Result<Answer, Trouble> {
        let held = self.access.lease().await?;
        match self.once(request, &held).await {
            Err(Trouble::Stale) => {
                let other = self.access.renew(&held).await?;
                self.once(request, &other).await
            }
            outcome => outcome,
        }
    }

    /// Sends what only reads, and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Trouble> {
        self.send(request).await?.json().map_err(|error| of_call(&error))
    }

    /// A sender that was held up for longer than its turn does nothing any more: the last look at the clock is here, after
    /// everything that could have taken long.
    async fn once(&self, request: &Request, held: &Held) -> Result<Answer, Trouble> {
        let client = self.access.client()?;
        let call = self.call(request).bearer(&held.secret);
        let now = self.clock.now();
        if request.writes && now >= self.until {
            return Err(Trouble::TooLate);
        }
        let answer = client.send(&call).await.map_err(|error| of_call(&error))?;
        if answer.is_success() {
            return Ok(answer);
        }
        let trouble = of_answer(answer.status, answer.retry_after(self.clock.now()), &answer.body);
        Err(match (trouble, limit(&answer)) {
            (Trouble::Later(text, wait), Some(limit)) => Trouble::Later(format!("{text} ({limit})"), wait),
            (trouble, _) => trouble,
        })
    }

    fn call<'s>(&self, request: &Request) -> Call<'s> {
        let root = ["rest", "api", "3"];
        let path: Vec<&str> = root.into_iter().chain(request.path.iter().map(String::as_str)).collect();
        let url = self.base.join(&path);
        let call = match request.method {
            Method::Get => Call::get(url),
            Method::Post => Call::post(url),
            Method::Put => Call::put(url),
        };
        let call =
            call.repeat(request.repeat).budget(self.budget.clone()).header("accept", "application/json");
        let call = request.query.iter().fold(call, |call, (name, value)| call.query(name, value));
        match &request.body {
            Some(body) => call.json(body),
            None => call,
        }
    }
}

/// Which limit was reached: that of a ticket, of an endpoint, or the hour's quota.
fn limit(answer: &Answer) -> Option<String> {
    let reason = answer.headers.get("ratelimit-reason")?.to_str().ok()?;
    Some(line(reason, 60))
}
