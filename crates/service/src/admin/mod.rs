//! The admin pages, on threads of their own: a process whose event loop is stuck still answers, and says so.
//!
//! `GET /livez`, `GET /readyz`, `GET /metrics`, `GET` and `PUT /log`. A few threads take connections in turn, each for one
//! small request within a few seconds; who comes while all are busy waits in the system's own queue.

mod http;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::http::{Answer, Refused, Request};
use crate::health::Health;
use crate::metrics;

/// Connections at a time.
const THREADS: usize = 4;
/// For one request, and again for its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// After the system refused to give a connection.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// What is logged, and how to change it.
pub trait LogLevel: Send + Sync {
    /// The filter in use.
    fn get(&self) -> String;

    /// Uses another filter from now on.
    ///
    /// # Errors
    /// Why it is not understood.
    fn set(&self, filter: &str) -> Result<(), String>;
}

/// What the pages show.
#[derive(Clone)]
pub struct Pages {
    /// For `/livez` and `/readyz`.
    pub health: Arc<Health>,
    /// For `/log`; `None` when this process does not log.
    pub log: Option<Arc<dyn LogLevel>>,
}

/// The running server; stopped when it is dropped.
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens and answers from now on.
    ///
    /// # Errors
    /// When the address cannot be listened on or the system gives no thread.
    pub fn start(listen: SocketAddr, pages: &Pages) -> io::Result<Self> {
        let listener = Arc::new(TcpListener::bind(listen)?);
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut server = Self { address, stop, threads: Vec::new() };
        for _ in 0..THREADS {
            let (listener, stop, pages) = (Arc::clone(&listener), Arc::clone(&server.stop), pages.clone());
            let thread = std::thread::Builder::new().name("admin".to_owned());
            server.threads.push(thread.spawn(move || serve(&listener, &stop, &pages))?);
        }
        Ok(server)
    }

    /// Where it listens: the real port when 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let mut here = self.address;
        if here.ip().is_unspecified() {
            here.set_ip(if here.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        // A thread that waits for a connection ends with the next one.
        let calls: Vec<_> =
            self.threads.iter().map(|_| TcpStream::connect_timeout(&here, Duration::from_secs(1))).collect();
        for (thread, call) in self.threads.drain(..).zip(calls) {
            if call.is_ok() {
                let _ = thread.join();
            }
        }
    }
}

fn serve(listener: &TcpListener, stop: &AtomicBool, pages: &Pages) {
    loop {
        let connection = listener.accept();
        if stop.load(Ordering::SeqCst) {
            return;
        }
        match connection {
            Ok((mut stream, _)) => answer(&mut stream, pages),
            Err(_) => std::thread::sleep(AFTER_FAILURE),
        }
    }
}

fn answer(stream: &mut TcpStream, pages: &Pages) {
    let answer = match http::read(stream, Instant::now() + PATIENCE) {
        Ok(request) => pages.answer(&request),
        Err(Refused::With(answer)) => answer,
        Err(Refused::Gone) => return,
    };
    // Whoever asked and left needs no answer.
    let _ = http::write(stream, &answer, PATIENCE);
}

impl Pages {
    fn answer(&self, request: &Request) -> Answer {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/livez") => told(self.health.trouble(), "alive"),
            ("GET", "/readyz") => {
                let reasons = self.health.readiness.reasons();
                told(reasons.iter().map(|(part, why)| format!("{}: {why}", part.as_str())), "ready")
            }
            ("GET", "/metrics") => {
                Answer { status: 200, content_type: metrics::CONTENT_TYPE, body: metrics::exposition() }
            }
            ("GET", "/log") => self.log(|log| Ok(log.get())),
            ("PUT", "/log") => self.log(|log| {
                let filter =
                    std::str::from_utf8(&request.body).map_err(|_| "the body is no text".to_owned())?;
                log.set(filter.trim())?;
                Ok(log.get())
            }),
            (_, "/livez" | "/readyz" | "/metrics" | "/log") => {
                Answer::text(405, "only GET here, and PUT on /log\n")
            }
            _ => Answer::text(404, "here are /livez, /readyz, /metrics and /log\n"),
        }
    }

    fn log(&self, ask: impl FnOnce(&dyn LogLevel) -> Result<String, String>) -> Answer {
        let Some(log) = &self.log else { return Answer::text(404, "this process does not log\n") };
        match ask(&**log) {
            Ok(filter) => Answer::text(200, format!("{filter}\n")),
            Err(why) => Answer::text(400, format!("{why}\n")),
        }
    }
}

/// All is well, or what is not, a line each.
fn told(reasons: impl IntoIterator<Item = String>, well: &str) -> Answer {
    let lines: Vec<String> =
        reasons.into_iter().map(|reason| reason.replace(['\r', '\n'], " ") + "\n").collect();
    match lines.as_slice() {
        [] => Answer::text(200, format!("{well}\n")),
        lines => Answer::text(503, lines.concat()),
    }
}
