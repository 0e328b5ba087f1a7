//! More workers on jobs that wait: twice the workers, twice the jobs.

use std::sync::Arc;
use std::time::Duration;

use checkmate::wiring::roles::Role;
use checkmate_queue::Broker;

use crate::path::{self, Slots};
use crate::servers::{Servers, store};
use crate::table::{Bar, Row};
use crate::tap::Tap;
use crate::turns::{Size, count, median};

/// Jobs of one worker at a time.
const SLOTS: u16 = 4;
/// How long each job waits for somebody else; a short scan. Much shorter, and the processor of one machine that carries
/// workers and servers is what is measured.
const WAITS: Duration = Duration::from_millis(250);
const WORKERS: [usize; 4] = [1, 2, 4, 8];

/// A scan by so many workers, each with connections of its own; jobs per second.
async fn run(servers: &Servers, workers: usize, jobs_each: usize) -> anyhow::Result<f64> {
    servers.purge().await;
    servers.everysec.command(&["FLUSHALL"]);
    let slots = Slots { worker: SLOTS, notifier: 32 };
    let mut processes = Vec::new();
    for number in 0..workers {
        let (store, broker) = (store(&servers.everysec).await?, servers.broker().await?);
        let parts = path::parts(store, broker, slots, &format!("bench-worker-{number}"))?;
        processes.push((parts, Role::Worker(None)));
    }
    let tap = Tap::new(servers.broker().await?);
    let store = store(&servers.everysec).await?;
    let notifier =
        path::parts(Arc::clone(&store), Arc::clone(&tap) as Arc<dyn Broker>, slots, "bench-notifier")?;
    processes.push((notifier, Role::Notifier));
    let jobs = workers * jobs_each;
    let took = path::run(&processes, &*store, &tap, &path::scan(jobs, WAITS, 400)).await?;
    for (parts, _) in &processes {
        parts.close().await;
    }
    Ok(count(jobs) / took)
}

/// One to eight workers.
///
/// # Errors
/// Those of the servers.
pub async fn measure(servers: &Servers, size: Size) -> anyhow::Result<Vec<Row>> {
    let jobs_each = usize::from(SLOTS) * size.pick(16, 2);
    let mut rates = [const { Vec::new() }; WORKERS.len()];
    for _ in 0..size.rounds() {
        for (workers, rates) in WORKERS.into_iter().zip(&mut rates) {
            rates.push(run(servers, workers, jobs_each).await?);
        }
    }
    let rates = rates.map(|rates| median(&rates));
    let row = |(workers, rate): (usize, f64)| {
        let linear = rate / (rates[0] * count(workers));
        let bar = if workers == 8 { Bar::AtLeast(0.95) } else { Bar::None };
        Row::new(format!("{workers} workers on waiting jobs, of linear"), linear, "x", bar)
            .told(format!("{rate:.0} jobs/s, {SLOTS} jobs of 250 ms at a time each"))
    };
    Ok(WORKERS.into_iter().zip(rates).skip(1).map(row).collect())
}
