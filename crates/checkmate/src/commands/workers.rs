//! `workers list|drain`.

use anyhow::bail;
use checkmate_domain::WorkerId;

use crate::EXIT_DONE;
use crate::cli::{Format, Workers};
use crate::commands::Out;
use crate::view::{self, pressure_view};
use crate::wiring::parts::Parts;

pub(crate) async fn workers(parts: &Parts, command: &Workers, out: &mut Out) -> anyhow::Result<u8> {
    let text = match command {
        Workers::List { format } => {
            let there = parts.store.processes().await?;
            match format.format {
                Format::Json => view::json(&there)?,
                Format::Text => pressure_view::processes(&there, out.show()),
            }
        }
        Workers::Drain { process, format } => {
            let id = find(parts, process).await?;
            if !parts.store.ask_to_drain(&id).await? {
                bail!("process {id} has just gone");
            }
            match format.format {
                Format::Json => view::json(&id)?,
                Format::Text => {
                    format!("{id} was asked: it takes nothing more and ends when what is in hand is done\n")
                }
            }
        }
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

async fn find(parts: &Parts, text: &str) -> anyhow::Result<WorkerId> {
    let there = parts.store.processes().await?.into_iter().map(|presence| presence.process);
    let mut matching = there.filter(|id| id.as_str().starts_with(text));
    match (matching.next(), matching.next()) {
        (Some(id), None) => Ok(id),
        (Some(id), Some(_)) if id.as_str() == text => Ok(id),
        (None, _) => bail!("there is no process '{text}': see 'checkmate workers list'"),
        (Some(_), Some(_)) => bail!("more than one process begins with '{text}': give more of the id"),
    }
}
