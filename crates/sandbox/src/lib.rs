//! A stand-in of Auth0 and of the providers behind its Token Vault, on the loopback address.
//!
//! It is strict: what a real tenant refuses, it refuses, with the same status and body as far as they are documented. It
//! keeps state: ids of assertions are taken once, accounts are lost as they are lost in life. Faults come to order.
//!
//! [`Tenant`] says what there is; [`Sandbox::start`] runs it.
//!
//! [`Office`] is the place where work arrives: the stand-ins of [`jira`], [`confluence`], [`graph`] and [`webhook`], each as
//! strict as its vendor, with a record of every write it took.

mod adf;
mod api;
mod fault;
mod jwt;
mod log;
mod login;
mod management;
mod my_account;
mod office;
mod provider;
mod server;
mod serving;
mod state;
mod tenant;
mod token;
mod write;

pub mod confluence;
pub mod graph;
pub mod jira;
pub mod keys;
pub mod webhook;

pub use fault::Fault;
pub use log::{LogEvent, Said};
pub use office::{
    ATLASSIAN_SCOPES, CLOUD_ID, Chaos, MICROSOFT_SCOPES, Office, OfficeBuilder, Vendor, Written,
};
pub use server::Sandbox;
pub use tenant::{
    Account, Client, ClientAuth, Connection, DEPLOYER_SCOPES, Demand, Example, HARDENED, Privileged,
    SCANNER_SCOPES, TERMINAL_SCOPES, Tenant, User, WORLD,
};
