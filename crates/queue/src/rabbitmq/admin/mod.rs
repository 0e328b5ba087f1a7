//! Setting a broker up for CheckMate and checking one, through its management API.
//!
//! `plan` reads what `deploy/rabbitmq/` says, `setup` applies it, `check` compares and says how to mend.

mod check;
mod plan;
mod setup;

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::Secret;

pub use self::check::{Line, Verdict, check};
pub use self::plan::Role;
pub use self::setup::{Change, Step, setup};
use super::config::Management;

/// Which broker, and who the roles are on it.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// The management API, with a user that has the tag `administrator` (for `check` alone, `monitoring`).
    pub management: Management,
    /// The virtual host.
    pub vhost: String,
    /// The broker user of each role.
    pub users: Vec<RoleUser>,
    /// How long the configuration says that a consumer may hold a message.
    pub consumer_timeout: Duration,
    /// For one question.
    pub answer_timeout: Duration,
}

/// A role's user on the broker.
#[derive(Debug, Clone)]
pub struct RoleUser {
    /// The role.
    pub role: Role,
    /// The user's name.
    pub name: String,
    /// Set on the broker when given; otherwise the user must exist.
    pub password: Option<Arc<Secret>>,
}
