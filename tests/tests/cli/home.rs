//! A folder with a configuration of short waits, the program run in it, and exports to scan.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const CONFIG: &str = r#"
grace = "5s"
[worker]
fence_ttl = "1s"
retry_first = "50ms"
retry_most = "200ms"
[keeper]
every = "100ms"
lock_ttl = "1s"
unconfirmed_after = "300ms"
settling = "500ms"
"#;

/// The program beside this test, as `scripts/test` builds it; or the one that `CHECKMATE_PROGRAM` names.
#[allow(clippy::disallowed_methods, reason = "says which program a test runs, nothing of the program's own")]
pub(crate) fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("CHECKMATE_PROGRAM") {
        return PathBuf::from(program);
    }
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("checkmate");
    assert!(
        program.exists(),
        "{} is not there: run 'make test', or 'cargo build -p checkmate'",
        program.display()
    );
    program
}

/// What is found in the example.
#[allow(dead_code, reason = "not every test that has a home scans the example")]
pub(crate) const FINDINGS: usize = 65;

pub(crate) fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/tenant-export")
}

/// A folder of its own.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code() }
    }

    /// The one JSON document it printed.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    #[track_caller]
    pub(crate) fn fine(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(home.path("checkmate.toml"), CONFIG).unwrap();
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(args).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).env("USER", "tester").stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        Said::new(&self.start(args).output())
    }

    /// Runs a command to its end and reads its JSON.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--format", "json"]].concat()).json()
    }

    /// Starts a command.
    pub(crate) fn start(&self, args: &[&str]) -> Process {
        let mut command = self.command(args);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Process { child: Some(child), name: args.join(" ") }
    }

    /// Starts `up` and waits until it answers.
    pub(crate) fn up(&self) -> Process {
        let log = fs::File::create(self.path("up.log")).unwrap();
        let mut command = self.command(&["up"]);
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let up = Process { child: Some(child), name: "up".to_owned() };
        let socket = self.path(".checkmate/control.sock");
        let answers = || std::os::unix::net::UnixStream::connect(&socket).is_ok();
        until("'up' answers", answers);
        up
    }

    /// Starts one role of many, which says nothing.
    #[allow(dead_code, reason = "not every test runs on servers")]
    pub(crate) fn role(&self, role: &str) -> Process {
        let mut command = self.command(&[role]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Process { child: Some(child), name: role.to_owned() }
    }

    /// Scans a folder to its end.
    #[track_caller]
    pub(crate) fn scan(&self, folder: &Path) -> Value {
        self.json(&["scan", &format!("path:{}", folder.display())])
    }

    /// All scans, newest first.
    pub(crate) fn scans(&self) -> Vec<Value> {
        self.json(&["scans", "list"]).as_array().unwrap().clone()
    }

    /// A folder of so many exports with an application each, that has a finding.
    pub(crate) fn exports(&self, name: &str, count: usize) -> PathBuf {
        let folder = self.path(name);
        for n in 0..count {
            export(&folder.join(format!("tenant-{n:03}")), &[("Shop", true)]);
        }
        folder
    }
}

/// Writes an export with these applications; `true` allows the implicit grant, which is a finding.
pub(crate) fn export(folder: &Path, applications: &[(&str, bool)]) {
    fs::create_dir_all(folder.join("clients")).unwrap();
    fs::write(folder.join("tenant.json"), "{\"friendly_name\": \"A tenant\"}\n").unwrap();
    for (name, implicit) in applications {
        application(folder, name, *implicit);
    }
}

/// Writes an application of an export.
pub(crate) fn application(folder: &Path, name: &str, implicit: bool) {
    let grant = if implicit { "implicit" } else { "authorization_code" };
    let text = format!("{{\"name\": \"{name}\", \"app_type\": \"spa\", \"grant_types\": [\"{grant}\"]}}\n");
    fs::write(folder.join("clients").join(format!("{name}.json")), text).unwrap();
}

/// A running command; killed when it is dropped.
pub(crate) struct Process {
    child: Option<Child>,
    name: String,
}

impl Process {
    /// Waits for its end and what it said.
    #[track_caller]
    pub(crate) fn said(self) -> Said {
        Said::new(&self.output())
    }

    #[track_caller]
    fn output(mut self) -> Output {
        let child = self.child.take().unwrap();
        let (id, name) = (child.id(), self.name.clone());
        let (done, waits) = std::sync::mpsc::channel();
        let guard = std::thread::spawn(move || {
            if waits.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                signal(id, "KILL");
                return true;
            }
            false
        });
        let output = child.wait_with_output().unwrap();
        let _ = done.send(());
        assert!(!guard.join().unwrap(), "'{name}' took longer than {PATIENCE:?}: {:?}", Said::new(&output));
        output
    }

    /// Sends a signal: `INT`, `TERM`.
    pub(crate) fn signal(&self, which: &str) {
        signal(self.child.as_ref().unwrap().id(), which);
    }

    /// As `kill -9` does.
    pub(crate) fn kill(mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Ends it in order.
    #[track_caller]
    pub(crate) fn stop(self) -> Said {
        self.signal("TERM");
        self.said()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn signal(process: u32, which: &str) {
    let status = Command::new("kill").args([&format!("-{which}"), &process.to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What differs from run to run is replaced: ids, fingerprints, times, the program's and the folder's path.
pub(crate) fn masked(text: &str) -> String {
    let program = program().display().to_string();
    let words = |line: &str| line.split(' ').map(mask).collect::<Vec<_>>().join(" ");
    text.replace(&program, "checkmate").lines().map(words).collect::<Vec<_>>().join("\n")
}

fn mask(word: &str) -> String {
    let hex = |text: &str, least: usize| text.len() >= least && text.bytes().all(|b| b.is_ascii_hexdigit());
    let bare = word.trim_end_matches([',', ')']);
    let end = &word[bare.len()..];
    if bare.strip_prefix("v1.").is_some_and(|digits| hex(digits, 8)) {
        return format!("v1.FINGERPRINT{end}");
    }
    if hex(bare, 10) {
        return format!("ID{end}");
    }
    if bare.len() > 19 && bare.ends_with('Z') && bare.as_bytes()[10] == b'T' {
        return format!("TIME{end}");
    }
    if bare.parse::<f64>().is_ok() && bare.contains('.') && !bare.ends_with('.') {
        return format!("N.N{end}");
    }
    word.to_owned()
}
