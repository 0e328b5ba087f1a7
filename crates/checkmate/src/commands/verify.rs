//! `audit verify`: is the trail whole, and what proves it.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::audit::export::exact;
use checkmate_domain::audit::{AuditRecord, Bad, Checkpoint, Trail, Verdict, verify};
use checkmate_domain::{Timestamp, WorkerId};
use checkmate_scheduler::auditor::{self, FileError, Signed};
use checkmate_store::{Store, StoreError};

use crate::cli::{Format, VerifyArgs};
use crate::commands::Out;
use crate::config::{Config, ConfigError};
use crate::view;
use crate::view::audit_view::{self, VerdictView};
use crate::wiring::checkpoints;
use crate::wiring::parts::Parts;
use crate::{EXIT_BROKEN, EXIT_DONE, EXIT_INCOMPLETE};

/// Checkpoints that may be missed before somebody is told, and the least time for that.
const LATE: u32 = 10;
const LATE_AT_LEAST: Duration = Duration::from_mins(15);
/// Records read in one call.
const PAGE: u64 = 500;

/// The trail in the store, by the checkpoints in their file.
pub(crate) async fn here(parts: &Parts, args: &VerifyArgs, out: &mut Out) -> anyhow::Result<u8> {
    // First the checkpoints: one that is written meanwhile would have seen more than is read here.
    let read = match &args.checkpoints {
        Some(named) => auditor::read_named(named),
        None => auditor::read(&checkpoints::file(&parts.config)),
    };
    let checkpoints = match proof(read)? {
        Ok(checkpoints) => checkpoints,
        Err(bad) => return tell(&broken(bad), args, out).await,
    };
    let (copies, unreadable) = copies(&*parts.store).await?;
    let written = checkpoints.last().map_or(0, |last| last.number);
    let mut trail = Trail { checkpoints, ..segments(&*parts.store).await? };
    let signed = signatures(&parts.config, args, !(trail.checkpoints.is_empty() && copies.is_empty()))?;
    let kept = copies.last().map_or(0, |last| last.number);
    let forged = trail.add_copies(copies, &*signed).err().or(unreadable.map(Bad::Forged));
    let mut verdict = verify(&trail, since(args, &parts.config), &*signed);
    // A leader writes the copy first, so that the file may be one behind.
    let cut = args.checkpoints.is_none() && kept > written + 1;
    let cut = cut.then_some(Bad::FileCut { file: written, store: kept });
    verdict.bad = verdict.bad.or(forged).or(cut);
    let every = parts.config.audit.checkpoint_every.0;
    let late = parts.store.now().await?.minus((every * LATE).max(LATE_AT_LEAST));
    tell(&verdict.judged(late), args, out).await
}

/// An export, anywhere: no store is opened and no file is made.
pub(crate) async fn elsewhere(args: &VerifyArgs, config: &Config, out: &mut Out) -> anyhow::Result<u8> {
    let Some(file) = &args.from else { return Err(asked("--from names an export".to_owned())) };
    let text = std::fs::read_to_string(file)
        .map_err(|error| asked(format!("{} cannot be read ({error})", file.display())))?;
    let mut trail = match Trail::from_export(&text) {
        Ok(trail) => trail,
        Err(none) => return tell(&broken(Bad::Line(none.line)), args, out).await,
    };
    let read = args.checkpoints.as_deref().map_or_else(|| Ok(Vec::new()), auditor::read_named);
    let proof = match proof(read)? {
        Ok(proof) => proof,
        Err(bad) => return tell(&broken(bad), args, out).await,
    };
    let signed = signatures(config, args, !(trail.checkpoints.is_empty() && proof.is_empty()))?;
    // What somebody kept outside comes first: an export is only a copy.
    let copies = std::mem::replace(&mut trail.checkpoints, proof);
    let forged = trail.add_copies(copies, &*signed).err();
    let mut verdict = verify(&trail, since(args, config), &*signed);
    verdict.bad = verdict.bad.or(forged);
    tell(&verdict, args, out).await
}

async fn tell(verdict: &Verdict, args: &VerifyArgs, out: &mut Out) -> anyhow::Result<u8> {
    let text = match args.format.format {
        Format::Json => view::json(&VerdictView::of(verdict))?,
        Format::Text => audit_view::verdict(verdict, out.show()),
    };
    out.text(&text).await?;
    Ok(match &verdict.bad {
        Some(_) => EXIT_BROKEN,
        None if verdict.is_proven() => EXIT_DONE,
        None => EXIT_INCOMPLETE,
    })
}

fn broken(bad: Bad) -> Verdict {
    Verdict { bad: Some(bad), ..Verdict::default() }
}

fn asked(text: String) -> anyhow::Error {
    ConfigError::Asked(text).into()
}

/// The checkpoints of a file. A line that is none is a finding, and no failure of the program.
fn proof(read: Result<Vec<Checkpoint>, FileError>) -> anyhow::Result<Result<Vec<Checkpoint>, Bad>> {
    match read {
        Ok(checkpoints) => Ok(Ok(checkpoints)),
        Err(FileError::Line { line, .. }) => Ok(Err(Bad::Line(line))),
        Err(FileError::Io { path, source }) => {
            Err(asked(format!("checkpoints {} cannot be read ({source}): name another file", path.display())))
        }
    }
}

/// Who tells good signatures. A key that was named is read in any case; without checkpoints no other is needed.
fn signatures(config: &Config, args: &VerifyArgs, needed: bool) -> anyhow::Result<Signed> {
    if args.public_key.is_none() && !needed {
        return Ok(Arc::new(|_, _| false));
    }
    Ok(Arc::new(checkpoints::verifier(config, args.public_key.as_deref())?))
}

fn since(args: &VerifyArgs, config: &Config) -> Timestamp {
    Timestamp::now().minus(args.keep.as_ref().map_or(config.retention.audit.0, |keep| keep.0))
}

/// The copies of checkpoints in the store, and the number of the first that is none.
async fn copies(store: &dyn Store) -> Result<(Vec<Checkpoint>, Option<u64>), StoreError> {
    let (mut copies, mut limit): (Vec<Checkpoint>, u64) = (Vec::new(), PAGE);
    loop {
        let after = copies.last().map_or(0, |last| last.number);
        match store.checkpoints(after, limit).await {
            Ok(page) if page.last().is_none_or(|last| last.number <= after) => return Ok((copies, None)),
            Ok(page) => copies.extend(page),
            Err(StoreError::Corrupt(_)) if limit > 1 => limit = 1,
            Err(StoreError::Corrupt(_)) => return Ok((copies, Some(after + 1))),
            Err(error) => return Err(error),
        }
    }
}

/// Every segment, each up to the first place that is no record.
pub(super) async fn segments(store: &dyn Store) -> Result<Trail, StoreError> {
    let mut trail = Trail::default();
    for segment in store.audit_segments().await? {
        let (mut records, mut from): (Vec<AuditRecord>, u64) = (Vec::new(), 0);
        'segment: loop {
            let page = page(store, &segment, &mut from).await?;
            if page.is_empty() {
                break;
            }
            for (place, text) in page {
                let Some(record) = exact::<AuditRecord>(&text).ok().filter(|record| record.seq == place)
                else {
                    trail.unreadable.insert(segment.clone(), place);
                    break 'segment;
                };
                records.push(record);
            }
        }
        trail.segments.insert(segment, records);
    }
    Ok(trail)
}

/// What stands in a segment from a place on, which moves behind it; nothing at the end.
pub(super) async fn page(
    store: &dyn Store,
    segment: &WorkerId,
    from: &mut u64,
) -> Result<Vec<(u64, String)>, StoreError> {
    let page = store.audit_lines(segment, *from, PAGE).await?;
    if let Some((last, _)) = page.last() {
        *from = last.saturating_add(1);
    }
    Ok(page)
}
