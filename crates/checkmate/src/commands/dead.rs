//! `dead list|show|replay|discard`.

use std::time::Duration;

use anyhow::bail;
use checkmate_scheduler::replay::{Replay, plan_replay, replay};
use checkmate_store::{DeadRecord, DeadStatus};
use serde::Serialize;

use crate::cli::{Dead, Format, ReplayArgs, Which};
use crate::commands::Out;
use crate::view::{self, dead_view};
use crate::wiring::parts::Parts;
use crate::{EXIT_DONE, EXIT_ERROR};

/// Dead letters looked at for `--all` or an id's beginning.
const MANY: u64 = 100_000;

pub(crate) async fn dead(parts: &Parts, command: &Dead, out: &mut Out) -> anyhow::Result<u8> {
    match command {
        Dead::List { all, limit, format } => {
            let mut letters = parts.store.dead(0, MANY).await?;
            letters.retain(|letter| *all || letter.status == DeadStatus::Waiting);
            let total = letters.len();
            letters.truncate(usize::try_from(*limit).unwrap_or(usize::MAX));
            let text = match format.format {
                Format::Json => view::json(&letters)?,
                Format::Text => dead_view::list(&letters, total, out.show()),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
        Dead::Show { id, format } => {
            let letter = find(parts, id).await?;
            let text = match format.format {
                Format::Json => view::json(&letter)?,
                Format::Text => dead_view::show(&letter, out.color),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
        Dead::Replay(args) => replay_letters(parts, args, out).await,
        Dead::Discard { which, format } => {
            let mut done = Vec::new();
            for letter in chosen(parts, which).await? {
                parts.store.mark_dead(&letter.id, DeadStatus::Discarded).await?;
                done.push(letter.id);
            }
            let text = match format.format {
                Format::Json => view::json(&done)?,
                Format::Text => format!("{} discarded\n", view::count(done.len(), "dead letter")),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
    }
}

/// What became of one letter.
#[derive(Debug, Serialize)]
struct Replayed {
    id: String,
    sent: bool,
    what: String,
}

async fn replay_letters(parts: &Parts, args: &ReplayArgs, out: &mut Out) -> anyhow::Result<u8> {
    let pause = Duration::from_secs(1) / args.rate.max(1);
    let mut results = Vec::new();
    for letter in chosen(parts, &args.which).await? {
        let plan = plan_replay(parts.store.as_ref(), &letter).await?;
        let possible = !matches!(plan, Replay::Impossible(_));
        let what = plan.to_string();
        if possible && !args.dry_run {
            replay(parts.store.as_ref(), parts.broker.as_ref(), &letter, &plan).await?;
            tokio::time::sleep(pause).await;
        }
        results.push(Replayed { id: letter.id, sent: possible && !args.dry_run, what });
    }
    let text = match args.format.format {
        Format::Json => view::json(&results)?,
        Format::Text => summary(&results, args.dry_run),
    };
    out.text(&text).await?;
    Ok(if args.dry_run || results.iter().all(|result| result.sent) { EXIT_DONE } else { EXIT_ERROR })
}

fn summary(results: &[Replayed], dry_run: bool) -> String {
    let mut text: String = results.iter().map(|result| format!("{}  {}\n", result.id, result.what)).collect();
    let sent = results.iter().filter(|result| result.sent).count();
    let line = if dry_run {
        format!("{} looked at; nothing was sent (--dry-run)\n", view::count(results.len(), "dead letter"))
    } else {
        format!("{} of {} sent again\n", sent, view::count(results.len(), "dead letter"))
    };
    text.push_str(&line);
    text
}

async fn chosen(parts: &Parts, which: &Which) -> anyhow::Result<Vec<DeadRecord>> {
    match &which.id {
        Some(id) => Ok(vec![find(parts, id).await?]),
        None => {
            let mut waiting = parts.store.dead(0, MANY).await?;
            waiting.retain(|letter| letter.status == DeadStatus::Waiting);
            Ok(waiting)
        }
    }
}

async fn find(parts: &Parts, text: &str) -> anyhow::Result<DeadRecord> {
    if let Some(letter) = parts.store.dead_letter(text).await? {
        return Ok(letter);
    }
    let all = parts.store.dead(0, MANY).await?;
    let mut matching = all.into_iter().filter(|letter| letter.id.starts_with(text));
    match (matching.next(), matching.next()) {
        (Some(letter), None) => Ok(letter),
        (None, _) => bail!("there is no dead letter '{text}': see 'checkmate dead list --all'"),
        (Some(_), Some(_)) => bail!("more than one dead letter begins with '{text}': give more of the id"),
    }
}
