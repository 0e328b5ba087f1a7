//! The notifier: results become lifecycle.
//!
//! [`reconcile`] decides, purely; [`Reconciler`] loads, commits and announces, and is what the consumer loop runs.

pub mod reconcile;
mod reconciler;
mod traced;

pub use reconciler::{Reconciler, ReconcilerConfig};
