//! The roles of a process: started together, stopped in order, each joined by name.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{Lane, Timestamp};
use checkmate_notifier::{Reconciler, ReconcilerConfig};
use checkmate_queue::Queue;
use checkmate_queue::consumer::{ConfigError, ConsumeConfig, ConsumerLoop, Handler};
use checkmate_scanners::ScanContext;
use checkmate_scheduler::auditor::Auditor;
use checkmate_scheduler::keeper::{DeadLetters, DeadLettersConfig, Keeper, KeeperConfig, Times};
use checkmate_scheduler::retention::{Keep, Retention, RetentionConfig};
use checkmate_service::Stop;
use checkmate_store::{Limits, Presence};
use checkmate_worker::{Marker, Worker, WorkerConfig, run_marker};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::control;
use crate::wiring::admin::{self, Watched};
use crate::wiring::open::{self, Opener};
use crate::wiring::parts::Parts;
use crate::wiring::presence::{self, Present};
use crate::wiring::rabbit;
use crate::wiring::scanners::MakeScanners;
use crate::wiring::schedules;
use crate::wiring::sending;

/// Dead letters taken at a time.
const DEAD_SLOTS: u16 = 4;
/// Requests taken at a time.
const REQUEST_SLOTS: u16 = 4;
/// For one dead letter or result.
const SHORT_LIMIT: Duration = Duration::from_mins(2);
/// Before an event or dead letter whose store or broker cannot be reached is tried again.
const OUTAGE_WAIT: Duration = Duration::from_secs(1);

/// From a second signal to the end of the process.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What a process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Schedules, requests, the keeper and the taker of dead letters.
    Scheduler,
    /// Runs jobs, of one lane only when it is named.
    Worker(Option<Lane>),
    /// Reconciles results.
    Notifier,
}

impl Role {
    /// The word on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduler => "scheduler",
            Self::Worker(_) => "worker",
            Self::Notifier => "notifier",
        }
    }
}

/// Running roles.
pub struct Running(JoinSet<&'static str>);

impl Running {
    /// Waits until every role has stopped; beyond the grace period the rest is cut and named.
    ///
    /// # Errors
    /// When a role ended by itself, which none should.
    pub async fn join(mut self, stop: &Stop) -> anyhow::Result<()> {
        let mut late = tokio::spawn(kill_when_late(stop.clone()));
        while let Some(ended) = self.0.join_next().await {
            match ended {
                Ok(role) if stop.draining().is_cancelled() => tracing::debug!(role, "stopped"),
                Ok(role) => {
                    stop.drain();
                    anyhow::bail!("the {role} role ended by itself");
                }
                Err(error) => {
                    stop.drain();
                    anyhow::bail!("a role failed: {error}");
                }
            }
        }
        late.abort();
        let _ = (&mut late).await;
        Ok(())
    }
}

async fn kill_when_late(stop: Stop) {
    stop.draining().cancelled().await;
    tokio::time::sleep(stop.grace()).await;
    stop.kill();
}

/// Starts a role of a process that is not embedded, as soon as broker and store are there, and runs it until a signal.
///
/// # Errors
/// What cannot be opened, and what to do.
pub async fn run(config: Config, scanners: MakeScanners, role: Role) -> anyhow::Result<()> {
    anyhow::ensure!(
        !config.setting()?.is_embedded(),
        "single roles need broker.url and store.url of a RabbitMQ and a Redis; on one machine run 'checkmate up'"
    );
    rabbit::check_time_limit(&config)?;
    let stop = Stop::new(config.grace.0);
    let watched = Watched::start(&config)?;
    let done = until_signal(&stop, serve(&config, scanners, &[role], &stop, &watched)).await;
    watched.close().await;
    done
}

/// Runs every role in this process until a signal; on the embedded parts also answers the command line.
///
/// # Errors
/// What cannot be opened, and what to do.
pub async fn up(config: Config, scanners: MakeScanners) -> anyhow::Result<()> {
    let stop = Stop::new(config.grace.0);
    let all = [Role::Scheduler, Role::Worker(None), Role::Notifier];
    if !config.setting()?.is_embedded() {
        rabbit::check_time_limit(&config)?;
        let watched = Watched::start(&config)?;
        let done = until_signal(&stop, serve(&config, scanners, &all, &stop, &watched)).await;
        watched.close().await;
        return done;
    }
    let Ok(mut parts) = control::open_or_ask(&config, Opener::Role("up"), scanners).await? else {
        anyhow::bail!(
            "a checkmate process runs on {} already: give it your commands, such as 'checkmate scan path:DIR', or stop it \
             first",
            config.data_dir.display()
        )
    };
    let socket = control::Socket::bind(&config.data_dir)?;
    let watched = Watched::start(&config)?;
    parts.health = watched.health();
    let done = until_signal(&stop, work(&parts, &all, Some(socket), &stop)).await;
    watched.close().await;
    done
}

async fn serve(
    config: &Config,
    scanners: MakeScanners,
    roles: &[Role],
    stop: &Stop,
    watched: &Watched,
) -> anyhow::Result<()> {
    let name = match roles {
        [role] => role.name(),
        _ => "up",
    };
    match open::when_there(config, name, scanners, stop, &watched.health()).await? {
        Some(parts) => work(&Parts { health: watched.health(), ..parts }, roles, None, stop).await,
        None => Ok(()),
    }
}

/// Runs roles until the intake is cut and they have ended.
async fn work(
    parts: &Parts,
    roles: &[Role],
    socket: Option<control::Socket>,
    stop: &Stop,
) -> anyhow::Result<()> {
    let mut running = spawn(parts, roles, stop)?;
    if let Some(socket) = socket {
        let (parts, stop) = (parts.clone(), stop.clone());
        running.0.spawn(async move {
            socket.serve(parts, stop, CancellationToken::new()).await;
            "control socket"
        });
    }
    if parts.config.admin.listen.is_some() {
        let (parts, stop) = (parts.clone(), stop.clone());
        running.0.spawn(async move {
            admin::look_after(parts, stop).await;
            "health"
        });
    }
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    tracing::info!(process = %parts.process, roles = ?names, "ready");
    let joined = running.join(stop).await;
    parts.close().await;
    joined
}

/// Does the work and listens to signals, which stop it.
///
/// # Errors
/// Those of the work.
pub async fn until_signal<T>(
    stop: &Stop,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let signals = async {
        match stop.on_signals().await {
            Ok(true) => {
                // What can be given back at once still is.
                tokio::time::sleep(AT_ONCE).await;
                return anyhow::anyhow!("stopped by a second signal: what was in hand comes again");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "signals cannot be heard: stopping");
                stop.drain();
            }
        }
        std::future::pending().await
    };
    tokio::select! {
        biased;
        why = signals => Err(why),
        done = work => done,
    }
}

/// Starts roles.
///
/// # Errors
/// When their slots cannot work.
pub fn spawn(parts: &Parts, roles: &[Role], stop: &Stop) -> Result<Running, ConfigError> {
    let mut tasks = JoinSet::new();
    let mut present = Present::new(parts.store.clone(), presence_of(parts, roles));
    for role in roles {
        match role {
            Role::Scheduler => scheduler(parts, stop, &mut present, &mut tasks)?,
            Role::Worker(lane) => worker(parts, *lane, stop, &mut present, &mut tasks)?,
            Role::Notifier => notifier(parts, stop, &mut present, &mut tasks)?,
        }
    }
    let present_stop = stop.clone();
    tasks.spawn(async move {
        present.run(present_stop).await;
        "presence"
    });
    Ok(Running(tasks))
}

fn presence_of(parts: &Parts, roles: &[Role]) -> Presence {
    let lanes = roles.iter().find_map(|role| match role {
        Role::Worker(lane) => Some(presence::lanes(*lane)),
        Role::Scheduler | Role::Notifier => None,
    });
    let now = Timestamp::now();
    Presence {
        process: parts.process.clone(),
        roles: roles.iter().map(|role| role.name().to_owned()).collect(),
        lanes: lanes.unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        since: now,
        seen: now,
        in_hand: 0,
        draining: false,
    }
}

fn scheduler(
    parts: &Parts,
    stop: &Stop,
    present: &mut Present,
    tasks: &mut JoinSet<&'static str>,
) -> Result<(), ConfigError> {
    let section = &parts.config.keeper;
    let config = KeeperConfig {
        every: section.every.0,
        lock_ttl: section.lock_ttl.0,
        times: Times { unconfirmed: section.unconfirmed_after.0, settling: section.settling.0 },
        ..KeeperConfig::new(parts.process.as_str())
    };
    let keeper = Keeper::new(parts.store.clone(), parts.broker.clone(), config);
    let keeper_stop = stop.clone();
    tasks.spawn(async move {
        keeper.run(&keeper_stop).await;
        "keeper"
    });
    let kept = &parts.config.retention;
    let keep = Keep { results: kept.results.0, events: kept.events.0, dead_letters: kept.dead_letters.0 };
    let retention = Retention::new(parts.store.clone(), RetentionConfig::new(parts.process.as_str(), keep));
    let retention_stop = stop.clone();
    tasks.spawn(async move {
        retention.run(&retention_stop).await;
        "retention"
    });
    let config = DeadLettersConfig {
        publishers: publishers(parts),
        time_limit: SHORT_LIMIT,
        retry_after: OUTAGE_WAIT,
    };
    let dead = DeadLetters::new(parts.store.clone(), parts.broker.clone(), config);
    let intake = ConsumeConfig::single(Queue::Dead, DEAD_SLOTS)?;
    spawn_consumer("dead letters", parts, dead, intake, stop, present, tasks);
    schedules::spawn(parts, stop, tasks);
    if let Some(config) = parts.auditor.clone() {
        let (auditor, auditor_stop) = (Auditor::new(parts.store.clone(), config), stop.clone());
        tasks.spawn(async move {
            auditor.run(&auditor_stop).await;
            "auditor"
        });
    }
    if let Some(requests) = schedules::requests(parts) {
        let intake = ConsumeConfig::single(Queue::Requests, REQUEST_SLOTS)?;
        spawn_consumer("requests", parts, requests, intake, stop, present, tasks);
    }
    Ok(())
}

fn worker(
    parts: &Parts,
    lane: Option<Lane>,
    stop: &Stop,
    present: &mut Present,
    tasks: &mut JoinSet<&'static str>,
) -> Result<(), ConfigError> {
    let section = &parts.config.worker;
    let config = WorkerConfig {
        publishers: publishers(parts),
        fence_ttl: section.fence_ttl.0,
        time_limit: parts.config.scan.time_limit.0,
        max_failures: section.max_failures,
        max_crashes: section.max_crashes,
        max_crashes_alone: section.max_crashes_alone,
        limits: Limits {
            per_target: parts.config.limits.jobs_per_target,
            per_organisation: parts.config.limits.jobs_per_organisation,
        },
        retry_first: section.retry_first.0,
        retry_most: section.retry_most.0,
        ..WorkerConfig::new(parts.process.clone())
    };
    let (marker, notes) = Marker::new();
    let (store, marker_stop) = (parts.store.clone(), stop.clone());
    tasks.spawn(async move {
        run_marker(store, notes, marker_stop).await;
        "marker"
    });
    let context = ScanContext::new(parts.key.clone());
    let worker = Worker::new(
        parts.store.clone(),
        parts.broker.clone(),
        parts.scanners.clone(),
        context,
        parts.lessor.clone(),
        marker,
        config,
    );
    let intake = match lane {
        Some(lane) => ConsumeConfig::lane(lane, section.slots)?,
        None => ConsumeConfig::lanes(section.slots, section.interactive_slots)?,
    };
    spawn_consumer("worker", parts, worker, intake, stop, present, tasks);
    Ok(())
}

fn notifier(
    parts: &Parts,
    stop: &Stop,
    present: &mut Present,
    tasks: &mut JoinSet<&'static str>,
) -> Result<(), ConfigError> {
    let config = ReconcilerConfig {
        publishers: publishers(parts),
        key_id: parts.key.id().clone(),
        time_limit: SHORT_LIMIT,
        retry_after: OUTAGE_WAIT,
        max_loads: parts.config.notifier.max_loads,
    };
    let slots = parts.config.notifier.slots;
    let reconciler = Reconciler::new(parts.store.clone(), parts.broker.clone(), config);
    let intake = ConsumeConfig::single(Queue::Results, slots)?;
    spawn_consumer("notifier", parts, reconciler, intake, stop, present, tasks);
    sending::spawn(parts, stop, tasks);
    Ok(())
}

fn spawn_consumer(
    name: &'static str,
    parts: &Parts,
    handler: impl Handler + 'static,
    config: ConsumeConfig,
    stop: &Stop,
    present: &mut Present,
    tasks: &mut JoinSet<&'static str>,
) {
    let consumer = ConsumerLoop::new(parts.broker.clone(), Arc::new(handler), config);
    let consumer = consumer.paused_by(present.paused());
    present.count(consumer.liveness());
    admin::watch(&parts.health, &consumer.liveness(), stop);
    let stop = stop.clone();
    tasks.spawn(async move {
        let report = consumer.run(stop).await;
        tracing::debug!(role = name, ?report, "drained");
        name
    });
}

/// Whose messages are believed: the configured users, else the role users and the own one; nobody is named on one machine.
fn publishers(parts: &Parts) -> Option<BTreeSet<String>> {
    if parts.embedded {
        return None;
    }
    let broker = &parts.config.broker;
    if let Some(configured) = &broker.publishers {
        return Some(configured.clone());
    }
    let mut users: BTreeSet<String> =
        ["scheduler", "worker", "notifier"].map(|role| format!("checkmate-{role}")).into();
    let own =
        broker.url.as_deref().and_then(|url| url::Url::parse(url.split(',').next().unwrap_or_default()).ok());
    if let Some(own) = own
        && !own.username().is_empty()
    {
        users.insert(own.username().to_owned());
    }
    Some(users)
}
