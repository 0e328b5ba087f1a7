//! Laws of rows that are held, over whatever people, planners and senders do in whatever order.

use std::time::Duration;

use checkmate_domain::{Ask, Said, ScanId, Subject};
use proptest::prelude::*;

use super::super::{Looked, Promise, Sent, Step, Times, looked, sent, take};
use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn asked() -> Approval {
    let (scan, ask) = (ScanId::new("s").unwrap(), Ask::FirstUse { project: "SEC".to_owned() });
    Approval::asked("r", &scan, ask, Timestamp::from_millis(0), Duration::from_secs(60))
}

fn said() -> Said {
    Said { by: "ann".to_owned(), at: NOW }
}

fn row() -> DeliveryRecord {
    let subject = Subject::Scan(ScanId::new("s").unwrap());
    DeliveryRecord::planned("r", subject, "look".to_owned(), NOW)
}

fn named() -> DeliveryRecord {
    let within = Some(row().id);
    DeliveryRecord { state: DeliveryState::Delivered, due: None, within, ..row() }
}

fn there() -> DeliveryRecord {
    let (remote, sent) = (Some("SEC-1".to_owned()), Some("before".to_owned()));
    DeliveryRecord { state: DeliveryState::Delivered, due: None, remote, sent, ..row() }
}

fn states(row: &DeliveryRecord) -> [DeliveryState; 4] {
    let waiting = asked();
    let approved = waiting.clone().approve(None, &said()).unwrap();
    let denied = waiting.clone().deny("not there", &said()).unwrap();
    let expired = waiting.expired(waiting.expires_at).unwrap();
    [waiting, approved, denied, expired].map(|approval| {
        let held = held(row, &approval, NOW).unwrap();
        assert_eq!(held.approval.is_none(), approval.is_approved(), "{held:?}");
        assert_eq!(held.due.is_some(), approval.is_approved(), "{held:?}");
        assert_eq!(super::held(&held, &approval, NOW).unwrap(), held, "once more, it is the same");
        held.state
    })
}

#[test]
fn each_kind_stands_as_its_approval_does() {
    use DeliveryState::{Cancelled, Delivered, Planned, Waiting};
    assert_eq!(states(&row()), [Waiting, Planned, Cancelled, Cancelled]);
    assert_eq!(states(&named()), [Delivered, Planned, Delivered, Delivered]);
    assert_eq!(states(&there()), [Waiting, Planned, Delivered, Delivered]);
}

#[test]
fn a_person_reads_what_it_waits_for_and_who_refused_it() {
    let waiting = asked();
    let why = |row: &DeliveryRecord, approval: &Approval| held(row, approval, NOW).unwrap().why.unwrap();
    assert!(why(&row(), &waiting).contains(&format!("checkmate approvals show {}", short(&waiting))));
    assert!(why(&there(), &waiting).starts_with("its closing waits"));
    assert!(why(&named(), &waiting).starts_with("a ticket of its own waits"));
    let denied = waiting.clone().deny("not there", &said()).unwrap();
    assert!(why(&row(), &denied).starts_with("ann denied approval"));
    assert!(why(&row(), &denied).ends_with(": not there"));
    let expired = waiting.expired(waiting.expires_at).unwrap();
    assert!(why(&row(), &expired).contains("1970-01-01T00:01:00"));
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A planner reads the approval.
    Read,
    /// It writes the row on what it read, perhaps long ago.
    Plan,
    Approve,
    Deny,
    /// The time is over.
    Late,
    /// A later scan asks anew.
    Again,
    /// What is due is done, and cut off after so many writes.
    Follow(u8),
    /// A sender takes what is due.
    Take,
    /// This comes of what it has in hand.
    End(Luck),
}

#[derive(Clone, Copy, Debug)]
enum Luck {
    Good,
    Later,
    Lost,
    Dies,
}

fn events() -> impl Strategy<Value = Event> {
    let luck = prop_oneof![Just(Luck::Good), Just(Luck::Later), Just(Luck::Lost), Just(Luck::Dies)];
    prop_oneof![
        3 => Just(Event::Read),
        4 => Just(Event::Plan),
        1 => Just(Event::Approve),
        2 => Just(Event::Deny),
        2 => Just(Event::Late),
        2 => Just(Event::Again),
        4 => (1..4_u8).prop_map(Event::Follow),
        4 => Just(Event::Take),
        4 => luck.prop_map(Event::End),
    ]
}

/// The store, and who works on it.
struct World {
    approval: Approval,
    row: Option<DeliveryRecord>,
    /// What the planner writes first.
    first: DeliveryRecord,
    /// What the planner read.
    read: Approval,
    now: Timestamp,
    in_hand: Option<DeliveryRecord>,
    /// Calls that did what was asked about.
    calls: u32,
    /// The scan is noted as planned: nobody comes back to its rows by planning it again.
    planned: bool,
}

impl World {
    /// `row` is there before anybody is asked; what is to be made is not.
    fn new(first: DeliveryRecord, row: Option<DeliveryRecord>) -> Self {
        let row = row.map(|row| DeliveryRecord { version: 1, ..row });
        let in_hand = row.clone().filter(|row| row.state == DeliveryState::Sending);
        let approval = Approval { version: 1, ..asked() };
        Self { read: approval.clone(), approval, row, first, now: NOW, in_hand, calls: 0, planned: false }
    }

    /// As the store does it: on the row's version.
    fn put(&mut self, next: DeliveryRecord) -> Option<DeliveryRecord> {
        let there = self.row.as_ref().map_or(0, |row| row.version);
        let written = (next.version == there).then(|| DeliveryRecord { version: there + 1, ..next })?;
        self.row = Some(written.clone());
        Some(written)
    }

    /// And on the approval's, where that holds the row.
    fn put_under(&mut self, next: DeliveryRecord, under: &Approval) -> bool {
        let holds = next.approval.is_none() || under.version == self.approval.version;
        holds && self.put(next).is_some()
    }

    fn decide(&mut self, next: Option<Approval>) -> Option<Approval> {
        let next = next.filter(|next| next.version == self.approval.version)?;
        self.approval = Approval { version: next.version + 1, ..next };
        Some(self.approval.clone())
    }

    /// What is wanted is asked about once; rows that are held stand as the approval does.
    fn plan(&mut self) {
        if self.planned {
            return;
        }
        let known = match self.row.clone() {
            Some(row) if row.approval.is_some() => row,
            Some(row) if row.look == self.first.look => {
                self.planned = true;
                return;
            }
            Some(row) => DeliveryRecord { look: self.first.look.clone(), ..row },
            None => self.first.clone(),
        };
        let read = self.read.clone();
        let (next, read) = match held(&known, &read, self.now) {
            Some(next) => (next, read),
            // Somebody is at it: the approval is due again, and then the row is under it.
            None if known.approval.is_none() => {
                let noted = self.decide(Some(read.clone().followed(Some(self.now))));
                (DeliveryRecord { approval: Some(read.id.clone()), ..known }, noted.unwrap_or(read))
            }
            None => (known, read),
        };
        self.planned = self.put_under(next, &read);
    }

    fn follow(&mut self, mut writes: u8) {
        let mut goes_on = |did: bool| {
            writes -= u8::from(did);
            writes > 0
        };
        if self.approval.due.is_none_or(|due| due > self.now) {
            return;
        }
        let expired = self.approval.expired(self.now);
        if !goes_on(self.decide(expired).is_some()) {
            return;
        }
        let approval = self.approval.clone();
        let mut later = None;
        if let Some(row) = self.row.clone().filter(|row| row.approval.is_some()) {
            match held(&row, &approval, self.now) {
                None => later = Some(self.now),
                Some(next) if next == row => {}
                Some(next) => {
                    if !self.put_under(next, &approval) || !goes_on(true) {
                        return;
                    }
                }
            }
        }
        self.decide(Some(approval.followed(later)));
    }

    fn take(&mut self) {
        let Some(row) = self.row.clone() else { return };
        let Some((taken, step)) = take(&row, Promise::ExactlyOnce, &times(), self.now) else { return };
        assert!(row.approval.is_none() || step == Step::Write, "{row:?}");
        // What has a name is brought to its look, however its turn began.
        let sends = step == Step::Send || row.remote.is_some();
        let sent = sends.then(|| row.look.clone()).or(taken.sent.clone());
        if step == Step::Write {
            self.put(taken).unwrap();
        } else {
            self.in_hand = self.put(DeliveryRecord { sent, ..taken });
            assert!(self.in_hand.is_some(), "{row:?}");
            // What it does it does from here on.
            if sends {
                self.calls += u32::from(row.look == self.first.look);
                assert!(self.approval.is_approved() || row.look != self.first.look, "{row:?}");
            }
        }
    }

    fn end(&mut self, luck: Luck) {
        let Some(own) = self.in_hand.take() else { return };
        let Some(there) = self.row.clone() else { return };
        let same = (there.state, there.due, there.attempts) == (own.state, own.due, own.attempts);
        if !same {
            return;
        }
        let record = DeliveryRecord { sent: own.sent, ..there };
        let (promise, found) = (Promise::ExactlyOnce, "SEC-1".to_owned());
        let sends = record.state == DeliveryState::Sending;
        let next = match luck {
            Luck::Dies => {
                self.now = self.now.plus(times().hold);
                return;
            }
            Luck::Good if sends => sent(&record, promise, &times(), Sent::Done(Some(found)), self.now),
            Luck::Good => looked(&record, promise, &times(), Looked::There(found), self.now),
            Luck::Later if sends => {
                sent(&record, promise, &times(), Sent::Later(None, "busy".to_owned()), self.now)
            }
            Luck::Lost if sends => sent(&record, promise, &times(), Sent::Lost("cut".to_owned()), self.now),
            Luck::Later | Luck::Lost => {
                looked(&record, promise, &times(), Looked::Failed("busy".to_owned()), self.now)
            }
        };
        self.put(next).unwrap();
    }

    fn happens(&mut self, event: Event) {
        self.now = self.now.plus(Duration::from_millis(10));
        let said = Said { by: "ann".to_owned(), at: self.now };
        match event {
            Event::Read => self.read = self.approval.clone(),
            Event::Plan => self.plan(),
            Event::Approve => drop(self.decide(self.approval.clone().approve(None, &said).ok())),
            Event::Deny => drop(self.decide(self.approval.clone().deny("no", &said).ok())),
            Event::Late => self.now = self.now.plus(Duration::from_secs(60)),
            Event::Again => {
                let (scan, valid) = (ScanId::new("t").unwrap(), Duration::from_secs(60));
                self.decide(self.approval.again(&scan, self.now, valid));
                self.planned = false;
            }
            Event::Follow(writes) => self.follow(writes),
            Event::Take => self.take(),
            Event::End(luck) => self.end(luck),
        }
    }

    /// Everybody does what there is to do.
    fn settle(&mut self) {
        for _ in 0..40 {
            self.now = self.now.plus(times().hold);
            for event in [Event::Read, Event::Plan, Event::Follow(9), Event::Take, Event::End(Luck::Good)] {
                self.happens(event);
            }
        }
    }
}

fn times() -> Times {
    let second = Duration::from_secs(1);
    Times { hold: second, looks: vec![second; 2], again: second, again_at_most: second }
}

fn busy() -> DeliveryRecord {
    let state = DeliveryState::Sending;
    let due = Some(NOW.plus(times().hold));
    DeliveryRecord { state, due, look: "before".to_owned(), attempts: 1, ..there() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Nothing goes out before it is approved, and whatever is approved goes out, whoever is killed when.
    #[test]
    fn nothing_goes_out_before_its_approval_and_everything_after_it(
        kind in 0..4_u8,
        events in proptest::collection::vec(events(), 0..60),
        approve: bool,
    ) {
        let before = DeliveryRecord { look: "before".to_owned(), ..there() };
        let (first, row) = match kind {
            0 => (row(), None),
            1 => (named(), None),
            2 => (row(), Some(before)),
            _ => (row(), Some(busy())),
        };
        let mut world = World::new(first, row);
        for event in events {
            world.happens(event);
        }
        if approve {
            world.happens(Event::Approve);
        }
        world.settle();
        let row = world.row.clone().unwrap();
        prop_assert_eq!(world.approval.due, world.approval.is_waiting().then_some(world.approval.expires_at));
        if world.approval.is_approved() {
            prop_assert!(world.calls > 0 && row.approval.is_none(), "{:?}", row);
            prop_assert_eq!((row.state, row.due), (DeliveryState::Delivered, None));
        } else {
            prop_assert!(world.calls == 0 && row.approval.is_some() && row.due.is_none(), "{:?}", row);
        }
    }
}
