//! Real requests to a real server.

use std::io::{Read as _, Write as _};
use std::sync::Mutex;

use super::*;
use crate::health::{Part, STUCK_AFTER};

struct Filter(Mutex<String>);

impl LogLevel for Filter {
    fn get(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    fn set(&self, filter: &str) -> Result<(), String> {
        if filter.contains('!') {
            return Err("not understood".to_owned());
        }
        filter.clone_into(&mut self.0.lock().unwrap());
        Ok(())
    }
}

fn start(health: &Arc<Health>) -> Server {
    let log: Arc<dyn LogLevel> = Arc::new(Filter(Mutex::new("info".to_owned())));
    let pages = Pages { health: Arc::clone(health), log: Some(log) };
    Server::start(SocketAddr::from(([127, 0, 0, 1], 0)), &pages).unwrap()
}

/// The status and the body.
fn ask(server: &Server, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn get(server: &Server, path: &str) -> (u16, String) {
    ask(server, &format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n"))
}

#[test]
fn the_pages_say_what_is_known() {
    let health = Arc::new(Health::default());
    let server = start(&health);
    assert_eq!(get(&server, "/livez"), (200, "alive\n".to_owned()));
    assert_eq!(get(&server, "/readyz"), (503, "start: the process is starting\n".to_owned()));
    health.readiness.set(Part::Start, Ok(()));
    assert_eq!(get(&server, "/readyz"), (200, "ready\n".to_owned()));
    health.readiness.set(Part::Store, Err("two\nlines".to_owned()));
    health.readiness.set(Part::Broker, Err("away".to_owned()));
    assert_eq!(get(&server, "/readyz"), (503, "store: two lines\nbroker: away\n".to_owned()));
    assert_eq!(get(&server, "/livez").0, 200, "what is away is no reason to be restarted");
    assert!(get(&server, "/metrics").1.contains("# TYPE checkmate_leader gauge\n"));
    assert_eq!(get(&server, "/").0, 404);
    assert_eq!(ask(&server, "DELETE /livez HTTP/1.1\r\n\r\n").0, 405);
}

#[test]
fn the_log_filter_is_shown_and_changed() {
    let server = start(&Arc::new(Health::default()));
    let put = |filter: &str| {
        ask(&server, &format!("PUT /log HTTP/1.1\r\nContent-Length: {}\r\n\r\n{filter}", filter.len()))
    };
    assert_eq!(put("debug"), (200, "debug\n".to_owned()));
    assert_eq!(put("a!"), (400, "not understood\n".to_owned()));
    assert_eq!(get(&server, "/log"), (200, "debug\n".to_owned()));
}

#[test]
fn who_says_too_much_is_refused() {
    let server = start(&Arc::new(Health::default()));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nX: ").unwrap();
    stream.write_all(&[b'x'; 8 * 1024]).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
}

#[test]
fn who_says_nothing_keeps_nobody_else_waiting() {
    let server = start(&Arc::new(Health::default()));
    let silent: Vec<_> = (1..THREADS).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    let asked = Instant::now();
    assert_eq!(get(&server, "/livez").0, 200);
    assert!(asked.elapsed() < PATIENCE);
    drop(silent);
}

#[test]
fn a_stuck_event_loop_is_told_from_another_thread() {
    let health = Arc::new(Health::default());
    let server = start(&health);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let beating = Arc::clone(&health);
    runtime.spawn(async move { beating.beat().await });
    runtime.block_on(async { tokio::time::sleep(Duration::from_millis(50)).await });
    assert_eq!(get(&server, "/livez").0, 200);
    // The one thread of the loop does something else for too long.
    runtime.block_on(async { std::thread::sleep(STUCK_AFTER + Duration::from_millis(1_500)) });
    let (status, why) = get(&server, "/livez");
    assert_eq!(status, 503);
    assert!(why.contains("the event loop has not turned for 1"), "{why}");
    runtime.block_on(async { tokio::time::sleep(Duration::from_millis(400)).await });
    assert_eq!(get(&server, "/livez").0, 200, "it turns again");
}
