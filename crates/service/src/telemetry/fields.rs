//! Every field of a log line, each named once. `docs/telemetry.md` is made of this.

macro_rules! fields {
    ($($variant:ident = $name:literal $meaning:literal;)+) => {
        /// A field of a log line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field { $(#[doc = $meaning] $variant,)+ }

        impl Field {
            /// Every field, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in a log line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it tells, in one line.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }
    };
}

fields! {
    AdminAddress = "admin.address" "Where the admin pages are.";
    ApprovalId = "approval.id" "The id of an approval.";
    Cause = "cause" "Why a job was told to stop.";
    Changed = "changed" "How many schedules a new configuration changed.";
    Cron = "cron" "A cron expression.";
    DeadHandled = "dead_handled" "How many dead letters that were replayed or discarded.";
    DeadWaiting = "dead_waiting" "How many dead letters that waited.";
    DeliveryId = "delivery.id" "The id of a delivery.";
    DeliveryState = "delivery.state" "Where a delivery stands in the ledger.";
    Epoch = "store.epoch" "How often the store may have lost its last second.";
    Error = "error" "What went wrong, as the part that noticed it says it.";
    File = "file" "The file of an embedded part.";
    GraceSeconds = "grace_seconds" "How long work in hand may go on.";
    HttpHost = "http.host" "The host that was called.";
    HttpMethod = "http.method" "How it was called.";
    HttpStatus = "http.status" "What it answered.";
    Id = "id" "The id of a message: a job's or an event's.";
    Job = "job" "The id of a job.";
    Jobs = "jobs" "How many jobs.";
    MessageId = "message.id" "The id of a message that was given up.";
    Of = "of" "Which account or tenant jobs wait for.";
    Paused = "paused" "The lanes that are paused.";
    Process = "process" "This start of the process.";
    PublicKey = "public_key" "The public half of a key, in hex.";
    Queue = "queue" "The queue.";
    RanSeconds = "ran_seconds" "How long a job had been running.";
    Reason = "reason" "Why, in one line, as the broker or a scanner says it.";
    RedisAddress = "redis.address" "Where Redis is.";
    Removed = "removed" "How many segments of the audit trail were kept for long enough.";
    Report = "report" "How a consumer's end went: begun, given back, late.";
    RequestId = "request.id" "The id another system gave its request.";
    RetryInMs = "retry_in_ms" "When it is tried again.";
    Role = "role" "The role.";
    Roles = "roles" "The roles of this process.";
    Round = "round" "What a round of the keeper did.";
    ScanFiles = "scan.files" "Files read for a scan.";
    ScanFindings = "scan.findings" "How many findings a scan has.";
    ScanId = "scan.id" "The id of a scan.";
    ScanScope = "scan.scope" "The scope of a scan.";
    ScanTarget = "scan.target" "The target that was scanned.";
    Scans = "scans" "How many scans.";
    Schedule = "schedule" "The name of a schedule.";
    Schedules = "schedules" "How many schedules.";
    Seconds = "seconds" "How long it lasted, in seconds.";
    TargetId = "target.id" "The target whose findings are written.";
    Transitions = "transitions" "How many entries of the log of transitions.";
    User = "user" "The broker user who asked for a scan.";
    Warning = "warning" "What about the store's settings may lose data.";
    What = "what" "What a consumer's watchdog noticed.";
    Why = "why" "What goes wrong for as long as it is not said to be well again.";
    Zone = "zone" "The name of a time zone.";
}

/// What no log line, metric, span or error holds.
pub const NEVER: &[&str] = &[
    "Passwords, tokens, keys and whatever else is read from a `*_file`.",
    "URLs with a user or a password in them.",
    "The body of a message, a request or an answer.",
    "Evidence of a finding: the values, names and excerpts that a scanner saw.",
    "The content of an export, of a configuration file or of the environment.",
    "In metrics: ids, names of targets or persons, and texts. A label's value is a word of the program.",
];
