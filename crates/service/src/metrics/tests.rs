//! Every function records, and what comes out is what Prometheus reads.

use std::collections::BTreeSet;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Calls each function. The process has one set of values, so the tests look at words that only one of them uses.
fn record_everything() {
    turn(true);
    sent("everything", "confirmed");
    published("everything", SECOND);
    drop(consumed("everything", true, Some(SECOND)));
    settled("everything", "done", SECOND);
    slots("everything", 3);
    consumer_up("everything", true);
    attempt("everything", "done", SECOND);
    credential("everything", SECOND);
    scan_over("everything", SECOND);
    dead_letter(true);
    keeper_round(Some(true));
    keeper_mended("everything", 2);
    reconciled(SECOND);
    transition("everything");
    ticket_change("everything");
    approval("everything");
    doubles_closed(1);
    dependency(Dependency::Store, false, true);
    broker_blocked(false);
    queue_depth("everything", 3, Some(2));
    oldest_message("everything", SECOND);
    cron_fired();
    cron_missed("everything", 2);
    cron_skipped("everything", 2);
    schedule_lateness(SECOND);
    spans_dropped(1);
}

/// The name of a line without the ending of a histogram's.
fn base(line: &str) -> &str {
    let name = line.split(['{', ' ']).next().unwrap();
    let ending = ["_bucket", "_sum", "_count"].into_iter().find_map(|ending| name.strip_suffix(ending));
    ending.unwrap_or(name)
}

#[test]
fn every_metric_is_recorded_by_a_function_and_shown_with_its_labels() {
    record_everything();
    let text = exposition();
    let shown: BTreeSet<&str> = text.lines().filter(|line| !line.starts_with('#')).map(base).collect();
    let named: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    assert_eq!(shown, named);
    for metric in Metric::ALL {
        for (values, _) in cells::read(*metric) {
            let used = values.iter().filter(|value| !value.is_empty()).count();
            assert_eq!(used, metric.labels().len(), "{}: {values:?}", metric.name());
        }
    }
}

#[test]
fn names_follow_the_conventions_and_stand_once() {
    let names: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    assert_eq!(names.len(), Metric::ALL.len());
    for metric in Metric::ALL {
        let name = metric.name();
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        assert_eq!(name.ends_with("_total"), metric.kind() == Kind::Counter, "{name}");
        assert_eq!(name.ends_with("_seconds"), metric.unit() == "seconds", "{name}");
        assert!(metric.kind() != Kind::Histogram || metric.unit() == "seconds", "{name}");
        assert!(metric.help().ends_with('.') && !metric.help().contains('\n'), "{name}");
    }
}

#[test]
fn a_histogram_counts_what_is_below_each_bound() {
    turn(true);
    for millis in [1, 7, 700, 100_000_000] {
        attempt("below", "done", Duration::from_millis(millis));
    }
    let text = exposition();
    let value = |line: &str| {
        let found = text.lines().find_map(|text| text.strip_prefix(line)).map(str::trim);
        found.unwrap_or_else(|| panic!("no {line} in\n{text}")).to_owned()
    };
    let labels = "kind=\"below\",outcome=\"done\"";
    for (bound, below) in
        [("0.001", "1"), ("0.005", "1"), ("0.01", "2"), ("1", "3"), ("14400", "3"), ("+Inf", "4")]
    {
        assert_eq!(
            value(&format!("checkmate_job_duration_seconds_bucket{{{labels},le=\"{bound}\"}}")),
            below
        );
    }
    assert_eq!(value(&format!("checkmate_job_duration_seconds_count{{{labels}}}")), "4");
    assert_eq!(value(&format!("checkmate_job_duration_seconds_sum{{{labels}}}")), "100000.708");
}

#[test]
fn what_is_in_hand_goes_up_and_down() {
    turn(true);
    let (one, two) = (consumed("hands", false, None), consumed("hands", false, None));
    let line = |level: u8| format!("checkmate_messages_in_hand{{queue=\"hands\"}} {level}\n");
    assert!(exposition().contains(&line(2)));
    drop((one, two));
    assert!(exposition().contains(&line(0)));
}

#[test]
fn an_outage_counts_when_it_begins() {
    turn(true);
    let broker = Dependency::Broker;
    for (up, was) in [(true, true), (false, true), (false, false), (true, false), (false, true)] {
        dependency(broker, up, was);
    }
    assert!(exposition().contains("checkmate_outages_total{dependency=\"broker\"} 2\n"));
    assert!(exposition().contains("checkmate_dependency_up{dependency=\"broker\"} 0\n"));
}
