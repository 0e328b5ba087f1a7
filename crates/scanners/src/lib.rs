//! Scanners: each answers rules about one kind of target. No queue, no store, no tickets.
//!
//! [`Scanner`] is the contract, [`Registry`] the explicit list of who answers for which kind of scope.

pub mod auth0;

mod api;
mod connection;
mod contract;
mod credentials;
mod registry;

pub use api::{Api, ApiError};
pub use auth0::{ExportScanner, Exports};
pub use connection::{ConnectionScanner, ConnectionSpec, Provider};
pub use contract::{Discovery, ScanContext, ScanError, Scanned, Scanner};
pub use credentials::{Credentials, Held, Need, NoCredential, NoCredentials};
pub use registry::Registry;
