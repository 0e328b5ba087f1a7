//! Scans as lines.

use std::fmt::Write;
use std::time::Duration;

use checkmate_store::{ScanRecord, ScanState};

use crate::view::{Paint, count, plain, progress};

/// A table of scans.
#[must_use]
pub fn list(scans: &[ScanRecord], color: bool) -> String {
    if scans.is_empty() {
        return "no scans yet: try 'checkmate scan path:DIR' with the folder of a tenant export\n".to_owned();
    }
    let paint = Paint(color);
    let head = format!(
        "{:<10}  {:<28}  {:<19}  {:>11}  {:>4}  {}",
        "scan", "scope", "state", "jobs", "new", "asked for"
    );
    let mut text = paint.bold(&head) + "\n";
    for scan in scans {
        let _ = writeln!(
            text,
            "{:<10}  {:<28}  {:<19}  {:>11}  {:>4}  {}, {}",
            scan.id.as_str().chars().take(10).collect::<String>(),
            plain(&scan.scope.to_string(), 28),
            scan.state.as_str(),
            format!("{}/{}", scan.total - scan.pending.min(scan.total), scan.total),
            scan.opened,
            plain(&scan.trigger.to_string(), 40),
            scan.created_at,
        );
    }
    text
}

/// One line that says how far a scan is, and when it may be over.
#[must_use]
pub fn progress(scan: &ScanRecord, eta: Option<Duration>) -> String {
    let head = format!("{}  ", scan.scope);
    match scan.state {
        ScanState::Planned => head + "waits for a worker",
        ScanState::Discovering => head + "looking for targets",
        ScanState::Running => {
            let ended: u64 = scan.ended.values().sum();
            let without = if ended == 0 { String::new() } else { format!(", {ended} not assessed") };
            let eta = eta.map(|left| format!(", {}", progress::about(left))).unwrap_or_default();
            let percent = progress::percent(scan).map(|share| format!(" ({share} %)")).unwrap_or_default();
            head + &format!(
                "{} of {} done{percent}{without}{eta}",
                progress::over(scan),
                count(usize::try_from(scan.total).unwrap_or(usize::MAX), "job")
            )
        }
        ScanState::Finished | ScanState::FinishedIncomplete | ScanState::Failed | ScanState::Cancelled => {
            head + scan.state.as_str()
        }
    }
}
