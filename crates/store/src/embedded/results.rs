//! Results: a report in parts, written in the transaction that frees the window slot and claims the next job.

use checkmate_domain::{Finding, JobId, ReportFacts, ScanReport, Timestamp, Triaged};
use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::jobs::{self, Job};
use super::row::{Result, json, many, one, run, to_json};
use super::window;
use crate::records::JobState;
use crate::requests::{Fence, Stored};

/// Findings in one part at most.
const CHUNK: usize = 500;
/// Parts that are read at once.
const AT_ONCE: usize = 10;

/// A report as it comes into its table.
pub(super) struct Parts {
    target: String,
    bodies: Vec<String>,
}

/// What a further part brings.
#[derive(Serialize, Deserialize)]
struct More {
    findings: Vec<Finding>,
    triage: Vec<Triaged>,
}

/// A form in which a stored report is read: its further parts bring more of two of its lists.
pub(super) trait Reported: DeserializeOwned + Send + 'static {
    /// The two.
    fn lists(&mut self) -> (&mut Vec<Finding>, &mut Vec<Triaged>);
}

impl Reported for ScanReport {
    fn lists(&mut self) -> (&mut Vec<Finding>, &mut Vec<Triaged>) {
        (&mut self.findings, &mut self.triage)
    }
}

impl Reported for ReportFacts {
    fn lists(&mut self) -> (&mut Vec<Finding>, &mut Vec<Triaged>) {
        (&mut self.findings, &mut self.triage)
    }
}

impl Parts {
    /// Cuts and writes down a report.
    pub(super) fn new(report: &ScanReport) -> Result<Self> {
        let target = report.target.to_string();
        if report.findings.len() <= CHUNK && report.triage.len() <= CHUNK {
            return Ok(Self { target, bodies: vec![to_json(report)?] });
        }
        let ScanReport { kind, target: _, rules, checks, findings, coverage, stats, triage } = report;
        let chunk = |n: usize| More { findings: cut(findings, n), triage: cut(triage, n) };
        let first = chunk(0);
        let first = ScanReport {
            kind: *kind,
            target: report.target.clone(),
            rules: rules.clone(),
            checks: checks.clone(),
            findings: first.findings,
            coverage: coverage.clone(),
            stats: *stats,
            triage: first.triage,
        };
        let mut bodies = vec![to_json(&first)?];
        for n in 1..findings.len().max(triage.len()).div_ceil(CHUNK) {
            bodies.push(to_json(&chunk(n))?);
        }
        Ok(Self { target, bodies })
    }
}

/// Where a stored report begins.
pub(super) struct Beginning {
    target: String,
    /// Of all of it.
    parts: usize,
    body: String,
}

impl Beginning {
    /// What the report is about.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// How many parts the report has.
    pub(super) const fn parts(&self) -> usize {
        self.parts
    }

    /// The report with the findings of its first part, and with room for the others: a list that grows by doubling is there
    /// one and a half times.
    pub(super) fn report<R: Reported>(&self, job: &JobId) -> Result<R> {
        let mut report: R = json("reports", job.as_str(), &self.body)?;
        let (findings, triage) = report.lists();
        findings.reserve_exact(self.parts.saturating_sub(1) * CHUNK);
        triage.reserve_exact(self.parts.saturating_sub(1) * CHUNK);
        Ok(report)
    }
}

/// Adds what further parts bring.
pub(super) fn add(report: &mut impl Reported, job: &JobId, bodies: &[String]) -> Result<()> {
    let (findings, triage) = report.lists();
    for body in bodies {
        let more: More = json("reports", job.as_str(), body)?;
        findings.extend(more.findings);
        triage.extend(more.triage);
    }
    Ok(())
}

fn cut<T: Clone>(all: &[T], chunk: usize) -> Vec<T> {
    all.chunks(CHUNK).nth(chunk).map(<[T]>::to_vec).unwrap_or_default()
}

pub(super) fn store(db: &Connection, fence: &Fence, parts: &Parts) -> Result<Stored> {
    let Some((job, mut scan)) = jobs::find(db, &fence.job)? else { return Ok(Stored::FenceLost) };
    if matches!(job.record.state, JobState::Stored | JobState::Parked | JobState::Reconciled) {
        return Ok(Stored::Already(jobs::recorded(db, &scan)?));
    }
    if !job.is_held_by(fence) || !job.is_on_list() {
        return Ok(Stored::FenceLost);
    }
    let now = Timestamp::now();
    note_stored(db, &job, now)?;
    for (part, body) in parts.bodies.iter().enumerate() {
        run(
            db,
            "INSERT INTO reports (job, part, target, body) VALUES (?1, ?2, ?3, ?4)",
            params![job.n, part, parts.target, body],
        )?;
    }
    scan.record.in_window = scan.record.in_window.saturating_sub(1);
    let claimed = window::claim(db, &mut scan, now)?;
    scan.save(db)?;
    Ok(Stored::New(claimed))
}

fn note_stored(db: &Connection, job: &Job, now: Timestamp) -> Result<()> {
    run(
        db,
        "UPDATE jobs SET state = 'stored', stored_at = ?2, seq = attempt_seq, holder = NULL, held_until = NULL, \
         crashes = max(crashes - 1, 0), crashes_alone = max(crashes_alone - alone, 0), alone = 0, \
         waits_for = NULL WHERE n = ?1",
        params![job.n, now.as_millis()],
    )?;
    Ok(())
}

/// The first part of a job's report; `None` when there is none.
pub(super) fn begin(db: &Connection, job: &JobId) -> Result<Option<Beginning>> {
    let sql = "SELECT r.target, r.body, (SELECT count(*) FROM reports WHERE job = j.n) \
               FROM reports r JOIN jobs j ON j.n = r.job WHERE j.id = ?1 AND r.part = 0";
    one(db, sql, [job.as_str()], |row| {
        Ok(Beginning { target: row.get(0)?, body: row.get(1)?, parts: row.get(2)? })
    })
}

/// Some parts from this one on: what is stored does not change, so that they may be read one after the other.
pub(super) fn more(db: &Connection, job: &JobId, from: usize) -> Result<Vec<String>> {
    let sql = "SELECT r.body FROM reports r JOIN jobs j ON j.n = r.job WHERE j.id = ?1 AND r.part >= ?2 \
               ORDER BY r.part LIMIT ?3";
    many(db, sql, params![job.as_str(), from, AT_ONCE], |row| Ok(row.get(0)?))
}
