//! Paused lanes, limits on what runs, and the processes that are there.

use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{JobKind, Lane, TargetId, Timestamp, WorkerId};
use rusqlite::{Connection, params};

use super::jobs::Job;
use super::open::EmbeddedStore;
use super::row::{Fields, Result, json, many, millis, run, to_json, value};
use crate::pressure::{LanePause, Limits, Presence, PressureStore, Wishes, organisation, put_off};

/// For how long a job must be put off because as many run as may; notes it. `None` when it may begin.
pub(super) fn full(db: &Connection, job: &Job, limits: Limits, now: Timestamp) -> Result<Option<Duration>> {
    let Some(spec) = job.record.spec.as_ref().filter(|_| limits.any()) else { return Ok(None) };
    let (mut of_target, mut of_organisation) = (0_u32, 0_u32);
    for other in running_targets(db, job, now)? {
        of_target += u32::from(other == spec.target);
        of_organisation += u32::from(organisation(&other) == organisation(&spec.target));
    }
    let over = |running: u32, limit: u32| limit > 0 && running >= limit;
    if !over(of_target, limits.per_target) && !over(of_organisation, limits.per_organisation) {
        return Ok(None);
    }
    let wait = put_off(now.since(job.record.released_at));
    run(
        db,
        "UPDATE jobs SET state = CASE state WHEN 'recorded' THEN 'published' ELSE state END, published_at = ?2, \
         not_before = ?3 WHERE n = ?1",
        params![job.n, now.as_millis(), now.plus(wait).as_millis()],
    )?;
    Ok(Some(wait))
}

/// The targets of all other attempts whose fence holds.
fn running_targets(db: &Connection, but: &Job, now: Timestamp) -> Result<Vec<TargetId>> {
    let sql = "SELECT id, json_extract(spec, '$.target') FROM jobs INDEXED BY held_jobs \
               WHERE holder IS NOT NULL AND held_until > ?1 AND kind = ?2 AND n <> ?3";
    many(db, sql, params![now.as_millis(), JobKind::Scan.as_str(), but.n], |row| {
        Fields::new(row, "jobs", 0, 1)?.word()
    })
}

fn pause(db: &Connection, wanted: &LanePause) -> Result<LanePause> {
    let sql = "INSERT INTO paused_lanes VALUES (?1, ?2) ON CONFLICT (lane) DO NOTHING";
    run(db, sql, params![wanted.lane.as_str(), to_json(wanted)?])?;
    Ok(stands(db, wanted.lane)?.unwrap_or_else(|| wanted.clone()))
}

fn stands(db: &Connection, lane: Lane) -> Result<Option<LanePause>> {
    let record: Option<String> =
        value(db, "SELECT record FROM paused_lanes WHERE lane = ?1", [lane.as_str()])?;
    record.map(|record| json("paused_lanes", lane.as_str(), &record)).transpose()
}

fn resume(db: &Connection, lane: Lane) -> Result<Option<LanePause>> {
    let stood = stands(db, lane)?;
    run(db, "DELETE FROM paused_lanes WHERE lane = ?1", [lane.as_str()])?;
    Ok(stood)
}

fn wishes(db: &Connection, process: &WorkerId) -> Result<Wishes> {
    let sql = "SELECT lane, record FROM paused_lanes ORDER BY lane DESC";
    let paused = many(db, sql, [], |row| Fields::new(row, "paused_lanes", 0, 1)?.json())?;
    let drain: Option<bool> = value(db, "SELECT drain FROM processes WHERE id = ?1", [process.as_str()])?;
    Ok(Wishes { paused, drain: drain.unwrap_or(false) })
}

fn note(db: &Connection, presence: &Presence, ttl: Duration) -> Result<()> {
    let now = Timestamp::now();
    run(db, "DELETE FROM processes WHERE until <= ?1", [now.as_millis()])?;
    let until = now.plus(Duration::from_millis(millis(ttl)));
    run(
        db,
        "INSERT INTO processes (id, until, record) VALUES (?1, ?2, ?3) \
         ON CONFLICT (id) DO UPDATE SET until = excluded.until, record = excluded.record",
        params![presence.process.as_str(), until.as_millis(), to_json(presence)?],
    )?;
    Ok(())
}

fn processes(db: &Connection) -> Result<Vec<Presence>> {
    let sql = "SELECT id, record FROM processes WHERE until > ?1 ORDER BY id";
    many(db, sql, [Timestamp::now().as_millis()], |row| Fields::new(row, "processes", 0, 1)?.json())
}

fn ask_to_drain(db: &Connection, process: &WorkerId) -> Result<bool> {
    let sql = "UPDATE processes SET drain = 1 WHERE id = ?1 AND until > ?2";
    Ok(run(db, sql, params![process.as_str(), Timestamp::now().as_millis()])? > 0)
}

#[async_trait]
impl PressureStore for EmbeddedStore {
    async fn pause_lane(&self, wanted: &LanePause) -> Result<LanePause> {
        let wanted = wanted.clone();
        self.write(move |db| pause(db, &wanted)).await
    }

    async fn resume_lane(&self, lane: Lane) -> Result<Option<LanePause>> {
        self.write(move |db| resume(db, lane)).await
    }

    async fn wishes(&self, process: &WorkerId) -> Result<Wishes> {
        let process = process.clone();
        self.read(move |db| wishes(db, &process)).await
    }

    async fn note_presence(&self, presence: &Presence, ttl: Duration) -> Result<()> {
        let presence = presence.clone();
        self.write(move |db| note(db, &presence, ttl)).await
    }

    async fn leave(&self, process: &WorkerId) -> Result<()> {
        let process = process.clone();
        self.write(move |db| run(db, "DELETE FROM processes WHERE id = ?1", [process.as_str()]).map(drop))
            .await
    }

    async fn processes(&self) -> Result<Vec<Presence>> {
        self.read(processes).await
    }

    async fn ask_to_drain(&self, process: &WorkerId) -> Result<bool> {
        let process = process.clone();
        self.write(move |db| ask_to_drain(db, &process)).await
    }
}
