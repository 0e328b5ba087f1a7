//! Every metric, each named once. `docs/telemetry.md` is made of this.

/// What a metric counts, and how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values by size.
    Histogram,
}

impl Kind {
    /// The word of the exposition format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

macro_rules! metrics {
    ($($variant:ident = $name:literal $kind:ident $unit:literal [$($label:literal),*] $help:literal;)+) => {
        /// One metric. The values of its labels are words of the program: never an id, a name of somebody or a text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Metric { $(#[doc = $help] $variant,)+ }

        impl Metric {
            /// Every metric, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name on `/metrics`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What kind it is.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)+ }
            }

            /// What its value counts.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit,)+ }
            }

            /// The names of its labels.
            #[must_use]
            pub const fn labels(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($label),*],)+ }
            }

            /// What it tells, in one line.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)+ }
            }
        }
    };
}

metrics! {
    SentMessages = "messaging_client_sent_messages_total" Counter "messages" ["destination", "outcome"]
        "Messages published, by how the broker answered.";
    PublishDuration = "messaging_client_operation_duration_seconds" Histogram "seconds" ["outcome"]
        "From publishing a batch of messages to its confirm.";
    ConsumedMessages = "messaging_client_consumed_messages_total" Counter "messages" ["queue"]
        "Messages taken from a queue.";
    ProcessDuration = "messaging_process_duration_seconds" Histogram "seconds" ["queue", "outcome"]
        "From taking a message to its verdict.";
    SettledMessages = "checkmate_messages_settled_total" Counter "messages" ["queue", "outcome"]
        "Verdicts on messages: done, later, dead, given back; or why there was none.";
    Redelivered = "checkmate_redeliveries_total" Counter "messages" ["queue"]
        "Messages that the broker says were delivered before.";
    QueueWait = "checkmate_queue_wait_seconds" Histogram "seconds" ["queue"]
        "From publishing a message to taking it; messages that were put off on purpose do not count.";
    InHand = "checkmate_messages_in_hand" Gauge "messages" ["queue"]
        "Messages this process works on now.";
    Slots = "checkmate_slots" Gauge "messages" ["queue"]
        "Messages this process may work on at a time.";
    ConsumerUp = "checkmate_consumer_up" Gauge "0 or 1" ["queue"]
        "Whether this process is subscribed to the queue; 1 also while its lane is paused.";
    JobDuration = "checkmate_job_duration_seconds" Histogram "seconds" ["kind", "outcome"]
        "Attempts at jobs, by how they ended.";
    CredentialFetch = "checkmate_credential_fetch_seconds" Histogram "seconds" ["outcome"]
        "From asking for a credential to having it, or to knowing that there is none: granted, needs-connect, misconfigured, denied, transient, no-audit.";
    EndToEnd = "checkmate_end_to_end_seconds" Histogram "seconds" ["state"]
        "From the request of a scan to its end, by how it ended.";
    DeadLetters = "checkmate_dead_letters_total" Counter "messages" ["by"]
        "Dead letters taken into the store, by who gave them up: us or the broker.";
    KeeperRounds = "checkmate_keeper_rounds_total" Counter "rounds" ["outcome"]
        "Rounds of the keeper: led, left to another leader, or cut short.";
    KeeperMended = "checkmate_keeper_mended_total" Counter "jobs or scans" ["what"]
        "What the keeper mended.";
    Leader = "checkmate_leader" Gauge "0 or 1" []
        "Whether the keeper of this process leads.";
    ReconcileDuration = "checkmate_reconcile_duration_seconds" Histogram "seconds" []
        "From loading a result to its commit.";
    Transitions = "checkmate_transitions_total" Counter "findings" ["kind"]
        "Findings that changed their state.";
    TicketChanges = "checkmate_ticket_changes_total" Counter "changes" ["what"]
        "What was done about what people did to tickets: rescan, reopened, accepted, gone, moved.";
    Approvals = "checkmate_approvals_total" Counter "approvals" ["what"]
        "Approvals that people were asked for, and what came of them: asked, approved, denied, expired.";
    DoublesClosed = "checkmate_ticket_doubles_closed_total" Counter "tickets" []
        "Tickets that were made twice and are closed.";
    DependencyUp = "checkmate_dependency_up" Gauge "0 or 1" ["dependency"]
        "Whether store and broker answer.";
    Outages = "checkmate_outages_total" Counter "outages" ["dependency"]
        "Times that store or broker stopped answering.";
    BrokerBlocked = "checkmate_broker_blocked" Gauge "0 or 1" []
        "Whether the broker blocks publishers.";
    QueueReady = "checkmate_queue_messages_ready" Gauge "messages" ["queue"]
        "Messages that wait on the queue, as the leading keeper saw them last; told by its process only.";
    QueueUnacked = "checkmate_queue_messages_unacked" Gauge "messages" ["queue"]
        "Messages that somebody took from the queue and did not settle; told by the leading keeper's process, where the broker tells.";
    OldestMessage = "checkmate_oldest_message_age_seconds" Gauge "seconds" ["queue"]
        "How long the oldest job or result has waited to be taken, 0 when none waits; what was put off on purpose waits from its time on; told by the leading keeper's process.";
    CronFired = "checkmate_cron_fired_total" Counter "ticks" []
        "Ticks of schedules that became a scan.";
    CronMissed = "checkmate_cron_missed_total" Counter "ticks" ["why"]
        "Ticks that were missed and not made up for, because nobody led at their time: by the schedule's policy, or because they are older than its window.";
    CronSkipped = "checkmate_cron_skipped_total" Counter "ticks" ["why"]
        "Ticks that were skipped because the last scan was still running, or because a later tick took their place in waiting for it.";
    ScheduleLateness = "checkmate_schedule_lateness_seconds" Histogram "seconds" []
        "From the time of a schedule's tick to its scan.";
    SpansDropped = "checkmate_spans_dropped_total" Counter "spans" []
        "Spans that were not sent: the collector was away or too slow.";
}
