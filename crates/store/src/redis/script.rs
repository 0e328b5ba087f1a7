//! The scripts, one per transaction. Each is called by its hash and loaded where the server does not know it yet.

use std::sync::LazyLock;

use deadpool_redis::redis::{self, Cmd};

/// Room for what most calls have, so that it is made once.
const ARGUMENTS: usize = 24;
const BYTES: usize = 512;

/// A script and its hash.
pub(super) struct Script {
    source: &'static str,
    hash: LazyLock<String>,
}

impl Script {
    /// The command that runs it, with the key prefix as first argument.
    pub(super) fn call(&self, prefix: &str) -> Cmd {
        let mut command = Cmd::with_capacity(ARGUMENTS, BYTES);
        command.arg("EVALSHA").arg(self.hash.as_str()).arg(0).arg(prefix);
        command
    }

    /// The command that makes it known to the server.
    pub(super) fn load(&self) -> Cmd {
        let mut command = redis::cmd("SCRIPT");
        command.arg("LOAD").arg(self.source);
        command
    }
}

macro_rules! scripts {
    ($($name:ident = $($file:literal)+;)+) => {$(
        pub(super) static $name: Script = Script {
            source: concat!(include_str!("lua/common.lua"), $(include_str!(concat!("lua/", $file, ".lua"))),+),
            hash: LazyLock::new(|| redis::Script::new($name.source).get_hash().to_owned()),
        };
    )+};
}

scripts! {
    CREATE_SCAN = "create" "create_scan";
    SCANS = "scans";
    CANCEL_SCAN = "cancel_scan";
    MARK_ANNOUNCED = "mark_announced";
    JOB = "job";
    SCAN_JOBS = "scan_jobs";
    OPEN_JOBS = "open_jobs";
    MARK_PUBLISHED = "mark_published";
    BEGIN = "begin";
    RENEW_FENCE = "renew_fence";
    END_ATTEMPT = "end_attempt";
    STAGE = "stage";
    SEAL = "seal";
    STAGE_PART = "stage_part";
    STORE_RESULT = "store_result";
    END_JOB = "end_job";
    TOP_UP = "top_up";
    LOAD = "load";
    TARGET = "target";
    COMMIT = "reconcile" "commit";
    FLIP = "reconcile" "flip";
    APPLY = "reconcile" "apply";
    PARK = "park";
    FINDING = "finding";
    TRANSITIONS = "transitions";
    TARGETS = "targets";
    RECORD_DEAD = "record_dead";
    DEAD = "dead";
    MARK_DEAD = "mark_dead";
    LOCK = "lock";
    RENEW_LOCK = "renew_lock";
    UNLOCK = "unlock";
    EPOCH = "epoch";
    CHECK_KEY = "check_key";
    QUEUE_CREATED = "queue_created";
    PAUSE_LANE = "pause_lane";
    RESUME_LANE = "resume_lane";
    WISHES = "wishes";
    NOTE_PRESENCE = "note_presence";
    LEAVE = "leave";
    PROCESSES = "processes";
    ASK_TO_DRAIN = "ask_to_drain";
    PURGE_SCAN = "purge_scan";
    PURGE_LOG = "purge_log";
    PURGE_DEAD = "purge_dead";
    PUT_SCHEDULE = "move_on" "put_schedule";
    FIRE = "move_on" "create" "fire";
    NAME_SCHEDULES = "name_schedules";
    REQUEST_SLOT = "request_slot";
    CREATE_REQUESTED = "create" "create_requested";
    APPEND_AUDIT = "append_audit";
    AUDIT_HEADS = "audit_heads";
    KEEP_CHECKPOINT = "keep_checkpoint";
    PAUSE_BUDGET = "pause_budget";
    PACE_BUDGET = "pace_budget";
    PURGE_AUDIT = "purge_audit";
    PUT_ROW = "put_row";
    PUT_HELD = "held" "put_row";
    DUE_ROWS = "due_rows";
    ROWS = "rows";
    NOTE_UNPLANNED = "note_unplanned";
    UNPLANNED = "unplanned";
    MARK_PLANNED = "mark_planned";
}
