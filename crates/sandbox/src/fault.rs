//! What goes wrong on purpose.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What happens to the next request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, with a body nobody expects.
    Status(u16),
    /// Too many requests.
    RateLimited {
        /// Seconds.
        retry_after: u64,
    },
    /// No answer at all.
    Hang,
    /// An answer that is no JSON.
    Garbage,
    /// Somewhere else.
    Redirect(String),
    /// It is done, and the connection ends without an answer.
    Lost,
    /// It is done, and no answer comes.
    Withheld,
    /// It is done so much later, whoever still waits for the answer.
    Late(Duration),
    /// Too many requests, in the words of the vendor.
    Limited {
        /// Seconds; `None` leaves the header out.
        retry_after: Option<u64>,
        /// Which limit it was, where the vendor says so.
        reason: String,
    },
}

/// An answer of which nothing is ever sent: the connection ends instead.
pub(crate) fn cut() -> Response {
    let nothing = futures::stream::once(async { Err::<Bytes, _>(io::Error::other("cut")) });
    Response::new(Body::from_stream(nothing))
}

/// What is ordered.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: VecDeque<Fault>,
    /// For the providers only.
    of_providers: VecDeque<Fault>,
    /// For the Management API only.
    of_api: VecDeque<Fault>,
    chaos: Option<(f64, StdRng)>,
}

impl Faults {
    pub(crate) fn order(&mut self, fault: Fault) {
        self.next.push_back(fault);
    }

    pub(crate) fn chaos(&mut self, share: f64, seed: u64) {
        self.chaos = Some((share, StdRng::seed_from_u64(seed)));
    }

    pub(crate) fn order_of_provider(&mut self, fault: Fault) {
        self.of_providers.push_back(fault);
    }

    pub(crate) fn order_of_api(&mut self, fault: Fault) {
        self.of_api.push_back(fault);
    }

    /// What happens to this request; nothing, mostly.
    pub(crate) fn take(&mut self, path: &str) -> Option<Fault> {
        if path.starts_with("/provider/")
            && let Some(fault) = self.of_providers.pop_front()
        {
            return Some(fault);
        }
        if path.starts_with("/api/v2/")
            && let Some(fault) = self.of_api.pop_front()
        {
            return Some(fault);
        }
        if let Some(fault) = self.next.pop_front() {
            return Some(fault);
        }
        let (share, dice) = self.chaos.as_mut()?;
        if !dice.random_bool(*share) {
            return None;
        }
        Some(match dice.random_range(0..4) {
            0 => Fault::RateLimited { retry_after: 0 },
            1 => Fault::Status(500),
            2 => Fault::Status(503),
            _ => Fault::Hang,
        })
    }
}
