use checkmate_domain::{ScanId, Subject};
use proptest::prelude::*;

use super::*;

fn times() -> Times {
    Times {
        hold: Duration::from_secs(60),
        looks: [5, 15, 45, 120, 300].map(Duration::from_secs).to_vec(),
        again: Duration::from_secs(2),
        again_at_most: Duration::from_secs(300),
    }
}

fn row() -> DeliveryRecord {
    let subject = Subject::Scan(ScanId::new("scan").unwrap());
    DeliveryRecord::planned("r", subject, "look".to_owned(), Timestamp::from_millis(0))
}

const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

#[test]
fn a_lost_answer_is_looked_for_and_sent_again_only_after_the_last_look() {
    let times = times();
    let (sending, step) = take(&row(), Promise::ExactlyOnce, &times, at(0)).unwrap();
    assert_eq!((sending.state, step, sending.attempts), (DeliveryState::Sending, Step::Send, 1));
    assert_eq!(take(&sending, Promise::ExactlyOnce, &times, at(59)), None, "somebody is at it");
    let mut record = sent(&sending, Promise::ExactlyOnce, &times, Sent::Lost("cut".to_owned()), at(1));
    let mut waits = Vec::new();
    let mut now = at(1);
    while record.state == DeliveryState::Unknown {
        let due = record.due.unwrap();
        waits.push(due.since(now).as_secs());
        now = due;
        let (taken, step) = take(&record, Promise::ExactlyOnce, &times, now).unwrap();
        assert_eq!(step, Step::Look);
        record = looked(&taken, Promise::ExactlyOnce, &times, Looked::NotSeen, now);
    }
    assert_eq!(waits, [5, 15, 45, 120, 300]);
    assert_eq!((record.state, record.due), (DeliveryState::Planned, Some(now)));
    let sent = DeliveryRecord { sent: Some("look".to_owned()), ..record };
    let found = looked(&sent, Promise::ExactlyOnce, &times, Looked::There("SEC-1".to_owned()), now);
    assert_eq!(
        (found.state, found.remote.as_deref(), found.due),
        (DeliveryState::Delivered, Some("SEC-1"), None)
    );
}

#[test]
fn each_answer_has_its_end() {
    let times = times();
    let (sending, _) = take(&row(), Promise::AtMostOnce, &times, at(0)).unwrap();
    let ends = |promise, what| {
        let record = sent(&sending, promise, &times, what, at(1));
        (record.state, record.due.map(|due| due.since(at(1)).as_secs()))
    };
    let why = || "why".to_owned();
    use DeliveryState::{Delivered, Failed, Parked, Planned, Unconfirmed, Unknown};
    for (promise, what, end) in [
        (Promise::ExactlyOnce, Sent::Done(None), (Delivered, None)),
        (Promise::ExactlyOnce, Sent::Refused(why()), (Failed, None)),
        (Promise::ExactlyOnce, Sent::Later(Some(Duration::from_secs(9)), why()), (Planned, Some(9))),
        (Promise::ExactlyOnce, Sent::Later(None, why()), (Planned, Some(2))),
        (Promise::ExactlyOnce, Sent::Unusable(why()), (Parked, Some(2))),
        (Promise::ExactlyOnce, Sent::Lost(why()), (Unknown, Some(5))),
        (Promise::AtMostOnce, Sent::Lost(why()), (Unconfirmed, None)),
        (Promise::AtMostOnceSeen, Sent::Lost(why()), (Unknown, Some(5))),
        (Promise::AtLeastOnce, Sent::Lost(why()), (Planned, Some(2))),
    ] {
        assert_eq!(ends(promise, what.clone()), end, "{promise:?} {what:?}");
    }
}

#[test]
fn what_may_not_be_looked_for_is_unconfirmed_unless_it_must_be_known() {
    let unknown = DeliveryRecord { state: DeliveryState::Unknown, looks: 1, ..row() };
    let end = |promise| {
        let record = looked(&unknown, promise, &times(), Looked::Forbidden("no".to_owned()), at(1));
        (record.state, record.due, record.looks)
    };
    assert_eq!(end(Promise::AtMostOnceSeen), (DeliveryState::Unconfirmed, None, 1));
    assert_eq!(end(Promise::ExactlyOnce), (DeliveryState::Unknown, Some(at(3)), 0));
}

#[test]
fn what_is_wanted_otherwise_is_sent_again_once_it_is_there() {
    assert_eq!(wanted(&row(), "look", at(1)), None);
    let waiting = wanted(&row(), "other", at(1)).unwrap();
    assert_eq!((waiting.state, waiting.look.as_str()), (DeliveryState::Planned, "other"));
    let there =
        DeliveryRecord { state: DeliveryState::Delivered, due: None, remote: Some("SEC-1".into()), ..row() };
    let again = wanted(&there, "other", at(1)).unwrap();
    assert_eq!(
        (again.state, again.due, again.remote.as_deref()),
        (DeliveryState::Planned, Some(at(1)), Some("SEC-1"))
    );
}

#[test]
fn what_changed_on_the_way_is_sent_when_it_has_arrived() {
    let times = times();
    let (sending, _) = take(&row(), Promise::ExactlyOnce, &times, at(0)).unwrap();
    let changed = wanted(&sending, "other", at(1)).unwrap();
    assert_eq!((changed.state, changed.due), (DeliveryState::Sending, sending.due));
    let arrived = sent(&changed, Promise::ExactlyOnce, &times, Sent::Done(Some("SEC-1".to_owned())), at(2));
    assert_eq!((arrived.state, arrived.due), (DeliveryState::Planned, Some(at(2))));
    let (again, step) = take(&arrived, Promise::ExactlyOnce, &times, at(2)).unwrap();
    assert_eq!((step, again.sent.as_deref()), (Step::Send, Some("other")));
    let there = sent(&again, Promise::ExactlyOnce, &times, Sent::Done(None), at(3));
    assert_eq!((there.state, there.remote.as_deref()), (DeliveryState::Delivered, Some("SEC-1")));
}

/// What happens to one call.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Good,
    /// Done, and the answer is lost.
    LostAnswer,
    /// Not done, and no answer either.
    LostCall,
    /// Refused for now.
    Busy,
    /// Done, and the sender dies before it writes.
    DiesAfter,
    /// The sender dies before it sends.
    DiesBefore,
}

fn lucks() -> impl Strategy<Value = Vec<Luck>> {
    use Luck::{Busy, DiesAfter, DiesBefore, Good, LostAnswer, LostCall};
    let one = prop::sample::select(vec![Good, LostAnswer, LostCall, Busy, DiesAfter, DiesBefore]);
    proptest::collection::vec(one, 0..12)
}

/// Runs a row to its end against a vendor whose index is so many seconds late; how often the effect is there.
fn effects(promise: Promise, lucks: Vec<Luck>, late: i64) -> (usize, DeliveryState) {
    let times = times();
    let (mut record, mut there): (DeliveryRecord, Vec<Timestamp>) = (row(), Vec::new());
    let mut lucks = lucks.into_iter();
    for _ in 0..200 {
        let Some(now) = record.due else { break };
        let Some((taken, step)) = take(&record, promise, &times, now) else { break };
        record = taken;
        match step {
            Step::Write => {}
            Step::Look => {
                let seen = there.iter().any(|made| now.since(*made).as_secs() >= late.unsigned_abs());
                let what = if seen { Looked::There("SEC-1".to_owned()) } else { Looked::NotSeen };
                record = looked(&record, promise, &times, what, now);
            }
            Step::Send => {
                let luck = lucks.next().unwrap_or(Luck::Good);
                if matches!(luck, Luck::Good | Luck::LostAnswer | Luck::DiesAfter) {
                    there.push(now);
                }
                let what = match luck {
                    Luck::Good => Sent::Done(Some("SEC-1".to_owned())),
                    Luck::LostAnswer | Luck::LostCall => Sent::Lost("cut".to_owned()),
                    Luck::Busy => Sent::Later(None, "429".to_owned()),
                    Luck::DiesAfter | Luck::DiesBefore => continue,
                };
                record = sent(&record, promise, &times, what, now);
            }
        }
    }
    (there.len(), record.state)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever goes wrong, and however late the index is within the window of looks, there is one effect.
    #[test]
    fn exactly_once_is_once(lucks in lucks(), late in 0..400_i64) {
        let (effects, state) = effects(Promise::ExactlyOnce, lucks, late);
        prop_assert_eq!((effects, state), (1, DeliveryState::Delivered));
    }

    #[test]
    fn at_most_once_is_never_twice(lucks in lucks()) {
        let (effects, state) = effects(Promise::AtMostOnce, lucks, 0);
        prop_assert!(effects <= 1);
        prop_assert!(matches!(state, DeliveryState::Delivered | DeliveryState::Unconfirmed));
        prop_assert!(state != DeliveryState::Delivered || effects == 1);
    }

    /// However late it is seen: what was not seen is not sent again.
    #[test]
    fn at_most_once_that_is_looked_for_is_never_twice(lucks in lucks(), late in 0..2_000_i64) {
        let (effects, state) = effects(Promise::AtMostOnceSeen, lucks, late);
        prop_assert!(effects <= 1);
        prop_assert!(matches!(state, DeliveryState::Delivered | DeliveryState::Unconfirmed));
        prop_assert!(state != DeliveryState::Delivered || effects == 1);
        prop_assert!(late > 400 || effects == 0 || state == DeliveryState::Delivered, "seen, and not known");
    }

    #[test]
    fn at_least_once_is_there(lucks in lucks()) {
        let (effects, state) = effects(Promise::AtLeastOnce, lucks, 0);
        prop_assert!(effects >= 1 && state == DeliveryState::Delivered);
    }
}
