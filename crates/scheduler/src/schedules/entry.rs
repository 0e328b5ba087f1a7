//! One schedule in the hands of the leader: decides what is due and writes it down, step by step.

use std::time::Duration;

use checkmate_domain::{Timestamp, Trigger, TriggerKind};
use checkmate_service::metrics;
use checkmate_store::schedules::{Fire, Fired, ScheduleRecord, ScheduleState, SkipReason, Skipped};
use checkmate_store::{Created, JobRecord, LockGuard, NewScan, Store, StoreError};

use super::announce::zone_name;
use super::due::{Next, Step, due_at, next, scan_of};
use super::run::Settings;
use super::spec::ScheduleSpec;
use crate::cron::{CronExpr, Timetable, zone};

/// Steps of one schedule in a row; then others have their turn.
const STEPS: usize = 20;
/// Ticks of one note that are counted: an outage of a week at a tick a minute.
const MOST_COUNTED: usize = 10_000;

/// A schedule, its definition in force, and when to look at it again.
pub(super) struct Entry {
    spec: ScheduleSpec,
    table: Timetable,
    record: ScheduleRecord,
    pub(super) wake: Option<Timestamp>,
}

/// What became of an entry.
pub(super) struct Worked {
    pub(super) entry: Entry,
    /// Discover jobs to send.
    pub(super) jobs: Vec<JobRecord>,
    /// Somebody else leads.
    pub(super) lost: bool,
}

impl Entry {
    /// To be looked at at once.
    pub(super) fn new(spec: ScheduleSpec, record: ScheduleRecord, now: Timestamp) -> Self {
        Self { table: timetable_in_force(&spec, &record.state), spec, record, wake: Some(now) }
    }

    /// Does all that is due.
    pub(super) async fn work(
        mut self,
        store: &dyn Store,
        guard: &LockGuard,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Worked, StoreError> {
        let (mut jobs, mut running) = (Vec::new(), None);
        for _ in 0..STEPS {
            match next(&self.spec, &self.table, &self.record.state, now, running) {
                Next::Wait(wake) => {
                    self.wake = wake;
                    return Ok(Worked { entry: self, jobs, lost: false });
                }
                Next::AskScan => running = Some(self.is_running(store).await?),
                Next::Step(step) => {
                    running = None;
                    match self.write(store, guard, settings, now, *step).await? {
                        Wrote::Done(job) => jobs.extend(job.map(|job| *job)),
                        Wrote::Moved => {
                            if !self.reload(store).await? {
                                self.wake = None;
                                return Ok(Worked { entry: self, jobs, lost: false });
                            }
                        }
                        Wrote::NotLeader => return Ok(Worked { entry: self, jobs, lost: true }),
                    }
                }
            }
        }
        self.wake = Some(now);
        Ok(Worked { entry: self, jobs, lost: false })
    }

    async fn is_running(&self, store: &dyn Store) -> Result<bool, StoreError> {
        let Some(last) = &self.record.state.last_scan else { return Ok(false) };
        Ok(store.scan(last).await?.is_some_and(|scan| !scan.state.is_final()))
    }

    async fn write(
        &mut self,
        store: &dyn Store,
        guard: &LockGuard,
        settings: &Settings,
        now: Timestamp,
        step: Step,
    ) -> Result<Wrote, StoreError> {
        let due = step.fire.map_or(now, |tick| due_at(&self.spec, tick));
        let fire = Fire {
            guard: guard.clone(),
            name: self.spec.name.clone(),
            version: self.record.version,
            state: step.state,
            scan: step.fire.map(|tick| self.scan(tick, settings)),
        };
        let (version, created) = match store.fire(&fire).await? {
            Fired::Done(version, created) => (version, created),
            Fired::Moved => return Ok(Wrote::Moved),
            Fired::NotLeader => return Ok(Wrote::NotLeader),
        };
        if let Some(skipped) = newly_skipped(&self.record.state.skipped, &fire.state.skipped) {
            count(skipped, &self.table);
        }
        if fire.state.in_force != self.record.state.in_force {
            self.table = timetable_in_force(&self.spec, &fire.state);
        }
        self.record.version = version;
        self.record.state = fire.state;
        Ok(match created {
            Some(Created::New(scan, job)) => {
                metrics::cron_fired();
                metrics::schedule_lateness(scan.created_at.since(due));
                tracing::debug!(schedule = %self.spec.name, scan.id = %scan.id, "fired");
                Wrote::Done(Some(job))
            }
            Some(Created::Exists(_)) | None => Wrote::Done(None),
        })
    }

    /// What somebody else wrote meanwhile; false when it is gone.
    async fn reload(&mut self, store: &dyn Store) -> Result<bool, StoreError> {
        let Some(record) = store.schedule(&self.spec.name).await? else { return Ok(false) };
        self.table = timetable_in_force(&self.spec, &record.state);
        self.record = record;
        Ok(true)
    }

    fn scan(&self, tick: Timestamp, settings: &Settings) -> NewScan {
        NewScan {
            id: scan_of(&self.spec.name, tick),
            scope: self.spec.scope.clone(),
            lane: self.spec.lane,
            trigger: Trigger { kind: TriggerKind::Schedule, who: self.spec.name.to_string() },
            window: settings.window,
            time_limit: settings.time_limit,
            expires_after: settings.expires_after,
        }
    }
}

/// What a step noted as skipped.
fn newly_skipped<'a>(before: &[Skipped], after: &'a [Skipped]) -> Option<&'a Skipped> {
    after.first().filter(|skipped| before.first() != Some(skipped))
}

fn count(skipped: &Skipped, table: &Timetable) {
    let ticks = ticks_of(skipped, table);
    match skipped.why {
        SkipReason::Missed => metrics::cron_missed("policy", ticks),
        SkipReason::TooOld => metrics::cron_missed("too old", ticks),
        SkipReason::Overlap => metrics::cron_skipped("overlap", ticks),
        SkipReason::Replaced => metrics::cron_skipped("replaced", ticks),
    }
}

/// How many ticks a note stands for, counted up to [`MOST_COUNTED`].
fn ticks_of(skipped: &Skipped, table: &Timetable) -> u64 {
    if skipped.first == skipped.last {
        return 1;
    }
    let before = skipped.first.minus(Duration::from_millis(1));
    table.between(before, skipped.last, MOST_COUNTED).len().max(1) as u64
}

enum Wrote {
    Done(Option<Box<JobRecord>>),
    Moved,
    NotLeader,
}

/// The timetable whose ticks are decided now. It is the configured one unless another configuration is in force or an edit
/// has not taken over yet.
#[must_use]
pub fn timetable_in_force(spec: &ScheduleSpec, state: &ScheduleState) -> Timetable {
    let (cron, name) = (&state.in_force.cron, &state.in_force.zone);
    if *cron == spec.timetable.cron().to_string() && name == zone_name(spec) {
        return spec.timetable.clone();
    }
    match (cron.parse::<CronExpr>(), zone(name)) {
        (Ok(cron), Ok(zone)) => Timetable::new(cron, zone),
        _ => {
            tracing::error!(
                schedule = %spec.name, cron, zone = name,
                "the store holds a definition that this release cannot read; the configured one is used"
            );
            spec.timetable.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_counts_for_every_tick_it_stands_for() {
        let table = Timetable::new("*/10 * * * *".parse().unwrap(), zone("UTC").unwrap());
        let minute = |minute: i64| Timestamp::from_millis(minute * 60_000);
        let note =
            |first, last| Skipped { first: minute(first), last: minute(last), why: SkipReason::Missed };
        assert_eq!(ticks_of(&note(10, 10), &table), 1);
        assert_eq!(ticks_of(&note(10, 60), &table), 6);
        assert_eq!(ticks_of(&note(0, 10_000_000), &table), MOST_COUNTED as u64);
    }

    #[test]
    fn a_step_that_skips_nothing_counts_nothing() {
        let at = Timestamp::from_millis(0);
        let noted = [Skipped { first: at, last: at, why: SkipReason::Overlap }];
        assert_eq!(newly_skipped(&noted, &noted), None);
        assert_eq!(newly_skipped(&[], &noted), noted.first());
    }
}
