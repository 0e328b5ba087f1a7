//! A tenant as its Management API tells it.
//!
//! `fetch` asks, within the vendor's limits (`pace`), every `endpoints` entry; `redact` takes secrets out of what comes;
//! `answers` is what was said, in memory or, after `scrub`, in a file; `build` makes the snapshot of what is `plausible` of it,
//! and `parts` cuts what is too much for one job, all without I/O.

mod answers;
mod build;
mod endpoints;
mod fetch;
mod pace;
mod parts;
mod plausible;
mod redact;
mod scanner;
mod scrub;

pub use answers::{Answers, AnswersError};
pub use pace::Plan;
pub(crate) use scanner::assess_now;
pub use scanner::{TenantScanner, TenantSpec, assess_answers, fetch_answers, unassessed};
