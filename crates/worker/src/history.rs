//! Which targets of a scope are gone: missing from two complete discoveries in a row.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{JobSpec, TargetId};
use checkmate_scanners::Discovery;
use checkmate_store::ScopeHistory;

/// Complete discoveries in a row a target may miss before it counts as gone.
const GONE_AFTER: u32 = 2;

/// The list to seal and the history from now on. An incomplete discovery counts nothing as missing.
pub(crate) fn plan(before: &ScopeHistory, found: &Discovery, seq: u64) -> (Vec<JobSpec>, ScopeHistory) {
    let present: BTreeSet<TargetId> = found.targets.iter().cloned().collect();
    let mut jobs: Vec<JobSpec> = present.iter().cloned().map(JobSpec::whole).collect();
    if seq <= before.seq {
        return (jobs, before.clone());
    }
    let known = before.present.iter().chain(before.missing.keys());
    if !found.complete {
        let missing = before.missing.iter().filter(|(target, _)| !present.contains(*target));
        let after = ScopeHistory {
            seq,
            present: before.present.union(&present).cloned().collect(),
            missing: missing.map(|(target, times)| (target.clone(), *times)).collect(),
        };
        return (jobs, after);
    }
    let mut missing = BTreeMap::new();
    for target in known.filter(|target| !present.contains(*target)) {
        let times = before.missing.get(target).copied().unwrap_or(0) + 1;
        if times >= GONE_AFTER {
            jobs.push(JobSpec::gone(target.clone()));
        } else {
            missing.insert(target.clone(), times);
        }
    }
    (jobs, ScopeHistory { seq, present, missing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], complete: bool) -> Discovery {
        Discovery { targets: names.iter().map(|n| TargetId::new(*n).unwrap()).collect(), complete }
    }

    fn gone(jobs: &[JobSpec]) -> Vec<&str> {
        jobs.iter().filter(|job| job.gone).map(|job| job.target.as_str()).collect()
    }

    #[test]
    fn gone_after_two_complete_discoveries_and_only_once() {
        let (jobs, history) = plan(&ScopeHistory::default(), &found(&["a", "b"], true), 1);
        assert_eq!((jobs.len(), gone(&jobs)), (2, vec![]));
        let (jobs, history) = plan(&history, &found(&["a"], true), 2);
        assert_eq!(gone(&jobs), Vec::<&str>::new());
        let (jobs, history) = plan(&history, &found(&["a"], false), 3);
        assert_eq!(gone(&jobs), Vec::<&str>::new(), "an incomplete discovery proves nothing");
        let (jobs, history) = plan(&history, &found(&["a"], true), 4);
        assert_eq!(gone(&jobs), ["b"]);
        let (jobs, _) = plan(&history, &found(&["a"], true), 5);
        assert_eq!(gone(&jobs), Vec::<&str>::new());
    }

    #[test]
    fn a_target_that_comes_back_starts_anew() {
        let (_, history) = plan(&ScopeHistory::default(), &found(&["a"], true), 1);
        let (_, history) = plan(&history, &found(&[], true), 2);
        let (_, history) = plan(&history, &found(&["a"], true), 3);
        let (jobs, _) = plan(&history, &found(&[], true), 4);
        assert_eq!(gone(&jobs), Vec::<&str>::new());
    }

    #[test]
    fn an_older_discovery_changes_nothing() {
        let (_, history) = plan(&ScopeHistory::default(), &found(&["a"], true), 9);
        let (jobs, after) = plan(&history, &found(&[], true), 4);
        assert_eq!((jobs, after), (vec![], history));
    }
}
