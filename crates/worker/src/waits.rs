//! What jobs wait for, as log lines: one when that begins and one when it is over, however many jobs wait.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest reason that is kept and logged, in characters: the words of a vendor, and what a person does, which stands at
/// the end.
const LONGEST: usize = 1_000;
/// Reasons known at a time; more of them are not told.
const KNOWN: usize = 100;
/// What is over and begins again sooner is not told again.
const AGAIN: Duration = Duration::from_mins(1);
/// What nobody met for so long is forgotten: its end was seen by another process.
const FORGOTTEN: Duration = Duration::from_hours(1);

/// The reasons that this process has met.
#[derive(Default)]
pub(crate) struct Waits(Mutex<Known>);

#[derive(Default)]
struct Known(BTreeMap<String, Wait>);

/// A reason that was told.
struct Wait {
    /// Whose job met it first; when a job of it goes on, that is the end.
    of: String,
    told: Instant,
    met: Instant,
    over: bool,
}

impl Waits {
    /// A job of this target waits.
    pub(crate) fn begin(&self, of: &str, why: &str) {
        if self.known().begin(of, why, Instant::now()) {
            tracing::warn!(of, why, "jobs wait and are tried again; 'checkmate doctor' tells how many");
        }
    }

    /// A job of this target was done, which may have waited for something before.
    pub(crate) fn end(&self, of: &str, why: Option<&str>) {
        let over = self.known().end(of, why, Instant::now());
        for (why, waited) in over {
            tracing::warn!(of, why, seconds = waited.as_secs(), "over: jobs do not wait for this any more");
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Whether this is to be told.
    fn begin(&mut self, of: &str, why: &str, now: Instant) -> bool {
        self.0.retain(|_, wait| now.duration_since(wait.met) < FORGOTTEN);
        if let Some(wait) = self.0.get_mut(why) {
            wait.met = now;
            let again = wait.over && now.duration_since(wait.told) >= AGAIN;
            if again {
                (wait.over, wait.told) = (false, now);
                of.clone_into(&mut wait.of);
            }
            return again;
        }
        let room = self.0.len() < KNOWN;
        if room {
            let wait = Wait { of: of.to_owned(), told: now, met: now, over: false };
            self.0.insert(why.to_owned(), wait);
        }
        room
    }

    /// What was told and is over, and how long it was so.
    fn end(&mut self, of: &str, why: Option<&str>, now: Instant) -> Vec<(String, Duration)> {
        let ends = |known: &str, wait: &Wait| !wait.over && (wait.of == of || Some(known) == why);
        let ending = self.0.iter_mut().filter(|(known, wait)| ends(known, wait));
        let over = |(known, wait): (&String, &mut Wait)| {
            wait.over = true;
            (known.clone(), now.duration_since(wait.told))
        };
        ending.map(over).collect()
    }
}

/// A text as one line, not longer than is read.
pub(crate) fn brief(text: &str) -> String {
    let mut line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST + 1).collect();
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_jobs_make_one_line_at_each_end() {
        let (mut known, now) = (Known::default(), Instant::now());
        let told = (0..1_000).filter(|n| known.begin(&format!("auth0:{n}"), "no audit", now)).count();
        assert_eq!(told, 1);
        let later = now + Duration::from_secs(90);
        let ended: Vec<_> = (0..1_000).flat_map(|_| known.end("auth0:7", Some("no audit"), later)).collect();
        assert_eq!(ended, [("no audit".to_owned(), Duration::from_secs(90))]);
    }

    #[test]
    fn what_comes_and_goes_is_told_once_a_minute() {
        let (mut known, start) = (Known::default(), Instant::now());
        let mut told = (0, 0);
        for second in 0..180 {
            let now = start + Duration::from_secs(second);
            told.0 += usize::from(known.begin("auth0:a", "HTTP 503", now));
            told.1 += known.end("auth0:a", None, now).len();
        }
        assert_eq!(told, (3, 3));
    }

    #[test]
    fn another_target_ends_only_what_it_waited_for() {
        let (mut known, now) = (Known::default(), Instant::now());
        assert!(known.begin("auth0:a", "a is away", now) && known.begin("auth0:b", "b is away", now));
        assert_eq!(known.end("auth0:b", None, now).len(), 1);
        assert_eq!(known.end("auth0:b", None, now), []);
        assert_eq!(known.end("auth0:c", Some("a is away"), now).len(), 1);
    }

    #[test]
    fn no_more_is_remembered_than_is_read() {
        let (mut known, now) = (Known::default(), Instant::now());
        let told = (0..1_000).filter(|n| known.begin("auth0:a", &format!("reason {n}"), now)).count();
        assert_eq!((told, known.0.len()), (KNOWN, KNOWN));
        assert!(known.begin("auth0:a", "another", now + FORGOTTEN));
    }

    #[test]
    fn a_reason_is_a_short_line() {
        assert_eq!(brief("a\nb\u{1b}"), "a b ");
        assert_eq!(brief(&"ö".repeat(LONGEST)), "ö".repeat(LONGEST));
        assert_eq!(brief(&"ö".repeat(LONGEST + 1)), "ö".repeat(LONGEST) + "…");
    }
}
