//! The scanner of the benchmarks: a scope `export:NAME-JOBS-MILLIS` has so many targets, each scan sleeps so long and finds
//! nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate::wiring::exports::ExportNames;
use checkmate_domain::{
    CheckOutcome, CheckResult, CollectionId, Coverage, ObjectList, Part, Remediation, ReportKind, Rule,
    RuleCoverage, RuleId, ScanReport, ScanStats, Scope, Seen, Severity, TargetId,
};
use checkmate_scanners::{Discovery, Registry, ScanContext, ScanError, Scanned, Scanner};

/// The scope with so many jobs that sleep so long.
#[must_use]
pub fn scope(jobs: usize, sleep: Duration) -> Scope {
    Scope::Export(format!("bench-{jobs}-{}", sleep.as_millis()))
}

/// Registers it for `export:`, and nothing else.
#[must_use]
pub fn only_noop(_exports: Arc<ExportNames>) -> Registry {
    Registry::new().with("export", Arc::new(Noop))
}

struct Noop;

#[async_trait]
impl Scanner for Noop {
    async fn discover(&self, scope: &Scope, _ctx: &ScanContext) -> Result<Discovery, ScanError> {
        let scope = scope.to_string();
        let (jobs, _) = numbers(&scope)?;
        let target = |number| TargetId::new(format!("{scope}/{number}")).map_err(permanent);
        Ok(Discovery { targets: (0..jobs).map(target).collect::<Result<_, _>>()?, complete: true })
    }

    async fn scan(
        &self,
        target: &TargetId,
        _part: Option<&Part>,
        ctx: &ScanContext,
    ) -> Result<Scanned, ScanError> {
        let (scope, _) = target.as_str().split_once('/').unwrap_or((target.as_str(), ""));
        let (_, millis) = numbers(scope)?;
        if millis > 0 {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(millis)) => {}
                () = ctx.stop.cancelled() => return Err(ScanError::Stopped),
            }
        }
        Ok(Scanned::Report(Box::new(report(target)?)))
    }
}

fn numbers(scope: &str) -> Result<(usize, u64), ScanError> {
    let mut parts = scope.rsplit('-');
    let millis = parts.next().and_then(|text| text.parse().ok());
    let jobs = parts.next().and_then(|text| text.parse().ok());
    jobs.zip(millis).ok_or_else(|| ScanError::Missing(format!("{scope} is not NAME-JOBS-MILLIS")))
}

fn permanent(error: impl std::fmt::Display) -> ScanError {
    ScanError::Permanent(error.to_string())
}

/// One rule, asked of everything there is, passed.
fn report(target: &TargetId) -> Result<ScanReport, ScanError> {
    let id = RuleId::new("bench.nothing-to-find").map_err(permanent)?;
    let collection = CollectionId::new("things").map_err(permanent)?;
    let rule = Rule {
        id: id.clone(),
        aliases: Vec::new(),
        title: "There is nothing to find".to_owned(),
        severity: Severity::Low,
        rationale: "A job that does nothing shows what the way costs.".to_owned(),
        remediation: Remediation::default(),
        references: Vec::new(),
        equivalents: Vec::new(),
    };
    Ok(ScanReport {
        kind: ReportKind::Whole,
        target: target.clone(),
        rules: vec![rule],
        checks: vec![CheckResult { rule: id.clone(), outcome: CheckOutcome::Passed, unseen: Vec::new() }],
        findings: Vec::new(),
        coverage: Coverage {
            objects: BTreeMap::from([(
                collection.clone(),
                ObjectList { complete: true, ids: Default::default() },
            )]),
            rules: BTreeMap::from([(id, RuleCoverage { collection, seen: Seen::All })]),
        },
        stats: ScanStats::default(),
        triage: Vec::new(),
    })
}
