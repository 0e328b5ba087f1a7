//! Groups: one root cause over many findings. Pure; computed once per scan, after its last result is reconciled.

use std::collections::BTreeMap;

use checkmate_domain::{FindingRecord, GroupId, RuleId};

/// Findings with one root cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Of rule and organisation, never of the members: they come and go.
    pub id: GroupId,
    /// The rule they fail, by its identity.
    pub rule: RuleId,
    /// Whose they are.
    pub organisation: String,
    /// The members, by fingerprint.
    pub members: Vec<&'a FindingRecord>,
}

/// Groups findings by rule and organisation. `organisation` says whose a finding is.
#[must_use]
pub fn group<'a>(
    findings: impl IntoIterator<Item = &'a FindingRecord>,
    organisation: impl Fn(&FindingRecord) -> String,
) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(RuleId, String), Vec<&FindingRecord>> = BTreeMap::new();
    for record in findings {
        let key = (record.finding.place.rule.clone(), organisation(record));
        groups.entry(key).or_default().push(record);
    }
    let finish = |((rule, organisation), mut members): ((RuleId, String), Vec<&'a FindingRecord>)| {
        members.sort_by(|a, b| a.finding.fingerprint.cmp(&b.finding.fingerprint));
        Group { id: GroupId::derived(&rule, &organisation), rule, organisation, members }
    };
    groups.into_iter().map(finish).collect()
}
