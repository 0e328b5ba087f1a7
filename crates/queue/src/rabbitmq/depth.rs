//! How full a queue is.
//!
//! The number of waiting messages comes fresh from the queue itself. The number of leased ones is known to the
//! management API only, whose figures of a quorum queue are up to five seconds old. An old "nothing leased" must not make
//! a busy queue look empty, so it is believed only when the figures agree with the fresh count and this process did
//! nothing to the queue since they were taken; otherwise the number is unknown. What another process published in the
//! last seconds may still be missing: "empty" speaks of what was published before.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::link::Link;
use super::management::{Api, segment};
use super::topology::{Topology, look_at_queue};
use crate::contract::{BrokerError, Depth};
use crate::names::Queue;

/// The figures of a quorum queue are taken every five seconds.
const FIGURES_AGE: Duration = Duration::from_secs(6);

/// When this process last touched each queue.
#[derive(Default)]
pub(super) struct Touched(Mutex<[Option<Instant>; Queue::ALL.len()]>);

impl Touched {
    pub(super) fn touch(&self, queue: Queue) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[queue as usize] = Some(Instant::now());
    }

    fn lately(&self, queue: Queue) -> bool {
        let touched = self.0.lock().unwrap_or_else(PoisonError::into_inner)[queue as usize];
        touched.is_some_and(|at| at.elapsed() < FIGURES_AGE)
    }
}

#[derive(Debug, Deserialize)]
struct Figures {
    messages_ready: Option<u64>,
    messages_unacknowledged: Option<u64>,
}

pub(super) async fn depth(
    link: &Link,
    topology: &Topology,
    api: Option<(&Api, &str)>,
    touched: &Touched,
    queue: Queue,
) -> Result<Depth, BrokerError> {
    let channel = link.channel().await?;
    let Some((ready, _)) = topology.found(look_at_queue(&channel, queue.name())).await? else {
        return Err(BrokerError::Topology(format!("there is no queue '{queue}'")));
    };
    let _ = topology.asked(channel.close(200, "looked".into())).await;
    let ready = u64::from(ready);
    let Some((api, vhost)) = api else { return Ok(Depth { ready, unacked: None }) };
    let path = format!(
        "/api/queues/{}/{}?columns=messages_ready,messages_unacknowledged",
        segment(vhost),
        queue.name()
    );
    let unacked = match api.get(&path).await {
        Ok(figures) => believed(&figures, ready, touched.lately(queue)),
        Err(error) => {
            tracing::debug!(%error, %queue, "the number of leased messages is unknown");
            None
        }
    };
    Ok(Depth { ready, unacked })
}

fn believed(figures: &Figures, ready: u64, touched_lately: bool) -> Option<u64> {
    match figures.messages_unacknowledged? {
        0 if touched_lately || figures.messages_ready != Some(ready) => None,
        leased => Some(leased),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_nothing_is_not_believed() {
        let figures = |ready, leased| Figures { messages_ready: ready, messages_unacknowledged: leased };
        let cases = [
            (figures(Some(0), Some(0)), 0, false, Some(0)),
            (figures(Some(0), Some(0)), 0, true, None),
            (figures(Some(3), Some(0)), 0, false, None),
            (figures(Some(3), Some(2)), 0, true, Some(2)),
            (figures(None, Some(0)), 0, false, None),
            (figures(Some(0), None), 0, false, None),
        ];
        for (figures, ready, lately, expected) in cases {
            assert_eq!(
                believed(&figures, ready, lately),
                expected,
                "{figures:?}, {ready} ready, touched {lately}"
            );
        }
    }
}
