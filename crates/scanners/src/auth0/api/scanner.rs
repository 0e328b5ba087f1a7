//! The scanner of `auth0:DOMAIN`, and of `org:NAME`, which is several of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use async_trait::async_trait;
use checkmate_domain::{
    FingerprintKey, NotAssessed, Part, ResourceId, ScanReport, ScanStats, Scope, Scopes, TargetId, Timestamp,
};
use checkmate_outbound::BaseUrl;

use super::answers::{Answered, Answers, LACKS};
use super::endpoints::scopes;
use super::fetch::{Fetch, Which, too_many};
use super::pace::Plan;
use super::{build, parts};
use crate::api::Api;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::{assess, scripts};
use crate::contract::{Discovery, ScanContext, ScanError, Scanned, Scanner, configured};
use crate::credentials::Need;

/// A tenant that is scanned by its Management API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSpec {
    /// The organisation it belongs to.
    pub organisation: Option<String>,
    /// Where its API is.
    pub base: BaseUrl,
    /// Whose limits hold.
    pub plan: Plan,
}

/// Scans tenants.
#[derive(Clone, Debug)]
pub struct TenantScanner {
    tenants: Arc<BTreeMap<String, TenantSpec>>,
}

impl TenantScanner {
    /// Scans these, by their own hosts.
    #[must_use]
    pub fn new(tenants: Arc<BTreeMap<String, TenantSpec>>) -> Self {
        Self { tenants }
    }

    fn find(&self, domain: &str) -> Result<&TenantSpec, ScanError> {
        configured(&self.tenants, domain, "tenant", "tenants")
    }
}

#[async_trait]
impl Scanner for TenantScanner {
    async fn discover(&self, scope: &Scope, _ctx: &ScanContext) -> Result<Discovery, ScanError> {
        let domains: Vec<&String> = match scope {
            Scope::Auth0(domain) => {
                self.find(domain)?;
                vec![domain]
            }
            Scope::Org(name) => {
                let of = |(_, spec): &(&String, &TenantSpec)| spec.organisation.as_ref() == Some(name);
                let found: Vec<&String> = self.tenants.iter().filter(of).map(|(domain, _)| domain).collect();
                if found.is_empty() {
                    let text = format!("no tenant of the organisation {name} is configured; see [tenants]");
                    return Err(ScanError::Missing(text));
                }
                found
            }
            other => {
                return Err(ScanError::Permanent(format!(
                    "{other} is no tenant: write auth0:DOMAIN or org:NAME"
                )));
            }
        };
        let targets = domains
            .into_iter()
            .map(|domain| TargetId::new(format!("auth0:{domain}")))
            .collect::<Result<_, _>>()?;
        Ok(Discovery { targets, complete: true })
    }

    async fn scan(
        &self,
        target: &TargetId,
        part: Option<&Part>,
        ctx: &ScanContext,
    ) -> Result<Scanned, ScanError> {
        let scanning = self.look(target, part, ctx);
        ctx.stop.run_until_cancelled(scanning).await.ok_or(ScanError::Stopped)?
    }
}

impl TenantScanner {
    async fn look(
        &self,
        target: &TargetId,
        part: Option<&Part>,
        ctx: &ScanContext,
    ) -> Result<Scanned, ScanError> {
        let began = Instant::now();
        let domain = target.as_str().strip_prefix("auth0:").unwrap_or_default();
        let spec = self.find(domain)?;
        let fetch = begin(domain, spec, ctx).await?;
        let lists = lists(&fetch).await?;
        let many = too_many(&lists);
        let these = part.map(|part| part.resources.iter().map(ResourceId::as_str).collect::<BTreeSet<_>>());
        let which = match &these {
            Some(these) if !these.is_empty() => Which::These(these),
            _ => Which::Few,
        };
        let assess = async |which: Option<Which<'_>>, lists| {
            let answers = answers(&fetch, lists, which).await?;
            assess_answers(answers, target.clone(), Arc::clone(&ctx.key)).await
        };
        let mut report = match part {
            None if !many.is_empty() => {
                let report = assess(None, lists).await?;
                return Ok(Scanned::Split(parts::split(&report, &many, spec.plan)?));
            }
            None => assess(Some(which), lists).await?,
            Some(part) if part.resources.is_empty() => {
                parts::of_lists(assess(Some(which), lists).await?, &many)?
            }
            Some(part) => parts::of_objects(assess(Some(which), lists).await?, part),
        };
        report.stats.millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Scanned::Report(Box::new(report)))
    }
}

/// Asks a tenant everything, of each kind of object as many as one scan asks about.
///
/// # Errors
/// When there is no credential.
pub async fn fetch_answers(domain: &str, spec: &TenantSpec, ctx: &ScanContext) -> Result<Answers, ScanError> {
    let fetch = begin(domain, spec, ctx).await?;
    let lists = lists(&fetch).await?;
    answers(&fetch, lists, Some(Which::First)).await
}

/// With a credential whose scopes are known.
async fn begin<'a>(
    domain: &'a str,
    spec: &'a TenantSpec,
    ctx: &'a ScanContext,
) -> Result<Fetch<'a>, ScanError> {
    let wanted: Scopes =
        scopes().join(" ").parse().map_err(|error| ScanError::Permanent(format!("{error}")))?;
    let need =
        Need { connection: format!("auth0:{domain}"), scopes: wanted, purpose: "tenant-scan".to_owned() };
    let held = ctx.credentials.lease(&need).await?;
    let granted = held.granted.clone();
    drop(held);
    let api = Api { credentials: &*ctx.credentials, need, base: &spec.base };
    Ok(Fetch::new(api, domain, granted, spec.plan))
}

async fn lists(fetch: &Fetch<'_>) -> Result<Vec<Answered>, ScanError> {
    let lists = fetch.lists().await?;
    // Nothing but silence says nothing of the tenant: another attempt may hear more.
    match silence(&lists) {
        Some(why) => Err(ScanError::Transient(format!("{} answers nothing: {why}", fetch.domain))),
        None => Ok(lists),
    }
}

/// All that was said, with what is asked of each object.
async fn answers(
    fetch: &Fetch<'_>,
    mut lists: Vec<Answered>,
    which: Option<Which<'_>>,
) -> Result<Answers, ScanError> {
    if let Some(which) = which {
        let objects = fetch.objects(&lists, which).await?;
        lists.extend(objects);
    }
    let mut answers = Answers::new(fetch.domain, fetch.taken_at.clone(), lists);
    answers.bytes = fetch.bytes.load(Ordering::Relaxed);
    answers.retries = fetch.retries.load(Ordering::Relaxed);
    Ok(answers)
}

/// Why there is no answer at all; none when there is one, or when nothing was asked for want of scopes.
fn silence(answers: &[Answered]) -> Option<&str> {
    if answers.iter().any(|answer| answer.status != 0) {
        return None;
    }
    answers.iter().filter_map(|answer| answer.why.as_deref()).find(|why| !why.starts_with(LACKS))
}

/// Answers every check of what a tenant said, off the async threads.
///
/// # Errors
/// When a check has an invalid id, or the work breaks off.
pub async fn assess_answers(
    answers: Answers,
    target: TargetId,
    key: Arc<FingerprintKey>,
) -> Result<ScanReport, ScanError> {
    let work = move || assess_now(answers, &target, &key);
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(ScanError::Permanent(format!("the assessment broke off: {error}"))))
}

/// The report on a tenant of which nothing could be asked: every check is there, and none has an answer.
///
/// # Errors
/// When a check has an invalid id, which does not happen.
pub fn unassessed(target: &TargetId, why: &NotAssessed) -> Result<ScanReport, ScanError> {
    let snapshot = TenantSnapshot::unreadable(why, Timestamp::now());
    // Nothing is found, so that no fingerprint is made with it.
    let key = FingerprintKey::new(vec![0; 32]).map_err(|error| ScanError::Permanent(error.to_string()))?;
    Ok(assess::assess(&snapshot, target, &key)?)
}

/// Answers every check of what a tenant said. Blocking.
pub(crate) fn assess_now(
    answers: Answers,
    target: &TargetId,
    key: &FingerprintKey,
) -> Result<ScanReport, ScanError> {
    let (reads, retries, bytes) = (answers.calls(), answers.retries, answers.bytes);
    let mut snapshot = build::snapshot(answers);
    scripts::load_inline(&mut snapshot);
    let mut report = assess::assess(&snapshot, target, key)?;
    report.stats = ScanStats { reads, retries, bytes, ..report.stats };
    Ok(report)
}
