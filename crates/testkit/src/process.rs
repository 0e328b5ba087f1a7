//! Child processes that do not outlive the test: each is its own process group, killed whole when dropped.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How a process is started; kept, so that it can be started again.
#[derive(Debug, Clone)]
pub struct Spec {
    /// What it is called in messages.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Environment on top of the test's own.
    pub env: Vec<(String, OsString)>,
    /// Where its output is appended.
    pub log: PathBuf,
    /// Removed with everything in it when the test process dies without cleaning up.
    pub folder: Option<PathBuf>,
}

/// A running (or killed) child and its descendants.
#[derive(Debug)]
pub struct Process {
    spec: Spec,
    child: Child,
    reaper: Child,
}

impl Process {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started, naming the program.
    #[must_use]
    pub fn start(spec: Spec) -> Self {
        let child = spawn(&spec);
        let reaper = spawn_reaper(&spec, child.id());
        Self { spec, child, reaper }
    }

    /// The process id, which is the group's too.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the whole group; nothing happens when it is gone.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill9(&mut self) {
        // The reaper first: the process id must not be signalled once it is free for others.
        let _ = self.reaper.kill();
        let _ = self.reaper.wait();
        if self.exited().is_none() {
            self.signal(Signal::KILL);
        }
        let _ = self.child.wait();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// SIGSTOP: frozen until [`Process::thaw`].
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Starts it again the same way, killing it first when it still runs.
    pub fn restart(&mut self) {
        self.kill9();
        self.child = spawn(&self.spec);
        self.reaper = spawn_reaper(&self.spec, self.child.id());
    }

    /// The exit status, when it has ended.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its end.
    pub async fn wait(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + at_most;
        loop {
            if let Some(status) = self.exited() {
                return Some(status);
            }
            if Instant::now() > until {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks until `ready` says so.
    ///
    /// # Panics
    /// When it ends before or takes longer, with the end of its log.
    pub async fn until_ready<F>(&mut self, at_most: Duration, mut ready: impl FnMut() -> F + Send)
    where
        F: Future<Output = bool> + Send,
    {
        let until = Instant::now() + at_most;
        loop {
            if ready().await {
                return;
            }
            let name = self.spec.name.clone();
            if let Some(status) = self.exited() {
                panic!("{name} ended before it was ready ({status}):\n{}", self.log_tail());
            }
            assert!(Instant::now() < until, "{name} was not ready within {at_most:?}:\n{}", self.log_tail());
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// The last lines it wrote.
    #[must_use]
    pub fn log_tail(&self) -> String {
        const LINES: usize = 40;
        let text = std::fs::read_to_string(&self.spec.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn spawn(spec: &Spec) -> Child {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&spec.log)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", spec.log.display()));
    let errors = log.try_clone().unwrap_or_else(|error| panic!("cannot share a log: {error}"));
    Command::new(&spec.program)
        .args(&spec.args)
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {} ({}): {error}", spec.name, spec.program.display()))
}

/// A shell that outlives the test process: when that dies, however it dies, the pipe closes and the group is killed.
fn spawn_reaper(spec: &Spec, group: u32) -> Child {
    let folder = spec.folder.as_ref().map(|folder| folder.as_os_str().to_owned()).unwrap_or_default();
    Command::new("/bin/sh")
        .args(["-c", r#"cat; kill -9 "-$1"; [ -z "$2" ] || rm -rf "$2""#, "reaper", &group.to_string()])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start a shell: {error}"))
}

/// A TCP port on the loopback that is free right now.
///
/// # Panics
/// When the machine has none left.
#[must_use]
pub fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .unwrap_or_else(|error| panic!("no free port: {error}"))
        .port()
}

/// The first of these programs that exists.
///
/// # Panics
/// When none does, saying how to get it.
#[must_use]
pub fn program(name: &str, places: &[&str]) -> PathBuf {
    places.iter().map(PathBuf::from).find(|place| place.exists()).unwrap_or_else(|| {
        panic!(
            "{name} is not installed (looked at {}): run 'make test', which installs it",
            places.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, folder: &std::path::Path) -> Process {
        Process::start(Spec {
            name: "shell".into(),
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: vec![("GREETING".into(), "hello".into())],
            log: folder.join("log"),
            folder: None,
        })
    }

    #[tokio::test]
    async fn grandchildren_die_too_and_the_log_is_kept() {
        let folder = tempfile::tempdir().expect("folder");
        let mut process = shell("echo $GREETING; sleep 600 & wait", folder.path());
        process.until_ready(Duration::from_secs(5), || async { true }).await;
        while process.log_tail() != "hello" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process.kill9();
        assert!(process.exited().is_some_and(|status| !status.success()));
    }

    #[tokio::test]
    #[should_panic(expected = "ended before it was ready")]
    async fn an_early_end_is_told_with_the_log() {
        let folder = tempfile::tempdir().expect("folder");
        let mut process = shell("echo broken; exit 3", folder.path());
        process.until_ready(Duration::from_secs(5), || async { false }).await;
    }
}
