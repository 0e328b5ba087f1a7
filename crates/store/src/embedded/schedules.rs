//! Schedules and requests.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{ScanId, ScheduleName, Timestamp};
use rusqlite::{Connection, Row, params};

use super::error::corrupt;
use super::open::EmbeddedStore;
use super::row::{Fields, Result, many, millis, one, run, to_json, value, word};
use super::{locks, scans};
use crate::requests::{Created, NewScan};
use crate::schedules::{Fire, Fired, Put, REQUEST_KNOWN, ScheduleRecord, ScheduleState, ScheduleStore};

/// The tables, to be made where they are not there.
pub(super) const TABLES: &str = include_str!("schedules.sql");

#[async_trait]
impl ScheduleStore for EmbeddedStore {
    async fn schedules(&self) -> Result<Vec<ScheduleRecord>> {
        self.read(|db| many(db, "SELECT name, version, state FROM schedules ORDER BY name", [], read)).await
    }

    async fn schedule(&self, name: &ScheduleName) -> Result<Option<ScheduleRecord>> {
        let name = name.clone();
        let sql = "SELECT name, version, state FROM schedules WHERE name = ?1";
        self.read(move |db| one(db, sql, [name.as_str()], read)).await
    }

    async fn put_schedule(&self, name: &ScheduleName, version: u64, state: &ScheduleState) -> Result<Put> {
        let (name, state) = (name.clone(), to_json(state)?);
        self.write(move |db| {
            if !moved_on(db, &name, version, &state)? {
                return Ok(Put::Moved);
            }
            run(db, "UPDATE schedule_changes SET changes = changes + 1", [])?;
            Ok(Put::Done(version + 1))
        })
        .await
    }

    async fn schedule_changes(&self) -> Result<u64> {
        self.read(|db| Ok(value(db, "SELECT changes FROM schedule_changes", [])?.unwrap_or_default())).await
    }

    async fn fire(&self, fire: &Fire) -> Result<Fired> {
        let (fire, state) = (fire.clone(), to_json(&fire.state)?);
        self.write(move |db| {
            if !locks::holds(db, &fire.guard, Timestamp::now())? {
                return Ok(Fired::NotLeader);
            }
            if !moved_on(db, &fire.name, fire.version, &state)? {
                return Ok(Fired::Moved);
            }
            let created = fire.scan.as_ref().map(|scan| scans::create(db, scan)).transpose()?;
            Ok(Fired::Done(fire.version + 1, created))
        })
        .await
    }

    async fn name_schedules(
        &self,
        process: &str,
        names: &BTreeSet<ScheduleName>,
        ttl: Duration,
    ) -> Result<BTreeSet<ScheduleName>> {
        let (process, names) = (process.to_owned(), to_json(names)?);
        self.write(move |db| {
            let now = Timestamp::now();
            run(db, "DELETE FROM schedule_names WHERE held_until <= ?1", [now.as_millis()])?;
            let until = now.plus(Duration::from_millis(millis(ttl))).as_millis();
            let sql =
                "INSERT OR REPLACE INTO schedule_names (process, held_until, names) VALUES (?1, ?2, ?3)";
            run(db, sql, params![process, until, names])?;
            let all: Vec<BTreeSet<ScheduleName>> =
                many(db, "SELECT process, names FROM schedule_names", [], |row| {
                    Fields::new(row, "schedule_names", 0, 1)?.json()
                })?;
            Ok(all.into_iter().flatten().collect())
        })
        .await
    }

    async fn take_request_slot(&self, user: &str, per_minute: u32) -> Result<bool> {
        let user = user.to_owned();
        self.write(move |db| {
            let minute = Timestamp::now().as_millis().div_euclid(60_000);
            let sql = "SELECT taken FROM request_slots WHERE user = ?1 AND minute = ?2";
            let taken: u32 = value(db, sql, params![user, minute])?.unwrap_or(0);
            if taken >= per_minute {
                return Ok(false);
            }
            let sql = "INSERT OR REPLACE INTO request_slots (user, minute, taken) VALUES (?1, ?2, ?3)";
            run(db, sql, params![user, minute, taken + 1])?;
            Ok(true)
        })
        .await
    }

    async fn requested(&self, request: &ScanId) -> Result<Option<ScanId>> {
        let request = request.clone();
        self.read(move |db| scan_of(db, &request)).await
    }

    async fn create_requested(&self, scan: &NewScan) -> Result<Created> {
        let scan = scan.clone();
        self.write(move |db| create_requested(db, &scan)).await
    }
}

fn read(row: &Row<'_>) -> Result<ScheduleRecord> {
    let mut fields = Fields::new(row, "schedules", 0, 0)?;
    Ok(ScheduleRecord { name: fields.word()?, version: fields.next()?, state: fields.json()? })
}

/// Writes the next version unless another one stands; whether it did.
fn moved_on(db: &Connection, name: &ScheduleName, version: u64, state: &str) -> Result<bool> {
    let rows = if version == 0 {
        let sql =
            "INSERT INTO schedules (name, version, state) VALUES (?1, 1, ?2) ON CONFLICT (name) DO NOTHING";
        run(db, sql, params![name.as_str(), state])?
    } else {
        let sql = "UPDATE schedules SET version = version + 1, state = ?3 WHERE name = ?1 AND version = ?2";
        run(db, sql, params![name.as_str(), version, state])?
    };
    Ok(rows == 1)
}

fn scan_of(db: &Connection, request: &ScanId) -> Result<Option<ScanId>> {
    let scan: Option<String> =
        value(db, "SELECT scan FROM requested WHERE request = ?1", [request.as_str()])?;
    let scan = scan.map(|scan| word(&scan)).transpose();
    scan.map_err(|error| corrupt("requested", request.as_str(), error))
}

fn create_requested(db: &Connection, new: &NewScan) -> Result<Created> {
    let now = Timestamp::now();
    run(db, "DELETE FROM requested WHERE at < ?1", [now.minus(REQUEST_KNOWN).as_millis()])?;
    if let Some(before) = scan_of(db, &new.id)?
        && let Some(scan) = scans::find(db, &before)?
    {
        return Ok(Created::Exists(Box::new(scan.record)));
    }
    let scope = new.scope.to_string();
    let sql = "SELECT scan FROM requested WHERE scope = ?1 ORDER BY at DESC, rowid DESC LIMIT 1";
    let last: Option<String> = value(db, sql, [&scope])?;
    let last = last.map(|scan| word(&scan)).transpose();
    let last: Option<ScanId> = last.map_err(|error| corrupt("requested", &scope, error))?;
    let open = match last {
        Some(last) => scans::find(db, &last)?.filter(|scan| !scan.record.state.is_final()),
        None => None,
    };
    let created = match open {
        Some(scan) => Created::Exists(Box::new(scan.record)),
        None => scans::create(db, new)?,
    };
    let (Created::New(scan, _) | Created::Exists(scan)) = &created;
    let sql = "INSERT OR REPLACE INTO requested (request, scan, scope, at) VALUES (?1, ?2, ?3, ?4)";
    run(db, sql, params![new.id.as_str(), scan.id.as_str(), scope, now.as_millis()])?;
    Ok(created)
}
