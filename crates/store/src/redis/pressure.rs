//! Paused lanes, and the processes that are there.

use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{Lane, WorkerId};
use deadpool_redis::redis::Value;

use super::error::corrupt;
use super::records::json;
use super::reply;
use super::script::{ASK_TO_DRAIN, LEAVE, NOTE_PRESENCE, PAUSE_LANE, PROCESSES, RESUME_LANE, WISHES};
use super::store::{RedisStore, Result, millis};
use crate::pressure::{LanePause, Presence, PressureStore, Wishes};

#[async_trait]
impl PressureStore for RedisStore {
    async fn pause_lane(&self, wanted: &LanePause) -> Result<LanePause> {
        let mut call = self.call(&PAUSE_LANE);
        call.arg(wanted.lane.as_str()).arg(serde_json::to_string(wanted).map_err(corrupt)?);
        json(&reply::bytes(self.ask(&PAUSE_LANE, &call).await?)?)
    }

    async fn resume_lane(&self, lane: Lane) -> Result<Option<LanePause>> {
        let mut call = self.call(&RESUME_LANE);
        call.arg(lane.as_str());
        match self.ask(&RESUME_LANE, &call).await? {
            Value::Nil => Ok(None),
            stood => json(&reply::bytes(stood)?).map(Some),
        }
    }

    async fn wishes(&self, process: &WorkerId) -> Result<Wishes> {
        let mut call = self.call(&WISHES);
        call.arg(process.as_str());
        let mut answer = self.ask_list(&WISHES, &call).await?;
        let mut lanes = answer.items()?;
        let mut paused = Vec::new();
        for _ in 0..2 {
            if let Some(pause) = lanes.bytes()? {
                paused.push(json(&pause)?);
            }
        }
        Ok(Wishes { paused, drain: answer.int()? == 1 })
    }

    async fn note_presence(&self, presence: &Presence, ttl: Duration) -> Result<()> {
        let mut call = self.call(&NOTE_PRESENCE);
        call.arg(presence.process.as_str()).arg(millis(ttl));
        call.arg(serde_json::to_string(presence).map_err(corrupt)?);
        self.ask(&NOTE_PRESENCE, &call).await.map(drop)
    }

    async fn leave(&self, process: &WorkerId) -> Result<()> {
        let mut call = self.call(&LEAVE);
        call.arg(process.as_str());
        self.ask(&LEAVE, &call).await.map(drop)
    }

    async fn processes(&self) -> Result<Vec<Presence>> {
        let call = self.call(&PROCESSES);
        let read = |value| json::<Presence>(&reply::bytes(value)?);
        let mut there = self.ask_list(&PROCESSES, &call).await?.each(read)?;
        there.sort_by(|a, b| a.process.cmp(&b.process));
        Ok(there)
    }

    async fn ask_to_drain(&self, process: &WorkerId) -> Result<bool> {
        let mut call = self.call(&ASK_TO_DRAIN);
        call.arg(process.as_str());
        Ok(reply::int(self.ask(&ASK_TO_DRAIN, &call).await?)? == 1)
    }
}
