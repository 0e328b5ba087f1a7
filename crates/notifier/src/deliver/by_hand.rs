//! What a person may do about a delivery: pure.

use checkmate_domain::{DeliveryRecord, DeliveryState, Timestamp};

/// The row, to be tried at once; otherwise why not.
///
/// # Errors
/// When there is nothing to try, or somebody is at it.
pub fn retried(row: &DeliveryRecord, now: Timestamp) -> Result<DeliveryRecord, String> {
    let next = DeliveryRecord { due: Some(now), version: row.version + 1, changed_at: now, ..row.clone() };
    match row.state {
        DeliveryState::Delivered => Err("it is there already: nothing is to be done".to_owned()),
        DeliveryState::Sending => Err("it is being sent: look again in a few minutes".to_owned()),
        // It may be there, so it is looked for and not sent.
        DeliveryState::Unknown => Ok(next),
        DeliveryState::Planned
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
    match row.state {
        DeliveryState::Cancelled => Err("it was cancelled before".to_owned()),
        DeliveryState::Sending | DeliveryState::Unknown => {
            Err("it may be under way: cancel it when it is known whether it is there".to_owned())
        }
        DeliveryState::Planned
        | DeliveryState::Delivered
        | DeliveryState::Parked
        | DeliveryState::Failed
        | DeliveryState::Unconfirmed => Ok(DeliveryRecord {
            state: DeliveryState::Cancelled,
            due: None,
            version: row.version + 1,
            changed_at: now,
            ..row.clone()
        }),
    }
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
    const ALL: [DeliveryState; 8] = [
        DeliveryState::Planned,
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
        DeliveryRecord { state, attempts: 7, due: None, ..planned }
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
                        (state, Some(NOW), 2),
                        "never sent twice"
                    );
                }
                _ => {
                    let tried = tried.unwrap();
                    assert_eq!((tried.state, tried.due), (DeliveryState::Planned, Some(NOW)), "{state:?}");
                    assert_eq!((tried.attempts, tried.version), (0, 2));
                }
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
