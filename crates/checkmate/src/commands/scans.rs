//! `scans list|show|watch|cancel`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::bail;
use checkmate_domain::ScanId;
use checkmate_store::{Cancelled, ScanRecord, ScanState};

use crate::cli::{Format, Scans};
use crate::commands::Out;
use crate::view::progress::{self, Rate, TargetLine};
use crate::view::waits::{self, Waiting};
use crate::view::{self, scan_view};
use crate::wiring::parts::Parts;
use crate::{EXIT_DONE, EXIT_ERROR, EXIT_INCOMPLETE};

/// Between two looks while watching.
const LOOK: Duration = Duration::from_millis(100);
/// Between two looks at what runs.
const LOOK_AT_JOBS: Duration = Duration::from_secs(1);
/// Open jobs looked at for that.
const JOBS: u64 = 200;
/// A job that runs for so long does not wait any more.
const GOES_ON: Duration = Duration::from_secs(10);
/// Between two lines that differ only in how many wait.
const NEWS: Duration = Duration::from_secs(30);
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
    let mut look = Look::default();
    loop {
        let Some(scan) = parts.store.scan(id).await? else { bail!("scan {id} is not there any more") };
        if scan.state.is_final() {
            out.progress_done().await?;
            return show(parts, &scan, format, out).await;
        }
        look.take(parts, &scan).await?;
        let mut text = look.text(&scan, out.live);
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

/// What is remembered from one look to the next.
#[derive(Default)]
struct Look {
    began: Option<Instant>,
    rate: Rate,
    looked: Option<Instant>,
    running: Vec<TargetLine>,
    waiting: Vec<Waiting>,
    /// When somebody was seen waiting last, and how many jobs were over then.
    waited: Option<(Instant, u64)>,
    /// What a line said of them last, and when.
    told: Option<(Instant, Vec<Waiting>)>,
}

impl Look {
    async fn take(&mut self, parts: &Parts, scan: &ScanRecord) -> anyhow::Result<()> {
        if scan.state == ScanState::Running {
            let began = *self.began.get_or_insert_with(Instant::now);
            self.rate.note(began.elapsed(), progress::over(scan));
        }
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK_AT_JOBS) {
            let (jobs, now) = (parts.store.open_jobs(&scan.id, None, JOBS).await?, parts.store.now().await?);
            let lines = jobs.iter().filter_map(|job| TargetLine::new(job, now));
            self.running = lines.filter(|line| line.state == "running").collect();
            self.note(waits::of(&jobs, now), progress::over(scan));
            self.looked = Some(Instant::now());
        }
        Ok(())
    }

    /// A reason stands until something goes on: a job that is tried again in vain is told as one that waits, and its line
    /// does not come and go.
    fn note(&mut self, waiting: Vec<Waiting>, over: u64) {
        let goes_on = self.waited.is_none_or(|(at, over_then)| over > over_then || at.elapsed() >= GOES_ON);
        if !waiting.is_empty() {
            self.waited = Some((Instant::now(), over));
            self.waiting = waiting;
        } else if goes_on {
            self.waiting.clear();
        }
    }

    fn text(&mut self, scan: &ScanRecord, live: bool) -> String {
        if live {
            progress::live(scan, self.rate.eta(scan.pending), &self.waiting, &self.running)
        } else {
            progress::line(scan, self.news())
        }
    }

    /// Where every look that differs is a line, another number of the same is no news for a while.
    fn news(&mut self) -> &[Waiting] {
        let reasons = |all: &[Waiting]| all.iter().map(|one| one.why.clone()).collect::<BTreeSet<_>>();
        let stands = self
            .told
            .as_ref()
            .is_some_and(|(at, told)| at.elapsed() < NEWS && reasons(told) == reasons(&self.waiting));
        if !stands {
            self.told = Some((Instant::now(), self.waiting.clone()));
        }
        self.told.as_ref().map_or(&[], |(_, told)| told)
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
