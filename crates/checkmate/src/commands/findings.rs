//! `findings list|show`.

use anyhow::bail;
use checkmate_domain::{FindingRecord, TargetId};
use serde::Serialize;

use crate::EXIT_DONE;
use crate::cli::{Findings, Format};
use crate::commands::Out;
use crate::view::{self, finding_view};
use crate::wiring::parts::Parts;

/// Entries of the log read for one finding's history.
const LOG_PAGE: u64 = 5_000;

pub(crate) async fn findings(parts: &Parts, command: &Findings, out: &mut Out) -> anyhow::Result<u8> {
    let text = match command {
        Findings::List { target, all, format } => {
            let found = list(parts, target.as_deref(), *all).await?;
            match format.format {
                Format::Json => view::json(&found)?,
                Format::Text => finding_view::list(&found, *all, out.color),
            }
        }
        Findings::Show { fingerprint, format } => {
            let shown = show(parts, fingerprint).await?;
            match format.format {
                Format::Json => view::json(&shown)?,
                Format::Text => finding_view::show(&shown, out.color),
            }
        }
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

async fn list(parts: &Parts, target: Option<&str>, all: bool) -> anyhow::Result<Vec<FindingRecord>> {
    let targets = match target {
        Some(target) => vec![TargetId::new(target)?],
        None => parts.store.targets().await?,
    };
    let mut found = Vec::new();
    for target in targets {
        found.extend(parts.store.target(&target).await?.findings);
    }
    found.retain(|record| all || record.state.is_open());
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
}

async fn show(parts: &Parts, text: &str) -> anyhow::Result<Shown> {
    let record = match parts.store.finding(text).await? {
        Some(record) => record,
        None => by_beginning(parts, text).await?,
    };
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
    Ok(Shown { record, rule, history })
}

async fn by_beginning(parts: &Parts, text: &str) -> anyhow::Result<FindingRecord> {
    let full = if text.starts_with("v1.") { text.to_owned() } else { format!("v1.{text}") };
    let all = list(parts, None, true).await?;
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
