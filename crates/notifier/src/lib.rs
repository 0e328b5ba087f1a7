//! The notifier: results become lifecycle, and lifecycle becomes work.
//!
//! [`reconcile`] decides, purely; [`Reconciler`] loads, commits and announces, and is what the consumer loop runs.
//!
//! [`policy`] says what should be on the outside, [`render`] in the words of each vendor, [`ledger`] what is done about one
//! effect so that it is there as often as its channel promises. All three are pure. [`jira`] does it. [`deliver`] is where they
//! come together.

mod clock;
pub mod deliver;
pub mod jira;
pub mod ledger;
pub mod outcome;
pub mod policy;
pub mod reconcile;
mod reconciler;
pub mod render;
mod traced;

pub use clock::{Clock, SystemClock};
pub use reconciler::{Reconciler, ReconcilerConfig};
