//! `approvals list|show|approve|deny`: a person decides; rows of the ledger follow where a notifier runs.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use checkmate_domain::{
    Approval, ApprovalError, ApprovalId, DeliveryId, DeliveryRecord, DeliveryState, Said, Subject,
};
use checkmate_notifier::outcome::View;
use checkmate_notifier::policy::Shape;
use checkmate_notifier::render;
use serde::Serialize;

use crate::EXIT_DONE;
use crate::cli::{Approvals, DecideArgs, Format};
use crate::commands::{NOT_KEPT, Out, deliveries};
use crate::config::environment;
use crate::view::{self, approvals_view};
use crate::wiring::deliveries::organisations;
use crate::wiring::parts::Parts;

/// Approvals read in one call.
const PAGE: u64 = 1_000;

pub(crate) async fn approvals(parts: &Parts, command: &Approvals, out: &mut Out) -> anyhow::Result<u8> {
    let text = match command {
        Approvals::List { state, format } => {
            let mut all = list(parts).await?;
            let total = all.len();
            all.retain(|one| state.is_none_or(|state| one.approval.state.as_str() == state.as_str()));
            match format.format {
                Format::Json => view::json(&all)?,
                Format::Text => approvals_view::list(&all, total, out.show()),
            }
        }
        Approvals::Show(which) => {
            let shown = show(parts, find(parts, &which.id).await?).await?;
            match which.format.format {
                Format::Json => view::json(&shown)?,
                Format::Text => approvals_view::show(&shown, out.show()),
            }
        }
        Approvals::Approve { which, reason } => {
            decide(parts, which, |approval, said| approval.approve(reason.as_deref(), said), out).await?
        }
        Approvals::Deny { which, reason } => {
            decide(parts, which, |approval, said| approval.deny(reason, said), out).await?
        }
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

/// An approval, and how many deliveries it holds.
#[derive(Debug, Serialize)]
pub(crate) struct ListedApproval {
    #[serde(flatten)]
    pub(crate) approval: Approval,
    pub(crate) holds: usize,
}

/// An approval with what it holds.
#[derive(Debug, Serialize)]
pub(crate) struct ShownApproval {
    #[serde(flatten)]
    pub(crate) approval: Approval,
    pub(crate) deliveries: Vec<HeldDelivery>,
}

/// A delivery that an approval holds.
#[derive(Debug, Serialize)]
pub(crate) struct HeldDelivery {
    pub(crate) id: DeliveryId,
    pub(crate) state: DeliveryState,
    /// What its ticket is called, or will be.
    pub(crate) title: String,
    /// Under which key it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remote: Option<String>,
}

async fn list(parts: &Parts) -> anyhow::Result<Vec<ListedApproval>> {
    let mut holds: BTreeMap<ApprovalId, usize> = BTreeMap::new();
    for row in deliveries::all(parts).await? {
        if let Some(approval) = row.approval {
            *holds.entry(approval).or_default() += 1;
        }
    }
    let with = |approval: Approval| {
        let holds = holds.get(&approval.id).copied().unwrap_or_default();
        ListedApproval { approval, holds }
    };
    let mut all: Vec<ListedApproval> = all(parts).await?.into_iter().map(with).collect();
    all.sort_by_key(|one| (!one.approval.is_waiting(), std::cmp::Reverse(one.approval.asked_at)));
    Ok(all)
}

async fn show(parts: &Parts, approval: Approval) -> anyhow::Result<ShownApproval> {
    let mut rows = deliveries::all(parts).await?;
    rows.retain(|row| row.approval.as_ref() == Some(&approval.id));
    let view = view_of(parts, &approval).await?;
    let title = |row: &DeliveryRecord| {
        let wish = view.as_ref().zip(parts.config.routes.get(&row.route));
        let wish = wish.and_then(|(view, route)| Some(view.ticket(&route.route, &row.subject)?.shape));
        match (&row.subject, wish) {
            (_, Some(Shape::Ticket(members))) => render::jira::summary(&members),
            (Subject::Summary(scan), _) => format!("the summary of scan {scan}"),
            _ => "nothing is known of it any more".to_owned(),
        }
    };
    let held = |row: &DeliveryRecord| HeldDelivery {
        id: row.id.clone(),
        state: row.state,
        title: title(row),
        remote: row.remote.clone(),
    };
    let mut deliveries: Vec<HeldDelivery> = rows.iter().map(held).collect();
    deliveries.sort_by(|a, b| (&a.title, &a.id).cmp(&(&b.title, &b.id)));
    Ok(ShownApproval { approval, deliveries })
}

/// What was known after the scan that asked; after the last one where that is not kept any more.
async fn view_of(parts: &Parts, approval: &Approval) -> anyhow::Result<Option<View>> {
    let scan = match parts.store.scan(&approval.scan).await? {
        Some(scan) => Some(scan),
        None => parts.store.scans(0, 1).await?.into_iter().next(),
    };
    Ok(match scan {
        Some(scan) => Some(View::of(&*parts.store, &organisations(&parts.config), &scan).await?),
        None => None,
    })
}

/// Writes what a person decides; whoever does so at the same time, or whoever notices that it expires, is not overwritten.
async fn decide(
    parts: &Parts,
    which: &DecideArgs,
    change: impl Fn(Approval, &Said) -> Result<Approval, ApprovalError>,
    out: &Out,
) -> anyhow::Result<String> {
    const TRIES: u32 = 10;
    let id = find(parts, &which.approval.id).await?.id;
    let by = environment::get("USER").unwrap_or_else(|| "command line".to_owned());
    let said = Said { by, at: parts.store.now().await? };
    for _ in 0..TRIES {
        let Some(there) = parts.store.approval(&id).await? else {
            bail!("approval {id} is not there any more")
        };
        let decided = change(there, &said).map_err(|error| anyhow!("approval {}: {error}", short(&id)))?;
        let decided = if which.dry_run { Some(decided) } else { parts.store.put_approval(decided).await? };
        if let Some(decided) = decided {
            let shown = show(parts, decided).await?;
            return match which.approval.format.format {
                Format::Json => view::json(&shown),
                Format::Text if which.dry_run => {
                    Ok(format!("{}{NOT_KEPT}", approvals_view::show(&shown, out.show())))
                }
                Format::Text => Ok(approvals_view::decided(&shown, out.show())),
            };
        }
    }
    bail!("approval {} is changed by others all the time: try again", short(&id))
}

/// The beginning of an id, as it is shown.
pub(crate) fn short(id: &ApprovalId) -> String {
    id.as_str().chars().take(12).collect()
}

async fn all(parts: &Parts) -> anyhow::Result<Vec<Approval>> {
    let mut all: Vec<Approval> = Vec::new();
    loop {
        let page = parts.store.approvals(all.last().map(|one| &one.id), PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

async fn find(parts: &Parts, text: &str) -> anyhow::Result<Approval> {
    if let Ok(id) = ApprovalId::new(text)
        && let Some(approval) = parts.store.approval(&id).await?
    {
        return Ok(approval);
    }
    let mut matching = all(parts).await?.into_iter().filter(|one| one.id.as_str().starts_with(text));
    match (matching.next(), matching.next()) {
        (Some(approval), None) => Ok(approval),
        (None, _) => bail!("there is no approval '{text}': see 'checkmate approvals list'"),
        (Some(_), Some(_)) => bail!("more than one approval begins with '{text}': give more of the id"),
    }
}
