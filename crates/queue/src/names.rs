//! The names of queues and exchanges, and the ladder of delays. What they are set to is policy, in `deploy/rabbitmq/`.

use std::fmt;
use std::time::Duration;

use checkmate_domain::Lane;

/// A queue somebody of us consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Jobs a person waits for.
    ScanInteractive,
    /// Scheduled jobs.
    ScanBulk,
    /// Result events on their way to the notifier.
    Results,
    /// Requests of other systems for scans.
    Requests,
    /// Whatever was given up, by us or by the broker.
    Dead,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ScanInteractive, Self::ScanBulk, Self::Results, Self::Requests, Self::Dead];

    /// The queue's name, which is its routing key on the direct exchange too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScanInteractive => "checkmate.scan.interactive",
            Self::ScanBulk => "checkmate.scan.bulk",
            Self::Results => "checkmate.results",
            Self::Requests => "checkmate.requests",
            Self::Dead => "checkmate.dead",
        }
    }

    /// The queue with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.name() == name)
    }

    /// The work queue of a lane.
    #[must_use]
    pub const fn of_lane(lane: Lane) -> Self {
        match lane {
            Lane::Interactive => Self::ScanInteractive,
            Lane::Bulk => Self::ScanBulk,
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Direct exchange: routing key = queue name.
pub const EXCHANGE_WORK: &str = "checkmate.work";
/// Topic exchange for events: routing key = event type.
pub const EXCHANGE_EVENTS: &str = "checkmate.events";
/// Fanout exchange for requests: the only one that other systems may write to.
pub const EXCHANGE_REQUESTS: &str = "checkmate.requests";
/// Where dead letters go, ours and the broker's own.
pub const EXCHANGE_DEAD: &str = "checkmate.dead";
/// Header of a message that was put off: the reason, in one line.
pub const HEADER_REASON: &str = "checkmate-put-off-because";
/// What the results queue is bound to on the event exchange.
pub const RESULTS_BINDING: &str = "checkmate.result.#";

/// The delays a message can be given back for: name and time. A delay queue per step has a constant time, so no message
/// waits behind a longer one.
pub const RETRY_LADDER: [(&str, Duration); 6] = [
    ("1s", Duration::from_secs(1)),
    ("10s", Duration::from_secs(10)),
    ("1m", Duration::from_mins(1)),
    ("5m", Duration::from_mins(5)),
    ("30m", Duration::from_mins(30)),
    ("2h", Duration::from_hours(2)),
];

/// The first step that is at least as long as asked for; the longest when none is.
#[must_use]
pub fn retry_level(after: Duration) -> (&'static str, Duration) {
    let longest = RETRY_LADDER[RETRY_LADDER.len() - 1];
    RETRY_LADDER.into_iter().find(|(_, delay)| *delay >= after).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_earlier_than_asked_unless_beyond_the_ladder() {
        let cases = [(0, "1s"), (1, "1s"), (2, "10s"), (61, "5m"), (7_200, "2h"), (90_000, "2h")];
        for (seconds, level) in cases {
            assert_eq!(retry_level(Duration::from_secs(seconds)).0, level, "{seconds} s");
        }
    }
}
