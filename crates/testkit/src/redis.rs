//! A private Redis: own folder, own port, append-only file on, gone with the test. Several may run at a time.
//!
//! Every method blocks for at most some seconds; a test that must not block its runtime calls it from `spawn_blocking`.

#![allow(clippy::expect_used, clippy::panic, reason = "called by tests only; a test fails by panicking")]

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

const START_TIMEOUT: Duration = Duration::from_secs(20);

/// When Redis writes its append-only file through to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// Once a second: the last one can be lost with the power.
    #[default]
    EverySecond,
    /// Before every answer.
    Always,
}

/// Certificates for a Redis that speaks TLS only.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The authority that signed the others, PEM.
    pub ca: PathBuf,
    /// The server's certificate, PEM.
    pub cert: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// Whether clients must show a certificate of the same authority.
    pub demand_client: bool,
}

/// What the private Redis is like.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// See [`Fsync`].
    pub fsync: Fsync,
    /// Whether there is an append-only file at all.
    pub append_only: bool,
    /// `maxmemory-policy`.
    pub policy: String,
    /// `requirepass`.
    pub password: Option<String>,
    /// TLS instead of plain TCP.
    pub tls: Option<TlsFiles>,
    /// Further lines of `redis.conf`.
    pub extra: Vec<String>,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            fsync: Fsync::default(),
            append_only: true,
            policy: "noeviction".to_owned(),
            password: None,
            tls: None,
            extra: Vec::new(),
        }
    }
}

/// A running private Redis; killed and its folder removed on drop.
#[derive(Debug)]
pub struct Redis {
    folder: tempfile::TempDir,
    options: RedisOptions,
    port: u16,
    server: Option<Server>,
}

/// The server, and a shell that kills it when this process dies without dropping anything.
#[derive(Debug)]
struct Server {
    process: Child,
    watcher: Child,
}

impl Redis {
    /// Starts one with the defaults: append-only file, `everysec`, `noeviction`.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(RedisOptions::default())
    }

    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// When `redis-server` is missing or does not come up; the panic holds its log.
    #[must_use]
    pub fn start_with(options: RedisOptions) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut redis = Self { folder, options, port: 0, server: None };
        for _ in 0..5 {
            redis.port = free_port();
            if redis.try_launch() {
                return redis;
            }
        }
        panic!("redis-server did not come up:\n{}", redis.log());
    }

    /// Where clients connect, without password: `redis://127.0.0.1:PORT` or `rediss://localhost:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        match self.options.tls {
            Some(_) => format!("rediss://localhost:{}", self.port),
            None => format!("redis://127.0.0.1:{}", self.port),
        }
    }

    /// The port it listens on, the same over restarts.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder: configuration, log, append-only file.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("redis.log")).unwrap_or_default()
    }

    /// The process id.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn pid(&self) -> Pid {
        let server = self.server.as_ref().expect("redis-server is not running");
        Pid::from_child(&server.process)
    }

    /// Kills it at once, as `kill -9` does.
    pub fn kill9(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.end();
        }
    }

    /// Stops it in order, flushing everything.
    pub fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let _ = kill_process(Pid::from_child(&server.process), Signal::TERM);
        let until = Instant::now() + START_TIMEOUT;
        while Instant::now() < until && matches!(server.process.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.end();
    }

    /// Starts it again on the same port and folder after [`Self::kill9`] or [`Self::stop`].
    ///
    /// # Panics
    /// When it does not come up.
    pub fn launch(&mut self) {
        for _ in 0..20 {
            if self.try_launch() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("redis-server did not come up again:\n{}", self.log());
    }

    /// [`Self::kill9`], then [`Self::launch`].
    pub fn restart(&mut self) {
        self.kill9();
        self.launch();
    }

    /// How much of the append-only file is written by now; for [`Self::restart_at`].
    ///
    /// # Panics
    /// When there is no append-only file.
    #[must_use]
    pub fn written(&self) -> u64 {
        std::fs::metadata(self.append_only_file()).expect("the append-only file").len()
    }

    /// Kills it and starts it again without what was written after `written`: what a disk loses that is a second behind.
    ///
    /// # Panics
    /// When there is no append-only file, or it does not come up.
    pub fn restart_at(&mut self, written: u64) {
        self.kill9();
        let file = std::fs::File::options().write(true).open(self.append_only_file());
        file.and_then(|file| file.set_len(written)).expect("the append-only file");
        self.launch();
    }

    /// The part that grows.
    fn append_only_file(&self) -> PathBuf {
        let files = std::fs::read_dir(self.folder.path().join("appendonlydir"))
            .expect("a folder of append-only files");
        let mut files = files.flatten().map(|file| file.path());
        files.find(|file| file.to_string_lossy().ends_with(".incr.aof")).expect("an append-only file")
    }

    /// Freezes it: connections stay, nothing answers.
    pub fn freeze(&self) {
        let _ = kill_process(self.pid(), Signal::STOP);
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&self) {
        let _ = kill_process(self.pid(), Signal::CONT);
    }

    /// Sends one command of plain words and hands back the raw answer. Not for a Redis that speaks TLS.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn command(&self, words: &[&str]) -> String {
        ask(self.port, self.options.password.as_deref(), words).expect("an answer of redis-server")
    }

    fn try_launch(&mut self) -> bool {
        self.kill9();
        std::fs::write(self.folder.path().join("redis.conf"), self.configuration()).expect("redis.conf");
        let mut server = Server::spawn(self.folder.path());
        let until = Instant::now() + START_TIMEOUT;
        while Instant::now() < until {
            if !matches!(server.process.try_wait(), Ok(None)) {
                server.end();
                return false;
            }
            if self.answers() {
                self.server = Some(server);
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        server.end();
        false
    }

    /// Over TLS a listening port that also wrote "Ready" has to do; there is no TLS client here.
    fn answers(&self) -> bool {
        if self.options.tls.is_some() {
            return self.log().contains("Ready to accept connections")
                && TcpStream::connect(address(self.port)).is_ok();
        }
        ask(self.port, self.options.password.as_deref(), &["PING"])
            .is_ok_and(|answer| answer.contains("PONG"))
    }

    fn configuration(&self) -> String {
        let RedisOptions { fsync, append_only, policy, password, tls, extra } = &self.options;
        let fsync = if *fsync == Fsync::Always { "always" } else { "everysec" };
        let append_only = if *append_only { "yes" } else { "no" };
        let mut text = format!(
            "bind 127.0.0.1\ndaemonize no\nlogfile redis.log\nsave \"\"\nappendonly {append_only}\n\
             appendfsync {fsync}\nmaxmemory-policy {policy}\n"
        );
        match tls {
            None => drop(writeln!(text, "port {}", self.port)),
            Some(TlsFiles { ca, cert, key, demand_client }) => {
                let clients = if *demand_client { "yes" } else { "no" };
                let (ca, cert, key) = (ca.display(), cert.display(), key.display());
                let _ = writeln!(
                    text,
                    "port 0\ntls-port {}\ntls-ca-cert-file {ca}\ntls-cert-file {cert}\ntls-key-file {key}\n\
                     tls-auth-clients {clients}",
                    self.port
                );
            }
        }
        if let Some(password) = password {
            let _ = writeln!(text, "requirepass {password}");
        }
        for line in extra {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

impl Server {
    fn spawn(folder: &Path) -> Self {
        let process = Command::new("redis-server")
            .arg("redis.conf")
            .current_dir(folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server: {error}: run 'make test', it installs Redis"));
        let watcher = Command::new("/bin/sh")
            .args(["-c", "read line; kill -9 \"$1\"", "watch-redis", &process.id().to_string()])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("/bin/sh");
        Self { process, watcher }
    }

    fn end(&mut self) {
        let _ = self.watcher.kill();
        let _ = self.watcher.wait();
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ = self.process.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(address(0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn ask(port: u16, password: Option<&str>, words: &[&str]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address(port), Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    if let Some(password) = password {
        exchange(&mut stream, &["AUTH", password])?;
    }
    exchange(&mut stream, words)
}

/// One command, one answer: whatever has come when the line pauses.
fn exchange(stream: &mut TcpStream, words: &[&str]) -> std::io::Result<String> {
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        let _ = write!(request, "${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(request.as_bytes())?;
    let mut answer = vec![0; 1 << 20];
    let mut filled = stream.read(&mut answer)?;
    while bulk_is_cut(&answer[..filled]) && filled < answer.len() {
        filled += stream.read(&mut answer[filled..])?;
    }
    Ok(String::from_utf8_lossy(&answer[..filled]).into_owned())
}

/// Whether a bulk string (the form of INFO's answer) has more to come.
fn bulk_is_cut(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, rest)) = text.strip_prefix('$').and_then(|text| text.split_once("\r\n")) else {
        return false;
    };
    head.parse::<usize>().is_ok_and(|length| rest.len() < length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_written_over_a_kill() {
        let mut redis = Redis::start();
        redis.command(&["SET", "a", "1"]);
        redis.restart();
        assert_eq!(redis.command(&["GET", "a"]), "$1\r\n1\r\n");
    }

    #[test]
    fn is_gone_after_the_drop() {
        let (first, second) = (Redis::start(), Redis::start());
        let (port, other) = (first.port(), second.port());
        assert_ne!(port, other);
        drop(first);
        assert!(TcpStream::connect(address(port)).is_err());
        assert!(TcpStream::connect(address(other)).is_ok());
    }
}
