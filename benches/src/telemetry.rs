//! What it costs to count and to trace: the whole path with both beside the whole path with neither.

use std::sync::Arc;
use std::time::Duration;

use checkmate_queue::{Broker, Measured};
use checkmate_service::metrics;
use checkmate_service::telemetry::Exporter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::path::{self, Slots};
use crate::servers::Embedded;
use crate::table::{Bar, Row};
use crate::tap::Tap;
use crate::turns::{Pair, Size};

const SLOTS: Slots = Slots { worker: 64, notifier: 64 };
const WINDOW: u32 = 200;

/// On the embedded parts, where the path itself is the shortest.
///
/// # Errors
/// When the files cannot be used.
pub async fn measure(size: Size) -> anyhow::Result<Vec<Row>> {
    let jobs = size.pick(4_000, 50);
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    // Elsewhere, as a collector is; it ends with the program.
    std::thread::spawn(move || collector(listener));
    let mut pair = Pair::default();
    for round in 0..size.rounds() {
        // In turns, and each first as often as the other.
        if round % 2 == 0 {
            pair.bare.push(run(jobs).await?);
        }
        pair.ours.push(told(jobs, &endpoint).await?);
        if round % 2 != 0 {
            pair.bare.push(run(jobs).await?);
        }
    }
    let row = Row::new("whole path with telemetry", pair.ratio(), "x", Bar::AtLeast(0.95));
    Ok(vec![row.told(format!("embedded, metrics and traces: {}", pair.rates(jobs)))])
}

/// A run that counts everything and sends every span.
async fn told(jobs: usize, endpoint: &str) -> anyhow::Result<f64> {
    let exporter = Exporter::start(endpoint, "bench", "0")?;
    metrics::turn(true);
    let took = run(jobs).await;
    metrics::turn(false);
    exporter.close().await;
    took
}

async fn run(jobs: usize) -> anyhow::Result<f64> {
    let files = Embedded::open().await?;
    let measured: Arc<dyn Broker> = Arc::new(Measured::new(Arc::clone(&files.broker)));
    let tap = Tap::new(measured);
    let scan = path::scan(jobs, Duration::ZERO, WINDOW);
    let took = path::run(&path::both(&files.store, &tap, SLOTS)?, &*files.store, &tap, &scan).await?;
    files.close().await;
    Ok(took)
}

fn collector(listener: std::net::TcpListener) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        collect(TcpListener::from_std(listener)?).await;
        anyhow::Ok(())
    })
}

/// Takes whatever is sent and says that it is well.
async fn collect(listener: TcpListener) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(take(stream));
    }
}

async fn take(mut stream: TcpStream) -> std::io::Result<()> {
    let mut got = Vec::new();
    loop {
        if let Some(length) = whole(&got) {
            got.drain(..length);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await?;
        } else if stream.read_buf(&mut got).await? == 0 {
            return Ok(());
        }
    }
}

/// The length of the first request, when all of it is there.
fn whole(got: &[u8]) -> Option<usize> {
    let end = got.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&got[..end]).ok()?.to_ascii_lowercase();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    (got.len() >= end + length).then_some(end + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_with_its_body() {
        let request = b"POST /v1/traces HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(whole(&request[..request.len() - 1]), None);
        assert_eq!(whole(request), Some(request.len()));
    }
}
