//! `findings list|show|accept|reopen|assign|comment`.

use anyhow::{anyhow, bail};
use checkmate_domain::{Decision, DecisionError, FindingRecord, Said, TargetId, Waiver, WaiverKind};
use checkmate_store::decided;
use serde::Serialize;

use crate::EXIT_DONE;
use crate::cli::{Findings, Format, WhichArgs};
use crate::commands::{NOT_KEPT, Out};
use crate::config::environment;
use crate::view::scan_view::short;
use crate::view::{self, finding_view};
use crate::wiring::parts::Parts;

/// Entries of the log read for one finding's history.
const LOG_PAGE: u64 = 5_000;

pub(crate) async fn findings(parts: &Parts, command: &Findings, out: &mut Out) -> anyhow::Result<u8> {
    let text = match command {
        Findings::List { target, all, format } => {
            let found = list(parts, target.as_deref(), *all).await?;
            match format.format {
                Format::Json => view::json(&found.findings)?,
                Format::Text => finding_view::list(&found, *all, out.color),
            }
        }
        Findings::Show { fingerprint, format } => {
            said(&show(parts, find(parts, fingerprint).await?, None).await?, format.format, out)?
        }
        Findings::Accept(args) => {
            let change = |decision: Decision, record: &FindingRecord, said: &Said| {
                let waiver = Waiver {
                    kind: if args.false_positive { WaiverKind::FalsePositive } else { WaiverKind::Accepted },
                    reason: args.reason.clone(),
                    owner: args.owner.clone(),
                    until: args.until.from(said.at),
                    cap: record.finding.severity,
                };
                decision.accept(waiver, said)
            };
            decide(parts, &args.which, change, out).await?
        }
        Findings::Reopen { which, reason } => {
            decide(parts, which, |decision, _, said| decision.reopen(reason, said), out).await?
        }
        Findings::Assign { which, who } => {
            decide(parts, which, |decision, _, said| decision.assign(who, said), out).await?
        }
        Findings::Comment { which, text } => {
            decide(parts, which, |decision, _, said| decision.comment(text, said), out).await?
        }
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

fn said(shown: &Shown, format: Format, out: &Out) -> anyhow::Result<String> {
    match format {
        Format::Json => view::json(shown),
        Format::Text => Ok(finding_view::show(shown, out.color)),
    }
}

/// Changes what is decided about a finding; whoever else does so at the same time is not overwritten.
async fn decide(
    parts: &Parts,
    which: &WhichArgs,
    change: impl Fn(Decision, &FindingRecord, &Said) -> Result<Decision, DecisionError>,
    out: &Out,
) -> anyhow::Result<String> {
    const TRIES: u32 = 10;
    let record = find(parts, &which.fingerprint).await?;
    let fingerprint = &record.finding.fingerprint;
    let by = environment::get("USER").unwrap_or_else(|| "command line".to_owned());
    let said_by = Said { by, at: parts.store.now().await? };
    for _ in 0..TRIES {
        let known = parts.store.decision(fingerprint).await?;
        let known = known.unwrap_or_else(|| Decision::none(fingerprint.clone()));
        let decision = change(known, &record, &said_by)
            .map_err(|error| anyhow!("finding {}: {error}", short(&record)))?;
        if which.dry_run {
            let would_be = said(&show(parts, record, Some(decision)).await?, which.format.format, out)?;
            return Ok(match which.format.format {
                Format::Json => would_be,
                Format::Text => format!("{would_be}\n{NOT_KEPT}"),
            });
        }
        if parts.store.put_decision(decision).await?.is_some() {
            follow(parts, &record).await?;
            return said(&show(parts, record, None).await?, which.format.format, out);
        }
    }
    bail!("finding {} is changed by others all the time: try again", short(&record))
}

/// Has tickets follow a decision: what was last sent of its scan is planned anew.
async fn follow(parts: &Parts, record: &FindingRecord) -> anyhow::Result<()> {
    if let Some(job) = parts.store.job(&record.job).await? {
        parts.store.note_unplanned(&job.scan).await?;
    }
    Ok(())
}

/// Findings of a list, and how many are not on it because they are accepted.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) findings: Vec<ListedFinding>,
    pub(crate) accepted: usize,
}

/// A finding, and what holds of what was decided about it.
#[derive(Debug, Serialize)]
pub(crate) struct ListedFinding {
    /// What is kept of it.
    #[serde(flatten)]
    pub(crate) record: FindingRecord,
    /// Why it is left as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waiver: Option<Waiver>,
    /// Who is to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assignee: Option<String>,
}

async fn list(parts: &Parts, target: Option<&str>, all: bool) -> anyhow::Result<Listed> {
    let decided = decided(parts.store.as_ref()).await?;
    let now = parts.store.now().await?;
    let mut findings: Vec<ListedFinding> = Vec::new();
    for record in records(parts, target).await? {
        let decision = decided.get(&record.finding.fingerprint);
        let waiver = decision.and_then(|decision| decision.holds(record.finding.severity, now)).cloned();
        let assignee = decision.and_then(|decision| decision.assignee.clone());
        findings.push(ListedFinding { record, waiver, assignee });
    }
    findings.retain(|found| all || found.record.state.is_open());
    let before = findings.len();
    findings.retain(|found| all || found.waiver.is_none());
    let accepted = before - findings.len();
    Ok(Listed { findings, accepted })
}

async fn records(parts: &Parts, target: Option<&str>) -> anyhow::Result<Vec<FindingRecord>> {
    let targets = match target {
        Some(target) => vec![TargetId::new(target)?],
        None => parts.store.targets().await?,
    };
    let mut found = Vec::new();
    for target in targets {
        found.extend(parts.store.target(&target).await?.findings);
    }
    view::by_urgency(&mut found);
    Ok(found)
}

/// A finding with everything a person needs to act.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    /// What is kept of it.
    pub(crate) record: FindingRecord,
    /// The rule as it was when it was last taken from a report; missing when that report is no longer kept.
    pub(crate) rule: Option<checkmate_domain::Rule>,
    /// What happened to it, oldest first.
    pub(crate) history: Vec<checkmate_domain::Transition>,
    /// What people decided about it and said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Decision>,
    /// Whether it is left as it is now.
    pub(crate) accepted: bool,
}

/// A finding with what is decided about it, or would be.
async fn show(parts: &Parts, record: FindingRecord, would_be: Option<Decision>) -> anyhow::Result<Shown> {
    let rules = parts.store.report(&record.job).await?.map(|report| report.rules).unwrap_or_default();
    let rule = rules.into_iter().find(|rule| rule.id == record.finding.rule);
    let mut history = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = parts.store.transitions(after.as_deref(), LOG_PAGE).await?;
        let Some(last) = page.last().map(|entry| entry.position.clone()) else { break };
        let own = page.into_iter().map(|entry| entry.transition);
        history.extend(own.filter(|transition| transition.fingerprint == record.finding.fingerprint));
        after = Some(last);
    }
    let decision = match would_be {
        Some(decision) => Some(decision),
        None => parts.store.decision(&record.finding.fingerprint).await?,
    };
    let now = parts.store.now().await?;
    let holds = |decision: &Decision| decision.holds(record.finding.severity, now).is_some();
    let accepted = decision.as_ref().is_some_and(holds);
    Ok(Shown { record, rule, history, decision, accepted })
}

async fn find(parts: &Parts, text: &str) -> anyhow::Result<FindingRecord> {
    match parts.store.finding(text).await? {
        Some(record) => Ok(record),
        None => by_beginning(parts, text).await,
    }
}

async fn by_beginning(parts: &Parts, text: &str) -> anyhow::Result<FindingRecord> {
    let full = if text.starts_with("v1.") { text.to_owned() } else { format!("v1.{text}") };
    let all = records(parts, None).await?;
    let mut matching =
        all.into_iter().filter(|record| record.finding.fingerprint.as_str().starts_with(&full));
    match (matching.next(), matching.next()) {
        (Some(record), None) => Ok(record),
        (None, _) => bail!("there is no finding '{text}': see 'checkmate findings list --all'"),
        (Some(_), Some(_)) => {
            bail!("more than one finding begins with '{text}': give more of the fingerprint")
        }
    }
}
