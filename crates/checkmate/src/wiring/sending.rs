//! The notifier's way to the outside: one planner, and a deliverer for each channel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_domain::{DeliveryState, ScanId, Timestamp};
use checkmate_notifier::SystemClock;
use checkmate_notifier::deliver::{Deliverer, DelivererConfig, Planner, PlannerConfig, Ways};
use checkmate_notifier::policy::{Approve, Destination};
use checkmate_service::Stop;
use checkmate_store::waiting;
use tokio::task::JoinSet;

use crate::commands::program;
use crate::view::approvals_view;
use crate::wiring::deliveries::organisations;
use crate::wiring::parts::Parts;
use crate::wiring::watching;

/// Between two looks for scans that are over, and for deliveries that are due.
const EVERY: Duration = Duration::from_millis(250);

/// How long a process that ends with its command waits for what it has to send.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a scan that is over is waited for to be planned, so that what it asks of a person can be told.
const PLANNED: Duration = Duration::from_secs(3);
/// Between two looks whether it is sent.
const LOOK: Duration = Duration::from_millis(100);
/// What is due within that is waited for: a page comes after the one above it, a message a second after another.
const SOON: Duration = Duration::from_secs(3);
/// Rows looked at for that.
const NEXT: u64 = 256;
/// Rows read in one call.
const PAGE: u64 = 1_000;

/// Starts them. The planner runs where nothing is sent too: then it only takes notes away.
pub(super) fn spawn(parts: &Parts, stop: &Stop, tasks: &mut JoinSet<&'static str>) {
    let none = Arc::new(Ways::new());
    let ways = parts.deliveries.as_ref().map_or(none, |deliveries| Arc::clone(&deliveries.ways));
    let (clock, organisations) = (Arc::new(SystemClock), organisations(&parts.config));
    let config = PlannerConfig { owner: parts.process.to_string(), every: EVERY };
    let planner = Planner::new(parts.store.clone(), clock.clone(), &ways, organisations.clone(), config);
    let planner_stop = stop.clone();
    tasks.spawn(async move {
        planner.run(&planner_stop).await;
        "planner"
    });
    let Some(deliveries) = &parts.deliveries else { return };
    let channels: BTreeSet<&'static str> = ways.values().map(|way| way.channel.word()).collect();
    let slots = usize::from(parts.config.notifier.delivery_slots);
    for channel in channels {
        let config = DelivererConfig { channel, slots, every: EVERY };
        let (store, leases) = (parts.store.clone(), Arc::clone(&deliveries.leases));
        let deliverer =
            Deliverer::new(store, clock.clone(), leases, Arc::clone(&ways), organisations.clone(), config);
        let stop = stop.clone();
        tasks.spawn(async move {
            deliverer.run(&stop).await;
            "deliveries"
        });
    }
    watching::spawn(parts, deliveries, stop, tasks);
}

/// Waits until what is over is told and planned and nothing is due, but not for ever: what is left then is kept for the next process.
///
/// # Errors
/// When the store cannot be read.
pub async fn settle(parts: &Parts) -> anyhow::Result<()> {
    let began = Instant::now();
    while parts.deliveries.is_some() && began.elapsed() < PATIENCE {
        // In this order: a scan that is over is noted to be planned when its end is told.
        let told = parts.store.unsettled_scans().await?.iter().all(|scan| !scan.state.is_final());
        let planned = told
            && parts.store.unplanned(1).await?.is_empty()
            && parts.store.due_approvals(Timestamp::now(), 1).await?.is_empty();
        let next = parts.store.due_deliveries(Timestamp::now().plus(SOON), NEXT).await?;
        // What is parked waits for a person.
        if planned && next.iter().all(|row| row.state == DeliveryState::Parked) {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// How many approvals wait once a scan is planned; where no route asks anybody nothing is waited for.
///
/// # Errors
/// When the store cannot be read.
pub async fn waiting_after(parts: &Parts, scan: &ScanId) -> anyhow::Result<usize> {
    let asks = |to: &Destination| matches!(to, Destination::Jira(jira) if jira.approve != Approve::default());
    let began = Instant::now();
    while parts.config.routes.values().any(|one| asks(&one.route.to)) && began.elapsed() < PLANNED {
        let noted = parts.store.unplanned(NEXT).await?;
        let announced = parts.store.scan(scan).await?.is_none_or(|scan| scan.announced);
        if announced && noted.iter().all(|noted| noted.scan != *scan) {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(waiting(&*parts.store).await?.len())
}

/// What became of deliveries since then, in a line; nothing when nothing did.
///
/// # Errors
/// When the store cannot be read.
pub async fn told(parts: &Parts, since: Timestamp) -> anyhow::Result<String> {
    let mut by_state: BTreeMap<DeliveryState, usize> = BTreeMap::new();
    let mut after = None;
    loop {
        let page = parts.store.deliveries(after.as_ref(), PAGE).await?;
        let Some(last) = page.last().map(|row| row.id.clone()) else { break };
        for row in page.iter().filter(|row| row.changed_at >= since) {
            *by_state.entry(row.state).or_default() += 1;
        }
        after = Some(last);
    }
    let asked = approvals_view::waiting(waiting(&*parts.store).await?.len(), &program());
    if by_state.is_empty() {
        return Ok(asked);
    }
    let states: Vec<String> =
        by_state.iter().map(|(state, number)| format!("{number} {}", state.as_str())).collect();
    Ok(format!("deliveries: {}; next: {} deliveries list\n{asked}", states.join(", "), program()))
}
