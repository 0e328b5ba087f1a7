//! `schedule list|next|pause|resume|run`.

use std::collections::BTreeMap;

use anyhow::bail;
use checkmate_domain::{ScheduleName, Timestamp};
use checkmate_scheduler::cron::{CronError, CronExpr, Timetable, ZoneError, zone};
use checkmate_scheduler::schedules::ScheduleSpec;
use checkmate_store::schedules::{Paused, Put, ScheduleState};
use checkmate_store::{ScanRecord, Store, StoreError};
use futures::future::try_join_all;

use crate::EXIT_DONE;
use crate::cli::{Format, NextArgs, Schedule, ScheduleArgs};
use crate::commands::Out;
use crate::commands::scan::{ask_for, asked};
use crate::config::environment;
use crate::view;
use crate::view::schedules_view::{self, ScheduleView};
use crate::view::ticks_view::TicksView;
use crate::wiring::parts::Parts;
use crate::wiring::schedules::configured;

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

pub(crate) async fn schedule(parts: &Parts, command: &Schedule, out: &mut Out) -> anyhow::Result<u8> {
    let text = match command {
        Schedule::List { format } => list(parts, format.format, out).await?,
        Schedule::Next(args) => {
            let timetable = match &args.name {
                Some(name) => spec(parts, name)?.timetable,
                None => typed(args)?,
            };
            ticks_text(&timetable, args, out)?
        }
        Schedule::Pause(args) => pause(parts, args).await?,
        Schedule::Resume(args) => resume(parts, args).await?,
        Schedule::Run(args) => {
            let spec = spec(parts, &args.name)?;
            let scan = ask_for(parts, spec.scope, spec.lane).await?;
            asked(&scan, args.format.format, out.show())?
        }
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

/// `schedule next --cron`: needs nothing but what is typed.
pub(crate) async fn next_of_expression(args: &NextArgs, out: &mut Out) -> anyhow::Result<u8> {
    let timetable = typed(args)?;
    let text = ticks_text(&timetable, args, out)?;
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

fn typed(args: &NextArgs) -> Result<Timetable, NotUnderstood> {
    let expression: CronExpr = args.cron.as_deref().unwrap_or_default().parse()?;
    Ok(Timetable::new(expression, zone(args.timezone.as_deref().unwrap_or("UTC"))?))
}

fn ticks_text(timetable: &Timetable, args: &NextArgs, out: &Out) -> anyhow::Result<String> {
    let from = match &args.from {
        None => Timestamp::now(),
        Some(text) => instant(text).ok_or_else(|| NotUnderstood::From(text.chars().take(40).collect()))?,
    };
    let end = Timestamp::from_millis(i64::MAX);
    let ticks = timetable.between(from, end, usize::from(args.count));
    let cron = args.cron.clone().unwrap_or_else(|| timetable.cron().to_string());
    let view = TicksView::new(&cron, timetable.zone(), timetable.describe(), &ticks);
    match args.format.format {
        Format::Json => view::json(&view),
        Format::Text => Ok(view.text(out.show())),
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

fn spec(parts: &Parts, name: &ScheduleName) -> anyhow::Result<ScheduleSpec> {
    let Some(spec) = configured(&parts.config).remove(name) else {
        bail!("the configuration has no schedule '{name}': see 'checkmate schedule list'")
    };
    Ok(spec)
}

/// The scan of the last tick that made one.
pub(crate) async fn last_scan(
    store: &dyn Store,
    state: &ScheduleState,
) -> Result<Option<ScanRecord>, StoreError> {
    match &state.last_scan {
        Some(scan) => store.scan(scan).await,
        None => Ok(None),
    }
}

async fn list(parts: &Parts, format: Format, out: &Out) -> anyhow::Result<String> {
    let now = parts.store.now().await?;
    let known = parts.store.schedules().await?;
    let states: BTreeMap<ScheduleName, ScheduleState> =
        known.into_iter().map(|record| (record.name, record.state)).collect();
    let view = async |spec: ScheduleSpec| {
        let state = states.get(&spec.name);
        let last = match state {
            Some(state) => last_scan(parts.store.as_ref(), state).await?,
            None => None,
        };
        Ok::<_, StoreError>(ScheduleView::new(&spec, state, last.as_ref(), now))
    };
    // Side by side: a thousand schedules one after the other take as many round trips.
    let views = try_join_all(configured(&parts.config).into_values().map(view)).await?;
    match format {
        Format::Json => view::json(&views),
        Format::Text => Ok(schedules_view::list(&views, out.show())),
    }
}

async fn pause(parts: &Parts, args: &ScheduleArgs) -> anyhow::Result<String> {
    let by = environment::get("USER").unwrap_or_else(|| "command line".to_owned());
    let paused = Paused { by, at: parts.store.now().await? };
    let state = change(parts, &args.name, |state| {
        state.paused.get_or_insert_with(|| paused.clone());
    })
    .await?;
    let (by, at) = state.paused.map_or_else(|| (paused.by, paused.at), |paused| (paused.by, paused.at));
    match args.format.format {
        Format::Json => view::json(&schedules_view::Changed::paused(&args.name, by, at)),
        Format::Text => Ok(format!(
            "schedule {} is paused since {at} by {}: it fires nothing until 'checkmate schedule resume {}'\n",
            args.name,
            view::plain(&by, 60),
            args.name
        )),
    }
}

async fn resume(parts: &Parts, args: &ScheduleArgs) -> anyhow::Result<String> {
    change(parts, &args.name, |state| state.paused = None).await?;
    match args.format.format {
        Format::Json => view::json(&schedules_view::Changed::resumed(&args.name)),
        Format::Text => {
            let spec = configured(&parts.config).remove(&args.name);
            let missed = spec.map_or_else(String::new, |spec| {
                format!(": of the ticks it missed, it goes by missed = \"{}\"", spec.missed)
            });
            Ok(format!("schedule {} goes on{missed}\n", args.name))
        }
    }
}

/// Changes a state that others may change at the same time.
async fn change(
    parts: &Parts,
    name: &ScheduleName,
    change: impl Fn(&mut ScheduleState),
) -> anyhow::Result<ScheduleState> {
    loop {
        let Some(record) = parts.store.schedule(name).await? else {
            spec(parts, name)?;
            bail!(
                "schedule '{name}' was not seen by a scheduler yet: is one running? ('checkmate up' or 'checkmate scheduler')"
            )
        };
        let mut state = record.state;
        change(&mut state);
        if let Put::Done(_) = parts.store.put_schedule(name, record.version, &state).await? {
            return Ok(state);
        }
    }
}
