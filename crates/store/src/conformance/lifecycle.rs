//! Laws of the lifecycle: a commit happens whole, once, on the version it was decided on, and is in the log in order.

use std::collections::BTreeSet;

use checkmate_domain::{FindingRecord, FindingState, JobId, TransitionKind};

use crate::conformance::Fixture;
use crate::conformance::findings::{
    commit, commit_of, finding, load, opening, reconcile, report, store_report,
};
use crate::conformance::given::{
    AnyStore, begin, expired, job, new_scan, scan, sealed, sealed_with, state, target, target_of,
};
use crate::conformance::lists::parts;
use crate::{Committed, JobState, LogEntry, MoreFindings, ReconcileLoad, ScanState, Stored, TargetState};

/// The whole log, read in pages of this size.
pub(crate) async fn log(store: &AnyStore, page_size: u64) -> Vec<LogEntry> {
    let mut log: Vec<LogEntry> = Vec::new();
    loop {
        let after = log.last().map(|entry| entry.position.as_str());
        let page = store.transitions(after, page_size).await.unwrap();
        assert!(page.len() as u64 <= page_size);
        if page.is_empty() {
            return log;
        }
        log.extend(page);
    }
}

/// A commit is readable at once: target, findings, log, job and scan.
pub async fn a_commit_is_readable_at_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 2, 2).await;
    let at = target("t00000");
    assert_eq!(store.target(&at).await, Ok(TargetState::default()));
    assert_eq!(store.targets().await, Ok(Vec::new()));
    assert_eq!(store.transitions(None, 10).await, Ok(Vec::new()));
    assert_eq!(store.finding(finding(&at, 0).fingerprint.as_str()).await, Ok(None));

    store_report(&store, &claimed[0].id, 3).await;
    let input = load(&store, &claimed[0].id).await;
    assert_eq!(input.job, job(&store, &claimed[0].id).await.into());
    assert_eq!(
        (input.report.clone(), input.target.clone(), input.loads),
        (report(&at, 3).into(), TargetState::default(), 1)
    );
    let decided = opening(&input, 3);
    let progress = commit(&store, &decided).await;
    assert_eq!((progress.finished_now, progress.scan.state), (false, ScanState::Running));
    assert_eq!((progress.scan.done, progress.scan.pending, progress.scan.opened), (1, 1, 3));
    assert_eq!(scan(&store, &id).await, progress.scan);
    assert_eq!(state(&store, &claimed[0].id).await, JobState::Reconciled);

    let mut sorted = decided.upserts.clone();
    sorted.sort_by(|a, b| a.finding.fingerprint.cmp(&b.finding.fingerprint));
    let known = store.target(&at).await.unwrap();
    assert!(known.version > input.target.version);
    assert_eq!((&known.head, &known.findings), (&decided.head, &sorted));
    for record in &decided.upserts {
        assert_eq!(store.finding(record.finding.fingerprint.as_str()).await, Ok(Some(record.clone())));
    }
    assert_eq!(store.targets().await, Ok(vec![at]));
    let log: Vec<_> = log(&store, 2).await.into_iter().map(|entry| entry.transition).collect();
    assert_eq!(log, decided.transitions);
}

/// Loading brings the first findings of a target and the pages all others, each at least once; none once the version moved.
pub async fn a_large_target_is_read_in_pages_of_one_version(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut claimed = Vec::new();
    for name in ["a", "b", "c"] {
        claimed.extend(sealed(&store, name, 1, 1).await.1);
    }
    store_report(&store, &claimed[0].id, 2_500).await;
    commit(&store, &opening(&load(&store, &claimed[0].id).await, 2_500)).await;
    store_report(&store, &claimed[1].id, 1).await;
    store_report(&store, &claimed[2].id, 1).await;

    let input = load(&store, &claimed[1].id).await;
    assert!(input.target.findings.len() < 2_500, "all at once");
    let (mut found, mut next) = (input.target.findings.clone(), input.more.clone());
    while let Some(after) = next {
        match store.more_findings(&input.report.target, input.target.version, &after).await.unwrap() {
            MoreFindings::Some(page, more) => {
                assert!(page.len() < 2_500, "all at once");
                found.extend(page);
                next = more;
            }
            MoreFindings::Moved => panic!("nobody has written"),
        }
    }
    let key = |record: &FindingRecord| record.finding.fingerprint.clone();
    found.sort_by_key(key);
    found.dedup_by_key(|record| key(record));
    assert_eq!(found, store.target(&input.report.target).await.unwrap().findings);

    commit(&store, &opening(&load(&store, &claimed[2].id).await, 1)).await;
    let after = input.more.expect("a large target goes on");
    let more = store.more_findings(&input.report.target, input.target.version, &after).await;
    assert_eq!(more, Ok(MoreFindings::Moved));
}

/// The version moves with every commit, and a commit decided on an older one is refused whole.
pub async fn a_commit_on_an_old_version_is_refused_whole(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut claimed = Vec::new();
    for name in ["a", "b"] {
        claimed.extend(sealed(&store, name, 1, 1).await.1);
    }
    for job in &claimed {
        store_report(&store, &job.id, 2).await;
    }
    let (first, second) = (load(&store, &claimed[0].id).await, load(&store, &claimed[1].id).await);
    commit(&store, &opening(&first, 1)).await;
    let before = (store.target(&first.report.target).await.unwrap(), log(&store, 10).await);
    assert_eq!(store.commit_reconcile(&opening(&second, 2)).await, Ok(Committed::Conflict));
    let mut ahead = opening(&second, 2);
    ahead.version = before.0.version + 1;
    assert_eq!(store.commit_reconcile(&ahead).await, Ok(Committed::Conflict));
    assert_eq!((store.target(&first.report.target).await.unwrap(), log(&store, 10).await), before);
    assert_eq!(state(&store, &claimed[1].id).await, JobState::Stored);
    assert_eq!(scan(&store, &claimed[1].scan).await.pending, 1);

    let again = load(&store, &claimed[1].id).await;
    assert_eq!((again.loads, &again.target), (2, &before.0));
    let progress = commit(&store, &opening(&again, 2)).await;
    assert_eq!((progress.finished_now, progress.scan.state), (true, ScanState::Finished));
    let known = store.target(&first.report.target).await.unwrap();
    assert!(known.version > before.0.version);
    assert_eq!((known.findings.len(), log(&store, 10).await.len()), (2, 3));
}

/// A result is in the lifecycle once.
pub async fn a_result_is_reconciled_once(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (id, claimed) = sealed(&store, "a", 1, 1).await;
    store_report(&store, &claimed[0].id, 1).await;
    let input = load(&store, &claimed[0].id).await;
    let progress = commit(&store, &opening(&input, 1)).await;
    assert!(progress.finished_now);
    let before = (store.target(&input.report.target).await.unwrap(), log(&store, 10).await);
    for version in [input.target.version, before.0.version, before.0.version + 9] {
        let again =
            store.commit_reconcile(&crate::ReconcileCommit { version, ..opening(&input, 1) }).await.unwrap();
        let Committed::AlreadyReconciled(told) = again else { panic!("{again:?}") };
        assert_eq!((told.finished_now, told.scan), (false, progress.scan.clone()));
    }
    let loaded = store.load_reconcile(&claimed[0].id, true).await.unwrap();
    let ReconcileLoad::AlreadyReconciled(told) = loaded else { panic!("{loaded:?}") };
    assert_eq!((told.finished_now, &told.scan), (false, &progress.scan));
    assert_eq!((store.target(&input.report.target).await.unwrap(), log(&store, 10).await), before);
    assert_eq!(scan(&store, &id).await, progress.scan);
}

/// There is nothing to reconcile of a job without a result.
pub async fn without_a_result_nothing_is_reconciled(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 4, 4).await;
    store_report(&store, &claimed[0].id, 1).await;
    let input = load(&store, &claimed[0].id).await;
    begin(&store, &claimed[2].id).await;
    store.end_job(&claimed[3].id, &expired(), None).await.unwrap();
    let discover = store.scan_jobs(&claimed[0].scan, 0, 1).await.unwrap().remove(0);
    let without: Vec<JobId> = claimed[1..].iter().map(|job| job.id.clone()).chain([discover.id]).collect();
    for job in without {
        assert_eq!(store.load_reconcile(&job, true).await, Ok(ReconcileLoad::NoResult), "{job}");
        let stray = crate::ReconcileCommit { job, ..opening(&input, 1) };
        assert_eq!(store.commit_reconcile(&stray).await, Ok(Committed::NoResult));
    }
    let nobody = JobId::new("nobody").unwrap();
    assert_eq!(store.load_reconcile(&nobody, true).await, Ok(ReconcileLoad::Unknown));
    let stray = crate::ReconcileCommit { job: nobody, ..opening(&input, 1) };
    assert_eq!(store.commit_reconcile(&stray).await, Ok(Committed::NoResult));
    assert_eq!((store.targets().await.unwrap().len(), log(&store, 10).await.len()), (0, 0));
}

/// Only counted loads raise the number of loads.
pub async fn loads_are_counted_when_asked(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 1, 1).await;
    store_report(&store, &claimed[0].id, 0).await;
    for (count, loads) in [(true, 1), (false, 1), (true, 2), (true, 3), (false, 3)] {
        let loaded = store.load_reconcile(&claimed[0].id, count).await.unwrap();
        let ReconcileLoad::Ready(input) = loaded else { panic!("{loaded:?}") };
        assert_eq!(input.loads, loads);
    }
}

/// Thousands of findings in one commit are one commit: nothing is missing, twice or out of order, also after a restart.
pub async fn a_large_commit_is_whole_and_in_order(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 2, 2).await;
    for (job, findings) in claimed.iter().zip([2_500, 5]) {
        store_report(&store, &job.id, findings).await;
    }
    let input = load(&store, &claimed[0].id).await;
    let mut decided = opening(&input, 2_500);
    let more: Vec<_> = (0..2_500).rev().map(|n| (n, TransitionKind::Changed)).collect();
    decided.transitions.extend(commit_of(&input, &more).transitions);
    let progress = commit(&store, &decided).await;
    assert_eq!((progress.scan.opened, progress.scan.done), (2_500, 1));
    let last = decided.upserts.last().unwrap().clone();
    assert_eq!(store.finding(last.finding.fingerprint.as_str()).await, Ok(Some(last)));
    assert_eq!(store.target(&input.report.target).await.unwrap().findings.len(), 2_500);
    let head: Vec<_> = store.transitions(None, 2).await.unwrap();
    assert_eq!(head[1].transition, decided.transitions[1]);
    reconcile(&store, &claimed[1].id, 5).await;

    let store = fixture.reopen(store).await;
    let known = store.target(&input.report.target).await.unwrap();
    let mut sorted = decided.upserts.clone();
    sorted.sort_by(|a, b| a.finding.fingerprint.cmp(&b.finding.fingerprint));
    assert!(known.findings == sorted, "{} findings of 2500 are known, or others", known.findings.len());
    let before: Vec<_> = decided.transitions.iter().collect();
    for page_size in [999, 10_000] {
        let read = log(&store, page_size).await;
        assert_eq!(read.len(), 5_005, "in pages of {page_size}");
        assert!(read.iter().map(|entry| &entry.transition).take(5_000).eq(before.iter().copied()));
        let positions: BTreeSet<_> = read.iter().map(|entry| &entry.position).collect();
        assert_eq!(positions.len(), 5_005);
    }
    let rest = store.transitions(Some(&head[1].position), 10_000).await.unwrap();
    assert_eq!((rest.len(), &rest[0].transition), (5_003, before[2]), "a position from before the restart");
}

/// Reconciling replaces what changed and leaves the rest; the scan counts what opened and what was resolved.
pub async fn a_commit_changes_what_it_names(fixture: &dyn Fixture) {
    use TransitionKind::{Changed, Opened, Reopened, Resolved, Withdrawn};
    let store = fixture.store().await;
    let scans: [&[(usize, TransitionKind)]; 4] = [
        &[(0, Opened), (1, Opened), (2, Opened), (3, Opened)],
        &[(0, Resolved), (1, Resolved), (2, Changed)],
        &[(0, Reopened), (4, Opened), (3, Withdrawn), (2, Resolved)],
        &[],
    ];
    let mut counted = Vec::new();
    for (n, changes) in scans.iter().enumerate() {
        let (_, claimed) = sealed(&store, &n.to_string(), 1, 1).await;
        store_report(&store, &claimed[0].id, 5).await;
        let input = load(&store, &claimed[0].id).await;
        let mut decided = commit_of(&input, changes);
        if n == 3 {
            decided.head = input.target.head.clone();
        }
        let progress = commit(&store, &decided).await;
        counted.push((progress.scan.opened, progress.scan.resolved));
        assert_eq!((progress.scan.checks, progress.scan.unanswered), (3, 1));
        assert!(store.target(&input.report.target).await.unwrap().version > input.target.version);
    }
    assert_eq!(counted, [(4, 0), (0, 2), (2, 1), (0, 0)]);
    let at = target("t00000");
    let known = store.target(&at).await.unwrap();
    assert_eq!(known.findings.len(), 5);
    for (n, is) in [
        (0, FindingState::Reopened),
        (1, FindingState::Resolved),
        (2, FindingState::Resolved),
        (3, FindingState::Withdrawn),
        (4, FindingState::Open),
    ] {
        let record = store.finding(finding(&at, n).fingerprint.as_str()).await.unwrap().unwrap();
        assert_eq!(record.state, is, "finding {n}");
        assert!(known.findings.contains(&record), "finding {n}");
    }
    assert_eq!(log(&store, 3).await.len(), 11);
}

/// Targets do not stand in each other's way, and of one target's results one goes first.
pub async fn concurrent_commits_keep_targets_apart(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let list = [parts("shared", 6), parts("other", 1)].concat();
    let (id, claimed) = sealed_with(&store, &new_scan("a", 10), list).await;
    let mut decided = Vec::new();
    for job in &claimed {
        let attempt = begin(&store, &job.id).await;
        let stored = store.store_result(&attempt.fence, &report(&target_of(job), 3)).await;
        assert_eq!(stored, Ok(Stored::New(Vec::new())));
    }
    for job in &claimed {
        decided.push(opening(&load(&store, &job.id).await, 3));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for commit in decided {
        let store = store.clone();
        tasks.spawn(async move { (commit.target.clone(), store.commit_reconcile(&commit).await.unwrap()) });
    }
    let (mut shared, mut other) = (0, 0);
    while let Some(done) = tasks.join_next().await {
        match done.unwrap() {
            (at, Committed::Committed(_)) if at == target("shared") => shared += 1,
            (at, Committed::Committed(_)) if at == target("other") => other += 1,
            (at, Committed::Conflict) => assert_eq!(at, target("shared")),
            unexpected => panic!("{unexpected:?}"),
        }
    }
    assert_eq!((shared, other), (1, 1));
    assert_eq!(log(&store, 100).await.len(), 6);
    assert_eq!(store.targets().await, Ok(vec![target("other"), target("shared")]));
    let record = scan(&store, &id).await;
    assert_eq!((record.done, record.pending, record.opened), (2, 5, 6));
}

/// Targets with findings are listed once each, in order; a target without any is not.
pub async fn targets_with_findings_are_listed_in_order(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, mut claimed) = sealed(&store, "a", 5, 5).await;
    claimed.reverse();
    for (n, job) in claimed.iter().enumerate() {
        store_report(&store, &job.id, n).await;
        reconcile(&store, &job.id, n).await;
    }
    let listed: Vec<_> = ["t00000", "t00001", "t00002", "t00003"].iter().map(target).collect();
    assert_eq!(store.targets().await, Ok(listed));
    let quiet = store.target(&target("t00004")).await.unwrap();
    assert_eq!(quiet.findings.len(), 0);
    assert!(quiet.version > 0, "reconciled, with nothing found");
}
