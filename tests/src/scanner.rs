//! The scanner of the tests: finds what the model says, and can be told to be slow, to fail and to kill its process.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate::wiring::exports::ExportNames;
use checkmate_domain::{
    CheckOutcome, CheckResult, CollectionId, Coverage, Evidence, Exposure, Finding, FingerprintKey,
    ObjectList, Part, Place, Remediation, ReportKind, Rule, RuleCoverage, ScanReport, ScanStats, Scope, Seen,
    Severity, TargetId,
};
use checkmate_scanners::{Discovery, Exports, Registry, ScanContext, ScanError, Scanned, Scanner};

use crate::model::{COLLECTION, Meets, Model, parts_of, rule, target, thing};
use crate::sink::Teller;

/// Registers it for `export:`, and nothing else.
#[must_use]
pub fn only_noop(exports: Arc<ExportNames>) -> Registry {
    Registry::new().with("export", Arc::new(NoopScanner { exports, tell: Teller::from_env() }))
}

struct NoopScanner {
    exports: Arc<ExportNames>,
    tell: Teller,
}

impl NoopScanner {
    fn model(&self, export: &str) -> Result<(PathBuf, Model), ScanError> {
        let folder = self
            .exports
            .path(export)
            .ok_or_else(|| ScanError::Missing(format!("no export '{export}' is configured")))?;
        let model = Model::read(&folder).map_err(|error| ScanError::Permanent(format!("{error:#}")))?;
        Ok((folder, model))
    }
}

#[async_trait]
impl Scanner for NoopScanner {
    async fn discover(&self, scope: &Scope, _ctx: &ScanContext) -> Result<Discovery, ScanError> {
        let Scope::Export(export) = scope else {
            return Err(ScanError::Permanent(format!("{scope} is not an export")));
        };
        let (_, model) = self.model(export)?;
        let targets = (0..model.targets).map(|number| target(export, number)).collect();
        Ok(Discovery { targets, complete: true })
    }

    async fn scan(
        &self,
        target: &TargetId,
        _part: Option<&Part>,
        ctx: &ScanContext,
    ) -> Result<Scanned, ScanError> {
        let (export, number) =
            parts_of(target).ok_or_else(|| ScanError::Missing(format!("no target {target}")))?;
        let (folder, model) = self.model(export)?;
        self.tell.started(target, model.round);
        if model.poison.contains(&number) {
            std::process::abort();
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(model.sleep_ms)) => {}
            () = ctx.stop.cancelled() => return Err(ScanError::Stopped),
        }
        if model.broken.contains(&number) {
            return Err(ScanError::Permanent("the model says that it is broken".to_owned()));
        }
        if let Some(times) = model.failing.get(&number) {
            fail(&folder, number, *times)?;
        }
        let report = report(target, &model, &ctx.key);
        self.tell.found(target, model.round);
        Ok(Scanned::Report(Box::new(report)))
    }
}

/// Fails so many times, counted by the length of a file: attempts run in one process after the other.
fn fail(folder: &Path, number: u32, times: u32) -> Result<(), ScanError> {
    let counter = folder.join(format!("failed-{number}"));
    let failed = std::fs::read(&counter).map_or(0, |content| content.len());
    if failed >= times as usize {
        return Ok(());
    }
    std::fs::write(&counter, vec![b'x'; failed + 1])
        .map_err(|error| ScanError::Permanent(error.to_string()))?;
    Err(ScanError::Transient("the model says that it fails now".to_owned()))
}

/// The report on a target as it is in the model's round.
fn report(target: &TargetId, model: &Model, key: &FingerprintKey) -> ScanReport {
    let (mut listed, mut unseen, mut findings) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for number in 0..model.things {
        let meets = model.meets(target, number);
        if meets != Meets::Gone {
            listed.insert(thing(number));
        }
        match meets {
            Meets::Unreadable => drop(unseen.insert(thing(number))),
            Meets::Failing(severity) => findings.push(finding(target, number, severity, key)),
            Meets::Passing | Meets::Gone => {}
        }
    }
    let collection = CollectionId::new(COLLECTION).expect("a short id");
    let seen = if unseen.is_empty() { Seen::All } else { Seen::Except(unseen) };
    let outcome = if findings.is_empty() { CheckOutcome::Passed } else { CheckOutcome::Failed };
    ScanReport {
        kind: ReportKind::Whole,
        target: target.clone(),
        rules: vec![the_rule()],
        checks: vec![CheckResult { rule: rule(), outcome, unseen: Vec::new() }],
        findings,
        coverage: Coverage {
            objects: BTreeMap::from([(collection.clone(), ObjectList { complete: true, ids: listed })]),
            rules: BTreeMap::from([(rule(), RuleCoverage { collection, seen })]),
        },
        stats: ScanStats::default(),
        triage: Vec::new(),
    }
}

fn finding(target: &TargetId, number: u32, severity: Severity, key: &FingerprintKey) -> Finding {
    let resource = thing(number);
    Finding {
        fingerprint: key.fingerprint(&rule(), target, &resource, ""),
        rule: rule(),
        place: Place {
            rule: rule(),
            target: target.clone(),
            resource: resource.clone(),
            discriminator: String::new(),
        },
        resource_name: resource.to_string(),
        title: "The thing fails".to_owned(),
        severity,
        exposure: Exposure::Authenticated,
        evidence: Evidence::default(),
    }
}

fn the_rule() -> Rule {
    Rule {
        id: rule(),
        aliases: Vec::new(),
        title: "Things pass".to_owned(),
        severity: Severity::Low,
        rationale: "The model knows.".to_owned(),
        remediation: Remediation::default(),
        references: Vec::new(),
        equivalents: Vec::new(),
    }
}
