//! A collector of traces that keeps what it is sent.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// Listens until the test ends.
pub(crate) struct Collector {
    pub(crate) address: String,
    spans: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let spans = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&spans);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(&mut stream.unwrap(), &kept));
            }
        });
        Self { address, spans }
    }

    /// What has come so far.
    pub(crate) fn spans(&self) -> Vec<Value> {
        self.spans.lock().unwrap().clone()
    }
}

/// Takes requests of one connection.
fn serve(stream: &mut TcpStream, kept: &Mutex<Vec<Value>>) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut got = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        while let Some((body, length)) = request(&got) {
            let sent: Value = serde_json::from_slice(&got[body..body + length]).unwrap();
            let spans = &sent["resourceSpans"][0]["scopeSpans"][0]["spans"];
            kept.lock().unwrap().extend(spans.as_array().unwrap().iter().cloned());
            got.drain(..body + length);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => got.extend_from_slice(&piece[..read]),
        }
    }
}

/// Where the body of the first whole request is, and how long it is.
fn request(got: &[u8]) -> Option<(usize, usize)> {
    let end = got.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&got[..end]).unwrap();
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    let head = head.to_ascii_lowercase();
    assert!(head.contains("content-type: application/json"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let length = length.parse().unwrap();
    (got.len() >= end + 4 + length).then_some((end + 4, length))
}
