//! `notify preview SCAN`: what policy would send, in the words of each vendor; nothing is sent.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use checkmate_domain::{FindingRecord, Fingerprint, JobId, Rule, RuleId, TargetId, TransitionKind};
use checkmate_notifier::policy::{News, Outcome, plan};
use checkmate_store::{ScanRecord, ScanState};

use crate::EXIT_DONE;
use crate::cli::{Format, Notify};
use crate::commands::Out;
use crate::commands::scans::find;
use crate::config::Config;
use crate::view;
use crate::view::notify_view::{self, Preview};
use crate::wiring::parts::Parts;

/// Entries of the log, and jobs, read in one call.
const PAGE: u64 = 5_000;

pub(crate) async fn notify(parts: &Parts, command: &Notify, out: &mut Out) -> anyhow::Result<u8> {
    let Notify::Preview { scan, format } = command;
    let routes: Vec<_> = parts.config.routes.values().cloned().collect();
    if routes.is_empty() {
        bail!("nothing is sent anywhere: no route is configured; see [routes] in docs/configuration.md");
    }
    let scan = find(parts, scan).await?;
    if !scan.state.is_final() {
        bail!("scan {} is {}: what it finds is known when it is over", scan.id, scan.state);
    }
    let outcome = outcome(parts, &scan).await?;
    let wishes = plan(&outcome, &routes);
    let now = scan.finished_at.unwrap_or(scan.created_at);
    let previews: Vec<Preview> = wishes.iter().map(|wish| Preview::new(wish, &outcome, now)).collect();
    let text = match format.format {
        Format::Json => view::json(&previews)?,
        Format::Text => notify_view::previews(&scan.id, &previews, out.show()),
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

/// A scan with what it found, and what it changed.
async fn outcome(parts: &Parts, scan: &ScanRecord) -> anyhow::Result<Outcome> {
    let changes = changes(parts, scan).await?;
    let mut known = Rules::default();
    let mut findings = Vec::new();
    for target in targets(parts, scan).await? {
        for record in parts.store.target(&target).await?.findings {
            let change = changes.get(&record.finding.fingerprint).copied();
            if !record.state.is_open() && change.is_none() {
                continue;
            }
            let rule = known.of(parts, &record).await?;
            let organisation = organisation(&parts.config, &record);
            findings.push(News { rule, organisation, change, record });
        }
    }
    Ok(Outcome {
        scan: scan.id.clone(),
        scope: scan.scope.clone(),
        complete: scan.state == ScanState::Finished,
        not_assessed: scan.ended.values().sum(),
        findings,
    })
}

/// What the scan changed last of each finding.
async fn changes(parts: &Parts, scan: &ScanRecord) -> anyhow::Result<BTreeMap<Fingerprint, TransitionKind>> {
    let mut changes = BTreeMap::new();
    let mut after: Option<String> = None;
    loop {
        let page = parts.store.transitions(after.as_deref(), PAGE).await?;
        let Some(last) = page.last().map(|entry| entry.position.clone()) else { return Ok(changes) };
        let own = page.into_iter().map(|entry| entry.transition).filter(|entry| entry.scan == scan.id);
        changes.extend(own.map(|entry| (entry.fingerprint, entry.kind)));
        after = Some(last);
    }
}

/// What the scan looked at.
async fn targets(parts: &Parts, scan: &ScanRecord) -> anyhow::Result<BTreeSet<TargetId>> {
    let mut targets = BTreeSet::new();
    let mut skip = 0;
    loop {
        let page = parts.store.scan_jobs(&scan.id, skip, PAGE).await?;
        if page.is_empty() {
            return Ok(targets);
        }
        skip += page.len() as u64;
        targets.extend(page.into_iter().filter_map(|job| Some(job.spec?.target)));
    }
}

/// Rules by the report that a finding was last taken from.
#[derive(Default)]
struct Rules {
    by_job: BTreeMap<JobId, BTreeMap<RuleId, Rule>>,
}

impl Rules {
    async fn of(&mut self, parts: &Parts, record: &FindingRecord) -> anyhow::Result<Rule> {
        if !self.by_job.contains_key(&record.job) {
            let report = parts.store.report(&record.job).await?;
            let rules = report.map(|report| report.rules).unwrap_or_default();
            let rules = rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
            self.by_job.insert(record.job.clone(), rules);
        }
        let known = self.by_job.get(&record.job).and_then(|rules| rules.get(&record.finding.rule));
        Ok(known.cloned().unwrap_or_else(|| bare(record)))
    }
}

/// What is left of a rule whose report is no longer kept.
fn bare(record: &FindingRecord) -> Rule {
    Rule {
        id: record.finding.rule.clone(),
        aliases: Vec::new(),
        title: record.finding.title.clone(),
        severity: record.finding.severity,
        rationale: String::new(),
        remediation: checkmate_domain::Remediation::default(),
        references: Vec::new(),
        equivalents: Vec::new(),
    }
}

/// Whose a finding is: the organisation of its tenant, else the target itself.
fn organisation(config: &Config, record: &FindingRecord) -> String {
    let target = record.finding.place.target.as_str();
    let of = |domain: &str| config.tenants.values().find(|tenant| tenant.domain == domain);
    let named = target.strip_prefix("auth0:").and_then(of).and_then(|tenant| tenant.organisation.clone());
    named.unwrap_or_else(|| target.to_owned())
}
