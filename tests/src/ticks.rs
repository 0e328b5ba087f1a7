//! Schedulers of their own processes on one store and one broker, killed and frozen at random; and what came of every tick.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use checkmate_domain::{ScanId, ScheduleName};
use checkmate_store::Store;
use checkmate_store::schedules::ScheduleState;
use checkmate_testkit::process::Process;
use checkmate_testkit::rabbit::Rabbit;
use checkmate_testkit::redis::Redis;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::Instant;

use crate::distributed::{direct, open_store, set_up};
use crate::model::Model;
use crate::roles::spec;
use crate::world::{Knobs, Programs, World};

/// How many schedulers.
const SCHEDULERS: usize = 5;
/// The schedule, which ticks every second.
const NAME: &str = "seconds";
const EXPORT: &str = "ticks";
/// Between two faults, on average.
const EVERY: Duration = Duration::from_millis(700);
/// From a start to listening to signals, with much to spare.
const LEARNT: Duration = Duration::from_secs(3);
/// For what is left to do when all are well again.
const CATCHES_UP: Duration = Duration::from_secs(30);

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Processes killed.
    pub killed: u32,
    /// Processes frozen.
    pub frozen: u32,
    /// Ticks that were decided.
    pub ticks: u64,
    /// Of them those without a scan.
    pub missed: Vec<i64>,
    /// Scans that are nobody's tick.
    pub strange: Vec<String>,
}

/// Runs five schedulers under faults for so long, then lets them catch up.
///
/// # Errors
/// When a server or the program does not do what it must.
pub async fn run(programs: &Programs, faults: Duration, seed: u64) -> anyhow::Result<Told> {
    let world = World::new(BTreeMap::from([(EXPORT.to_owned(), Model { targets: 1, ..Model::default() })]))?;
    let redis = tokio::task::block_in_place(Redis::start);
    let rabbit = Rabbit::start().await;
    let at = direct(&rabbit, &redis, "%2F", "checkmate:");
    let knobs = Knobs::default();
    set_up(&world, programs, &knobs, "setup", &at).await?;
    let mut processes = Vec::new();
    for number in 1..=SCHEDULERS {
        let name = format!("scheduler-{number}");
        let config = world.distributed_config(&name, &knobs, &at)?;
        add_schedule(&config)?;
        processes.push(Process::start(spec(&name, &programs.node, &config, "scheduler", None)));
    }
    let store = open_store(&at).await?;
    let mut told = Told::default();
    until_ticking(&*store, &processes).await?;
    strike(&mut processes, faults, seed, &mut told).await;
    let state = caught_up(&*store).await?;
    // One that was started a moment ago has not learnt to listen to signals yet, and would simply be dead.
    tokio::time::sleep(LEARNT).await;
    for process in &processes {
        process.terminate();
    }
    for process in &mut processes {
        let ended = process.wait(Duration::from_secs(15)).await;
        let log = process.log_tail();
        ensure!(ended.is_some_and(|status| status.success()), "a scheduler did not stop in order:\n{log}");
    }
    judge(&*store, &state, &mut told).await?;
    Ok(told)
}

fn add_schedule(config: &Path) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().append(true).open(config)?;
    let schedule = format!(
        "\n[schedules.{NAME}]\ncron = \"* * * * * *\"\nscope = \"export:{EXPORT}\"\noverlap = \"allow\"\nmissed = \"all\"\n\
         missed_window = \"1h\"\n"
    );
    file.write_all(schedule.as_bytes())?;
    Ok(())
}

async fn state(store: &dyn Store) -> anyhow::Result<Option<ScheduleState>> {
    Ok(store.schedule(&ScheduleName::new(NAME)?).await?.map(|record| record.state))
}

async fn until_ticking(store: &dyn Store, processes: &[Process]) -> anyhow::Result<()> {
    let until = Instant::now() + CATCHES_UP;
    while state(store).await?.is_none_or(|state| state.last_tick.is_none()) {
        let log = || processes.first().map(Process::log_tail).unwrap_or_default();
        ensure!(Instant::now() < until, "nothing ticks:\n{}", log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Kills one or freezes one for longer than its lock holds, again and again; in the end all run.
async fn strike(processes: &mut [Process], faults: Duration, seed: u64, told: &mut Told) {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut thaws: Vec<Option<Instant>> = vec![None; processes.len()];
    let end = Instant::now() + faults;
    while Instant::now() < end {
        tokio::time::sleep(EVERY.mul_f64(dice.random_range(0.5..1.5))).await;
        for (process, thaw) in processes.iter().zip(&mut thaws) {
            if thaw.is_some_and(|at| at <= Instant::now()) {
                process.thaw();
                *thaw = None;
            }
        }
        let victim = dice.random_range(0..processes.len());
        if dice.random_bool(0.5) {
            processes[victim].restart();
            thaws[victim] = None;
            told.killed += 1;
        } else if thaws[victim].is_none() {
            processes[victim].freeze();
            thaws[victim] = Some(Instant::now() + Duration::from_secs_f64(dice.random_range(0.5..5.0)));
            told.frozen += 1;
        }
    }
    for process in processes.iter() {
        process.thaw();
    }
}

/// Waits until ticks are decided as they come.
async fn caught_up(store: &dyn Store) -> anyhow::Result<ScheduleState> {
    let until = Instant::now() + CATCHES_UP;
    loop {
        let state = state(store).await?.context("the schedule is gone")?;
        let now = store.now().await?;
        if now.since(state.handled_until) < Duration::from_secs(2) {
            return Ok(state);
        }
        ensure!(Instant::now() < until, "at {now} ticks are decided up to {} only", state.handled_until);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Each second since the schedule was first seen has its one scan, and there is no other.
async fn judge(store: &dyn Store, state: &ScheduleState, told: &mut Told) -> anyhow::Result<()> {
    let scans = store.scans(0, 100_000).await?;
    let mut left: BTreeSet<ScanId> = scans.into_iter().map(|scan| scan.id).collect();
    let first = state.in_force.since.as_millis().div_euclid(1_000) + 1;
    let last = state.handled_until.as_millis() / 1_000;
    let scan_of = |second: i64| ScanId::derived(&["schedule", NAME, &(second * 1_000).to_string()]);
    for second in first..=last {
        told.ticks += 1;
        if !left.remove(&scan_of(second)) {
            told.missed.push(second);
        }
    }
    // They ticked on until they were told to stop.
    for second in last + 1..last + 60 {
        left.remove(&scan_of(second));
    }
    told.strange = left.into_iter().map(String::from).collect();
    Ok(())
}
