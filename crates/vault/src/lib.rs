//! Credential leases: a credential for one job, from Auth0 Token Vault or for Auth0's Management API.
//!
//! [`Vault`] writes the intent to the audit trail, exchanges, writes the outcome, and hands a [`Lease`] out, which is
//! overwritten when it is dropped. What goes wrong is a [`LeaseError`] whose class says what the caller does about it and
//! whose text says what a person does.
//!
//! Wire formats: Auth0's documentation of Token Vault, of `private_key_jwt` and of the Management API, as of 2026-08.

mod advice;
mod answer;
mod audit;
mod budget;
mod classify;
mod error;
mod exchange;
mod identity;
mod jwt;
mod keys;
mod lease;
mod tenant;
mod turns;

pub mod accounts;
pub mod callback;
pub mod fuzzing;
pub mod me;
pub mod readiness;

pub use audit::{AuditSink, AuditUnavailable};
pub use error::{LeaseClass, LeaseError};
pub use exchange::{Options, Vault};
pub use keys::{Algorithm, KeyError, SigningKey};
pub use lease::{Lease, thumbprint};
pub use tenant::{ClientAuth, Connection, LeaseRequest, ManagementRequest, Mode, Place, Tenant};
pub use turns::{LocalTurns, NoTurn, Turn, Turns};
