//! The audit trail as lines.

use std::collections::BTreeMap;
use std::fmt::Write;

use checkmate_domain::audit::{AuditEvent, AuditRecord, Verdict};
use checkmate_domain::{Account, LeaseId, LeaseOutcome, LeaseResult, Timestamp};
use serde::Serialize;

use crate::view::{Paint, Show, count, plain};

/// One lease: what was asked for, and what came of it.
#[derive(Debug, Serialize)]
pub struct LeaseLine {
    /// Its id, which stands in Auth0's log too.
    pub lease: LeaseId,
    /// When it was asked for.
    pub at: Timestamp,
    /// By which process.
    pub process: String,
    /// For which job.
    pub job: Option<String>,
    /// For which scan.
    pub scan: Option<String>,
    /// Whose account.
    pub account: String,
    /// By which Auth0 connection; none for the Management API.
    pub connection: Option<String>,
    /// What was needed.
    pub scopes: String,
    /// What for.
    pub purpose: String,
    /// What came of it; nothing where that was never written.
    pub outcome: Option<LeaseResult>,
}

impl LeaseLine {
    /// Leases in the order they were asked for.
    #[must_use]
    pub fn of<'a>(records: impl Iterator<Item = &'a AuditRecord>) -> Vec<Self> {
        let (mut lines, mut outcomes) = (Vec::new(), BTreeMap::new());
        for record in records {
            match &record.event {
                AuditEvent::Intent(intent) => lines.push(Self {
                    lease: intent.lease.clone(),
                    at: record.at,
                    process: record.segment.to_string(),
                    job: intent.job.as_ref().map(ToString::to_string),
                    scan: intent.scan.as_ref().map(ToString::to_string),
                    account: intent.account.to_string(),
                    connection: match &intent.account {
                        Account::Connection { connection, .. } => Some(connection.to_string()),
                        Account::Tenant { .. } => None,
                    },
                    scopes: intent.scopes.to_string(),
                    purpose: intent.purpose.clone(),
                    outcome: None,
                }),
                AuditEvent::Outcome(LeaseOutcome { lease, result }) => {
                    outcomes.insert(lease.clone(), result.clone());
                }
                AuditEvent::Opened { .. } => {}
            }
        }
        for line in &mut lines {
            line.outcome = outcomes.remove(&line.lease);
        }
        lines.sort_by(|a: &Self, b| (a.at, &a.lease).cmp(&(b.at, &b.lease)));
        lines
    }
}

/// A list for people; so many older ones are left out.
#[must_use]
pub fn leases(leases: &[LeaseLine], older: usize, show: Show<'_>) -> String {
    if leases.is_empty() {
        return "no credential was ever leased\n".to_owned();
    }
    let paint = Paint(show.color);
    let mut text = String::new();
    if older > 0 {
        let _ = writeln!(text, "… and {older} older: --limit {} shows them all", older + leases.len());
    }
    for lease in leases {
        let came = match &lease.outcome {
            None => paint.warn("outcome unknown: the process ended, or the store was away"),
            Some(LeaseResult::Granted { scopes, expires_at, thumbprint }) => {
                let scopes = if scopes.is_empty() {
                    String::new()
                } else {
                    format!(", may {}", plain(&scopes.to_string(), 200))
                };
                format!("granted until {expires_at}{scopes}\n    sha-256 {thumbprint}")
            }
            Some(LeaseResult::Refused { class, said, .. }) => {
                paint.warn(&format!("{class}: {}", plain(said, 300)))
            }
        };
        let for_whom = match (&lease.job, &lease.scan) {
            (Some(job), Some(scan)) => format!("job {job}, scan {scan}"),
            _ => "a person at the terminal".to_owned(),
        };
        let _ = writeln!(text, "{}  {}", lease.at, paint.bold(&plain(&lease.account, 200)));
        let _ = writeln!(text, "    for {}, {for_whom}", plain(&lease.purpose, 100));
        let _ = writeln!(text, "    lease {} by {}", lease.lease, lease.process);
        let _ = writeln!(text, "    {came}");
    }
    text
}

/// What a verification says, for machines.
#[derive(Debug, Serialize)]
pub struct VerdictView {
    /// Nothing is wrong, and there are checkpoints that prove it.
    whole: bool,
    first_bad: Option<String>,
    records: u64,
    segments: u64,
    checkpoints: u64,
    removed_by_retention: u64,
    not_yet_covered: u64,
    not_yet_covered_since: Option<String>,
    /// They should have been covered long ago.
    late: bool,
    outcome_unknown: Vec<LeaseId>,
}

impl VerdictView {
    /// Of a verdict.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Self {
        Self {
            whole: verdict.is_proven(),
            first_bad: verdict.bad.as_ref().map(ToString::to_string),
            records: verdict.records,
            segments: verdict.segments,
            checkpoints: verdict.checkpoints,
            removed_by_retention: verdict.removed,
            not_yet_covered: verdict.uncovered,
            not_yet_covered_since: verdict.uncovered_since.map(|since| since.to_string()),
            late: verdict.late,
            outcome_unknown: verdict.unknown.clone(),
        }
    }
}

/// What a verification says, for people.
#[must_use]
pub fn verdict(verdict: &Verdict, show: Show<'_>) -> String {
    let Verdict { bad, records, segments, checkpoints, uncovered, uncovered_since, late, removed, unknown } =
        verdict;
    let paint = Paint(show.color);
    let mut text = match bad {
        None if verdict.is_proven() => format!("{}\n", paint.bold("The audit trail is whole.")),
        None if *late => format!(
            "{}\n",
            paint
                .warn("The end of the audit trail is not proven: no checkpoint was written for a long time.")
        ),
        None => format!(
            "{}\n",
            paint.warn(
                "Nothing proves the audit trail: its records follow each other, and there is no checkpoint."
            )
        ),
        Some(bad) => format!(
            "{}\n  {bad}\n  Keep the store and the checkpoints as they are, and find out who could write there.\n",
            paint.warn("THE AUDIT TRAIL IS NOT WHOLE.")
        ),
    };
    let many = |number: &u64, what| count(usize::try_from(*number).unwrap_or(usize::MAX), what);
    let (records_told, segments, seen) =
        (many(records, "record"), many(segments, "segment"), many(checkpoints, "checkpoint"));
    let _ = writeln!(text, "  looked at: {records_told} in {segments}, {seen}");
    if *checkpoints == 0 && bad.is_none() {
        let _ = writeln!(
            text,
            "  no checkpoint: a segment cut short or written anew would not show; is a scheduler running, and has it audit.checkpoint_key_file?"
        );
    } else if *uncovered > 0 {
        let since = uncovered_since.map_or_else(String::new, |since| format!(", the oldest of {since}"));
        let what = if *late {
            "is a scheduler running, does it warn of checkpoints, and who holds the lock 'audit' in the store?"
        } else {
            "their end is not proven yet"
        };
        let _ = writeln!(text, "  {uncovered} of them are newer than the last checkpoint{since}: {what}");
    }
    if *removed > 0 {
        let _ = writeln!(
            text,
            "  {removed} segments were kept for as long as retention.audit (or --keep) says, and are gone"
        );
    }
    if !unknown.is_empty() {
        let _ = writeln!(
            text,
            "  {} leases have no outcome: the process ended, or the store was away",
            unknown.len()
        );
    }
    text
}
