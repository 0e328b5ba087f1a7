//! HTTP for all outside calls.
//!
//! [`Outbound`] is one for the process and holds no credential: settings, budgets, circuit breakers. A [`Client`] is one for
//! a job: it has connections of its own and is dropped with the job, so that nothing of a credential outlives it. A [`Call`]
//! says what is to be sent; [`Client::send`] repeats it only as far as that is safe, and answers in bounded time and size.

mod answer;
mod base_url;
mod budget;
mod call;
mod circuit;
mod client;
mod error;
mod guard;
mod rate;
mod reach;
mod retry;
mod secret_url;
mod settings;
mod tls;

pub use answer::Answer;
pub use base_url::{BaseUrl, BaseUrlError};
pub use budget::{BudgetKey, Budgets, Grant, InProcess, NoBudget};
pub use call::{Call, Repeat};
pub use circuit::Circuit;
pub use client::{Client, Outbound};
pub use error::CallError;
pub use rate::RateSeen;
pub use reach::Reach;
/// Headers of an answer.
pub use reqwest::header::HeaderMap;
pub use secret_url::{SecretUrl, SecretUrlError};
pub use settings::{Settings, SettingsError};
