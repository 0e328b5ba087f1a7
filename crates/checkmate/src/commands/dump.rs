//! `dump`: what is known as JSON lines, each with its kind. The last line counts them: without it, something is
//! missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use checkmate_domain::{FindingRecord, JobId, ScanReport, ScheduleName, Timestamp, Transition};
use checkmate_store::schedules::{ScheduleRecord, ScheduleState};
use checkmate_store::{DeadRecord, JobRecord, ScanRecord};
use serde::Serialize;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

use crate::EXIT_DONE;
use crate::cli::DumpArgs;
use crate::commands::Out;
use crate::view;
use crate::wiring::parts::Parts;

/// Records read in one call.
const PAGE: u64 = 500;
/// Bytes gathered before they are written, and at most in one piece on the control socket.
const PIECE: usize = 64 * 1024;

/// One line.
#[derive(Serialize)]
#[serde(tag = "kind", content = "record", rename_all = "kebab-case")]
enum Line<'a> {
    Dump { schema: &'static str, release: &'static str, at: Timestamp },
    Scan(&'a ScanRecord),
    Job(&'a JobRecord),
    Report { job: &'a JobId, report: &'a ScanReport },
    Finding(&'a FindingRecord),
    Transition { position: &'a str, transition: &'a Transition },
    DeadLetter(&'a DeadRecord),
    Schedule { name: &'a ScheduleName, version: u64, state: &'a ScheduleState },
    End { lines: &'a BTreeMap<&'static str, u64> },
}

impl Line<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Dump { .. } => "dump",
            Self::Scan(_) => "scan",
            Self::Job(_) => "job",
            Self::Report { .. } => "report",
            Self::Finding(_) => "finding",
            Self::Transition { .. } => "transition",
            Self::DeadLetter(_) => "dead-letter",
            Self::Schedule { .. } => "schedule",
            Self::End { .. } => "end",
        }
    }
}

pub(crate) async fn dump(parts: &Parts, args: &DumpArgs, out: &mut Out) -> anyhow::Result<u8> {
    let Some(file) = &args.out else {
        let mut lines = Lines::new(Sink::Out(out));
        write(parts, &mut lines).await?;
        return Ok(EXIT_DONE);
    };
    let cannot = || format!("cannot write {}: is the folder there, and may you write to it?", file.display());
    let partial = beside(file);
    let mut options = tokio::fs::OpenOptions::new();
    // One that is left over may be readable by others, or lead elsewhere.
    match tokio::fs::remove_file(&partial).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(cannot),
        _ => {}
    }
    options.write(true).create_new(true).mode(0o600);
    let made = options.open(&partial).await.with_context(cannot)?;
    let mut lines = Lines::new(Sink::File(BufWriter::new(made)));
    let counts = write(parts, &mut lines).await?;
    lines.close().await.with_context(cannot)?;
    tokio::fs::rename(&partial, file).await.with_context(cannot)?;
    let all = usize::try_from(counts.values().sum::<u64>()).unwrap_or(usize::MAX);
    out.text(&format!("{} written to {}\n", view::count(all, "record"), file.display())).await?;
    Ok(EXIT_DONE)
}

/// Where a file stands until it is whole.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

async fn write(parts: &Parts, lines: &mut Lines<'_>) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    let (release, at) = (env!("CARGO_PKG_VERSION"), parts.store.now().await?);
    lines.line(&Line::Dump { schema: "checkmate.dump/1", release, at }).await?;
    lines.counts.clear();
    scans(parts, lines).await?;
    for target in parts.store.targets().await? {
        for finding in parts.store.target(&target).await?.findings {
            lines.line(&Line::Finding(&finding)).await?;
        }
    }
    transitions(parts, lines).await?;
    dead_letters(parts, lines).await?;
    for ScheduleRecord { name, version, state } in &parts.store.schedules().await? {
        lines.line(&Line::Schedule { name, version: *version, state }).await?;
    }
    let counts = std::mem::take(&mut lines.counts);
    lines.line(&Line::End { lines: &counts }).await?;
    lines.flush().await?;
    Ok(counts)
}

/// Pages by rank of a list in which things move while it is read: it is read again until nothing new is met.
#[derive(Default)]
struct MovingPages {
    skip: u64,
    seen: BTreeSet<String>,
    /// How many were seen when this reading began.
    before: usize,
}

impl MovingPages {
    /// Whether to read on after a page of so many.
    fn go_on(&mut self, page: usize) -> bool {
        if page > 0 {
            self.skip += page as u64;
            return true;
        }
        let again = self.seen.len() > self.before;
        (self.before, self.skip) = (self.seen.len(), 0);
        again
    }

    /// Whether it was not met before.
    fn is_new(&mut self, id: &str) -> bool {
        self.seen.insert(id.to_owned())
    }
}

/// Newest first; what is made or removed meanwhile moves the pages.
async fn scans(parts: &Parts, lines: &mut Lines<'_>) -> anyhow::Result<()> {
    let mut pages = MovingPages::default();
    loop {
        let page = parts.store.scans(pages.skip, PAGE).await?;
        if !pages.go_on(page.len()) {
            return Ok(());
        }
        for scan in page {
            if pages.is_new(scan.id.as_str()) {
                lines.line(&Line::Scan(&scan)).await?;
                jobs(parts, &scan, lines).await?;
            }
        }
    }
}

async fn jobs(parts: &Parts, scan: &ScanRecord, lines: &mut Lines<'_>) -> anyhow::Result<()> {
    let mut skip = 0;
    loop {
        let page = parts.store.scan_jobs(&scan.id, skip, PAGE).await?;
        if page.is_empty() {
            return Ok(());
        }
        skip += page.len() as u64;
        for job in page {
            lines.line(&Line::Job(&job)).await?;
            if job.stored_at.is_some()
                && let Some(report) = parts.store.report(&job.id).await?
            {
                lines.line(&Line::Report { job: &job.id, report: &report }).await?;
            }
        }
    }
}

async fn transitions(parts: &Parts, lines: &mut Lines<'_>) -> anyhow::Result<()> {
    let mut after: Option<String> = None;
    loop {
        let page = parts.store.transitions(after.as_deref(), PAGE).await?;
        let Some(last) = page.last().map(|entry| entry.position.clone()) else { return Ok(()) };
        for entry in &page {
            let line = Line::Transition { position: &entry.position, transition: &entry.transition };
            lines.line(&line).await?;
        }
        after = Some(last);
    }
}

/// What dies again or goes meanwhile moves the pages.
async fn dead_letters(parts: &Parts, lines: &mut Lines<'_>) -> anyhow::Result<()> {
    let mut pages = MovingPages::default();
    loop {
        let page = parts.store.dead(pages.skip, PAGE).await?;
        if !pages.go_on(page.len()) {
            return Ok(());
        }
        for letter in page {
            if pages.is_new(&letter.id) {
                lines.line(&Line::DeadLetter(&letter)).await?;
            }
        }
    }
}

enum Sink<'a> {
    Out(&'a mut Out),
    File(BufWriter<File>),
}

/// Lines on their way out, counted by kind.
struct Lines<'a> {
    sink: Sink<'a>,
    waiting: String,
    counts: BTreeMap<&'static str, u64>,
}

impl<'a> Lines<'a> {
    fn new(sink: Sink<'a>) -> Self {
        Self { sink, waiting: String::new(), counts: BTreeMap::new() }
    }

    async fn line(&mut self, line: &Line<'_>) -> anyhow::Result<()> {
        *self.counts.entry(line.kind()).or_default() += 1;
        self.waiting.push_str(&serde_json::to_string(line)?);
        self.waiting.push('\n');
        if self.waiting.len() >= PIECE { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let text = std::mem::take(&mut self.waiting);
        match &mut self.sink {
            Sink::File(file) => file.write_all(text.as_bytes()).await?,
            Sink::Out(out) => {
                for piece in pieces(&text, PIECE) {
                    out.text(piece).await?;
                }
            }
        }
        Ok(())
    }

    async fn close(self) -> std::io::Result<()> {
        if let Sink::File(mut file) = self.sink {
            file.flush().await?;
            file.get_ref().sync_all().await?;
        }
        Ok(())
    }
}

/// A text in pieces of at most so many bytes, cut between characters.
fn pieces(mut text: &str, most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let (piece, rest) = text.split_at(text.floor_char_boundary(most));
        pieces.push(piece);
        text = rest;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_nothing_is_lost() {
        assert!(pieces("", 8).is_empty());
        assert_eq!(pieces("ab\u{1F980}cd", 4), ["ab", "\u{1F980}", "cd"]);
        assert_eq!(pieces("abcdef", 4).concat(), "abcdef");
    }

    #[test]
    fn a_list_that_moves_is_read_until_nothing_new_is_met() {
        let mut pages = MovingPages::default();
        assert!(pages.go_on(2) && pages.is_new("a") && pages.is_new("b"));
        assert_eq!(pages.skip, 2);
        assert!(pages.go_on(0), "the first reading may have missed what moved");
        assert_eq!(pages.skip, 0);
        assert!(pages.go_on(2) && !pages.is_new("b") && pages.is_new("c"));
        assert!(pages.go_on(0), "the second met something new");
        assert!(pages.go_on(3) && !pages.is_new("c"));
        assert!(!pages.go_on(0));
    }

    #[test]
    fn each_line_tells_its_kind() {
        let counts = BTreeMap::from([("scan", 2)]);
        let line = Line::End { lines: &counts };
        assert_eq!(serde_json::to_string(&line).unwrap(), r#"{"kind":"end","record":{"lines":{"scan":2}}}"#);
        let head = Line::Dump { schema: "s", release: "1", at: Timestamp::from_millis(5) };
        let text = serde_json::to_string(&head).unwrap();
        assert_eq!(text, r#"{"kind":"dump","record":{"schema":"s","release":"1","at":5}}"#);
        assert_eq!((line.kind(), head.kind()), ("end", "dump"));
    }
}
