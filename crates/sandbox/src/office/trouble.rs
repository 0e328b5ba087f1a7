//! What goes wrong on purpose where work arrives.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::Vendor;
use crate::fault::Fault;

/// Shares of requests that go wrong, each between 0 and 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chaos {
    /// Done, and the connection ends without an answer.
    pub lost: f64,
    /// Done, and no answer comes.
    pub withheld: f64,
    /// 429, nothing done.
    pub rate_limited: f64,
    /// What a 429 says in `Retry-After`, in seconds.
    pub retry_after: u64,
    /// 500 or 503, nothing done.
    pub server_error: f64,
    /// The same seed makes the same faults, for requests in the same order.
    pub seed: u64,
}

/// A fault for a request that comes.
#[derive(Debug)]
struct Order {
    fault: Fault,
    /// A method and how the path ends; any where there is none.
    only: Option<(String, String)>,
}

/// What is ordered, by vendor.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    next: BTreeMap<Vendor, VecDeque<Order>>,
    chaos: BTreeMap<Vendor, (Chaos, StdRng)>,
    down: BTreeSet<Vendor>,
}

impl Troubles {
    pub(crate) fn order(&mut self, vendor: Vendor, fault: Fault, only: Option<(&str, &str)>) {
        let only = only.map(|(method, end)| (method.to_owned(), end.to_owned()));
        self.next.entry(vendor).or_default().push_back(Order { fault, only });
    }

    pub(crate) fn chaos(&mut self, vendor: Vendor, chaos: Chaos) {
        let dice = StdRng::seed_from_u64(chaos.seed);
        self.chaos.insert(vendor, (chaos, dice));
    }

    pub(crate) fn calm(&mut self) {
        self.next.clear();
        self.chaos.clear();
        self.down.clear();
    }

    pub(crate) fn down(&mut self, vendor: Vendor, down: bool) {
        if down {
            self.down.insert(vendor);
        } else {
            self.down.remove(&vendor);
        }
    }

    /// What happens to this request; nothing, mostly.
    pub(crate) fn take(&mut self, vendor: Vendor, method: &str, path: &str) -> Option<Fault> {
        if self.down.contains(&vendor) {
            return Some(Fault::Status(503));
        }
        let fits = |order: &Order| {
            order.only.as_ref().is_none_or(|(asked, end)| asked == method && path.ends_with(end.as_str()))
        };
        let orders = self.next.entry(vendor).or_default();
        if let Some(order) = orders.iter().position(fits).and_then(|place| orders.remove(place)) {
            return Some(order.fault);
        }
        let (chaos, dice) = self.chaos.get_mut(&vendor)?;
        rolled(chaos, dice)
    }
}

/// One throw decides among all that may go wrong.
fn rolled(chaos: &Chaos, dice: &mut StdRng) -> Option<Fault> {
    let kinds = [
        (chaos.lost, Fault::Lost),
        (chaos.withheld, Fault::Withheld),
        (chaos.rate_limited, Fault::RateLimited { retry_after: chaos.retry_after }),
        (chaos.server_error, Fault::Status(if dice.random_bool(0.5) { 500 } else { 503 })),
    ];
    let mut thrown = dice.random::<f64>();
    for (share, fault) in kinds {
        if thrown < share {
            return Some(fault);
        }
        thrown -= share;
    }
    None
}
