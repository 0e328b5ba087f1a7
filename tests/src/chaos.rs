//! One run: scans in rounds, faults meanwhile, then peace until everything has ended, then the comparison.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_store::Store;

use crate::command::CommandLine;
use crate::distributed::{self, Distributed, Rhythm};
use crate::embedded::{self, Embedded};
use crate::model::Model;
use crate::roles::Tally;
use crate::sink::{Counts, Sink};
use crate::verdict::{Rounds, Verdict, judge};
use crate::world::{Knobs, Programs, World};

/// Exports scanned side by side in each round; the first one by people who wait, the others in bulk.
const EXPORTS: u32 = 4;

/// Which setting runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Setting {
    /// One process on files.
    Embedded,
    /// RabbitMQ, Redis and seven processes.
    Distributed,
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where.
    pub setting: Setting,
    /// Scan jobs in all, about.
    pub jobs: u32,
    /// Scans of each export, one after the other.
    pub rounds: u32,
    /// How long a job takes, in milliseconds.
    pub sleep_ms: u64,
    /// For all that is random.
    pub seed: u64,
    /// Faults stop after this, if the scans are not over before.
    pub faults: Duration,
    /// Everything must have ended so long after the faults.
    pub settle: Duration,
    /// Embedded: how often the process is killed, on average. Distributed: what is struck how often.
    pub rhythm: Rhythm,
}

/// How it went.
pub struct Outcome {
    /// What was run.
    pub plan: Plan,
    /// The comparison.
    pub verdict: Verdict,
    /// The processes.
    pub tally: Tally,
    /// How often which server was struck.
    pub strikes: BTreeMap<String, u64>,
    /// What ran.
    pub counts: Counts,
    /// All in all.
    pub took: Duration,
    /// With faults.
    pub faults_took: Duration,
    /// The logs, kept when it failed.
    pub kept: Option<PathBuf>,
}

impl Outcome {
    /// Whether all that must hold held.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.verdict.passed() && self.tally.stubborn.is_empty()
    }
}

/// The parts of a run in either setting.
enum Running {
    Embedded(Embedded),
    Distributed(Box<Distributed>),
}

/// Runs the plan.
///
/// # Errors
/// When it could not be run; what it found is in the [`Outcome`].
pub async fn run(plan: Plan, programs: &Programs) -> anyhow::Result<Outcome> {
    let mut world = World::new(exports(&plan))?;
    let sink = Sink::start(&programs.chaos)?;
    let mut running = Running::start(&plan, &world, programs, sink.port()).await?;
    let began = Instant::now();
    let mut clock = Clock { began, faults_until: began + plan.faults, quiet_at: None, settle: plan.settle };
    let rounds = scan_in_rounds(&plan, &mut world, &mut running, &mut clock).await;
    clock.quiet(&mut running).await;
    let counts = sink.counts()?;
    let strikes = running.strikes();
    let (tally, store) = running.stop(&world).await?;
    let verdict = judge(store.as_ref(), &world.exports, &rounds?, &world.key()).await?;
    store.close().await;
    let quiet_at = clock.quiet_at.unwrap_or_else(Instant::now);
    let mut outcome = Outcome {
        plan,
        verdict,
        tally,
        strikes,
        counts,
        took: began.elapsed(),
        faults_took: quiet_at - began,
        kept: None,
    };
    outcome.kept = (!outcome.passed()).then(|| world.keep());
    Ok(outcome)
}

fn exports(plan: &Plan) -> BTreeMap<String, Model> {
    let targets = (plan.jobs / plan.rounds.max(1) / EXPORTS).max(1);
    let model = Model { seed: plan.seed, targets, sleep_ms: plan.sleep_ms, ..Model::default() };
    (0..EXPORTS).map(|number| (format!("e{number}"), model.clone())).collect()
}

/// When the faults end, and when everything must have.
struct Clock {
    began: Instant,
    faults_until: Instant,
    quiet_at: Option<Instant>,
    settle: Duration,
}

impl Clock {
    async fn quiet(&mut self, running: &mut Running) {
        if self.quiet_at.is_none() {
            running.quiet().await;
            self.quiet_at = Some(Instant::now());
        }
    }

    fn deadline(&self) -> Instant {
        self.quiet_at.unwrap_or(self.faults_until) + self.settle
    }
}

/// Asks for every scan of a round, waits until all are over, moves the world on.
async fn scan_in_rounds(
    plan: &Plan,
    world: &mut World,
    running: &mut Running,
    clock: &mut Clock,
) -> anyhow::Result<Rounds> {
    let mut rounds = Rounds::new();
    for round in 0..plan.rounds {
        world.set_round(round)?;
        for (number, export) in world.exports.keys().enumerate() {
            running.command().scan(export, number > 0, clock.deadline()).await?;
        }
        let over = until_over(running, clock).await?;
        for scan in running.command().scans(clock.deadline()).await? {
            rounds.entry(scan.id).or_insert(round);
        }
        eprintln!(
            "  {:6.1} s: round {} of {} {}",
            clock.began.elapsed().as_secs_f64(),
            round + 1,
            plan.rounds,
            if over { "is over" } else { "did not end in time" }
        );
        if !over {
            break;
        }
    }
    Ok(rounds)
}

/// Whether every scan was over in time; ends the faults when their time has come.
async fn until_over(running: &mut Running, clock: &mut Clock) -> anyhow::Result<bool> {
    loop {
        if Instant::now() >= clock.faults_until {
            clock.quiet(running).await;
        }
        let a_while = Instant::now() + Duration::from_secs(1);
        if running.command().until_over(a_while.min(clock.deadline())).await?.is_empty() {
            return Ok(true);
        }
        if Instant::now() >= clock.deadline() {
            return Ok(false);
        }
    }
}

impl Running {
    async fn start(plan: &Plan, world: &World, programs: &Programs, sink: u16) -> anyhow::Result<Self> {
        let knobs = Knobs::default();
        let sink = Some(sink);
        Ok(match plan.setting {
            Setting::Embedded => {
                let every = plan.rhythm.role;
                Self::Embedded(embedded::start(world, programs, &knobs, sink, every, plan.seed)?)
            }
            Setting::Distributed => {
                let started =
                    distributed::start(world, programs, &knobs, sink, plan.rhythm, plan.seed).await?;
                Self::Distributed(Box::new(started))
            }
        })
    }

    fn command(&self) -> &CommandLine {
        match self {
            Self::Embedded(running) => &running.command,
            Self::Distributed(running) => &running.command,
        }
    }

    async fn quiet(&mut self) {
        match self {
            Self::Embedded(running) => running.roles.quiet(),
            Self::Distributed(running) => running.quiet().await,
        }
    }

    /// Stops every role and opens what they left.
    async fn stop(&mut self, world: &World) -> anyhow::Result<(Tally, Arc<dyn Store>)> {
        Ok(match self {
            Self::Embedded(running) => (running.roles.stop().await, embedded::open_store(world).await?),
            Self::Distributed(running) => {
                (running.roles.stop().await, distributed::open_store(running.direct()).await?)
            }
        })
    }

    fn strikes(&self) -> BTreeMap<String, u64> {
        match self {
            Self::Embedded(_) => BTreeMap::new(),
            Self::Distributed(running) => BTreeMap::from([
                ("Redis killed".to_owned(), running.redis.strikes()),
                ("RabbitMQ killed".to_owned(), running.rabbit.strikes()),
                ("partitions".to_owned(), running.network.strikes()),
            ]),
        }
    }
}
