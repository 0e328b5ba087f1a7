//! `audit list|verify|export`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use checkmate_domain::audit::export::{Line, lines};
use checkmate_domain::audit::{AuditRecord, Trail, verify};
use checkmate_domain::{Timestamp, WorkerId};
use checkmate_scheduler::auditor;
use checkmate_store::Store;

use crate::cli::{Audit, Format, VerifyArgs};
use crate::commands::Out;
use crate::view;
use crate::view::audit_view::{self, LeaseLine};
use crate::wiring::checkpoints;
use crate::wiring::parts::Parts;
use crate::{EXIT_BROKEN, EXIT_DONE};

/// Records read in one call.
const PAGE: u64 = 500;

pub(crate) async fn audit(parts: &Parts, command: &Audit, out: &mut Out) -> anyhow::Result<u8> {
    match command {
        Audit::List { limit, job, connection, format } => {
            let trail = segments(&*parts.store).await?;
            let mut leases = LeaseLine::of(trail.values().flatten());
            leases.retain(|lease| {
                let of_job =
                    job.as_ref().is_none_or(|job| lease.job.as_ref().is_some_and(|id| id.starts_with(job)));
                of_job && connection.as_ref().is_none_or(|name| lease.connection.as_ref() == Some(name))
            });
            leases.drain(..leases.len().saturating_sub(*limit));
            let text = match format.format {
                Format::Json => view::json(&leases)?,
                Format::Text => audit_view::leases(&leases, out.show()),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
        Audit::Verify(args) => tell(parts, args, out).await,
        Audit::Export => export(parts, out).await,
    }
}

async fn tell(parts: &Parts, args: &VerifyArgs, out: &mut Out) -> anyhow::Result<u8> {
    let named = args.checkpoints.clone().unwrap_or_else(|| checkpoints::file(&parts.config));
    let trail = match &args.from {
        Some(file) => read(file)?,
        None => {
            // First the checkpoints: one that is written meanwhile would have seen more than is read here.
            let checkpoints = auditor::read(&named)?;
            Trail { segments: segments(&*parts.store).await?, checkpoints }
        }
    };
    let since = Timestamp::now().minus(parts.config.retention.audit.0);
    let verdict = if trail.checkpoints.is_empty() {
        verify(&trail, since, |_, _| true)
    } else {
        let signed = checkpoints::verifier(&parts.config, args.public_key.as_deref())?;
        verify(&trail, since, signed)
    };
    let text = match args.format.format {
        Format::Json => view::json(&audit_view::VerdictView::of(&verdict))?,
        Format::Text => audit_view::verdict(&verdict, out.show()),
    };
    out.text(&text).await?;
    Ok(if verdict.bad.is_some() { EXIT_BROKEN } else { EXIT_DONE })
}

async fn export(parts: &Parts, out: &mut Out) -> anyhow::Result<u8> {
    let written = auditor::read(&checkpoints::file(&parts.config))?;
    for head in parts.store.audit_heads().await? {
        let mut from = 0;
        while from <= head.seq {
            let page = parts.store.audit_records(&head.segment, from, PAGE).await?;
            if page.is_empty() {
                break;
            }
            from += page.len() as u64;
            out.text(&lines(page.into_iter().map(Line::Record))?).await?;
        }
    }
    out.text(&lines(written.into_iter().map(Line::Checkpoint))?).await?;
    Ok(EXIT_DONE)
}

fn read(file: &Path) -> anyhow::Result<Trail> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Trail::from_export(&text).with_context(|| file.display().to_string())
}

async fn segments(store: &dyn Store) -> anyhow::Result<BTreeMap<WorkerId, Vec<AuditRecord>>> {
    let mut segments = BTreeMap::new();
    for head in store.audit_heads().await? {
        let mut records: Vec<AuditRecord> = Vec::new();
        loop {
            let page = store.audit_records(&head.segment, records.len() as u64, PAGE).await?;
            if page.is_empty() {
                break;
            }
            records.extend(page);
        }
        segments.insert(head.segment, records);
    }
    Ok(segments)
}
