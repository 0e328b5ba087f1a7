//! What went, or would go, and why.

use std::fmt::Write;
use std::time::Duration;

use checkmate_domain::Timestamp;
use checkmate_scheduler::retention::Keep;
use checkmate_store::{Cutoffs, Purged};
use serde::Serialize;

use crate::view::{Paint, Show, count};

/// What went, or would go.
#[derive(Debug, Serialize)]
pub struct PurgeView {
    /// The version of this form.
    pub schema: &'static str,
    /// Whether nothing was removed.
    pub dry_run: bool,
    /// How long things are kept; none when a time was given.
    #[serde(skip)]
    pub keep: Option<Keep>,
    /// What is older than these times goes.
    pub before: Cutoffs,
    /// What that is.
    pub purged: Purged,
}

impl PurgeView {
    /// For people.
    #[must_use]
    pub fn text(&self, show: Show<'_>) -> String {
        let paint = Paint(show.color);
        let goes = if self.dry_run { "would go" } else { "removed" };
        let head = format!("{:<18}  {:<8}  {:<20}  {goes}", "what", "kept for", "older than");
        let mut text = paint.bold(&head) + "\n";
        let Purged { scans, jobs, transitions, dead_handled, dead_waiting, .. } = self.purged;
        let keep = |of: fn(Keep) -> Duration| self.keep.map(of);
        let mut line = |what: &str, kept: Option<Duration>, before: Timestamp, goes: &str| {
            let kept = kept.map_or_else(|| "-".to_owned(), span);
            let _ = writeln!(text, "{what:<18}  {kept:<8}  {:<20}  {goes}", second(before));
        };
        line(
            "results of scans",
            keep(|keep| keep.results),
            self.before.results,
            &format!("{} with {}", many(scans, "scan"), many(jobs, "job")),
        );
        line(
            "log of transitions",
            keep(|keep| keep.events),
            self.before.events,
            &if transitions == 1 { "1 entry".to_owned() } else { format!("{transitions} entries") },
        );
        line(
            "dead letters",
            keep(|keep| keep.dead_letters),
            self.before.dead_letters,
            &format!("{dead_handled} handled, {dead_waiting} that still waited for a decision"),
        );
        let stays = "findings, whatever is not over, and the scan of each scope that ended last, however it ended, stay";
        let _ = writeln!(text, "\n{}", paint.dim(stays));
        if self.dry_run {
            let _ = writeln!(text, "nothing was removed (--dry-run)");
        }
        text
    }
}

fn many(number: u64, what: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), what)
}

/// Without what is less than a second.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().div_euclid(1_000) * 1_000)
}

/// `90 d`, `36 h`, `5 s`: in the largest unit that is exact.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    for (unit, word) in [(86_400, "d"), (3_600, "h"), (60, "min")] {
        if seconds >= unit && seconds.is_multiple_of(unit) {
            return format!("{} {word}", seconds / unit);
        }
    }
    format!("{seconds} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(keep: Option<Keep>) -> PurgeView {
        let at = |days: i64| Timestamp::from_millis(1_790_000_000_123 - days * 86_400_000);
        PurgeView {
            schema: "checkmate.purge/1",
            dry_run: keep.is_some(),
            keep,
            before: Cutoffs { results: at(90), events: at(30), dead_letters: at(30) },
            purged: Purged {
                scans: 1,
                jobs: 12,
                transitions: 7,
                dead_handled: 0,
                dead_waiting: 2,
                more: false,
            },
        }
    }

    #[test]
    fn a_table_says_what_goes_and_why() {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        let keep = Keep { results: days(90), events: days(30), dead_letters: Duration::from_hours(36) };
        let show = Show { program: "checkmate", color: false };
        let expected = [
            "what                kept for  older than            would go",
            "results of scans    90 d      2026-06-23T14:13:20Z  1 scan with 12 jobs",
            "log of transitions  30 d      2026-08-22T14:13:20Z  7 entries",
            "dead letters        36 h      2026-08-22T14:13:20Z  0 handled, 2 that still waited for a decision",
            "",
            "findings, whatever is not over, and the scan of each scope that ended last, however it ended, stay",
            "nothing was removed (--dry-run)",
            "",
        ];
        assert_eq!(view(Some(keep)).text(show), expected.join("\n"));
        let removed = view(None).text(show);
        assert!(removed.contains("removed") && !removed.contains("dry-run") && removed.contains("  -  "));
    }

    #[test]
    fn times_are_told_in_the_largest_exact_unit() {
        let cases = [(0, "0 s"), (61, "61 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 d")];
        for (seconds, expected) in cases {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }
}
