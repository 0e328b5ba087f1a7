//! Auth0 tenants. [`export::ExportScanner`] reads one that auth0-deploy-cli exported, [`api::TenantScanner`] one by its
//! Management API.
//!
//! In reading order: `export` is the scanner and `locate` finds the folder; `directory` or `yaml` reads it into a `snapshot`; `assess` asks every one
//! of the `checks` of it and writes the report. Below them: `source` (where each collection lies), `files` (bounded
//! reading), `parse`, `keyword` and `node` (values), `item` (how a check reads an object).

pub mod api;
pub mod export;
pub mod fuzzing;

mod all;
mod assess;
mod check;
mod checks;
mod code;
mod directory;
mod files;
mod import;
mod item;
mod keyword;
mod locate;
mod node;
mod packages;
mod page;
mod parse;
mod scripts;
mod snapshot;
mod source;
mod yaml;

// What several checks share.
mod access_list;
mod action;
mod address;
mod allowlist;
mod bindings;
mod catalogue;
mod certificate;
mod client;
mod connection;
mod domain;
mod management;
mod protection;
mod question;
mod secret;

#[cfg(test)]
mod fixture;

pub use api::{Answers, Plan, TenantScanner, TenantSpec};
pub use catalogue::{RuleDoc, catalogue};
pub use export::{ExportScanner, Exports};
