//! What reconcile does in each case, as a table of small stories.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::*;

use super::{Plan, Round, Speaker, reconcile};

/// A target with what is known of it, fed with reports.
pub(super) struct World {
    pub(super) head: TargetHead,
    pub(super) known: BTreeMap<Fingerprint, FindingRecord>,
    key: FingerprintKey,
}

pub(super) fn rule(id: &str) -> Rule {
    Rule {
        id: RuleId::new(id).unwrap(),
        aliases: Vec::new(),
        title: id.to_owned(),
        severity: Severity::Moderate,
        rationale: String::new(),
        remediation: Remediation::default(),
        references: Vec::new(),
        equivalents: Vec::new(),
    }
}

pub(super) fn resource(id: &str) -> ResourceId {
    ResourceId::new(id).unwrap()
}

pub(super) fn resources(ids: &[&str]) -> BTreeSet<ResourceId> {
    ids.iter().map(|id| resource(id)).collect()
}

fn target() -> TargetId {
    TargetId::new("export:acme").unwrap()
}

impl World {
    pub(super) fn new() -> Self {
        let key = FingerprintKey::new(vec![7; 32]).unwrap();
        Self { head: TargetHead::default(), known: BTreeMap::new(), key }
    }

    pub(super) fn finding(&self, rule: &str, at: &str, severity: Severity) -> Finding {
        let place = Place {
            rule: RuleId::new(rule).unwrap(),
            target: target(),
            resource: resource(at),
            discriminator: String::new(),
        };
        Finding {
            fingerprint: self.key.fingerprint(&place.rule, &place.target, &place.resource, ""),
            rule: place.rule.clone(),
            resource_name: at.to_owned(),
            title: "wrong".to_owned(),
            severity,
            exposure: Exposure::Internal,
            evidence: Evidence::default(),
            place,
        }
    }

    /// A whole report of rule `r` over `listed`, failing at `failed`.
    pub(super) fn report(&self, listed: &[&str], complete: bool, seen: Seen, failed: &[&str]) -> ScanReport {
        let collection = CollectionId::new("clients").unwrap();
        let list = ObjectList { complete, ids: resources(listed) };
        ScanReport {
            kind: ReportKind::Whole,
            target: target(),
            rules: vec![rule("r")],
            checks: Vec::new(),
            findings: failed.iter().map(|at| self.finding("r", at, Severity::Moderate)).collect(),
            coverage: Coverage {
                objects: BTreeMap::from([(collection.clone(), list)]),
                rules: BTreeMap::from([(RuleId::new("r").unwrap(), RuleCoverage { collection, seen })]),
            },
            stats: ScanStats::default(),
            triage: Vec::new(),
        }
    }

    pub(super) fn feed(&mut self, seq: u64, report: &ScanReport) -> Plan {
        let (scan, job) = (ScanId::new(format!("s{seq}")).unwrap(), JobId::new(format!("j{seq}")).unwrap());
        let at = Timestamp::from_millis(i64::try_from(seq).unwrap());
        let speaker = Speaker { scan: &scan, job: &job, seq, at, key_id: self.key.id() };
        let known: Vec<FindingRecord> = self.known.values().cloned().collect();
        let facts = ReportFacts::from(report.clone());
        let plan = reconcile(&speaker, &facts, &self.head, &known);
        let mut round = Round::new(&speaker, &facts, &self.head);
        known.iter().rev().chain(known.first()).for_each(|record| round.known(std::slice::from_ref(record)));
        assert_eq!(round.plan(), plan, "one by one, from behind, one of them twice");
        self.head = plan.head.clone();
        for record in &plan.upserts {
            self.known.insert(record.finding.fingerprint.clone(), record.clone());
        }
        plan
    }

    fn told(&mut self, seq: u64, report: &ScanReport) -> Vec<TransitionKind> {
        self.feed(seq, report).transitions.iter().map(|transition| transition.kind).collect()
    }
}

use TransitionKind::{Changed, Opened, Reopened, Resolved, Withdrawn};

#[test]
fn a_life() {
    let mut world = World::new();
    let failing = world.report(&["a", "b"], true, Seen::All, &["a"]);
    let clean = world.report(&["a", "b"], true, Seen::All, &[]);
    let without_a = world.report(&["b"], true, Seen::All, &[]);
    assert_eq!(world.told(1, &failing), [Opened]);
    assert_eq!(world.feed(2, &failing), Plan { head: world.head.clone(), ..Plan::default() });
    assert_eq!(world.told(3, &clean), [Resolved]);
    assert_eq!(world.told(4, &clean), []);
    let record = world.known.values().next().unwrap();
    assert_eq!(
        (record.changed_at.as_millis(), record.job.as_str()),
        (3, "j1"),
        "its evidence is the old report's"
    );
    assert_eq!(world.told(5, &failing), [Reopened]);
    assert_eq!(world.told(6, &without_a), [Withdrawn]);
    assert_eq!(world.told(7, &failing), [Reopened]);
    let record = world.known.values().next().unwrap();
    assert_eq!((record.reopened, record.first_seen.as_millis(), record.changed_at.as_millis()), (2, 1, 7));
    assert_eq!(record.first_scan.as_str(), "s1");
}

#[test]
fn what_was_not_seen_is_not_resolved() {
    let listed = ["a", "b"];
    let unseen: [(&str, bool, Seen, &[&str]); 6] = [
        ("one of many unreadable", true, Seen::Except(resources(&["a"])), &listed),
        ("rule not asked", true, Seen::Nothing, &listed),
        ("another part", true, Seen::Only(resources(&["b"])), &listed),
        ("list cut short", false, Seen::All, &["b"]),
        ("list cut short, some unreadable", false, Seen::Except(resources(&["b"])), &["b"]),
        ("unreadable and not listed", true, Seen::Except(resources(&["a"])), &["b"]),
    ];
    for (why, complete, seen, listed) in unseen {
        let mut world = World::new();
        assert_eq!(world.told(1, &world.report(&["a", "b"], true, Seen::All, &["a"])), [Opened]);
        assert_eq!(world.told(2, &world.report(listed, complete, seen, &[])), [], "{why}");
        assert!(world.known.values().all(|record| record.state.is_open()), "{why}");
    }
}

#[test]
fn an_older_report_arriving_late_changes_nothing_newer() {
    let mut world = World::new();
    let failing = world.report(&["a"], true, Seen::All, &["a"]);
    let clean = world.report(&["a"], true, Seen::All, &[]);
    assert_eq!(world.told(5, &clean), []);
    assert_eq!(world.told(3, &failing), [], "newer says it passes");
    assert_eq!(world.told(7, &failing), [Opened]);
    assert_eq!(world.told(6, &clean), [], "newer says it fails");
    assert_eq!(world.told(7, &failing), [], "a duplicate");
    assert!(world.known.values().all(|record| record.state == FindingState::Open));
}

#[test]
fn an_older_report_still_counts_where_the_newer_one_did_not_look() {
    let mut world = World::new();
    let partial = world.report(&["a", "b"], true, Seen::Except(resources(&["b"])), &[]);
    let both = world.report(&["a", "b"], true, Seen::All, &["a", "b"]);
    assert_eq!(world.told(5, &partial), []);
    let plan = world.feed(3, &both);
    let places: Vec<&str> = plan.upserts.iter().map(|record| record.resource_name()).collect();
    assert_eq!(places, ["b"]);
}

#[test]
fn a_gone_target_withdraws_what_no_newer_attempt_saw() {
    let mut world = World::new();
    let failing = world.report(&["a"], true, Seen::All, &["a"]);
    let gone = ScanReport::target_gone(failing.target.clone());
    assert_eq!(world.told(4, &failing), [Opened]);
    assert_eq!(world.told(3, &gone), [], "older than what was seen");
    assert_eq!(world.told(5, &gone), [Withdrawn]);
    assert_eq!(world.told(5, &gone), []);
    assert_eq!(world.told(2, &failing), [], "late");
    assert_eq!(world.told(6, &failing), [Reopened], "it is back");
}

#[test]
fn a_rule_counts_as_gone_after_two_whole_reports_without_it() {
    let mut world = World::new();
    let failing = world.report(&["a"], true, Seen::All, &["a"]);
    let mut without = world.report(&["a"], true, Seen::All, &[]);
    without.rules = vec![rule("another")];
    without.coverage.rules.clear();
    let mut part = without.clone();
    part.kind = ReportKind::Part;
    assert_eq!(world.told(1, &failing), [Opened]);
    assert_eq!(world.told(2, &without), []);
    assert_eq!(world.told(3, &part), [], "a part says nothing of other rules");
    assert_eq!(world.told(4, &failing), [], "asked again: the count starts anew");
    assert_eq!(world.told(5, &without), []);
    assert_eq!(world.told(5, &without), [], "a duplicate does not count");
    assert_eq!(world.told(6, &without), [Withdrawn]);
    assert_eq!(world.told(7, &failing), [Reopened]);
}

#[test]
fn a_renamed_rule_keeps_its_findings() {
    let mut world = World::new();
    let failing = world.report(&["a"], true, Seen::All, &["a"]);
    let mut renamed = failing.clone();
    let new_id = RuleId::new("renamed").unwrap();
    renamed.rules[0].aliases = vec![renamed.rules[0].id.clone()];
    renamed.rules[0].id = new_id.clone();
    renamed.findings[0].rule = new_id.clone();
    assert_eq!(world.told(1, &failing), [Opened]);
    assert_eq!(world.told(2, &renamed), []);
    assert_eq!(world.told(3, &renamed), []);
    assert!(world.known.values().all(|record| record.finding.rule == new_id && record.state.is_open()));
}

#[test]
fn another_severity_is_the_same_finding() {
    let mut world = World::new();
    let mut failing = world.report(&["a"], true, Seen::All, &["a"]);
    assert_eq!(world.told(1, &failing), [Opened]);
    failing.findings[0].severity = Severity::High;
    assert_eq!(world.told(2, &failing), [Changed]);
    assert_eq!(world.told(3, &failing), []);
    let record = world.known.values().next().unwrap();
    assert_eq!((record.finding.severity, record.state), (Severity::High, FindingState::Open));
}

#[test]
fn a_new_wording_is_kept_and_not_logged() {
    let mut world = World::new();
    let mut failing = world.report(&["a"], true, Seen::All, &["a"]);
    world.feed(1, &failing);
    failing.findings[0].title = "said better".to_owned();
    let plan = world.feed(2, &failing);
    assert_eq!((plan.upserts.len(), plan.transitions.len()), (1, 0));
    assert_eq!((plan.upserts[0].changed_at.as_millis(), plan.upserts[0].job.as_str()), (1, "j2"));
}

trait Named {
    fn resource_name(&self) -> &str;
}
impl Named for FindingRecord {
    fn resource_name(&self) -> &str {
        &self.finding.resource_name
    }
}
