//! Schedules and requests.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{ScanId, ScheduleName};
use deadpool_redis::redis::Value;

use super::error::corrupt;
use super::records::{json, parsed, unsigned};
use super::reply::{self, Fields, Items};
use super::scans::{add_fields, created, discover_of};
use super::script::{CREATE_REQUESTED, FIRE, NAME_SCHEDULES, PUT_SCHEDULE, REQUEST_SLOT};
use super::store::{RedisStore, Result, millis};
use crate::requests::{Created, NewScan};
use crate::schedules::{Fire, Fired, Put, REQUEST_KNOWN, ScheduleRecord, ScheduleState, ScheduleStore};

#[async_trait]
impl ScheduleStore for RedisStore {
    async fn schedules(&self) -> Result<Vec<ScheduleRecord>> {
        let fields = Fields::of(self.run(&self.command("HGETALL", "schedules")).await?)?;
        let read = |field: Result<(&str, &[u8])>| field.and_then(|(name, value)| record(name, value));
        let mut all: Vec<ScheduleRecord> = fields.beginning("").map(read).collect::<Result<_>>()?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    async fn schedule(&self, name: &ScheduleName) -> Result<Option<ScheduleRecord>> {
        match self.run(self.command("HGET", "schedules").arg(name.as_str())).await? {
            Value::Nil => Ok(None),
            value => record(name.as_str(), &reply::bytes(value)?).map(Some),
        }
    }

    async fn put_schedule(&self, name: &ScheduleName, version: u64, state: &ScheduleState) -> Result<Put> {
        let mut call = self.call(&PUT_SCHEDULE);
        call.arg(name.as_str()).arg(version).arg(serde_json::to_string(state).map_err(corrupt)?);
        match unsigned(reply::int(self.ask(&PUT_SCHEDULE, &call).await?)?)? {
            0 => Ok(Put::Moved),
            version => Ok(Put::Done(version)),
        }
    }

    async fn schedule_changes(&self) -> Result<u64> {
        match self.run(&self.command("GET", "schedule_changes")).await? {
            Value::Nil => Ok(0),
            changes => unsigned(reply::int(changes)?),
        }
    }

    async fn fire(&self, fire: &Fire) -> Result<Fired> {
        let mut call = self.call(&FIRE);
        call.arg(&fire.guard.name).arg(fire.guard.token).arg(fire.name.as_str()).arg(fire.version);
        call.arg(serde_json::to_string(&fire.state).map_err(corrupt)?);
        if let Some(scan) = &fire.scan {
            call.arg(scan.id.as_str()).arg(discover_of(scan).as_str());
            add_fields(&mut call, scan)?;
        }
        let mut answer = self.ask_list(&FIRE, &call).await?;
        match answer.text()?.as_str() {
            "moved" => Ok(Fired::Moved),
            "not-leader" => Ok(Fired::NotLeader),
            _ => {
                let version = unsigned(answer.int()?)?;
                let scan = match answer.value()? {
                    Value::Nil => None,
                    scan => Some(created(Items::of(scan)?)?),
                };
                Ok(Fired::Done(version, scan))
            }
        }
    }

    async fn name_schedules(
        &self,
        process: &str,
        names: &BTreeSet<ScheduleName>,
        ttl: Duration,
    ) -> Result<BTreeSet<ScheduleName>> {
        let mut call = self.call(&NAME_SCHEDULES);
        call.arg(process).arg(millis(ttl)).arg(serde_json::to_string(names).map_err(corrupt)?);
        let live = self.ask_list(&NAME_SCHEDULES, &call).await?;
        let live: Vec<BTreeSet<ScheduleName>> = live.each(|names| json(&reply::bytes(names)?))?;
        Ok(live.into_iter().flatten().collect())
    }

    async fn take_request_slot(&self, user: &str, per_minute: u32) -> Result<bool> {
        let mut call = self.call(&REQUEST_SLOT);
        call.arg(user).arg(per_minute);
        Ok(reply::int(self.ask(&REQUEST_SLOT, &call).await?)? == 1)
    }

    async fn requested(&self, request: &ScanId) -> Result<Option<ScanId>> {
        match self.run(&self.command("GET", &format!("requested:{request}"))).await? {
            Value::Nil => Ok(None),
            scan => parsed(&reply::text(scan)?).map(Some),
        }
    }

    async fn create_requested(&self, scan: &NewScan) -> Result<Created> {
        let mut call = self.call(&CREATE_REQUESTED);
        call.arg(scan.id.as_str()).arg(discover_of(scan).as_str());
        call.arg(millis(REQUEST_KNOWN)).arg(scan.scope.to_string());
        add_fields(&mut call, scan)?;
        created(self.ask_list(&CREATE_REQUESTED, &call).await?)
    }
}

/// A schedule as `lua/move_on.lua` writes it: the version on a line, then the state.
fn record(name: &str, value: &[u8]) -> Result<ScheduleRecord> {
    let cut = |what: &str| corrupt(format!("schedule '{name}' is {what}"));
    let end = value.iter().position(|byte| *byte == b'\n').ok_or_else(|| cut("cut short"))?;
    let version = std::str::from_utf8(&value[..end]).map_err(|_| cut("without a version"))?;
    Ok(ScheduleRecord { name: parsed(name)?, version: parsed(version)?, state: json(&value[end + 1..])? })
}
