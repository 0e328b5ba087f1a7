//! The keeper: looks after what a crash left between two steps. One at a time does it, behind a leader lock.
//!
//! Everything it does may be done twice: jobs and events are taken as repeats, ends and claims are transactions of the store.
//!
//! - [`decide`] says, purely, what one job needs;
//! - [`Keeper`] makes the rounds;
//! - [`DeadLetters`] takes what was given up into the store.

mod dead;
mod decide;
mod gauges;
mod rounds;

pub use dead::{DeadLetters, DeadLettersConfig};
pub use decide::{Need, QueueFacts, Times, decide};
pub use rounds::{Keeper, KeeperConfig, LOCK, Round};
pub(crate) use rounds::{lane_of, result_again};
