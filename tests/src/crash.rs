//! One named crash point: the process dies there by SIGKILL, is started again, and everything must come out as if nothing
//! had happened.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use checkmate_testkit::process::{Process, Spec};

use crate::command::CommandLine;
use crate::model::Model;
use crate::roles::{Roles, spec};
use crate::verdict::{Rounds, Verdict, judge};
use crate::world::{Knobs, Programs, Servers, World};
use crate::{distributed, embedded};

/// The export that is scanned.
pub const EXPORT: &str = "crash";
/// From the start of a process to its death, and from there to the end of all scans.
const PATIENCE: Duration = Duration::from_secs(90);
/// Names the point at which the program dies.
const ARMED: &str = "CHECKMATE_TEST_CRASH";
/// Nobody kills the process that comes after.
const NEVER: Duration = Duration::from_secs(3_600);

/// What happens before the process that is to die is started.
#[derive(Debug, Clone, Copy)]
pub enum Before {
    /// It has died at another point, reached for the time after so many.
    Died(&'static str, u32),
    /// The embedded queue was lost with everything in it.
    QueueLost,
    /// The embedded queue gave three jobs up by itself.
    BuriedByBroker,
}

/// A crash point and what it takes to get there.
#[derive(Debug, Clone)]
pub struct Case {
    /// The point.
    pub point: String,
    /// How often it is passed before the process dies.
    pub skip: u32,
    /// What is scanned.
    pub model: Model,
    /// How the process that dies is configured; its successors have the defaults, but for how long jobs live, and no schedule.
    pub knobs: Knobs,
    /// What happens before.
    pub before: &'static [Before],
    /// Scans of the export, one after the other; the process dies in the first.
    pub rounds: u32,
}

impl Case {
    /// A case that needs nothing special.
    #[must_use]
    pub fn plain(point: &str, skip: u32) -> Self {
        let model = Model { sleep_ms: 2, ..Model::default() };
        Self { point: point.to_owned(), skip, model, knobs: Knobs::default(), before: &[], rounds: 2 }
    }
}

/// Where a case runs.
#[derive(Debug, Clone)]
pub enum Place {
    /// On files.
    Embedded,
    /// On these servers.
    Servers(Servers),
}

/// Runs a case; says what was left.
///
/// # Errors
/// When the point was never reached, or things did not end.
pub async fn run(case: &Case, place: &Place, programs: &Programs) -> anyhow::Result<Verdict> {
    let world = World::new(BTreeMap::from([(EXPORT.to_owned(), case.model.clone())]))?;
    let mut run = Run { case, place, programs, world };
    match run.all().await {
        Ok(verdict) => Ok(verdict),
        Err(error) => {
            let kept = run.world.keep();
            Err(error.context(format!("crash point {}; logs in {}", case.point, kept.display())))
        }
    }
}

struct Run<'a> {
    case: &'a Case,
    place: &'a Place,
    programs: &'a Programs,
    world: World,
}

impl Run<'_> {
    async fn all(&mut self) -> anyhow::Result<Verdict> {
        let command = self.command_line("after", &self.after_knobs()).await?;
        for before in self.case.before {
            match before {
                Before::Died(point, skip) => self.die(point, *skip, "before").await?,
                Before::QueueLost => self.lose_queue()?,
                Before::BuriedByBroker => self.bury()?,
            }
        }
        self.die(&self.case.point, self.case.skip, "dies").await?;
        let mut up = Roles::start(vec![self.spec("after", &command, None)], NEVER, 0);
        let until = Instant::now() + PATIENCE;
        let mut rounds = Rounds::new();
        for round in 0..self.case.rounds {
            self.world.set_round(round)?;
            if round > 0 || command.scans(until).await?.is_empty() {
                command.scan(EXPORT, round > 0, until).await?;
            }
            let left = command.until_over(until).await?;
            ensure!(left.is_empty(), "round {round} did not end: {left:?}");
            for scan in command.scans(until).await? {
                rounds.entry(scan.id).or_insert(round);
            }
        }
        let stubborn = up.stop().await.stubborn;
        ensure!(stubborn.is_empty(), "did not stop in order: {stubborn:?}");
        let store = match self.place {
            Place::Embedded => embedded::open_store(&self.world).await?,
            Place::Servers(at) => distributed::open_store(at).await?,
        };
        let verdict = judge(store.as_ref(), &self.world.exports, &rounds, &self.world.key()).await?;
        store.close().await;
        Ok(verdict)
    }

    /// What the processes after the death are set to.
    fn after_knobs(&self) -> Knobs {
        Knobs { max_loads: Knobs::default().max_loads, schedule: None, ..self.case.knobs.clone() }
    }

    /// Starts a process armed for a point, gives it work, and waits until it has died there.
    async fn die(&self, point: &str, skip: u32, name: &str) -> anyhow::Result<()> {
        let command = self.command_line(name, &self.case.knobs).await?;
        let armed = OsString::from(format!("{point}:{skip}"));
        let mut up = Process::start(self.spec(name, &command, Some(armed.clone())));
        let until = Instant::now() + PATIENCE;
        let asked = self.ask_once(&command, &mut up, &armed);
        let died = tokio::select! {
            asked = asked => { asked?; up.wait(until.saturating_duration_since(Instant::now())).await }
            () = tokio::time::sleep(PATIENCE) => None,
        };
        match died {
            Some(status) if status.signal() == Some(9) => Ok(()),
            Some(status) => bail!("ended by itself ({status}) before {point}:\n{}", up.log_tail()),
            None => bail!("never came to {point}:\n{}", up.log_tail()),
        }
    }

    /// Waits until the process answers (or has died on its way), then asks for a scan unless there is one.
    async fn ask_once(
        &self,
        command: &CommandLine,
        up: &mut Process,
        armed: &OsString,
    ) -> anyhow::Result<()> {
        // Where a schedule asks, nobody else does.
        while up.exited().is_none() && self.case.knobs.schedule.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if !up.log_tail().contains("ready") {
                continue;
            }
            let known = command.give(&["scans", "list", "--format", "json"]).await?;
            if !known.status.success() {
                continue;
            }
            if known.stdout.trim_ascii() == b"[]" {
                self.ask(command, up, armed).await?;
            }
            break;
        }
        Ok(())
    }

    /// On one machine the process itself does what the command asks; on many it is the command, and may have to die.
    async fn ask(&self, command: &CommandLine, up: &mut Process, armed: &OsString) -> anyhow::Result<()> {
        let mut command = command.clone();
        if matches!(self.place, Place::Servers(_)) {
            command.env.push((ARMED.to_owned(), armed.clone()));
        }
        let scope = format!("export:{EXPORT}");
        let asked = command.give(&["scan", &scope, "--no-wait"]).await?;
        if asked.status.signal() == Some(9) {
            up.kill9();
        }
        Ok(())
    }

    async fn command_line(&self, name: &str, knobs: &Knobs) -> anyhow::Result<CommandLine> {
        match self.place {
            Place::Embedded => {
                let config = self.world.embedded_config(name, knobs)?;
                Ok(CommandLine { node: self.programs.node.clone(), config, env: Vec::new() })
            }
            Place::Servers(at) => distributed::set_up(&self.world, self.programs, knobs, name, at).await,
        }
    }

    fn spec(&self, name: &str, command: &CommandLine, armed: Option<OsString>) -> Spec {
        let mut spec = spec(name, &self.programs.node, &command.config, "up", None);
        spec.env.extend(armed.map(|armed| (ARMED.to_owned(), armed)));
        spec
    }

    fn lose_queue(&self) -> anyhow::Result<()> {
        for ending in ["", "-wal", "-shm"] {
            let file = self.world.folder().join(format!("data/queue.db{ending}"));
            if file.exists() {
                std::fs::remove_file(&file)?;
            }
        }
        Ok(())
    }

    fn bury(&self) -> anyhow::Result<()> {
        let queue = rusqlite::Connection::open(self.world.folder().join("data/queue.db"))?;
        let changed = queue
            .execute(
                "UPDATE message SET queue = 'checkmate.dead', death_queue = queue, death_by_broker = 1,
                 death_reason = 'delivery limit reached'
                 WHERE seq IN (SELECT seq FROM message WHERE queue LIKE 'checkmate.scan.%' ORDER BY seq DESC LIMIT 3)",
                [],
            )
            .context("the queue's file")?;
        ensure!(changed == 3, "only {changed} jobs to bury");
        Ok(())
    }
}
