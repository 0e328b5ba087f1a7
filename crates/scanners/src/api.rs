//! A vendor's API as a scanner sees it: leases when it must, once more when the vendor does not take the credential.

use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_outbound::{Answer, BaseUrl, BudgetKey, Call, CallError};
use serde::de::DeserializeOwned;

use crate::contract::ScanError;
use crate::credentials::{Credentials, Need, NoCredential};

/// One vendor, one account, one job.
pub struct Api<'a> {
    /// The job's leases.
    pub credentials: &'a dyn Credentials,
    /// What is needed.
    pub need: Need,
    /// Where the vendor is.
    pub base: &'a BaseUrl,
}

/// Why a read brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// There is no credential.
    #[error(transparent)]
    NoCredential(#[from] NoCredential),
    /// The vendor takes neither the credential nor a fresh one.
    #[error("{0} does not take the credential, nor a fresh one")]
    NotTaken(String),
    /// The account may not read it.
    #[error("{0} does not allow it (HTTP 403)")]
    Forbidden(String),
    /// There is no such thing, or the account may not know of it.
    #[error("{0} has no such thing (HTTP 404)")]
    NotFound(String),
    /// Too many requests.
    #[error("{0} limits requests")]
    RateLimited(String, Option<Duration>),
    /// The vendor is in trouble or out of reach.
    #[error("{0}")]
    Unavailable(String),
    /// It will not be otherwise.
    #[error("{0}")]
    Permanent(String),
}

impl Api<'_> {
    /// Reads something as JSON, on a budget. A credential that is not taken is renewed and the read repeated, once: reading
    /// twice is safe.
    ///
    /// # Errors
    /// By what can be done about it.
    pub async fn get<T: DeserializeOwned>(&self, path: &[&str], budget: &BudgetKey) -> Result<T, ApiError> {
        let answer = self.fetch(path, &[], budget).await?;
        self.judge(&answer)?;
        answer.json().map_err(unanswered)
    }

    /// Reads something, whatever the vendor answers, on a budget. A credential is renewed as by [`Self::get`].
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn fetch(
        &self,
        path: &[&str],
        query: &[(&'static str, String)],
        budget: &BudgetKey,
    ) -> Result<Answer, ApiError> {
        self.ask(|| {
            let call = Call::get(self.base.join(path)).budget(budget.clone());
            query.iter().fold(call, |call, (name, value)| call.query(name, value))
        })
        .await
    }

    async fn ask(&self, call: impl Fn() -> Call<'static>) -> Result<Answer, ApiError> {
        let client = self.credentials.client()?;
        let held = self.credentials.lease(&self.need).await?;
        let answer = client.send(&call().bearer(&held.secret)).await.map_err(unanswered)?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let fresh = self.credentials.renew(&self.need, &held).await?;
        client.send(&call().bearer(&fresh.secret)).await.map_err(unanswered)
    }

    fn judge(&self, answer: &Answer) -> Result<(), ApiError> {
        let host = || self.base.host().to_owned();
        match answer.status {
            200..300 => Ok(()),
            401 => Err(ApiError::NotTaken(host())),
            403 => Err(ApiError::Forbidden(host())),
            404 => Err(ApiError::NotFound(host())),
            429 => Err(ApiError::RateLimited(host(), answer.retry_after(Timestamp::now()))),
            status @ 500.. => Err(ApiError::Unavailable(format!("{} is in trouble (HTTP {status})", host()))),
            status => Err(ApiError::Permanent(format!("{} refuses (HTTP {status})", host()))),
        }
    }
}

fn unanswered(error: CallError) -> ApiError {
    match error {
        CallError::OutOfBudget { ref key, again_in } => ApiError::RateLimited(key.clone(), Some(again_in)),
        error if error.is_transient() => ApiError::Unavailable(error.to_string()),
        error => ApiError::Permanent(error.to_string()),
    }
}

impl From<ApiError> for ScanError {
    fn from(error: ApiError) -> Self {
        let text = error.to_string();
        match error {
            ApiError::NoCredential(none) => none.into(),
            ApiError::RateLimited(_, Some(after)) => Self::Later(after, text),
            ApiError::RateLimited(_, None) | ApiError::Unavailable(_) => Self::Transient(text),
            ApiError::NotTaken(_)
            | ApiError::Forbidden(_)
            | ApiError::NotFound(_)
            | ApiError::Permanent(_) => Self::Permanent(text),
        }
    }
}
