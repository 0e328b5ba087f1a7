//! Rows that an approval holds: pure.
//!
//! How such a row stands follows from how its approval stands, whoever looks and however often. As long as the row names the
//! approval nothing of it goes out. Three kinds are held: what is to be made, what a summary names and is to have a ticket of
//! its own, and what is there and is to be closed.

use checkmate_domain::{Approval, ApprovalState, DeliveryRecord, DeliveryState, Timestamp};

/// Characters of an id that people are shown.
const SHOWN: usize = 12;

/// The beginning of an approval's id, as people type it.
#[must_use]
pub fn short(approval: &Approval) -> &str {
    let id = approval.id.as_str();
    id.get(..SHOWN).unwrap_or(id)
}

/// A row as it stands under this approval; nothing while somebody is at it and it cannot be said. Its version is the same.
#[must_use]
pub fn held(record: &DeliveryRecord, approval: &Approval, now: Timestamp) -> Option<DeliveryRecord> {
    let under = DeliveryRecord { approval: Some(approval.id.clone()), ..record.clone() };
    let let_go = DeliveryRecord { approval: None, ..record.clone() };
    let (is_busy, is_over) = (
        matches!(record.state, DeliveryState::Sending | DeliveryState::Unknown),
        matches!(record.state, DeliveryState::Failed | DeliveryState::Unconfirmed),
    );
    Some(match &approval.state {
        ApprovalState::Waiting if is_busy || is_over => under,
        ApprovalState::Approved(_) if is_busy || is_over => let_go,
        ApprovalState::Denied(_) | ApprovalState::Expired { .. } if is_busy => return None,
        ApprovalState::Denied(_) | ApprovalState::Expired { .. } if is_over => let_go,
        ApprovalState::Waiting => {
            let state =
                if record.within.is_some() { DeliveryState::Delivered } else { DeliveryState::Waiting };
            DeliveryRecord { state, due: None, why: Some(waits(record, approval)), ..under }
        }
        ApprovalState::Approved(_) => {
            let (state, due) = (DeliveryState::Planned, Some(now));
            DeliveryRecord { state, due, attempts: 0, within: None, why: None, ..let_go }
        }
        ApprovalState::Denied(_) | ApprovalState::Expired { .. } => {
            let is_there = record.within.is_some() || record.remote.is_some();
            let state = if is_there { DeliveryState::Delivered } else { DeliveryState::Cancelled };
            DeliveryRecord { state, due: None, why: Some(refused(approval)), ..under }
        }
    })
}

/// What is there and was to be closed, once that is so no more: as if nobody had asked. What it should look like by now is
/// another look.
#[must_use]
pub fn let_go(record: &DeliveryRecord) -> DeliveryRecord {
    let state = match record.state {
        DeliveryState::Waiting => DeliveryState::Delivered,
        state => state,
    };
    DeliveryRecord { state, approval: None, why: None, ..record.clone() }
}

/// What a row becomes that came back from its sender and is held by now.
pub(super) fn kept(record: DeliveryRecord) -> DeliveryRecord {
    let sends = matches!(record.state, DeliveryState::Planned | DeliveryState::Parked);
    if record.approval.is_some() && sends {
        let why = Some("waits for an approval: checkmate approvals list".to_owned());
        return DeliveryRecord { state: DeliveryState::Waiting, due: None, why, ..record };
    }
    record
}

fn waits(record: &DeliveryRecord, approval: &Approval) -> String {
    let what = match (&record.within, &record.remote) {
        (Some(_), _) => "a ticket of its own waits",
        (None, Some(_)) => "its closing waits",
        (None, None) => "it waits",
    };
    format!("{what} for an approval: checkmate approvals show {}", short(approval))
}

fn refused(approval: &Approval) -> String {
    let id = short(approval);
    match &approval.state {
        ApprovalState::Denied(verdict) => {
            let reason = verdict.reason.as_deref().unwrap_or("no reason was given");
            format!("{} denied approval {id}: {reason}", verdict.by)
        }
        ApprovalState::Expired { .. } => {
            format!("nobody decided approval {id} by {}", approval.expires_at)
        }
        ApprovalState::Waiting | ApprovalState::Approved(_) => String::new(),
    }
}

#[cfg(test)]
mod tests;
