//! Counts what ran, in a process that nobody kills: the scanner tells each start and each result by a datagram, fire and
//! forget. Repeats are allowed there; they show how much work the faults cost.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use anyhow::Context;
use checkmate_domain::TargetId;
use serde::{Deserialize, Serialize};

/// Names the port of the sink to the scanner.
pub const PORT: &str = "CHECKMATE_TEST_SINK";

/// Tells the sink, when there is one.
pub(crate) struct Teller(Option<UdpSocket>);

impl Teller {
    #[allow(
        clippy::disallowed_methods,
        reason = "the program of the tests is told by its environment; the product does not know of it"
    )]
    pub(crate) fn from_env() -> Self {
        let port = std::env::var(PORT).ok().and_then(|port| port.parse::<u16>().ok());
        Self(port.and_then(|port| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
            socket.set_nonblocking(true).ok()?;
            socket.connect((Ipv4Addr::LOCALHOST, port)).ok()?;
            Some(socket)
        }))
    }

    pub(crate) fn started(&self, target: &TargetId, round: u32) {
        self.tell('s', target, round);
    }

    pub(crate) fn found(&self, target: &TargetId, round: u32) {
        self.tell('r', target, round);
    }

    fn tell(&self, what: char, target: &TargetId, round: u32) {
        if let Some(socket) = &self.0 {
            let _ = socket.send(format!("{what} {round} {target}").as_bytes());
        }
    }
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Scans that started.
    pub starts: u64,
    /// Of them, those of a target and round that had started before.
    pub starts_again: u64,
    /// Scans that came to a result.
    pub results: u64,
    /// Of them, those of a target and round that had one before.
    pub results_again: u64,
}

/// Counts until told to stop; prints its port first.
///
/// # Errors
/// When there is no port.
pub fn serve() -> anyhow::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", socket.local_addr()?.port());
    let mut seen: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut datagram = [0; 1024];
    loop {
        let (length, from) = socket.recv_from(&mut datagram)?;
        match &datagram[..length] {
            b"tell" => drop(socket.send_to(&serde_json::to_vec(&count(&seen))?, from)),
            b"stop" => return Ok(()),
            what => *seen.entry(what.to_vec()).or_insert(0) += 1,
        }
    }
}

fn count(seen: &BTreeMap<Vec<u8>, u64>) -> Counts {
    let mut counts = Counts::default();
    for (what, times) in seen {
        let (all, again) = match what.first() {
            Some(b's') => (&mut counts.starts, &mut counts.starts_again),
            Some(b'r') => (&mut counts.results, &mut counts.results_again),
            _ => continue,
        };
        *all += times;
        *again += times - 1;
    }
    counts
}

/// The sink process, seen from the harness; stopped when dropped.
pub struct Sink {
    process: std::process::Child,
    socket: UdpSocket,
    port: u16,
}

impl Sink {
    /// Starts the program `chaos` as a sink.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(chaos: &std::path::Path) -> anyhow::Result<Self> {
        use std::io::BufRead as _;
        let mut process = std::process::Command::new(chaos)
            .arg("sink")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", chaos.display()))?;
        let mut line = String::new();
        let output = process.stdout.take().context("the sink has no output")?;
        std::io::BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse().context("the sink did not tell its port")?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect((Ipv4Addr::LOCALHOST, port))?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(Self { process, socket, port })
    }

    /// Where the scanner tells.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What was counted so far.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn counts(&self) -> anyhow::Result<Counts> {
        self.socket.send(b"tell")?;
        let mut answer = [0; 1024];
        let length = self.socket.recv(&mut answer).context("the sink does not answer")?;
        Ok(serde_json::from_slice(&answer[..length])?)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.socket.send(b"stop");
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_what_came_more_than_once() {
        let seen = [("s 0 a", 3), ("s 1 a", 1), ("r 0 a", 2), ("noise", 9)];
        let seen = seen.into_iter().map(|(what, times)| (what.as_bytes().to_vec(), times)).collect();
        assert_eq!(count(&seen), Counts { starts: 4, starts_again: 2, results: 2, results_again: 1 });
    }
}
