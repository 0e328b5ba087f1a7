//! Scans.

use checkmate_domain::{JobId, JobKind, ScanId};
use deadpool_redis::redis::{Cmd, Value};

use super::error::corrupt;
use super::records::{self, needed_scan};
use super::reply::{Fields, Items};
use super::script::{CANCEL_SCAN, CREATE_SCAN, MARK_ANNOUNCED, SCANS};
use super::store::{RedisStore, Result, millis};
use crate::records::ScanRecord;
use crate::requests::{Cancelled, Created, NewScan};

/// So many scans are read by one script.
const PAGE: u64 = 500;

impl RedisStore {
    pub(super) async fn do_create_scan(&self, scan: &NewScan) -> Result<Created> {
        let mut call = self.call(&CREATE_SCAN);
        call.arg(scan.id.as_str()).arg(discover_of(scan).as_str());
        add_fields(&mut call, scan)?;
        created(self.ask_list(&CREATE_SCAN, &call).await?)
    }

    pub(super) async fn do_scan(&self, id: &ScanId) -> Result<Option<ScanRecord>> {
        let answer = self.run(&self.command("HGETALL", &format!("scan:{id}"))).await?;
        records::scan(&Fields::of(answer)?)
    }

    pub(super) async fn do_scans(&self, skip: u64, limit: u64) -> Result<Vec<ScanRecord>> {
        self.pages("scans", "newest", skip, limit).await
    }

    pub(super) async fn do_unsettled_scans(&self) -> Result<Vec<ScanRecord>> {
        self.pages("unsettled", "oldest", 0, u64::MAX).await
    }

    pub(super) async fn do_cancel_scan(&self, id: &ScanId) -> Result<Cancelled> {
        let mut call = self.call(&CANCEL_SCAN);
        call.arg(id.as_str());
        let mut answer = self.ask_list(&CANCEL_SCAN, &call).await?;
        match answer.text()?.as_str() {
            "now" => Ok(Cancelled::Now(Box::new(needed_scan(&answer.fields()?)?))),
            "over" => Ok(Cancelled::WasOver(Box::new(needed_scan(&answer.fields()?)?))),
            _ => Ok(Cancelled::Unknown),
        }
    }

    pub(super) async fn do_mark_announced(&self, id: &ScanId) -> Result<()> {
        let mut call = self.call(&MARK_ANNOUNCED);
        call.arg(id.as_str());
        self.ask(&MARK_ANNOUNCED, &call).await.map(drop)
    }

    pub(super) async fn pages(
        &self,
        index: &str,
        order: &str,
        skip: u64,
        limit: u64,
    ) -> Result<Vec<ScanRecord>> {
        let mut scans = Vec::new();
        while (scans.len() as u64) < limit {
            let first = skip + scans.len() as u64;
            let want = PAGE.min(limit - scans.len() as u64);
            let mut call = self.call(&SCANS);
            call.arg(index).arg(first).arg(first + want - 1).arg(order);
            let read = |value: Value| needed_scan(&Fields::of(value)?);
            let page = self.ask_list(&SCANS, &call).await?.each(read)?;
            let last = (page.len() as u64) < want;
            scans.extend(page);
            if last {
                break;
            }
        }
        Ok(scans)
    }
}

/// The id of a new scan's discover job.
pub(super) fn discover_of(scan: &NewScan) -> JobId {
    JobId::derived(&scan.id, JobKind::Discover.as_str(), &scan.scope.to_string(), None)
}

/// Adds what `create` in `lua/create.lua` writes: pairs of fields.
pub(super) fn add_fields(call: &mut Cmd, scan: &NewScan) -> Result<()> {
    let NewScan { id: _, scope, lane, trigger, window, time_limit, expires_after } = scan;
    let trigger = serde_json::to_string(trigger).map_err(corrupt)?;
    call.arg("scope").arg(scope.to_string()).arg("lane").arg(lane.as_str()).arg("trigger").arg(trigger);
    call.arg("window").arg(*window).arg("time_limit_ms").arg(millis(*time_limit));
    call.arg("expires_after_ms").arg(millis(*expires_after));
    Ok(())
}

/// What `create` answers.
pub(super) fn created(mut answer: Items) -> Result<Created> {
    let new = answer.text()? == "new";
    let scan = Box::new(needed_scan(&answer.fields()?)?);
    if !new {
        return Ok(Created::Exists(scan));
    }
    Ok(Created::New(scan, Box::new(records::job(answer.value()?)?)))
}
