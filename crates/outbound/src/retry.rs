//! Whether a call is repeated, and after how long: pure.

use std::time::Duration;

use crate::call::Repeat;
use crate::error::CallError;

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attempted<'a> {
    /// With a status and the wait that the vendor asks for.
    Answered(u16, Option<Duration>),
    /// Without an answer.
    Failed(&'a CallError),
}

/// The bounds of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) attempts: u32,
    pub(crate) backoff: (Duration, Duration),
    /// What is left of the time for the call.
    pub(crate) left: Duration,
}

/// The wait before the next attempt; `None` when this one was the last. `attempt` counts from 1, `dice` lies in 0..1.
pub(crate) fn next(
    repeat: Repeat,
    attempt: u32,
    attempted: Attempted<'_>,
    bounds: Bounds,
    dice: f64,
) -> Option<Duration> {
    if attempt >= bounds.attempts || !may_repeat(repeat, attempted) {
        return None;
    }
    let asked = match attempted {
        Attempted::Answered(_, asked) => asked,
        Attempted::Failed(error) => error.again_in(),
    };
    let (least, most) = bounds.backoff;
    let step = least.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(16))).min(most);
    // Never before what was asked for; spread over another half of the step, so that many do not come back at once.
    let wait = match asked {
        Some(asked) => asked.saturating_add(least.mul_f64(dice)),
        None => step.mul_f64(0.5 + dice / 2.0),
    };
    (wait < bounds.left).then_some(wait)
}

fn may_repeat(repeat: Repeat, attempted: Attempted<'_>) -> bool {
    match (repeat, attempted) {
        (Repeat::Never, _) => false,
        (Repeat::Safe, Attempted::Answered(status, _)) => matches!(status, 429 | 502 | 503 | 504),
        (Repeat::Safe, Attempted::Failed(error)) => error.is_transient(),
        // Refused before anything was done.
        (Repeat::Unsent, Attempted::Answered(status, _)) => status == 429,
        (Repeat::Unsent, Attempted::Failed(error)) => error.is_transient() && !error.maybe_sent(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unreachable(maybe_sent: bool) -> CallError {
        CallError::Unreachable { host: "h".into(), why: "w".into(), maybe_sent }
    }

    const BOUNDS: Bounds = Bounds {
        attempts: 3,
        backoff: (Duration::from_millis(200), Duration::from_secs(10)),
        left: Duration::from_secs(30),
    };

    #[test]
    fn only_what_is_safe_is_repeated() {
        let (sent, unsent) = (unreachable(true), unreachable(false));
        let busy = CallError::TooLarge { host: "h".into(), cap: 1 };
        for (repeat, attempted, again) in [
            (Repeat::Safe, Attempted::Answered(503, None), true),
            (Repeat::Safe, Attempted::Answered(429, None), true),
            (Repeat::Safe, Attempted::Answered(500, None), false),
            (Repeat::Safe, Attempted::Answered(404, None), false),
            (Repeat::Safe, Attempted::Answered(200, None), false),
            (Repeat::Safe, Attempted::Failed(&sent), true),
            (Repeat::Safe, Attempted::Failed(&busy), false),
            (Repeat::Unsent, Attempted::Answered(503, None), false),
            (Repeat::Unsent, Attempted::Answered(429, None), true),
            (Repeat::Unsent, Attempted::Failed(&sent), false),
            (Repeat::Unsent, Attempted::Failed(&unsent), true),
            (Repeat::Never, Attempted::Failed(&unsent), false),
            (Repeat::Never, Attempted::Answered(429, None), false),
        ] {
            assert_eq!(next(repeat, 1, attempted, BOUNDS, 0.5).is_some(), again, "{repeat:?} {attempted:?}");
        }
        assert!(next(Repeat::Safe, 3, Attempted::Answered(503, None), BOUNDS, 0.5).is_none());
    }

    proptest! {
        #[test]
        fn waits_are_within_bounds(
            attempt in 0..100_u32,
            attempts in 0..100_u32,
            asked in proptest::option::of(0..100_000_u64),
            left in 0..100_000_u64,
            dice in 0.0..1.0,
        ) {
            let asked = asked.map(Duration::from_millis);
            let bounds = Bounds { attempts, left: Duration::from_millis(left), ..BOUNDS };
            let wait = next(Repeat::Safe, attempt, Attempted::Answered(429, asked), bounds, dice);
            if let Some(wait) = wait {
                prop_assert!(attempt < attempts);
                prop_assert!(wait < bounds.left);
                prop_assert!(wait >= asked.unwrap_or(BOUNDS.backoff.0 / 2));
                prop_assert!(wait <= asked.map_or(BOUNDS.backoff.1, |asked| asked + BOUNDS.backoff.0));
            }
        }
    }
}
