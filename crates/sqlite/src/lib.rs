//! One SQLite file with one owning process: what the embedded queue and the embedded store share.
//!
//! Writes go through one thread that gathers whatever is waiting into one transaction and syncs once (group commit), so
//! that full durability (`synchronous=FULL`) does not cost a disk sync per call. A caller gets its answer after the sync.

mod checkpoint;
mod db;
mod lock;

pub use db::{Db, DbError};
pub use lock::OpenError;
