//! The store for one machine: one SQLite file, one owning process, every answer after the disk sync.
//!
//! Each method is one closure that runs on the writer thread inside a savepoint of a shared transaction (group commit), or
//! in one read transaction beside it. So nothing here can be half done, and a decision is made on the rows as they are:
//! load, decide in plain Rust, write. What costs time without the database (JSON of reports and findings) is done before
//! the writer is asked or after it answered. `schema.sql` shows the tables.

mod about;
mod approvals;
mod attempts;
mod audit;
mod budget;
mod dead;
mod decisions;
mod endings;
mod error;
mod history;
mod install;
mod jobs;
mod ledger;
mod lifecycle;
mod locks;
mod open;
mod pressure;
mod reconcile;
mod results;
mod row;
mod rows;
mod scans;
mod schedules;
mod seal;
mod store;
mod window;

pub use error::OpenError;
pub use open::EmbeddedStore;
