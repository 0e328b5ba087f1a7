//! Reports, findings and commits for the laws of results and lifecycle.

use checkmate_domain::{
    CheckOutcome, CheckResult, Checks, Evidence, Exposure, Finding, FindingRecord, FindingState,
    FingerprintKey, JobId, KeyId, NotAssessed, Place, Priority, Remediation, ReportKind, ResourceId, Rule,
    RuleId, ScanReport, Severity, TargetHead, TargetId, Timestamp, Transition, TransitionKind, Triaged,
};

use crate::conformance::given::AnyStore;
use crate::{Committed, Progress, ReconcileCommit, ReconcileInput, ReconcileLoad, Stored};

pub(crate) fn key() -> FingerprintKey {
    FingerprintKey::new(vec![7; 32]).expect("32 bytes")
}

pub(crate) fn key_id(byte: u8) -> KeyId {
    FingerprintKey::new(vec![byte; 32]).expect("32 bytes").id().clone()
}

pub(crate) fn rule_id() -> RuleId {
    RuleId::new("test.rule").expect("a rule id")
}

/// The n-th finding of a target.
pub(crate) fn finding(target: &TargetId, n: usize) -> Finding {
    let rule = rule_id();
    let resource = ResourceId::new(format!("client-{n}")).expect("a resource id");
    Finding {
        fingerprint: key().fingerprint(&rule, target, &resource, ""),
        place: Place { rule: rule.clone(), target: target.clone(), resource, discriminator: String::new() },
        rule,
        resource_name: format!("Client №{n} \"quoted\""),
        title: "The callback may be anywhere".to_owned(),
        severity: Severity::High,
        exposure: Exposure::Public,
        evidence: Evidence {
            pointer: format!("/clients/{n}/callbacks"),
            seen: "http://*".to_owned(),
            expected: "https".to_owned(),
        },
    }
}

fn triaged() -> Triaged {
    Triaged { priority: Priority::P1, reason: "High and public.".to_owned() }
}

/// A report of a whole target with so many findings.
pub(crate) fn report(target: &TargetId, findings: usize) -> ScanReport {
    let rule = Rule {
        id: rule_id(),
        aliases: Vec::new(),
        title: "Callbacks are exact".to_owned(),
        severity: Severity::High,
        rationale: "Codes can be stolen.".to_owned(),
        remediation: Remediation {
            summary: "List them.".to_owned(),
            steps: vec!["Open the client".to_owned()],
        },
        references: Vec::new(),
        equivalents: Vec::new(),
    };
    let check = CheckResult {
        rule: rule_id(),
        outcome: CheckOutcome::NotAssessed { why: NotAssessed::Unreadable("x".to_owned()) },
        unseen: vec![("Client".to_owned(), NotAssessed::Expired)],
    };
    ScanReport {
        kind: ReportKind::Whole,
        rules: vec![rule],
        checks: vec![check],
        findings: (0..findings).map(|n| finding(target, n)).collect(),
        triage: vec![triaged(); findings],
        ..ScanReport::target_gone(target.clone())
    }
}

/// When a result is reconciled here: later than those before it.
fn moment(input: &ReconcileInput) -> Timestamp {
    Timestamp::from_millis(i64::try_from(input.job.seq).expect("a small number"))
}

/// What the lifecycle keeps of the n-th finding.
pub(crate) fn record(input: &ReconcileInput, n: usize, state: FindingState) -> FindingRecord {
    let at = moment(input);
    FindingRecord {
        finding: finding(&input.report.target, n),
        key_id: key().id().clone(),
        triage: triaged(),
        state,
        job: input.job.id.clone(),
        first_scan: input.job.scan.clone(),
        first_seen: at,
        changed_at: at,
        reopened: 0,
    }
}

/// A log entry about the n-th finding.
pub(crate) fn transition(input: &ReconcileInput, n: usize, kind: TransitionKind) -> Transition {
    Transition {
        fingerprint: finding(&input.report.target, n).fingerprint,
        kind,
        rule: rule_id(),
        target: input.report.target.clone(),
        scan: input.job.scan.clone(),
        job: input.job.id.clone(),
        seq: input.job.seq,
        at: moment(input),
    }
}

/// A commit that changes these findings in this way.
pub(crate) fn commit_of(input: &ReconcileInput, changes: &[(usize, TransitionKind)]) -> ReconcileCommit {
    let state = |kind| match kind {
        TransitionKind::Opened | TransitionKind::Changed => FindingState::Open,
        TransitionKind::Resolved => FindingState::Resolved,
        TransitionKind::Reopened => FindingState::Reopened,
        TransitionKind::Withdrawn => FindingState::Withdrawn,
    };
    ReconcileCommit {
        job: input.job.id.clone(),
        target: input.report.target.clone(),
        version: input.target.version,
        head: TargetHead { whole_seq: input.job.seq, ..input.target.head.clone() },
        upserts: changes.iter().map(|(n, kind)| record(input, *n, state(*kind))).collect(),
        transitions: changes.iter().map(|(n, kind)| transition(input, *n, *kind)).collect(),
        checks: Checks { asked: 3, unanswered: 1 },
        at: moment(input),
    }
}

/// Opens the first `count` findings.
pub(crate) fn opening(input: &ReconcileInput, count: usize) -> ReconcileCommit {
    let changes: Vec<_> = (0..count).map(|n| (n, TransitionKind::Opened)).collect();
    commit_of(input, &changes)
}

/// Begins a job and stores a report with so many findings; answers with what storing released.
pub(crate) async fn store_report(store: &AnyStore, job: &JobId, findings: usize) -> Vec<crate::JobRecord> {
    let attempt = crate::conformance::given::begin(store, job).await;
    let target = crate::conformance::given::target_in(&attempt);
    match store.store_result(&attempt.fence, &report(target, findings)).await.expect("store") {
        Stored::New(claimed) => crate::conformance::given::records(store, &claimed).await,
        other => panic!("{job} should be stored, not {other:?}"),
    }
}

pub(crate) async fn load(store: &AnyStore, job: &JobId) -> ReconcileInput {
    match store.load_reconcile(job, true).await.expect("load") {
        ReconcileLoad::Ready(input) => *input,
        other => panic!("{job} should be ready, not {other:?}"),
    }
}

pub(crate) async fn commit(store: &AnyStore, commit: &ReconcileCommit) -> Progress {
    match store.commit_reconcile(commit).await.expect("commit") {
        Committed::Committed(Some(progress)) => {
            assert!(progress.scan.state.is_final(), "told of a scan that goes on: {progress:?}");
            *progress
        }
        Committed::Committed(None) => {
            let job = store.job(&commit.job).await.expect("job").expect("a job that was reconciled");
            let scan = store.scan(&job.scan).await.expect("scan").expect("its scan");
            assert!(!scan.state.is_final(), "not told of a scan that is over: {scan:?}");
            Progress { scan, finished_now: false }
        }
        other => panic!("{} should be committed, not {other:?}", commit.job),
    }
}

/// Loads a stored result and opens its first `count` findings.
pub(crate) async fn reconcile(store: &AnyStore, job: &JobId, count: usize) -> Progress {
    let input = load(store, job).await;
    commit(store, &opening(&input, count)).await
}
