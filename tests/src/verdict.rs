//! What the store holds in the end, compared with the model: every transition once, every job accounted for, every scan over.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{
    EndReason, FindingState, Fingerprint, FingerprintKey, JobKind, ScanId, TargetId, Transition,
    TransitionKind,
};
use checkmate_store::{DeadRecord, JobRecord, JobState, LogEntry, ScanRecord, Store};

use crate::model::{Model, parts_of, rule, target, thing};

/// Entries read in one call.
const PAGE: u64 = 5_000;

/// Which round a scan was asked for in.
pub type Rounds = BTreeMap<ScanId, u32>;

/// What became of the jobs on the sealed lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Jobs {
    /// All of them.
    pub listed: u64,
    /// Their result is in the lifecycle.
    pub done: u64,
    /// Ended without a result, by the word of the reason.
    pub ended: BTreeMap<String, u64>,
    /// Neither.
    pub lost: Vec<String>,
}

/// The comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Scans there are, by state.
    pub scans: BTreeMap<String, u64>,
    /// Scans that are not over, or whose end was not told.
    pub unended: Vec<String>,
    /// The jobs.
    pub jobs: Jobs,
    /// Jobs the model asks for, poisoned ones and the like left out.
    pub healthy: u64,
    /// Of these, done.
    pub healthy_done: u64,
    /// Transitions that the model says.
    pub expected: u64,
    /// Transitions in the log.
    pub logged: u64,
    /// Transitions that the model says and the log does not hold.
    pub missing: Vec<String>,
    /// Transitions that the log holds more than once.
    pub repeated: Vec<String>,
    /// Transitions that the log holds and the model does not say.
    pub unexpected: Vec<String>,
    /// Findings that stand elsewhere than the model says.
    pub misplaced: Vec<String>,
    /// Dead letters, by queue and reason.
    pub dead: BTreeMap<String, u64>,
}

impl Verdict {
    /// Nothing lost, missing, repeated or unended, and at least 99.9 % of the healthy jobs done.
    #[must_use]
    pub fn passed(&self) -> bool {
        let nothing = [
            &self.unended,
            &self.jobs.lost,
            &self.missing,
            &self.repeated,
            &self.unexpected,
            &self.misplaced,
        ];
        nothing.iter().all(|list| list.is_empty())
            && self.healthy > 0
            && self.healthy_done * 1_000 >= self.healthy * 999
    }
}

type Key = (Fingerprint, u32, TransitionKind);

/// Reads the store and compares.
///
/// # Errors
/// When it cannot be read.
pub async fn judge(
    store: &dyn Store,
    exports: &BTreeMap<String, Model>,
    rounds: &Rounds,
    key: &FingerprintKey,
) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    let mut assessed: BTreeMap<TargetId, BTreeSet<u32>> = BTreeMap::new();
    for scan in store.scans(0, u64::MAX >> 1).await? {
        let Some(round) = rounds.get(&scan.id) else { continue };
        verdict.note_scan(&scan);
        for job in jobs_of(store, &scan).await? {
            if verdict.note_job(&job, exports)
                && let Some(spec) = &job.spec
            {
                assessed.entry(spec.target.clone()).or_default().insert(*round);
            }
        }
    }
    let logged = read_log(store, rounds, &mut verdict).await?;
    let mut expected = BTreeSet::new();
    for (name, model) in exports {
        for number in 0..model.targets {
            let target = target(name, number);
            let rounds = assessed.get(&target).cloned().unwrap_or_default();
            let found = store.target(&target).await?.findings;
            let states: BTreeMap<_, _> =
                found.into_iter().map(|record| (record.finding.fingerprint, record.state)).collect();
            verdict.compare(model, &target, &rounds, key, &states, &logged, &mut expected);
        }
    }
    for (key, entries) in &logged {
        let told = || format!("{}: {}", shown(key), entries.join(", "));
        if !expected.contains(key) {
            verdict.unexpected.push(told());
        } else if entries.len() > 1 {
            verdict.repeated.push(told());
        }
    }
    for letter in store.dead(0, u64::MAX >> 1).await? {
        *verdict.dead.entry(why(&letter)).or_insert(0) += u64::from(letter.deaths);
    }
    Ok(verdict)
}

impl Verdict {
    fn note_scan(&mut self, scan: &ScanRecord) {
        *self.scans.entry(scan.state.to_string()).or_insert(0) += 1;
        if !scan.state.is_final() || !scan.announced {
            self.unended.push(format!(
                "scan {} of {}: {}, {} of {} jobs pending, {} in the window{}",
                scan.id,
                scan.scope,
                scan.state,
                scan.pending,
                scan.total,
                scan.in_window,
                if scan.announced { "" } else { ", not announced" }
            ));
        }
    }

    /// Whether its result is in the lifecycle.
    fn note_job(&mut self, job: &JobRecord, exports: &BTreeMap<String, Model>) -> bool {
        if job.kind == JobKind::Discover {
            return false;
        }
        let done = job.state == JobState::Reconciled;
        self.jobs.listed += 1;
        if is_healthy(job, exports) {
            self.healthy += 1;
            self.healthy_done += u64::from(done);
        }
        match (job.state, &job.end) {
            (JobState::Reconciled, _) => self.jobs.done += 1,
            (JobState::Ended, Some(end)) => *self.jobs.ended.entry(word(end)).or_insert(0) += 1,
            (JobState::Parked, _) => *self.jobs.ended.entry("parked".to_owned()).or_insert(0) += 1,
            (state, _) => self.jobs.lost.push(format!(
                "job {} ({}): {}, attempt {}, failures {}, crashes {}",
                job.id,
                job.spec.as_ref().map_or("?", |spec| spec.target.as_str()),
                state.as_str(),
                job.attempt,
                job.failures,
                job.crashes
            )),
        }
        done
    }

    #[allow(clippy::too_many_arguments, reason = "one comparison of all that is known of a target")]
    fn compare(
        &mut self,
        model: &Model,
        target: &TargetId,
        rounds: &BTreeSet<u32>,
        key: &FingerprintKey,
        states: &BTreeMap<Fingerprint, FindingState>,
        logged: &BTreeMap<Key, Vec<String>>,
        expected: &mut BTreeSet<Key>,
    ) {
        for at in 0..model.things {
            let fingerprint = key.fingerprint(&rule(), target, &thing(at), "");
            let story = model.story(target, at, rounds);
            for (round, kind) in story.transitions {
                let key = (fingerprint.clone(), round, kind);
                self.expected += 1;
                if !logged.contains_key(&key) {
                    self.missing.push(format!("{target} {}: {}", thing(at), shown(&key)));
                }
                expected.insert(key);
            }
            let state = states.get(&fingerprint).copied();
            if state != story.state {
                let there = format!("{target} {}: is {state:?}, should be {:?}", thing(at), story.state);
                self.misplaced.push(there);
            }
        }
    }
}

async fn jobs_of(store: &dyn Store, scan: &ScanRecord) -> anyhow::Result<Vec<JobRecord>> {
    let mut all = Vec::new();
    loop {
        let page = store.scan_jobs(&scan.id, all.len() as u64, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The entries of the log by what happened in which round; a transition of an unknown scan counts for a round that never was.
async fn read_log(
    store: &dyn Store,
    rounds: &Rounds,
    verdict: &mut Verdict,
) -> anyhow::Result<BTreeMap<Key, Vec<String>>> {
    let mut logged: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.transitions(after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(logged) };
        after = Some(last.position.clone());
        verdict.logged += page.len() as u64;
        for LogEntry { position, transition } in page {
            let Transition { fingerprint, kind, scan, job, seq, at, .. } = transition;
            let round = rounds.get(&scan).copied().unwrap_or(u32::MAX);
            let entry = format!("entry {position}, decided at {at}, of job {job}, sequence {seq}");
            logged.entry((fingerprint, round, kind)).or_default().push(entry);
        }
    }
}

fn is_healthy(job: &JobRecord, exports: &BTreeMap<String, Model>) -> bool {
    let Some((name, number)) = job.spec.as_ref().and_then(|spec| parts_of(&spec.target)) else { return true };
    exports.get(name).is_none_or(|model| {
        !model.poison.contains(&number)
            && !model.failing.contains_key(&number)
            && !model.broken.contains(&number)
    })
}

fn word(end: &EndReason) -> String {
    match end {
        EndReason::NotAssessed(reason) => reason.word().to_owned(),
        EndReason::Cancelled => "cancelled".to_owned(),
        EndReason::Split => "split".to_owned(),
    }
}

fn why(letter: &DeadRecord) -> String {
    format!("{}: {}", letter.queue, letter.reason)
}

fn shown((fingerprint, round, kind): &Key) -> String {
    format!("{kind:?} in round {round} of {fingerprint}").to_lowercase()
}
