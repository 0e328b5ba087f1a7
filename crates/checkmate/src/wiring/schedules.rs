//! Schedules and requests: from the configuration to the scheduler, and again when its file changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use checkmate_domain::ScheduleName;
use checkmate_scheduler::requests::{Requests, RequestsConfig};
use checkmate_scheduler::schedules::{ScheduleSpec, Schedules, Settings, Specs};
use checkmate_service::Stop;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{self, Config};
use crate::wiring::parts::Parts;

/// Between two looks whether the configuration file was written.
const LOOK: Duration = Duration::from_secs(2);
/// How long a request may wait for the store; within every broker's consumer time-out.
const REQUEST_PATIENCE: Duration = Duration::from_mins(10);

/// The schedules as the configuration file says now; those of the start when it cannot be read.
#[must_use]
pub fn configured(config: &Config) -> BTreeMap<ScheduleName, ScheduleSpec> {
    let read = config.file.as_deref().map(config::reload_schedules);
    read.and_then(Result::ok).unwrap_or_else(|| config.schedules.clone())
}

/// Starts firing schedules, and following the file they come from.
pub(super) fn spawn(parts: &Parts, stop: &Stop, tasks: &mut JoinSet<&'static str>) {
    let config = &parts.config;
    let settings = Settings {
        owner: parts.process.as_str().to_owned(),
        lock_ttl: config.keeper.lock_ttl.0,
        window: config.scan.window,
        time_limit: config.scan.time_limit.0,
        expires_after: config.scan.expires_after.0,
    };
    let (tell, specs) = watch::channel(Arc::new(config.schedules.clone()));
    // Between its first reading and now, the process may have waited for its servers for hours.
    let seen = config.file.as_deref().and_then(written);
    if let Some(file) = &config.file
        && config::reload_schedules(file).is_ok_and(|specs| specs != config.schedules)
    {
        reload(file, &tell);
    }
    let schedules = Schedules::new(parts.store.clone(), parts.broker.clone(), specs, settings);
    let schedules_stop = stop.clone();
    tasks.spawn(async move {
        schedules.run(&schedules_stop).await;
        "schedules"
    });
    if let Some(file) = config.file.clone() {
        let stop = stop.clone();
        tasks.spawn(async move {
            follow(file, seen, tell, &stop).await;
            "configuration"
        });
    }
}

/// The taker of requests; `None` where the broker knows no users, and nobody else can send.
pub(super) fn requests(parts: &Parts) -> Option<Requests> {
    if parts.embedded {
        return None;
    }
    let config = &parts.config;
    let requests = RequestsConfig {
        allow: config.requests.allow.clone(),
        per_minute: config.requests.per_minute,
        window: config.scan.window,
        time_limit: config.scan.time_limit.0,
        expires_after: config.scan.expires_after.0,
        patience: REQUEST_PATIENCE,
    };
    Some(Requests::new(parts.store.clone(), parts.broker.clone(), requests))
}

/// Tells of the schedules whenever the file was written, or on SIGHUP, until the intake is cut.
async fn follow(file: PathBuf, mut seen: Option<(SystemTime, u64)>, tell: watch::Sender<Specs>, stop: &Stop) {
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => Some(hangup),
        Err(error) => {
            tracing::warn!(%error, "SIGHUP cannot be heard; the configuration file is looked at all the same");
            None
        }
    };
    while !stop.draining().is_cancelled() {
        let asked = tokio::select! {
            () = stop.draining().cancelled() => return,
            () = heard(hangup.as_mut()) => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        let now = written(&file);
        if asked || now != seen {
            seen = now;
            reload(&file, &tell);
        }
    }
}

/// When the file was written, and how long it is; `None` while there is none.
fn written(file: &Path) -> Option<(SystemTime, u64)> {
    let about = std::fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn reload(file: &Path, tell: &watch::Sender<Specs>) {
    match config::reload_schedules(file) {
        Ok(specs) => {
            let specs = Arc::new(specs);
            let changed = tell.send_if_modified(|now| {
                let changed = **now != *specs;
                if changed {
                    now.clone_from(&specs);
                }
                changed
            });
            tracing::info!(changed, schedules = specs.len(), "configuration read again");
        }
        Err(error) => {
            tracing::error!(%error, file = %file.display(), "the configuration is wrong; the schedules stay as they were");
        }
    }
}

async fn heard(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
