//! Results: a report in parts, written in the transaction that frees the window slot and claims the next job.

use checkmate_domain::{Finding, JobId, ScanReport, Timestamp, Triaged};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::jobs::{self, Job};
use super::row::{Result, json, many, run, to_json};
use super::window;
use crate::records::JobState;
use crate::requests::{Fence, Stored};

/// Findings in one part at most.
const CHUNK: usize = 500;

/// A report as it stands in its table.
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

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.bodies.len()
    }

    /// What the report is about.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// Puts the report of a job together again. Each part is freed when it was read: all of it would be there twice otherwise.
    pub(super) fn into_report(self, job: &JobId) -> Result<ScanReport> {
        let mut bodies = self.bodies.into_iter();
        let first = bodies
            .next()
            .ok_or_else(|| super::error::corrupt("reports", job.as_str(), "no part of it is there"))?;
        let mut report: ScanReport = json("reports", job.as_str(), &first)?;
        // A list that grows by doubling is there one and a half times.
        report.findings.reserve_exact(bodies.len() * CHUNK);
        report.triage.reserve_exact(bodies.len() * CHUNK);
        for body in bodies {
            let more: More = json("reports", job.as_str(), &body)?;
            report.findings.extend(more.findings);
            report.triage.extend(more.triage);
        }
        Ok(report)
    }
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

/// The parts of a job's report; `None` when there is none.
pub(super) fn find(db: &Connection, job: &JobId) -> Result<Option<Parts>> {
    let mut target = String::new();
    let bodies = many(
        db,
        "SELECT r.target, r.body FROM reports r JOIN jobs j ON j.n = r.job WHERE j.id = ?1 ORDER BY r.part",
        [job.as_str()],
        |row| {
            target = row.get(0)?;
            Ok(row.get(1)?)
        },
    )?;
    Ok((!bodies.is_empty()).then_some(Parts { target, bodies }))
}
