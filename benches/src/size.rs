//! What a worker process takes: memory idle and with a thousand jobs in hand, and time to be ready.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use checkmate_scheduler::request_scan;
use checkmate_store::{JobState, Store};
use checkmate_testkit::rabbit::{ADMIN, PASSWORD};
use tempfile::TempDir;

use crate::path;
use crate::servers::{Servers, store};
use crate::table::{Bar, Row};
use crate::turns::{Size, median};

/// For a process to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// After which an idle process has settled.
const SETTLED: Duration = Duration::from_secs(1);

/// A process that is killed when dropped.
struct Process {
    child: Child,
    /// From its start to its line.
    ready_after: Duration,
}

impl Process {
    /// Starts it and waits for the line on stderr that says so.
    fn start(program: &Path, arguments: &[&str], line: &'static str) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("{}: build it first", program.display()))?;
        let errors = child.stderr.take().context("no stderr")?;
        let (sender, ready) = mpsc::channel();
        // Reads to the end, so that the process never waits for room.
        std::thread::spawn(move || {
            for text in BufReader::new(errors).lines().map_while(Result::ok) {
                if text.contains(line) {
                    let _ = sender.send(began.elapsed());
                } else if text.contains("ERROR") {
                    eprintln!("{text}");
                }
            }
        });
        let ready_after = ready.recv_timeout(READY_WITHIN).ok();
        let mut process = Self { child, ready_after: ready_after.unwrap_or_default() };
        if ready_after.is_none() {
            let status = process.child.try_wait()?;
            anyhow::bail!("{} did not become ready ({status:?})", program.display());
        }
        Ok(process)
    }

    /// Resident memory in MB (of 1024 × 1024 bytes).
    fn resident(&self) -> anyhow::Result<f64> {
        memory(self.child.id(), "VmRSS:")
    }
}

/// A line of the status of a process, in MB (of 1024 × 1024 bytes).
pub(crate) fn memory(process: u32, which: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line =
        status.lines().find_map(|line| line.strip_prefix(which)).with_context(|| format!("no {which}"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with a configuration.
struct Folder(TempDir);

impl Folder {
    fn new(servers: &Servers, slots: u16) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        for (name, content) in [("password", PASSWORD.as_bytes()), ("fingerprint.key", &[7; 32])] {
            let path = folder.path().join(name);
            std::fs::write(&path, content)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        }
        let (broker, redis) = (servers.rabbit.url(ADMIN), servers.everysec.url());
        let text = format!(
            "fingerprint_key_file = \"fingerprint.key\"\n\
             [broker]\nurl = \"{broker}\"\npassword_file = \"password\"\n\
             [store]\nurl = \"{redis}\"\n\
             [worker]\nslots = {slots}\ninteractive_slots = 1\n"
        );
        std::fs::write(folder.path().join("checkmate.toml"), text)?;
        Ok(Self(folder))
    }

    /// How long `config check` takes for this configuration and a thousand schedules.
    fn check(&self) -> anyhow::Result<Duration> {
        let (small, large) = (self.0.path().join("checkmate.toml"), self.0.path().join("schedules.toml"));
        let mut text = std::fs::read_to_string(small)?;
        for n in 0..1_000 {
            let (minute, hour) = (n % 60, n % 24);
            text.push_str(&format!(
                "[schedules.s{n}]\ncron = \"{minute} {hour} * * mon-fri\"\ntimezone = \"Europe/Berlin\"\nscope = \"export:e{n}\"\n"
            ));
        }
        std::fs::write(&large, text)?;
        let began = Instant::now();
        let answer = Command::new(beside("checkmate")?).args(["config", "check"]).arg(&large).output()?;
        let took = began.elapsed();
        ensure!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        Ok(took)
    }

    fn worker(&self, program: &str) -> anyhow::Result<Process> {
        let config = self.0.path().join("checkmate.toml");
        let config = config.to_str().context("a folder that is not UTF-8")?;
        Process::start(&beside(program)?, &["--config", config, "worker"], "ready")
    }
}

/// A program built beside this one.
pub(crate) fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.parent().context("a program without a folder")?.join(name))
}

async fn settled(process: &Process, size: Size) -> anyhow::Result<f64> {
    tokio::time::sleep(size.pick(SETTLED, SETTLED / 4)).await;
    process.resident()
}

/// Memory and start.
///
/// # Errors
/// When a program is not built, or does not do what it should.
pub async fn measure(servers: &Servers, size: Size) -> anyhow::Result<Vec<Row>> {
    servers.everysec.command(&["FLUSHALL"]);
    servers.purge().await;
    let folder = Folder::new(servers, 8)?;
    let (mut starts, mut idle, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..size.rounds() {
        let worker = folder.worker("checkmate")?;
        starts.push(worker.ready_after.as_secs_f64() * 1_000.0);
        idle.push(settled(&worker, size).await?);
        drop(worker);
        let holder = beside("bench-holder")?;
        let holder = Process::start(&holder, &[&servers.bare_url(), &servers.everysec.url()], "ready")?;
        bare.push(settled(&holder, size).await?);
    }
    let mut checks = Vec::new();
    for _ in 0..size.rounds() {
        checks.push(folder.check()?.as_secs_f64() * 1_000.0);
    }
    let mut full = Vec::new();
    for _ in 0..size.rounds() {
        full.push(in_hand(servers, size.pick(1_000, 50)).await?);
    }
    let (idle, bare) = (median(&idle), median(&bare));
    Ok(vec![
        Row::new("worker, idle, resident", idle, "MB", Bar::AtMost(40.0))
            .told("the program 'checkmate worker'"),
        Row::new("worker, idle, of a bare process", idle / bare, "x", Bar::AtMost(1.3))
            .told(format!("bare {bare:.1} MB: the same connections, no us")),
        Row::new("worker, 1,000 jobs in hand, resident", median(&full), "MB", Bar::AtMost(80.0))
            .told("the same program with a scanner that sleeps"),
        Row::new("worker, start to ready", median(&starts), "ms", Bar::AtMost(300.0)),
        Row::new("config check", median(&checks), "ms", Bar::AtMost(50.0)).told("with 1,000 schedules"),
    ])
}

/// Memory of a worker that holds so many jobs.
async fn in_hand(servers: &Servers, jobs: u16) -> anyhow::Result<f64> {
    servers.purge().await;
    servers.everysec.command(&["FLUSHALL"]);
    let (store, broker) = (store(&servers.everysec).await?, servers.broker().await?);
    let folder = Folder::new(servers, jobs + 1)?;
    let worker = folder.worker("bench-sleeper")?;
    let scan = path::scan(usize::from(jobs), Duration::from_secs(120), u32::from(jobs));
    request_scan(&*store, &*broker, &scan).await?;
    let until = Instant::now() + READY_WITHIN;
    loop {
        let open = store.open_jobs(&scan.id, None, 2 * u64::from(jobs)).await?;
        let running = open.iter().filter(|job| job.state == JobState::Running).count();
        if running >= usize::from(jobs) {
            break;
        }
        ensure!(Instant::now() < until, "only {running} of {jobs} jobs run");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let resident = worker.resident()?;
    drop(worker);
    close(&*store).await;
    broker.close().await;
    servers.purge().await;
    Ok(resident)
}

async fn close(store: &dyn Store) {
    store.close().await;
}
