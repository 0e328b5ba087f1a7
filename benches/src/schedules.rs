//! A thousand schedules: what they cost while nothing is due, and how late their ticks become scans.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use checkmate_domain::{Lane, Missed, Overlap, ScheduleName, Scope};
use checkmate_queue::Broker;
use checkmate_scheduler::cron::{Timetable, zone};
use checkmate_scheduler::schedules::{ScheduleSpec, Schedules, Settings, Specs};
use checkmate_service::Stop;
use checkmate_store::{ScanRecord, Store};
use tokio::sync::watch;

use crate::servers::{Servers, store};
use crate::table::{Bar, Row};
use crate::turns::{Size, millis, percentile};

const SCHEDULES: u64 = 1_000;
/// For all of them to be told to the store.
const TOLD_WITHIN: Duration = Duration::from_secs(60);
/// A second of the system's processor clock, in ticks of `/proc`.
const CLOCK_TICKS: f64 = 100.0;

/// A thousand of them; the cron expression of each by its number.
fn specs(cron: impl Fn(u64) -> String) -> anyhow::Result<Specs> {
    let mut specs = BTreeMap::new();
    for number in 0..SCHEDULES {
        let name = ScheduleName::new(format!("s{number}"))?;
        let spec = ScheduleSpec {
            name: name.clone(),
            timetable: Timetable::new(cron(number).parse()?, zone("Europe/Berlin")?),
            scope: Scope::Export("bench".to_owned()),
            lane: Lane::Bulk,
            overlap: Overlap::Allow,
            missed: Missed::Skip,
            window: Duration::from_secs(3_600),
            jitter: Duration::ZERO,
        };
        specs.insert(name, spec);
    }
    Ok(Arc::new(specs))
}

/// Fires schedules while `work` goes on, once all are told.
async fn firing<T>(
    (store, broker): (Arc<dyn Store>, Arc<dyn Broker>),
    specs: Specs,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let settings = Settings {
        owner: "bench".to_owned(),
        lock_ttl: Duration::from_secs(10),
        window: 200,
        time_limit: Duration::from_secs(900),
        expires_after: Duration::from_secs(86_400),
    };
    let (tell, told) = watch::channel(specs);
    let schedules = Schedules::new(store.clone(), broker, told, settings);
    let stop = Stop::new(Duration::from_secs(5));
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { schedules.run(&stop).await }
    });
    let began = Instant::now();
    while (store.schedules().await?.len() as u64) < SCHEDULES {
        anyhow::ensure!(began.elapsed() < TOLD_WITHIN, "the schedules are not in the store");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let done = work.await;
    stop.drain();
    running.await?;
    drop(tell);
    done
}

/// Seconds of processor time that this process has used.
fn processor_time() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name, in parentheses, may hold spaces; after it, the times are the 12th and 13th field.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> =
        after.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / CLOCK_TICKS)
}

/// The share of a core, in percent, while nothing is due.
async fn idle(servers: &Servers, length: Duration) -> anyhow::Result<f64> {
    let (store, broker) = parts(servers).await?;
    let specs = specs(|number| format!("{} 3 29 2 *", number % 60))?;
    let share = async {
        let (began, used) = (Instant::now(), processor_time()?);
        tokio::time::sleep(length).await;
        anyhow::Ok((processor_time()? - used) / began.elapsed().as_secs_f64() * 100.0)
    };
    let share = firing((store.clone(), broker.clone()), specs, share).await;
    broker.close().await;
    store.close().await;
    share
}

/// How late each tick became a scan.
async fn lateness(servers: &Servers, length: Duration) -> anyhow::Result<Vec<Duration>> {
    let (store, broker) = parts(servers).await?;
    let specs = specs(|number| format!("{} * * * * *", number % 60))?;
    let wait = async {
        tokio::time::sleep(length).await;
        anyhow::Ok(())
    };
    firing((store.clone(), broker.clone()), specs, wait).await?;
    let scans = store.scans(0, 100_000).await?;
    broker.close().await;
    store.close().await;
    scans.iter().map(late).collect()
}

async fn parts(servers: &Servers) -> anyhow::Result<(Arc<dyn Store>, Arc<dyn Broker>)> {
    servers.purge().await;
    servers.everysec.command(&["FLUSHALL"]);
    Ok((store(&servers.everysec).await?, servers.broker().await?))
}

/// Each ticks once a minute, at the second that its number says.
fn late(scan: &ScanRecord) -> anyhow::Result<Duration> {
    let number: i64 = scan.trigger.who.trim_start_matches('s').parse().context("the name of a schedule")?;
    let after = (scan.created_at.as_millis() - (number % 60) * 1_000).rem_euclid(60_000);
    // The two clocks are read to the millisecond: just before is on time.
    let after = if after > 59_000 { 0 } else { after };
    Ok(Duration::from_millis(after.unsigned_abs()))
}

/// Idle and ticking.
///
/// # Errors
/// Those of the servers.
pub async fn measure(servers: &Servers, size: Size) -> anyhow::Result<Vec<Row>> {
    let length = Duration::from_secs(size.pick(20, 3));
    let share = idle(servers, length).await?;
    let late = lateness(servers, length).await?;
    anyhow::ensure!(!late.is_empty(), "nothing ticked");
    let seconds = length.as_secs();
    let ticks = format!("{} ticks in {seconds} s", late.len());
    let (middle, high) = (millis(percentile(&late, 0.5)), millis(percentile(&late, 0.99)));
    Ok(vec![
        Row::new("1,000 schedules, idle, of one core", share, "%", Bar::AtMost(1.0))
            .told(format!("over {seconds} s")),
        Row::new("1,000 schedules, tick to scan, median", middle, "ms", Bar::AtMost(50.0))
            .told(ticks.clone()),
        Row::new("1,000 schedules, tick to scan, p99", high, "ms", Bar::AtMost(250.0)).told(ticks),
    ])
}
