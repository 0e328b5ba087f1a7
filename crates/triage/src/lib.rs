//! Triage: what to do first, and why. Pure and deterministic; it runs in the worker, right after the scan.
//!
//! [`score`] is the one table, severity × exposure → priority; [`triage`] puts its verdicts into a report. [`group()`] finds
//! the root causes over the findings of a scan.

mod group;
mod score;

pub use group::{Group, group};
pub use score::score;

use checkmate_domain::ScanReport;

/// Fills [`ScanReport::triage`] by position, from each finding's severity and from the exposure its scanner stated.
pub fn triage(report: &mut ScanReport) {
    report.triage = report.findings.iter().map(|finding| score(finding.severity, finding.exposure)).collect();
}
