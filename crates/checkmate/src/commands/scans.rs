//! `scans list|show|watch|cancel`.

use std::time::{Duration, Instant};

use anyhow::bail;
use checkmate_domain::ScanId;
use checkmate_store::{Cancelled, ScanRecord, ScanState};

use crate::cli::{Format, Scans};
use crate::commands::Out;
use crate::view::progress::{self, Rate, TargetLine};
use crate::view::{self, scan_view};
use crate::wiring::parts::Parts;
use crate::{EXIT_DONE, EXIT_ERROR, EXIT_INCOMPLETE};

/// Between two looks while watching.
const LOOK: Duration = Duration::from_millis(100);
/// Between two looks at what runs.
const LOOK_AT_JOBS: Duration = Duration::from_secs(1);
/// Open jobs looked at for that.
const JOBS: u64 = 200;
/// Scans searched for an id's beginning.
const SEARCHED: u64 = 5_000;

pub(crate) async fn scans(parts: &Parts, command: &Scans, out: &mut Out) -> anyhow::Result<u8> {
    match command {
        Scans::List { limit, format } => {
            let scans = parts.store.scans(0, *limit).await?;
            let text = match format.format {
                Format::Json => view::json(&scans)?,
                Format::Text => view::scans::list(&scans, out.color),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
        Scans::Show { scan, format } => {
            let scan = find(parts, scan).await?;
            show(parts, &scan, format.format, out).await
        }
        Scans::Watch { scan, format } => {
            let scan = find(parts, scan).await?;
            watch(parts, &scan.id, format.format, out).await
        }
        Scans::Cancel { scan, format } => {
            let scan = find(parts, scan).await?;
            let (now, scan) = match parts.store.cancel_scan(&scan.id).await? {
                Cancelled::Now(scan) => (true, scan),
                Cancelled::WasOver(scan) => (false, scan),
                Cancelled::Unknown => bail!("scan {} is not there any more", scan.id),
            };
            let text = match (format.format, now) {
                (Format::Json, _) => view::json(&scan)?,
                (Format::Text, true) => {
                    format!("scan {} is cancelled: nothing more of it is begun\n", scan.id)
                }
                (Format::Text, false) => format!("scan {} was over before: {}\n", scan.id, scan.state),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
    }
}

/// Follows a scan to its end, then shows it.
pub(crate) async fn watch(parts: &Parts, id: &ScanId, format: Format, out: &mut Out) -> anyhow::Result<u8> {
    let mut shown = String::new();
    let mut live = Live::default();
    loop {
        let Some(scan) = parts.store.scan(id).await? else { bail!("scan {id} is not there any more") };
        if scan.state.is_final() {
            out.progress_done().await?;
            return show(parts, &scan, format, out).await;
        }
        let mut text =
            if out.live { live.look(parts, &scan).await? } else { view::scans::progress(&scan, None) };
        let paused = parts.store.wishes(&parts.process).await?.paused;
        if let Some(pause) = paused.iter().find(|pause| pause.lane == scan.lane) {
            text.push_str(&view::pressure_view::waits(pause));
        }
        if text != shown {
            out.progress(&text).await?;
            shown = text;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What a live view remembers from one look to the next.
#[derive(Default)]
struct Live {
    began: Option<Instant>,
    rate: Rate,
    looked: Option<Instant>,
    running: Vec<TargetLine>,
}

impl Live {
    async fn look(&mut self, parts: &Parts, scan: &ScanRecord) -> anyhow::Result<String> {
        if scan.state == ScanState::Running {
            let began = *self.began.get_or_insert_with(Instant::now);
            self.rate.note(began.elapsed(), progress::over(scan));
        }
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK_AT_JOBS) {
            let (jobs, now) = (parts.store.open_jobs(&scan.id, None, JOBS).await?, parts.store.now().await?);
            let lines = jobs.iter().filter_map(|job| TargetLine::new(job, now));
            self.running = lines.filter(|line| line.state == "running").collect();
            self.looked = Some(Instant::now());
        }
        Ok(progress::live(scan, self.rate.eta(scan.pending), &self.running))
    }
}

async fn show(parts: &Parts, scan: &ScanRecord, format: Format, out: &mut Out) -> anyhow::Result<u8> {
    let scanned = scan_view::collect(parts.store.as_ref(), scan).await?;
    let text = match format {
        Format::Json => view::json(&scanned)?,
        Format::Text => scan_view::text(&scanned, out.show()),
    };
    out.text(&text).await?;
    Ok(match scan.state {
        ScanState::FinishedIncomplete | ScanState::Cancelled => EXIT_INCOMPLETE,
        ScanState::Failed => EXIT_ERROR,
        ScanState::Finished if scanned.is_blind() => EXIT_INCOMPLETE,
        ScanState::Finished | ScanState::Planned | ScanState::Discovering | ScanState::Running => EXIT_DONE,
    })
}

/// The scan with that id or the only one whose id begins so.
pub(crate) async fn find(parts: &Parts, text: &str) -> anyhow::Result<ScanRecord> {
    if let Ok(id) = ScanId::new(text)
        && let Some(scan) = parts.store.scan(&id).await?
    {
        return Ok(scan);
    }
    let all = parts.store.scans(0, SEARCHED).await?;
    let mut matching = all.into_iter().filter(|scan| scan.id.as_str().starts_with(text));
    match (matching.next(), matching.next()) {
        (Some(scan), None) => Ok(scan),
        (None, _) => bail!("there is no scan '{text}': see 'checkmate scans list'"),
        (Some(_), Some(_)) => bail!("more than one scan begins with '{text}': give more of the id"),
    }
}
