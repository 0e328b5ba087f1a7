//! The naive model: jobs with a state each, and every number counted from them anew.

use std::collections::BTreeMap;

use checkmate_domain::{FindingRecord, JobId, JobSpec, ScanId, TargetId, Transition, TransitionKind};

use crate::{Fence, JobState, ReconcileCommit, ScanState};

/// What the store answers, as far as the model knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) word: &'static str,
    /// Released by it, or released and not noted as published.
    pub(super) jobs: Vec<JobId>,
    pub(super) finished: bool,
}

pub(super) fn answer(word: &'static str) -> Answer {
    Answer { word, jobs: Vec::new(), finished: false }
}

pub(super) struct Job {
    pub(super) scan: ScanId,
    pub(super) spec: Option<JobSpec>,
    pub(super) state: JobState,
    pub(super) fence: Option<u64>,
    pub(super) attempt: u32,
    pub(super) failures: u32,
    pub(super) sealed: bool,
    pub(super) end: Option<&'static str>,
}

impl Job {
    fn new(scan: &ScanId, spec: Option<JobSpec>, state: JobState) -> Self {
        let scan = scan.clone();
        Self { scan, spec, state, fence: None, attempt: 0, failures: 0, sealed: false, end: None }
    }

    fn over(&mut self, state: JobState) {
        self.state = state;
        self.fence = None;
    }
}

pub(super) struct Scan {
    pub(super) discover: JobId,
    pub(super) list: Vec<JobId>,
    pub(super) window: usize,
    pub(super) state: ScanState,
    pub(super) sealed: bool,
    pub(super) opened: u64,
    pub(super) resolved: u64,
    pub(super) announced: bool,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) scans: BTreeMap<ScanId, Scan>,
    pub(super) jobs: BTreeMap<JobId, Job>,
    pub(super) versions: BTreeMap<TargetId, u64>,
    pub(super) findings: BTreeMap<TargetId, BTreeMap<String, FindingRecord>>,
    pub(super) log: Vec<Transition>,
}

impl World {
    pub(super) fn create(&mut self, id: &ScanId, discover: JobId, window: usize) {
        self.jobs.insert(discover.clone(), Job::new(id, None, JobState::Recorded));
        let scan = Scan {
            discover,
            list: Vec::new(),
            window,
            state: ScanState::Planned,
            sealed: false,
            opened: 0,
            resolved: 0,
            announced: false,
        };
        self.scans.insert(id.clone(), scan);
    }

    /// How many jobs of the list are in one of these states.
    pub(super) fn count(&self, scan: &ScanId, states: &[JobState]) -> usize {
        self.scans[scan].list.iter().filter(|job| states.contains(&self.jobs[*job].state)).count()
    }

    pub(super) fn in_window(&self, scan: &ScanId) -> usize {
        self.count(scan, &[JobState::Recorded, JobState::Published, JobState::Running])
    }

    pub(super) fn pending(&self, scan: &ScanId) -> usize {
        self.in_window(scan) + self.count(scan, &[JobState::Waiting, JobState::Stored])
    }

    pub(super) fn ended(&self, scan: &ScanId) -> BTreeMap<String, u64> {
        let mut ended = BTreeMap::new();
        for job in &self.scans[scan].list {
            let job = &self.jobs[job];
            let parked = (job.state == JobState::Parked).then_some("parked");
            for word in job.end.into_iter().chain(parked) {
                *ended.entry(word.to_owned()).or_insert(0) += 1;
            }
        }
        ended
    }

    fn claim(&mut self, scan: &ScanId) -> Vec<JobId> {
        let mut claimed = Vec::new();
        if self.scans[scan].state.is_final() {
            return claimed;
        }
        for id in self.scans[scan].list.clone() {
            let waits = self.jobs[&id].state == JobState::Waiting;
            if waits && self.in_window(scan) < self.scans[scan].window {
                self.job(&id).state = JobState::Recorded;
                claimed.push(id);
            }
        }
        claimed
    }

    fn finish(&mut self, scan: &ScanId) -> bool {
        let now = &self.scans[scan];
        if now.state.is_final() || !now.sealed || self.pending(scan) > 0 {
            return false;
        }
        let whole = self.ended(scan).is_empty();
        self.scan(scan).state = if whole { ScanState::Finished } else { ScanState::FinishedIncomplete };
        true
    }

    /// Released and not noted as published.
    fn unnoted(&self, scan: &ScanId, word: &'static str) -> Answer {
        let recorded = |(_, job): &(&JobId, &Job)| job.scan == *scan && job.state == JobState::Recorded;
        let jobs = self.jobs.iter().filter(recorded).map(|(id, _)| id.clone()).collect();
        Answer { jobs, ..answer(word) }
    }

    fn job(&mut self, id: &JobId) -> &mut Job {
        self.jobs.get_mut(id).expect("a job of the model")
    }

    fn scan(&mut self, id: &ScanId) -> &mut Scan {
        self.scans.get_mut(id).expect("a scan of the model")
    }

    pub(super) fn scan_of(&self, job: &JobId) -> ScanId {
        self.jobs[job].scan.clone()
    }

    fn holds(&self, fence: &Fence) -> bool {
        self.jobs[&fence.job].fence == Some(fence.token)
    }

    /// What asking to run a job should answer; [`World::started`] follows when it is `started`.
    pub(super) fn begin(&self, id: &JobId, max_failures: u32) -> Answer {
        let job = &self.jobs[id];
        let over = self.scans[&job.scan].state.is_final();
        match job.state {
            JobState::Waiting => answer("unknown"),
            JobState::Stored => self.unnoted(&job.scan, "already-stored"),
            JobState::Ended if job.sealed && !over => self.unnoted(&job.scan, "already-sealed"),
            JobState::Ended | JobState::Parked | JobState::Reconciled => answer("over"),
            _ if over => answer("over"),
            JobState::Running => answer("busy"),
            _ if job.failures >= max_failures => answer("condemned"),
            JobState::Recorded | JobState::Published => answer("started"),
        }
    }

    pub(super) fn started(&mut self, fence: &Fence) {
        let job = self.job(&fence.job);
        job.state = JobState::Running;
        job.fence = Some(fence.token);
        job.attempt += 1;
        let (discover, scan) = (job.spec.is_none(), job.scan.clone());
        if discover {
            self.scan(&scan).state = ScanState::Discovering;
        }
    }

    pub(super) fn renew(&self, fence: &Fence) -> Answer {
        let state = self.scans[&self.jobs[&fence.job].scan].state;
        match (self.holds(fence), state) {
            (false, _) => answer("lost"),
            (true, ScanState::Cancelled) => answer("cancelled"),
            (true, _) => answer("held"),
        }
    }

    pub(super) fn end_attempt(&mut self, fence: &Fence, failed: bool) -> Answer {
        if !self.holds(fence) {
            return answer("fence-lost");
        }
        let job = self.job(&fence.job);
        job.over(JobState::Published);
        job.failures += u32::from(failed);
        job.attempt -= u32::from(!failed);
        answer("noted")
    }

    pub(super) fn seal(&mut self, fence: &Fence, list: &[(JobId, JobSpec)]) -> Answer {
        let scan = self.scan_of(&fence.job);
        if self.jobs[&fence.job].sealed {
            return self.unnoted(&scan, "already");
        }
        if !self.holds(fence) || self.scans[&scan].state.is_final() {
            return answer("fence-lost");
        }
        for (id, spec) in list {
            if !self.jobs.contains_key(id) {
                self.jobs.insert(id.clone(), Job::new(&scan, Some(spec.clone()), JobState::Waiting));
                self.scan(&scan).list.push(id.clone());
            }
        }
        let own = self.job(&fence.job);
        own.over(JobState::Ended);
        own.sealed = true;
        if own.spec.is_none() {
            self.scan(&scan).sealed = true;
            self.scan(&scan).state = ScanState::Running;
        }
        self.left(&scan, "new")
    }

    pub(super) fn store_result(&mut self, fence: &Fence) -> Answer {
        let scan = self.scan_of(&fence.job);
        match self.jobs[&fence.job].state {
            JobState::Stored | JobState::Parked | JobState::Reconciled => self.unnoted(&scan, "already"),
            _ if !self.holds(fence) => answer("fence-lost"),
            _ => {
                self.job(&fence.job).over(JobState::Stored);
                Answer { jobs: self.claim(&scan), ..answer("new") }
            }
        }
    }

    pub(super) fn end_job(&mut self, id: &JobId, word: &'static str) -> Answer {
        let scan = self.scan_of(id);
        match self.jobs[id].state {
            JobState::Waiting => return answer("unknown"),
            JobState::Recorded | JobState::Published | JobState::Running => {}
            _ => return answer("kept"),
        }
        let job = self.job(id);
        job.over(JobState::Ended);
        if job.spec.is_some() {
            job.end = Some(word);
            return self.left(&scan, "ended");
        }
        let failed = !self.scans[&scan].state.is_final();
        if failed {
            self.scan(&scan).state = ScanState::Failed;
        }
        Answer { finished: failed, ..answer("ended") }
    }

    fn left(&mut self, scan: &ScanId, word: &'static str) -> Answer {
        Answer { word, jobs: self.claim(scan), finished: self.finish(scan) }
    }

    pub(super) fn park(&mut self, id: &JobId) -> Answer {
        if self.jobs[id].state != JobState::Stored {
            return answer("kept");
        }
        let scan = self.scan_of(id);
        self.job(id).over(JobState::Parked);
        Answer { finished: self.finish(&scan), ..answer("parked") }
    }

    pub(super) fn load(&self, id: &JobId) -> Answer {
        match self.jobs[id].state {
            JobState::Waiting => answer("unknown"),
            JobState::Stored | JobState::Parked => answer("ready"),
            JobState::Reconciled => answer("already"),
            _ => answer("no-result"),
        }
    }

    pub(super) fn commit(&mut self, commit: &ReconcileCommit) -> Answer {
        match self.jobs[&commit.job].state {
            JobState::Reconciled => return answer("already"),
            JobState::Stored | JobState::Parked => {}
            _ => return answer("no-result"),
        }
        if self.versions.get(&commit.target).copied().unwrap_or(0) != commit.version {
            return answer("conflict");
        }
        let scan = self.scan_of(&commit.job);
        self.job(&commit.job).over(JobState::Reconciled);
        for transition in &commit.transitions {
            let kind = transition.kind;
            let opened = matches!(kind, TransitionKind::Opened | TransitionKind::Reopened);
            self.scan(&scan).opened += u64::from(opened);
            self.scan(&scan).resolved += u64::from(kind == TransitionKind::Resolved);
        }
        self.log.extend(commit.transitions.iter().cloned());
        let known = self.findings.entry(commit.target.clone()).or_default();
        known.extend(commit.upserts.iter().map(|r| (r.finding.fingerprint.as_str().to_owned(), r.clone())));
        Answer { finished: self.finish(&scan), ..answer("committed") }
    }

    pub(super) fn cancel(&mut self, id: &ScanId) -> Answer {
        if self.scans[id].state.is_final() {
            return answer("was-over");
        }
        self.scan(id).state = ScanState::Cancelled;
        answer("now")
    }

    pub(super) fn published(&mut self, ids: &[JobId]) {
        for id in ids {
            let job = self.job(id);
            if job.state == JobState::Recorded {
                job.state = JobState::Published;
            }
        }
    }
}
