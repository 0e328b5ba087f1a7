//! The scanner of `auth0:DOMAIN`, and of `org:NAME`, which is several of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use checkmate_domain::{FingerprintKey, Part, ScanReport, ScanStats, Scope, Scopes, TargetId, Timestamp};
use checkmate_outbound::BaseUrl;

use super::answers::{Answered, Answers, LACKS};
use super::build;
use super::endpoints::scopes;
use super::fetch::Fetch;
use super::pace::Plan;
use crate::api::Api;
use crate::auth0::{assess, scripts};
use crate::contract::{Discovery, ScanContext, ScanError, Scanned, Scanner, configured, no_parts};
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
        no_parts(target, part, "a tenant is scanned as a whole")?;
        let began = Instant::now();
        let domain = target.as_str().strip_prefix("auth0:").unwrap_or_default();
        let spec = self.find(domain)?;
        let fetching = fetch_answers(domain, spec, ctx);
        let answers = ctx.stop.run_until_cancelled(fetching).await.ok_or(ScanError::Stopped)??;
        let mut report = assess_answers(answers, target.clone(), Arc::clone(&ctx.key)).await?;
        report.stats.millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Scanned::Report(Box::new(report)))
    }
}

/// Asks a tenant everything.
///
/// # Errors
/// When there is no credential.
pub async fn fetch_answers(domain: &str, spec: &TenantSpec, ctx: &ScanContext) -> Result<Answers, ScanError> {
    let wanted: Scopes =
        scopes().join(" ").parse().map_err(|error| ScanError::Permanent(format!("{error}")))?;
    let need =
        Need { connection: format!("auth0:{domain}"), scopes: wanted, purpose: "tenant-scan".to_owned() };
    let held = ctx.credentials.lease(&need).await?;
    let granted = held.granted.clone();
    drop(held);
    let api = Api { credentials: &*ctx.credentials, need, base: &spec.base };
    let fetch = Fetch::new(api, domain, granted, spec.plan);
    let taken_at = Timestamp::now().to_string();
    let answers = fetch.all().await?;
    // Nothing but silence says nothing of the tenant: another attempt may hear more.
    if let Some(why) = silence(&answers) {
        return Err(ScanError::Transient(format!("{domain} answers nothing: {why}")));
    }
    let mut answers = Answers::new(domain, taken_at, answers);
    (answers.bytes, answers.retries) = (fetch.bytes.into_inner(), fetch.retries.into_inner());
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
