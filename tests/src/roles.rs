//! The processes of the roles: started, started again when they end, killed at random while there are faults.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use checkmate_testkit::process::{Process, Spec};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Between two looks whether a process ended by itself.
const LOOK: Duration = Duration::from_millis(20);
/// Before a process that ended by itself is started again, as a supervisor would.
const PAUSE: Duration = Duration::from_secs(1);
/// What a process that has just been started needs until it hears signals.
const HEARS_AFTER: Duration = Duration::from_secs(2);
/// For a process told to stop.
const STOPS_WITHIN: Duration = Duration::from_secs(15);

/// How one role is started.
#[must_use]
pub fn spec(name: &str, node: &Path, config: &Path, role: &str, sink: Option<u16>) -> Spec {
    let args = [OsString::from("--config"), config.into(), role.into()];
    let sink = sink.map(|port| (crate::sink::PORT.to_owned(), OsString::from(port.to_string())));
    Spec {
        name: name.to_owned(),
        program: node.to_owned(),
        args: args.into(),
        env: sink.into_iter().collect(),
        folder: None,
        log: config.with_extension("log"),
    }
}

/// What happened to the processes.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Killed by us.
    pub killed: u64,
    /// Ended by themselves, by name and status.
    pub ended: BTreeMap<String, u64>,
    /// Did not stop in order when told to, by name.
    pub stubborn: Vec<String>,
}

/// Keeps processes alive, and kills them while there are faults.
pub struct Roles {
    faults: CancellationToken,
    stop: CancellationToken,
    task: Option<JoinHandle<Tally>>,
}

impl Roles {
    /// Starts the processes; from then on a random one is killed every `kill_every` on average.
    #[must_use]
    pub fn start(specs: Vec<Spec>, kill_every: Duration, seed: u64) -> Self {
        let keeper = Keeper {
            processes: specs
                .into_iter()
                .map(|spec| (spec.name.clone(), Process::start(spec), None))
                .collect(),
            tally: Tally::default(),
        };
        let (faults, stop) = (CancellationToken::new(), CancellationToken::new());
        let task =
            tokio::spawn(keeper.run(kill_every, StdRng::seed_from_u64(seed), faults.clone(), stop.clone()));
        Self { faults, stop, task: Some(task) }
    }

    /// No more kills.
    pub fn quiet(&self) {
        self.faults.cancel();
    }

    /// Tells every process to stop and waits for it; nothing is left to tell the second time.
    pub async fn stop(&mut self) -> Tally {
        self.faults.cancel();
        self.stop.cancel();
        match self.task.take() {
            Some(task) => task.await.expect("the keeper of the processes failed"),
            None => Tally::default(),
        }
    }
}

struct Keeper {
    /// Name, process, and since when it has been gone by itself.
    processes: Vec<(String, Process, Option<Instant>)>,
    tally: Tally,
}

impl Keeper {
    async fn run(
        mut self,
        every: Duration,
        mut dice: StdRng,
        faults: CancellationToken,
        stop: CancellationToken,
    ) -> Tally {
        let mut next = Instant::now() + every.mul_f64(dice.random_range(0.5..1.5));
        while !stop.is_cancelled() {
            tokio::time::sleep(LOOK).await;
            self.note_those_that_ended();
            self.start_those_that_ended();
            if Instant::now() < next || faults.is_cancelled() {
                continue;
            }
            let victim = dice.random_range(0..self.processes.len());
            let (_, process, gone) = &mut self.processes[victim];
            process.restart();
            *gone = None;
            self.tally.killed += 1;
            next += every.mul_f64(dice.random_range(0.5..1.5));
        }
        self.stop_all().await;
        self.tally
    }

    fn note_those_that_ended(&mut self) {
        for (name, process, gone) in &mut self.processes {
            if gone.is_none()
                && let Some(status) = process.exited()
            {
                *self.tally.ended.entry(format!("{name} ({status})")).or_insert(0) += 1;
                *gone = Some(Instant::now());
            }
        }
    }

    fn start_those_that_ended(&mut self) {
        for (_, process, gone) in &mut self.processes {
            if gone.is_some_and(|since| since.elapsed() >= PAUSE) {
                process.restart();
                *gone = None;
            }
        }
    }

    async fn stop_all(&mut self) {
        tokio::time::sleep(HEARS_AFTER).await;
        self.note_those_that_ended();
        // Those that ended by themselves are counted as such.
        self.processes.retain(|(_, _, gone)| gone.is_none());
        for (_, process, _) in &self.processes {
            process.terminate();
        }
        for (name, process, _) in &mut self.processes {
            let status = process.wait(STOPS_WITHIN).await;
            if !status.is_some_and(|status| status.success()) {
                let how = status.map_or("still runs".to_owned(), |status| status.to_string());
                self.tally.stubborn.push(format!("{name} ({how})"));
            }
        }
    }
}
