//! What was seen, before anybody judges it.

use std::net::SocketAddr;
use std::path::PathBuf;

use checkmate_domain::{Approval, KeyId, ScheduleName, Timestamp};
use checkmate_queue::rabbitmq::admin;
use checkmate_store::schedules::ScheduleState;
use checkmate_store::{Durability, LanePause, LockHolder, Presence, ScanRecord};
use serde::{Deserialize, Serialize};

use crate::view::waits::Waiting;

/// What this machine tells.
#[derive(Debug, Clone)]
pub(super) struct HostFacts {
    pub(super) data_dir: PathBuf,
    pub(super) data: Folder,
    pub(super) key: FileFacts,
    /// What the key file holds.
    pub(super) key_id: Result<KeyId, String>,
    pub(super) secrets: Vec<FileFacts>,
    /// Exports by name, with why one cannot be read.
    pub(super) exports: Vec<(String, PathBuf, Option<String>)>,
    /// Where the host keeps its time zones, when it has any.
    pub(super) zones: Option<PathBuf>,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Folder {
    /// It can be made, or not.
    Missing {
        can_be_made: bool,
    },
    Cannot(String),
    There {
        mode: u32,
        writable: bool,
        /// In bytes, for whoever is not root.
        free: Result<u64, String>,
    },
}

/// A file that is named in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileFacts {
    /// The key that names it.
    pub(super) named_by: String,
    pub(super) path: PathBuf,
    pub(super) look: FileLook,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileLook {
    Missing,
    Cannot(String),
    There { mode: u32, bytes: u64 },
}

/// What the admin address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AdminLook {
    NotConfigured,
    Silent(SocketAddr, String),
    Answered(SocketAddr, u16, String),
}

/// What came of looking at the store.
#[derive(Debug, Clone)]
pub(super) enum StoreLook {
    Seen(Box<Seen>),
    /// One machine, and nothing was stored yet.
    Nothing,
    /// It is there and cannot be used, or is not there.
    Wrong(String),
    /// It may be fine: somebody else has it and does not tell.
    NotSeen(String),
}

/// What the store holds. The process that owns the embedded files tells it to another in this form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) store: StoreFacts,
    pub(super) work: WorkFacts,
}

/// The store itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoreFacts {
    pub(super) software: String,
    pub(super) now: Timestamp,
    /// This machine's clock when the store's was read.
    pub(super) host_now: Timestamp,
    pub(super) round_trip_ms: u64,
    pub(super) epoch: String,
    pub(super) durability: Durability,
    /// Why a role would refuse to start on it.
    pub(super) refused: Option<String>,
    pub(super) key: Option<KeyId>,
}

/// What is going on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WorkFacts {
    pub(super) processes: Vec<Presence>,
    pub(super) paused: Vec<LanePause>,
    pub(super) leaders: Vec<LeaderFact>,
    pub(super) schedules: Vec<ScheduleFact>,
    /// Those that are not settled, oldest first.
    pub(super) scans: Vec<ScanRecord>,
    pub(super) dead: DeadFacts,
    /// Approvals that nobody has decided.
    #[serde(default)]
    pub(super) approvals: Vec<Approval>,
    /// What jobs of these scans wait for, when it is more than their turn.
    #[serde(default)]
    pub(super) waits: Vec<Waiting>,
    /// Of the embedded queue.
    pub(super) queues: Vec<QueueFact>,
}

/// A lock that makes one process the leader.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LeaderFact {
    pub(super) of: String,
    pub(super) holder: Option<LockHolder>,
}

/// A schedule as the store knows it, with the scan of its last tick.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ScheduleFact {
    pub(super) name: ScheduleName,
    pub(super) state: ScheduleState,
    pub(super) last: Option<ScanRecord>,
}

/// Dead letters that nobody has decided about.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct DeadFacts {
    pub(super) waiting: u64,
    /// There are more than were looked at.
    pub(super) more: bool,
    /// Why the last of them died.
    pub(super) newest: Option<String>,
}

/// What waits in a queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct QueueFact {
    pub(super) name: String,
    /// None where the queue is missing.
    pub(super) ready: Option<u64>,
}

/// What came of looking at the broker.
#[derive(Debug, Clone)]
pub(super) enum BrokerLook {
    /// A file, of which the owner tells.
    Embedded(PathBuf),
    Rabbit(Box<RabbitFacts>),
    /// The settings do not even say how.
    Wrong(String),
}

/// A RabbitMQ.
#[derive(Debug, Clone)]
pub(super) struct RabbitFacts {
    pub(super) url: String,
    /// What waits where, after a login as the configured user.
    pub(super) queues: Result<Vec<QueueFact>, String>,
    /// What `broker check` says.
    pub(super) check: Result<Vec<admin::Line>, String>,
    /// Why a job may not end within the consumer time-out.
    pub(super) time_limit: Option<String>,
}
