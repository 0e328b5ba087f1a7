//! What a person may do about a delivery: pure.

use checkmate_domain::{DeliveryRecord, DeliveryState, Timestamp};

/// The row, to be tried at once; otherwise why not.
///
/// # Errors
/// When there is nothing to try, or somebody is at it.
pub fn retried(row: &DeliveryRecord, now: Timestamp) -> Result<DeliveryRecord, String> {
    asks(row)?;
    let next = DeliveryRecord { due: Some(now), changed_at: now, ..row.clone() };
    match row.state {
        DeliveryState::Delivered => Err("it is there already: nothing is to be done".to_owned()),
        DeliveryState::Sending => Err("it is being sent: look again in a few minutes".to_owned()),
        // It may be there, so it is looked for and not sent.
        DeliveryState::Unknown => Ok(next),
        DeliveryState::Planned
        | DeliveryState::Waiting
        | DeliveryState::Parked
        | DeliveryState::Failed
        | DeliveryState::Unconfirmed
        | DeliveryState::Cancelled => {
            Ok(DeliveryRecord { state: DeliveryState::Planned, attempts: 0, ..next })
        }
    }
}

/// The row, about which nothing is done any more; otherwise why not.
///
/// # Errors
/// While something may be under way.
pub fn cancelled(row: &DeliveryRecord, now: Timestamp) -> Result<DeliveryRecord, String> {
    asks(row)?;
    match row.state {
        DeliveryState::Cancelled => Err("it was cancelled before".to_owned()),
        DeliveryState::Sending | DeliveryState::Unknown => {
            Err("it may be under way: cancel it when it is known whether it is there".to_owned())
        }
        DeliveryState::Planned
        | DeliveryState::Waiting
        | DeliveryState::Delivered
        | DeliveryState::Parked
        | DeliveryState::Failed
        | DeliveryState::Unconfirmed => {
            Ok(DeliveryRecord { state: DeliveryState::Cancelled, due: None, changed_at: now, ..row.clone() })
        }
    }
}

/// What an approval holds, that alone decides about.
fn asks(row: &DeliveryRecord) -> Result<(), String> {
    let Some(approval) = &row.approval else { return Ok(()) };
    let id: String = approval.as_str().chars().take(12).collect();
    Err(format!("an approval decides about it: 'checkmate approvals show {id}', then approve or deny that"))
}

/// Whether it waits for a person, or for something that a person can mend.
#[must_use]
pub const fn is_stuck(state: DeliveryState) -> bool {
    matches!(state, DeliveryState::Failed | DeliveryState::Parked)
}

#[cfg(test)]
mod tests {
    use checkmate_domain::{ScanId, Subject};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const ALL: [DeliveryState; 9] = [
        DeliveryState::Planned,
        DeliveryState::Waiting,
        DeliveryState::Sending,
        DeliveryState::Delivered,
        DeliveryState::Unknown,
        DeliveryState::Unconfirmed,
        DeliveryState::Failed,
        DeliveryState::Parked,
        DeliveryState::Cancelled,
    ];

    fn row(state: DeliveryState) -> DeliveryRecord {
        let subject = Subject::Scan(ScanId::new("s").unwrap());
        let planned = DeliveryRecord::planned("r", subject, "look".to_owned(), Timestamp::from_millis(1));
        DeliveryRecord { state, attempts: 7, due: None, version: 3, ..planned }
    }

    #[test]
    fn whatever_is_not_under_way_and_not_there_is_tried_again() {
        for state in ALL {
            let tried = retried(&row(state), NOW);
            match state {
                DeliveryState::Delivered | DeliveryState::Sending => assert!(tried.is_err(), "{state:?}"),
                DeliveryState::Unknown => {
                    let tried = tried.unwrap();
                    assert_eq!(
                        (tried.state, tried.due, tried.version),
                        (state, Some(NOW), 3),
                        "never sent twice"
                    );
                }
                _ => {
                    let tried = tried.unwrap();
                    assert_eq!((tried.state, tried.due), (DeliveryState::Planned, Some(NOW)), "{state:?}");
                    assert_eq!((tried.attempts, tried.version), (0, 3));
                }
            }
        }
    }

    #[test]
    fn what_an_approval_holds_is_not_changed_past_it() {
        let approval = checkmate_domain::ApprovalId::new("0123456789abcdef").ok();
        for state in ALL {
            let held = DeliveryRecord { approval: approval.clone(), ..row(state) };
            for refused in [retried(&held, NOW), cancelled(&held, NOW)] {
                assert!(refused.unwrap_err().contains("approvals show 0123456789ab'"), "{state:?}");
            }
        }
    }

    #[test]
    fn nothing_that_may_be_under_way_is_cancelled() {
        for state in ALL {
            let cancelled = cancelled(&row(state), NOW);
            match state {
                DeliveryState::Sending | DeliveryState::Unknown | DeliveryState::Cancelled => {
                    assert!(cancelled.is_err(), "{state:?}");
                }
                _ => assert_eq!(cancelled.unwrap().state, DeliveryState::Cancelled, "{state:?}"),
            }
        }
    }
}
