//! What is old enough goes, in scripts that each look at a bounded number of records.

use std::collections::BTreeMap;

use async_trait::async_trait;
use checkmate_domain::{Scope, Timestamp};
use deadpool_redis::redis::Cmd;

use super::records::unsigned;
use super::reply;
use super::script::{PURGE_DEAD, PURGE_LOG, PURGE_SCAN, Script};
use super::store::{RedisStore, Result};
use crate::history::{Cutoffs, HistoryStore, Purged};
use crate::records::ScanRecord;
use crate::requests::LockGuard;

/// So many records are looked at by one script.
const PAGE: u64 = 500;

/// What a script does with what it finds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Count,
    Remove,
}

impl Mode {
    const fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Remove => "remove",
        }
    }
}

impl RedisStore {
    /// Final, announced scans that ended before and are not the newest final one of their scope among those made before;
    /// about so many of the oldest. Younger scans are not read.
    async fn outdated_scans(&self, before: Timestamp, most: u64) -> Result<Vec<ScanRecord>> {
        let mut count = self.command("ZCOUNT", "scans");
        count.arg("-inf").arg(format!("({}", before.as_millis()));
        let made_before: u64 = unsigned(reply::int(self.run(&count).await?)?)?;
        let mut last: BTreeMap<Scope, ScanRecord> = BTreeMap::new();
        let mut outdated: Vec<ScanRecord> = Vec::new();
        let mut skip = 0;
        while skip < made_before && (outdated.len() as u64) < most {
            let page = self.pages("scans", "oldest", skip, PAGE.min(made_before - skip)).await?;
            if page.is_empty() {
                break;
            }
            skip += page.len() as u64;
            for scan in page.into_iter().filter(|scan| scan.state.is_final()) {
                let older = last.insert(scan.scope.clone(), scan);
                let is_old =
                    |scan: &ScanRecord| scan.announced && scan.finished_at.is_some_and(|at| at < before);
                outdated.extend(older.filter(is_old));
            }
        }
        outdated.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(outdated)
    }

    fn guarded(&self, script: &Script, guard: Option<&LockGuard>) -> Cmd {
        let mut call = self.call(script);
        call.arg(guard.map_or("", |guard| guard.name.as_str())).arg(guard.map_or(0, |guard| guard.token));
        call
    }

    async fn purge_scans(
        &self,
        before: Timestamp,
        limit: u64,
        guard: Option<&LockGuard>,
        purged: &mut Purged,
    ) -> Result<()> {
        for scan in self.outdated_scans(before, limit).await? {
            loop {
                let most = PAGE.min(limit.saturating_sub(purged.total()));
                if most == 0 {
                    return Ok(());
                }
                let mut call = self.guarded(&PURGE_SCAN, guard);
                call.arg(scan.id.as_str()).arg(before.as_millis()).arg(most);
                let mut answer = self.ask_list(&PURGE_SCAN, &call).await?;
                let (jobs, scans): (u64, u64) = (unsigned(answer.int()?)?, unsigned(answer.int()?)?);
                purged.jobs += jobs;
                purged.scans += scans;
                if scans == 1 || jobs == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Counts or removes entries of the log; how many.
    async fn old_entries(
        &self,
        before: Timestamp,
        limit: u64,
        mode: Mode,
        guard: Option<&LockGuard>,
    ) -> Result<u64> {
        let until = before.as_millis().saturating_sub(1).max(0).to_string();
        let (mut from, mut all) = ("-".to_owned(), 0);
        while all < limit {
            let most = PAGE.min(limit - all);
            let mut call = self.guarded(&PURGE_LOG, guard);
            call.arg(mode.word()).arg(&from).arg(&until).arg(most);
            let mut answer = self.ask_list(&PURGE_LOG, &call).await?;
            let some: u64 = unsigned(answer.int()?)?;
            all += some;
            if some < most {
                break;
            }
            from = format!("({}", answer.text()?);
        }
        Ok(all)
    }

    /// Counts or removes dead letters; how many were handled, and how many wait.
    async fn old_dead(
        &self,
        before: Timestamp,
        limit: u64,
        mode: Mode,
        guard: Option<&LockGuard>,
    ) -> Result<(u64, u64)> {
        let (mut handled, mut waiting): (u64, u64) = (0, 0);
        while handled + waiting < limit {
            let skip = if mode == Mode::Count { handled + waiting } else { 0 };
            let most = PAGE.min(limit - handled - waiting);
            let mut call = self.guarded(&PURGE_DEAD, guard);
            call.arg(mode.word()).arg(before.as_millis()).arg(skip).arg(most);
            let mut answer = self.ask_list(&PURGE_DEAD, &call).await?;
            let (some, others): (u64, u64) = (unsigned(answer.int()?)?, unsigned(answer.int()?)?);
            handled += some;
            waiting += others;
            if some + others < most {
                break;
            }
        }
        Ok((handled, waiting))
    }
}

#[async_trait]
impl HistoryStore for RedisStore {
    async fn outdated(&self, before: &Cutoffs) -> Result<Purged> {
        let scans = self.outdated_scans(before.results, u64::MAX).await?;
        let (dead_handled, dead_waiting) =
            self.old_dead(before.dead_letters, u64::MAX, Mode::Count, None).await?;
        let mut jobs = 0_u64;
        for scan in &scans {
            // What went already is on the list no more; the discover job goes last.
            let listed = self.run(&self.command("LLEN", &format!("list:{}", scan.id))).await?;
            jobs += 1 + unsigned::<u64>(reply::int(listed)?)?;
        }
        Ok(Purged {
            scans: scans.len() as u64,
            jobs,
            transitions: self.old_entries(before.events, u64::MAX, Mode::Count, None).await?,
            dead_handled,
            dead_waiting,
            more: false,
        })
    }

    async fn purge(&self, before: &Cutoffs, limit: u64, guard: Option<&LockGuard>) -> Result<Purged> {
        let mut purged = Purged::default();
        self.purge_scans(before.results, limit, guard, &mut purged).await?;
        let left = limit.saturating_sub(purged.total());
        purged.transitions = self.old_entries(before.events, left, Mode::Remove, guard).await?;
        let left = limit.saturating_sub(purged.total());
        (purged.dead_handled, purged.dead_waiting) =
            self.old_dead(before.dead_letters, left, Mode::Remove, guard).await?;
        purged.more = purged.total() >= limit;
        Ok(purged)
    }
}
