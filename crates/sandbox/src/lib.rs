//! A stand-in of Auth0 and of the providers behind its Token Vault, on the loopback address.
//!
//! It is strict: what a real tenant refuses, it refuses, with the same status and body as far as they are documented. It
//! keeps state: ids of assertions are taken once, accounts are lost as they are lost in life. Faults come to order.
//!
//! [`Tenant`] says what there is; [`Sandbox::start`] runs it.

mod api;
mod fault;
mod jwt;
mod log;
mod login;
mod management;
mod my_account;
mod provider;
mod server;
mod state;
mod tenant;
mod token;
mod write;

pub mod keys;

pub use fault::Fault;
pub use log::{LogEvent, Said};
pub use server::Sandbox;
pub use tenant::{
    Account, Client, ClientAuth, Connection, DEPLOYER_SCOPES, Example, HARDENED, Privileged, SCANNER_SCOPES,
    Tenant, User, WORLD,
};
