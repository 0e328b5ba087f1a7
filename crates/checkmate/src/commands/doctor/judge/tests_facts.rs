//! Facts of an installation in which all is well.

use checkmate_domain::{FingerprintKey, KeyId, Timestamp};
use checkmate_store::{Durability, LockHolder, Presence};

use crate::commands::doctor::facts::{
    DeadFacts, FileFacts, FileLook, Folder, HostFacts, LeaderFact, QueueFact, Seen, StoreFacts, WorkFacts,
};

/// So many milliseconds after a moment.
pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + millis)
}

pub(super) fn key_id(byte: u8) -> KeyId {
    FingerprintKey::new(vec![byte; 32]).unwrap().id().clone()
}

pub(super) fn host() -> HostFacts {
    let look = FileLook::There { mode: 0o600, bytes: 32 };
    let key =
        FileFacts { named_by: "fingerprint_key_file".to_owned(), path: "/data/fingerprint.key".into(), look };
    HostFacts {
        data_dir: "/data".into(),
        data: Folder::There { mode: 0o700, writable: true, free: Ok(50 << 30) },
        key,
        key_id: Ok(key_id(1)),
        secrets: Vec::new(),
        exports: Vec::new(),
        zones: Some("/usr/share/zoneinfo".into()),
    }
}

pub(super) fn seen(key: Option<KeyId>) -> Seen {
    let store = StoreFacts {
        software: "SQLite 3.50.4".to_owned(),
        now: at(0),
        host_now: at(0),
        round_trip_ms: 1,
        epoch: "0123456789abcdef".to_owned(),
        durability: Durability { always: true, warnings: Vec::new() },
        refused: None,
        key,
    };
    Seen { store, work: work() }
}

/// One process with every role, which leads.
pub(super) fn work() -> WorkFacts {
    let holder = Some(LockHolder { owner: "up-17-0000abcd".to_owned(), until: at(8_000) });
    let leader = |of: &str| LeaderFact { of: of.to_owned(), holder: holder.clone() };
    WorkFacts {
        processes: vec![presence("up-17-0000abcd", &["scheduler", "worker", "notifier"])],
        paused: Vec::new(),
        leaders: vec![leader("keeper"), leader("schedules")],
        schedules: Vec::new(),
        scans: Vec::new(),
        waits: Vec::new(),
        dead: DeadFacts::default(),
        approvals: Vec::new(),
        queues: checkmate_queue::Queue::ALL
            .map(|queue| QueueFact { name: queue.name().to_owned(), ready: Some(0) })
            .into(),
    }
}

pub(super) fn presence(name: &str, roles: &[&str]) -> Presence {
    Presence {
        process: name.parse().unwrap(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        lanes: Vec::new(),
        version: "0.1.0".to_owned(),
        since: at(-3_600_000),
        seen: at(-3_000),
        in_hand: 0,
        draining: false,
    }
}
