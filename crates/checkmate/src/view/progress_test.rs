//! Tables of progress.

use std::time::Duration;

use checkmate_domain::{
    EndReason, JobId, JobKind, JobSpec, Lane, NotAssessed, ScanId, TargetId, Timestamp, WorkerId,
};
use checkmate_store::{FenceInfo, JobRecord, JobState, ScanRecord, ScanState};

use super::progress::{Rate, TargetLine, about, eta, eta_of, line, live, percent};
use super::snapshots::scan;
use super::waits::{self, Waiting};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((1_790_000_000 + seconds) * 1_000)
}

fn job(state: JobState) -> JobRecord {
    JobRecord {
        id: JobId::new("j").unwrap(),
        scan: ScanId::new("s").unwrap(),
        kind: JobKind::Scan,
        scope: "export:acme".parse().unwrap(),
        spec: Some(JobSpec::whole(TargetId::new("export:acme/one").unwrap())),
        lane: Lane::Bulk,
        state,
        time_limit_ms: 1,
        released_at: at(0),
        expires_at: at(1_000),
        not_before: at(0),
        published_at: None,
        attempt: 2,
        failures: 0,
        crashes: 0,
        crashes_alone: 0,
        last_error: None,
        waits_for: None,
        fence: None,
        seq: 0,
        stored_at: None,
        end: None,
    }
}

#[test]
fn nothing_is_said_about_the_rest_before_enough_is_known() {
    let cases = [
        ("at an even pace", 10, 10, 30, Some(30)),
        ("slow", 3, 60, 10, Some(200)),
        ("nothing left", 10, 10, 0, None),
        ("too few", 2, 60, 10, None),
        ("too short", 100, 1, 10, None),
        ("nothing moves", 0, 60, 10, None),
    ];
    for (what, completed, within, left, expected) in cases {
        assert_eq!(eta(completed, seconds(within), left), expected.map(seconds), "{what}");
    }
    assert_eq!(eta(u64::MAX, Duration::MAX, u64::MAX), None, "beyond what can be told");
}

#[test]
fn the_last_minute_counts() {
    let mut rate = Rate::default();
    assert_eq!(rate.eta(10), None);
    for second in 0..=60 {
        rate.note(seconds(second), second * 10);
    }
    assert_eq!(rate.eta(100), Some(seconds(10)));
    for second in 61..=120 {
        rate.note(seconds(second), 600 + (second - 60));
    }
    assert_eq!(rate.eta(100), Some(seconds(100)), "what was faster is a minute ago");
    for second in 121..=200 {
        rate.note(seconds(second), 660);
    }
    assert_eq!(rate.eta(100), None, "it stands still");
}

#[test]
fn results_of_the_last_minute_count() {
    let scan = ScanRecord { pending: 20, ..scan(ScanState::Running) };
    let jobs: Vec<JobRecord> =
        (0..30).map(|n| JobRecord { stored_at: Some(at(n * 4)), ..job(JobState::Stored) }).collect();
    assert_eq!(eta_of(&scan, &jobs, at(120)), Some(seconds(80)), "15 within 60 s, 20 to go");
    assert_eq!(
        eta_of(&scan, &jobs[..6], at(20)),
        Some(Duration::from_millis(66_666)),
        "not older than the scan"
    );
    assert_eq!(eta_of(&scan, &[], at(120)), None);
}

#[test]
fn no_more_exact_than_it_is() {
    let cases = [
        (0, "about 5 s left"),
        (41, "about 45 s left"),
        (89, "about 90 s left"),
        (90, "about 2 min left"),
        (5_399, "about 90 min left"),
        (5_400, "about 2 h left"),
    ];
    for (left, expected) in cases {
        assert_eq!(about(seconds(left)), expected, "{left}");
    }
}

#[test]
fn a_share_needs_a_list() {
    let running = ScanRecord { total: 3, pending: 2, ..scan(ScanState::Running) };
    assert_eq!(percent(&running), Some(33));
    assert_eq!(percent(&ScanRecord { sealed: false, ..running.clone() }), None);
    assert_eq!(percent(&ScanRecord { total: 0, ..running }), None);
}

#[test]
fn each_state_of_a_target_says_what_it_waits_for() {
    let fence = |until| {
        Some(FenceInfo { token: 1, holder: WorkerId::new("w-1").unwrap(), since: at(0), until: at(until) })
    };
    let end = Some(EndReason::NotAssessed(NotAssessed::Expired));
    let failed = JobRecord { failures: 2, last_error: Some("no".to_owned()), ..job(JobState::Published) };
    let cases = [
        (job(JobState::Waiting), "waiting  export:acme/one"),
        (job(JobState::Recorded), "waiting  export:acme/one"),
        (failed.clone(), "waiting  export:acme/one  failed 2 times: no"),
        (
            JobRecord { not_before: at(20), ..failed.clone() },
            "waiting  export:acme/one  put off until 2026-09-21T14:13:40Z; failed 2 times: no",
        ),
        (
            JobRecord { waits_for: Some("no trail".to_owned()), ..failed },
            "waiting  export:acme/one  no trail",
        ),
        (
            JobRecord { fence: fence(20), ..job(JobState::Running) },
            "running  export:acme/one  since 2026-09-21T14:13:20Z, by w-1, attempt 2",
        ),
        (
            JobRecord { fence: fence(10), ..job(JobState::Running) },
            "waiting  export:acme/one  its worker went away; another takes it",
        ),
        (
            JobRecord { stored_at: Some(at(0)), ..job(JobState::Stored) },
            "stored   export:acme/one  at 2026-09-21T14:13:20Z",
        ),
        (job(JobState::Parked), "parked   export:acme/one  its result waits for 'dead replay'"),
        (
            JobRecord { stored_at: Some(at(0)), ..job(JobState::Reconciled) },
            "done     export:acme/one  at 2026-09-21T14:13:20Z",
        ),
    ];
    for (job, expected) in cases {
        assert_eq!(TargetLine::new(&job, at(10)).unwrap().text(), expected);
    }
    let ended = TargetLine::new(&JobRecord { end, ..job(JobState::Ended) }, at(10)).unwrap();
    assert!(ended.text().starts_with("ended    export:acme/one  not assessed"), "{}", ended.text());
    assert_eq!(TargetLine::new(&JobRecord { spec: None, ..job(JobState::Running) }, at(10)), None);
}

#[test]
fn a_live_view_has_the_scan_first_and_then_what_runs() {
    let running = ScanRecord {
        total: 12,
        pending: 9,
        ended: std::collections::BTreeMap::new(),
        ..scan(ScanState::Running)
    };
    let fence =
        Some(FenceInfo { token: 1, holder: WorkerId::new("w-1").unwrap(), since: at(0), until: at(20) });
    let line = TargetLine::new(&JobRecord { fence, ..job(JobState::Running) }, at(10)).unwrap();
    let text = live(&running, Some(seconds(41)), &[], std::slice::from_ref(&line));
    let expected = "export:acme  3 of 12 jobs done (25 %), about 45 s left\n  running  export:acme/one  since 2026-09-21T14:13:20Z, by w-1, attempt 2";
    assert_eq!(text, expected);
    let many = live(&running, None, &[], &vec![line; 11]);
    assert_eq!((many.lines().count(), many.lines().last()), (10, Some("  … and 3 more")));
}

#[test]
fn jobs_that_wait_for_one_reason_are_one_entry() {
    let waits = |why: &str, until| JobRecord {
        waits_for: Some(why.to_owned()),
        not_before: at(until),
        ..job(JobState::Published)
    };
    let failed = JobRecord { last_error: Some("HTTP 503".to_owned()), ..job(JobState::Recorded) };
    let turn = job(JobState::Published);
    let over = JobRecord { state: JobState::Stored, ..waits("no trail", 0) };
    let runs = JobRecord { state: JobState::Running, ..waits("no trail", 0) };
    let jobs = [turn, waits("no trail", 30), failed.clone(), over, waits("no trail", 20), runs];
    let all = waits::of(&jobs, at(10));
    assert_eq!(
        all,
        [
            Waiting { jobs: 2, why: "no trail".to_owned(), until: Some(at(20)) },
            Waiting { jobs: 1, why: "HTTP 503".to_owned(), until: None },
        ]
    );
    let scan = ScanRecord { pending: 9, total: 12, ..scan(ScanState::Running) };
    let told = line(&scan, &all);
    assert!(told.ends_with("; 2 waiting: no trail; 1 waiting: HTTP 503"), "{told}");
    let text = live(&scan, None, &all, &[]);
    assert!(text.ends_with("\n  2 waiting: no trail\n  1 waiting: HTTP 503"), "{text}");
    let later = JobRecord { waits_for: Some("no trail".to_owned()), ..failed };
    assert_eq!(waits::reason(&later), Some("no trail"), "what it waits for now, not what failed before");
}
