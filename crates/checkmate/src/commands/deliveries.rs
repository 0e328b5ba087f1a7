//! `deliveries list|show|retry|cancel`: works on the ledger; whoever delivers sees it there.

use anyhow::{anyhow, bail};
use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, Timestamp};
use checkmate_notifier::deliver::by_hand::{cancelled, is_stuck, retried};
use serde::Serialize;

use crate::cli::{Deliveries, Format, Stuck};
use crate::commands::Out;
use crate::view::{self, deliveries_view};
use crate::wiring::parts::Parts;
use crate::{EXIT_DONE, EXIT_ERROR};

/// Rows read in one call.
const PAGE: u64 = 1_000;

pub(crate) async fn deliveries(parts: &Parts, command: &Deliveries, out: &mut Out) -> anyhow::Result<u8> {
    match command {
        Deliveries::List { state, route, limit, format } => {
            let mut rows = all(parts).await?;
            rows.retain(|row| {
                state.is_none_or(|state| row.state == state.of_ledger())
                    && route.as_ref().is_none_or(|route| row.route == *route)
            });
            rows.sort_by(|a, b| (b.changed_at, &a.id).cmp(&(a.changed_at, &b.id)));
            let total = rows.len();
            rows.truncate(*limit);
            let text = match format.format {
                Format::Json => view::json(&rows)?,
                Format::Text => deliveries_view::list(&rows, total, out.show()),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
        Deliveries::Show { id, format } => {
            let row = find(parts, id).await?;
            let text = match format.format {
                Format::Json => view::json(&row)?,
                Format::Text => deliveries_view::show(&row, out.show()),
            };
            out.text(&text).await?;
            Ok(EXIT_DONE)
        }
        Deliveries::Retry { which, dry_run, format } => {
            retry(parts, which, *dry_run, format.format, out).await
        }
        Deliveries::Cancel { id, dry_run, format } => cancel(parts, id, *dry_run, format.format, out).await,
    }
}

async fn cancel(parts: &Parts, id: &str, dry_run: bool, format: Format, out: &mut Out) -> anyhow::Result<u8> {
    let row = find(parts, id).await?;
    let (was, row) = match (row.state.as_str(), dry_run) {
        (was, true) => (was, changed(&row, cancelled)?),
        (was, false) => (was, change(parts, row, cancelled).await?),
    };
    let text = match format {
        Format::Json => view::json(&row)?,
        Format::Text if dry_run => {
            format!("delivery {} is {was}: it would be cancelled; nothing is changed (--dry-run)\n", row.id)
        }
        Format::Text => format!("delivery {} is cancelled: nothing more is done about it\n", row.id),
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

/// What became of one delivery.
#[derive(Debug, Serialize)]
struct Tried {
    id: DeliveryId,
    due: bool,
    what: String,
}

async fn retry(
    parts: &Parts,
    which: &Stuck,
    dry_run: bool,
    format: Format,
    out: &mut Out,
) -> anyhow::Result<u8> {
    let rows = match &which.id {
        Some(id) => vec![find(parts, id).await?],
        None => all(parts).await?.into_iter().filter(|row| is_stuck(row.state)).collect(),
    };
    let mut results = Vec::new();
    for row in rows {
        let (id, was) = (row.id.clone(), row.state.as_str());
        let possible = retried(&row, Timestamp::now());
        let (due, what) = match possible {
            Err(why) => (false, why),
            Ok(_) if dry_run => (false, format!("it is {was}: it would be tried at once")),
            Ok(_) => match change(parts, row, retried).await {
                Ok(_) => (true, format!("it was {was}: it is tried at once")),
                Err(error) => (false, format!("{error:#}")),
            },
        };
        results.push(Tried { id, due, what });
    }
    let text = match format {
        Format::Json => view::json(&results)?,
        Format::Text => told(&results, dry_run),
    };
    out.text(&text).await?;
    Ok(if dry_run || results.iter().all(|result| result.due) { EXIT_DONE } else { EXIT_ERROR })
}

fn told(results: &[Tried], dry_run: bool) -> String {
    let mut text: String = results.iter().map(|one| format!("{}  {}\n", one.id, one.what)).collect();
    let (tried, number) = (results.iter().filter(|one| one.due).count(), results.len());
    let number = match number {
        1 => "1 delivery".to_owned(),
        number => format!("{number} deliveries"),
    };
    text.push_str(&if dry_run {
        format!("{number} looked at; nothing is tried (--dry-run)\n")
    } else {
        format!("{tried} of {number} tried again\n")
    });
    text
}

/// Writes a row as a person wants it, unless somebody else changed it meanwhile.
async fn change(
    parts: &Parts,
    row: DeliveryRecord,
    to: impl Fn(&DeliveryRecord, Timestamp) -> Result<DeliveryRecord, String>,
) -> anyhow::Result<DeliveryRecord> {
    match parts.store.put_delivery(changed(&row, to)?).await? {
        Some(written) => Ok(written),
        None => bail!("delivery {} has changed just now: look at it again", row.id),
    }
}

/// A row as a person wants it.
fn changed(
    row: &DeliveryRecord,
    to: impl Fn(&DeliveryRecord, Timestamp) -> Result<DeliveryRecord, String>,
) -> anyhow::Result<DeliveryRecord> {
    to(row, Timestamp::now()).map_err(|why| anyhow!("delivery {}: {why}", row.id))
}

/// Makes due what is parked on the routes of a connection; how many that were.
pub(super) async fn go_on(parts: &Parts, connection: &str) -> anyhow::Result<usize> {
    let routes = &parts.config.routes;
    let by_it = |row: &DeliveryRecord| {
        routes.get(&row.route).is_some_and(|route| route.sending.connection.as_deref() == Some(connection))
    };
    let mut woken = 0;
    for row in all(parts).await? {
        if row.state == DeliveryState::Parked && by_it(&row) {
            // Whoever was faster has tried it just now.
            woken += usize::from(change(parts, row, retried).await.is_ok());
        }
    }
    Ok(woken)
}

pub(super) async fn all(parts: &Parts) -> anyhow::Result<Vec<DeliveryRecord>> {
    let mut rows: Vec<DeliveryRecord> = Vec::new();
    loop {
        let page = parts.store.deliveries(rows.last().map(|row| &row.id), PAGE).await?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

async fn find(parts: &Parts, text: &str) -> anyhow::Result<DeliveryRecord> {
    if let Ok(id) = DeliveryId::new(text)
        && let Some(row) = parts.store.delivery(&id).await?
    {
        return Ok(row);
    }
    let mut matching = all(parts).await?.into_iter().filter(|row| row.id.as_str().starts_with(text));
    match (matching.next(), matching.next()) {
        (Some(row), None) => Ok(row),
        (None, _) => bail!("there is no delivery '{text}': see 'checkmate deliveries list'"),
        (Some(_), Some(_)) => bail!("more than one delivery begins with '{text}': give more of the id"),
    }
}
