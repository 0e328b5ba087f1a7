//! `purge`: remove now what is older than it is kept, or say what that would be.

use checkmate_scheduler::retention::{Keep, STEP};
use checkmate_store::{Cutoffs, Purged};

use crate::EXIT_DONE;
use crate::cli::{Format, PurgeArgs};
use crate::commands::Out;
use crate::view;
use crate::view::purge_view::PurgeView;
use crate::wiring::parts::Parts;

pub(crate) async fn purge(parts: &Parts, args: &PurgeArgs, out: &mut Out) -> anyhow::Result<u8> {
    let kept = &parts.config.retention;
    let keep = Keep { results: kept.results.0, events: kept.events.0, dead_letters: kept.dead_letters.0 };
    let before = match args.before {
        Some(at) => Cutoffs { results: at, events: at, dead_letters: at },
        None => keep.at(parts.store.now().await?),
    };
    let purged =
        if args.dry_run { parts.store.outdated(&before).await? } else { remove(parts, &before).await? };
    let view = PurgeView {
        schema: "checkmate.purge/1",
        dry_run: args.dry_run,
        keep: args.before.is_none().then_some(keep),
        before,
        purged,
    };
    let text = match args.format.format {
        Format::Json => view::json(&view)?,
        Format::Text => view.text(out.show()),
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

/// In steps, so that others are not held up.
async fn remove(parts: &Parts, before: &Cutoffs) -> anyhow::Result<Purged> {
    let mut all = Purged::default();
    loop {
        all.add(&parts.store.purge(before, STEP, None).await?);
        if !all.more {
            return Ok(all);
        }
    }
}
