//! A scan job: scan → triage → store → tell.
//!
//! Next on the way of a finding: `crates/scanners/src/auth0/export.rs`.

use std::collections::BTreeMap;

use checkmate_domain::{CloudEvent, EventData, JobSpec, ResultStored, ScanReport, Severity, Timestamp};
use checkmate_queue::Outgoing;
use checkmate_scanners::{ScanContext, ScanError, Scanned};
use checkmate_service::crashpoint::crashpoint;
use checkmate_store::{Attempt, SealList, Sealed, Stored};

use crate::attempt::Outcome;
use crate::discover::no_scanner;
use crate::worker::Worker;

impl Worker {
    /// Scans the target (or part) and stores the result, or seals the parts that answer in its place.
    pub(crate) async fn scan(
        &self,
        attempt: &Attempt,
        spec: &JobSpec,
        context: &ScanContext,
    ) -> Result<Outcome, Outcome> {
        let mut report = match self.look(spec, context).await? {
            Scanned::Report(report) => *report,
            Scanned::Split(parts) => {
                let part = |part| JobSpec { target: spec.target.clone(), part: Some(part), gone: false };
                if spec.part.is_some() {
                    return Err(ScanError::Permanent("a part may not be split again".to_owned()).into());
                }
                return Box::pin(self.split(attempt, parts.into_iter().map(part).collect())).await;
            }
        };
        checkmate_triage::triage(&mut report);
        crashpoint("worker.after-scan");
        let stored = self.store.store_result(&attempt.fence, &report).await?;
        crashpoint("worker.after-store");
        let released = match stored {
            Stored::New(released) | Stored::Already(released) => released,
            Stored::FenceLost => return Ok(Outcome::LostFence),
        };
        let stored = ResultStored {
            scan: attempt.scan.clone(),
            job: attempt.fence.job.clone(),
            target: spec.target.clone(),
            attempt: attempt.number,
            findings: by_severity(&report),
        };
        let event = CloudEvent::new(EventData::ResultStored(stored), Timestamp::now());
        self.publish(vec![Outgoing::event(&event, true)], &released).await?;
        Ok(Outcome::Done)
    }

    async fn look(&self, spec: &JobSpec, context: &ScanContext) -> Result<Scanned, ScanError> {
        if spec.gone {
            return Ok(Scanned::Report(Box::new(ScanReport::target_gone(spec.target.clone()))));
        }
        let kind = spec.target.as_str().split(':').next().unwrap_or_default();
        let scanner =
            self.scanners.for_target(&spec.target).ok_or_else(|| no_scanner(kind, &self.scanners.kinds()))?;
        scanner.scan(&spec.target, spec.part.as_ref(), context).await
    }

    async fn split(&self, attempt: &Attempt, jobs: Vec<JobSpec>) -> Result<Outcome, Outcome> {
        match self.store.seal(&attempt.fence, &SealList { jobs, history: None }).await? {
            Sealed::New(released, _) | Sealed::Already(released) => {
                self.publish(Vec::new(), &released).await?;
                Ok(Outcome::Done)
            }
            Sealed::FenceLost => Ok(Outcome::LostFence),
        }
    }
}

/// How many findings a report has of each severity.
pub(crate) fn by_severity(report: &ScanReport) -> BTreeMap<Severity, u64> {
    let mut findings = BTreeMap::new();
    for finding in &report.findings {
        *findings.entry(finding.severity).or_insert(0) += 1;
    }
    findings
}
