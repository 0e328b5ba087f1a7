//! The table.
//!
//! Next on the way of a finding: `crates/notifier/src/reconciler.rs`.

use checkmate_domain::{Exposure, Priority, Severity, Triaged};

/// The verdict on a finding of this severity that these people can reach.
#[must_use]
pub fn score(severity: Severity, exposure: Exposure) -> Triaged {
    let priority = priority(severity, exposure);
    let reason =
        format!("{} severity, {}: {}.", severity_words(severity), exposure_words(exposure), when(priority));
    Triaged { priority, reason }
}

const fn priority(severity: Severity, exposure: Exposure) -> Priority {
    use Exposure::{Authenticated, Internal, Public};
    use Severity::{Critical, High, Info, Low, Moderate};
    match (severity, exposure) {
        (Critical, Public | Authenticated) | (High, Public) => Priority::P1,
        (Critical, Internal) | (High, Authenticated) | (Moderate, Public) => Priority::P2,
        (High, Internal) | (Moderate, Authenticated | Internal) | (Low, Public) => Priority::P3,
        (Low, Authenticated | Internal) | (Info, Public | Authenticated | Internal) => Priority::P4,
    }
}

const fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "Info",
        Severity::Low => "Low",
        Severity::Moderate => "Moderate",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

const fn exposure_words(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Internal => "reachable only by people who administer it",
        Exposure::Authenticated => "reachable by anybody with an account",
        Exposure::Public => "reachable by anybody on the internet",
    }
}

const fn when(priority: Priority) -> &'static str {
    match priority {
        Priority::P1 => "act now",
        Priority::P2 => "act this week",
        Priority::P3 => "act this quarter",
        Priority::P4 => "act when there is time",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        use Priority::{P1, P2, P3, P4};
        let expected = [
            // internal, authenticated, public
            (Severity::Info, [P4, P4, P4]),
            (Severity::Low, [P4, P4, P3]),
            (Severity::Moderate, [P3, P3, P2]),
            (Severity::High, [P3, P2, P1]),
            (Severity::Critical, [P2, P1, P1]),
        ];
        assert_eq!(expected.map(|(severity, _)| severity), Severity::ALL);
        for (severity, row) in expected {
            let scored = Exposure::ALL.map(|exposure| score(severity, exposure).priority);
            assert_eq!(scored, row, "{severity}");
        }
    }

    #[test]
    fn raising_severity_or_exposure_never_lowers_the_priority() {
        let cells = || Severity::ALL.into_iter().flat_map(|s| Exposure::ALL.map(|e| (s, e)));
        for (low_severity, low_exposure) in cells() {
            for (severity, exposure) in cells().filter(|(s, e)| *s >= low_severity && *e >= low_exposure) {
                // P1 is the smallest value: more urgent is less.
                assert!(priority(severity, exposure) <= priority(low_severity, low_exposure));
            }
        }
    }

    #[test]
    fn the_reason_is_one_sentence_that_names_both() {
        for severity in Severity::ALL {
            for exposure in Exposure::ALL {
                let reason = score(severity, exposure).reason;
                assert!(reason.to_lowercase().starts_with(&format!("{severity} severity")), "{reason}");
                assert!(reason.contains(exposure_words(exposure)), "{reason}");
                assert_eq!(reason.matches('.').count(), 1, "{reason}");
            }
        }
        let reason = score(Severity::High, Exposure::Public).reason;
        assert_eq!(reason, "High severity, reachable by anybody on the internet: act now.");
    }
}
