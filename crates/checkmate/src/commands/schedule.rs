//! `schedule next`: what a cron expression means, and when it ticks.

use checkmate_domain::Timestamp;
use checkmate_scheduler::cron::{CronError, CronExpr, Timetable, ZoneError, zone};

use crate::EXIT_DONE;
use crate::cli::{Format, NextArgs, Schedule};
use crate::commands::Out;
use crate::view;
use crate::view::ticks_view::TicksView;

/// Something that was typed and cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotUnderstood {
    /// The expression.
    #[error("--cron: {0}")]
    Cron(#[from] CronError),
    /// The time zone.
    #[error("--timezone: {0}")]
    Zone(#[from] ZoneError),
    /// The time to begin from.
    #[error("--from '{0}' is not a time: write it as 2026-03-28T00:00:00Z")]
    From(String),
}

pub(crate) async fn schedule(command: &Schedule, out: &mut Out) -> anyhow::Result<u8> {
    let Schedule::Next(args) = command;
    let view = ticks(args)?;
    let text = match args.format.format {
        Format::Json => view::json(&view)?,
        Format::Text => view.text(out.show()),
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

fn ticks(args: &NextArgs) -> Result<TicksView, NotUnderstood> {
    let expression: CronExpr = args.cron.parse()?;
    let zone = zone(&args.timezone)?;
    let from = match &args.from {
        None => Timestamp::now(),
        Some(text) => instant(text).ok_or_else(|| NotUnderstood::From(text.chars().take(40).collect()))?,
    };
    let timetable = Timetable::new(expression, zone.clone());
    let end = Timestamp::from_millis(i64::MAX);
    let ticks = timetable.between(from, end, usize::from(args.count));
    Ok(TicksView::new(&args.cron, &zone, timetable.describe(), &ticks))
}

fn instant(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}
