//! The notifier: results become lifecycle, and lifecycle becomes work.
//!
//! [`reconcile`] decides, purely; [`Reconciler`] loads, commits and announces, and is what the consumer loop runs.
//!
//! [`policy`] says what should be on the outside, [`render`] in the words of each vendor, [`ledger`] what is done about one
//! effect so that it is there as often as its channel promises. All three are pure. [`jira`], [`confluence`],
//! [`teams`] and [`webhook`] do it; what they have in common is in [`sender`]. [`deliver`] is where they come together.

mod clock;
pub mod confluence;
mod decide;
pub mod deliver;
pub mod jira;
pub mod ledger;
pub mod outcome;
pub mod policy;
pub mod reconcile;
mod reconciler;
pub mod render;
pub mod sender;
pub mod teams;
mod traced;
pub mod webhook;

pub use clock::{Clock, SystemClock};
pub use reconciler::{Reconciler, ReconcilerConfig};
