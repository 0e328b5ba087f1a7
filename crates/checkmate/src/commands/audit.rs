//! `audit list|verify|export`.

use checkmate_domain::audit::export::{Line, exact, lines};
use checkmate_scheduler::auditor;

use crate::EXIT_DONE;
use crate::cli::{Audit, Format};
use crate::commands::{Out, verify};
use crate::view;
use crate::view::audit_view::{self, LeaseLine};
use crate::wiring::checkpoints;
use crate::wiring::parts::Parts;

pub(crate) async fn audit(parts: &Parts, command: &Audit, out: &mut Out) -> anyhow::Result<u8> {
    match command {
        Audit::List { limit, job, connection, format } => {
            let trail = verify::segments(&*parts.store).await?;
            // People know it by its name in the configuration, the trail by that at Auth0.
            let connections = &parts.config.connections;
            let connection = connection
                .as_ref()
                .map(|name| connections.get(name).map_or(name.clone(), |one| one.connection.to_string()));
            let mut leases = LeaseLine::of(trail.segments.values().flatten());
            leases.retain(|lease| {
                let of_job =
                    job.as_ref().is_none_or(|job| lease.job.as_ref().is_some_and(|id| id.starts_with(job)));
                of_job && connection.as_ref().is_none_or(|name| lease.connection.as_ref() == Some(name))
            });
            let older = leases.len().saturating_sub(*limit);
            leases.drain(..older);
            let text = match format.format {
                Format::Json => view::json(&leases)?,
                Format::Text => audit_view::leases(&leases, older, out.show()),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
        Audit::Verify(args) => verify::here(parts, args, out).await,
        Audit::Export => export(parts, out).await,
    }
}

/// The line of a record; what is none stands there as it is, for whoever verifies to see.
fn exported(text: &str) -> String {
    match exact(text).ok().and_then(|record| lines(std::iter::once(Line::Record(record))).ok()) {
        Some(line) => line,
        None => format!("{}\n", text.replace('\n', " ")),
    }
}

async fn export(parts: &Parts, out: &mut Out) -> anyhow::Result<u8> {
    let written = auditor::read(&checkpoints::file(&parts.config))?;
    for segment in parts.store.audit_segments().await? {
        let mut from = 0;
        loop {
            let page = verify::page(&*parts.store, &segment, &mut from).await?;
            if page.is_empty() {
                break;
            }
            let lines: String = page.iter().map(|(_, text)| exported(text)).collect();
            out.text(&lines).await?;
        }
    }
    out.text(&lines(written.into_iter().map(Line::Checkpoint))?).await?;
    Ok(EXIT_DONE)
}
