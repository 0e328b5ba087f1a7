//! Scanners: each answers rules about one kind of target. No queue, no store, no tickets.
//!
//! [`Scanner`] is the contract, [`Registry`] the explicit list of who answers for which kind of scope.

pub mod auth0;

mod contract;
mod registry;

pub use auth0::{ExportScanner, Exports};
pub use contract::{Discovery, ScanContext, ScanError, Scanned, Scanner};
pub use registry::Registry;
