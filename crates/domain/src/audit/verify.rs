//! Whether a trail is whole: pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{AuditEvent, AuditRecord, Checkpoint, NOTHING};
use crate::id::{LeaseId, WorkerId};
use crate::time::Timestamp;

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// Records by segment, as they stand there, up to the first that is none.
    pub segments: BTreeMap<WorkerId, Vec<AuditRecord>>,
    /// Checkpoints, as they stand in their file.
    pub checkpoints: Vec<Checkpoint>,
    /// Where a segment first holds something that is no record.
    pub unreadable: BTreeMap<WorkerId, u64>,
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bad {
    /// A record is not what it was when it was written.
    Edited(WorkerId, u64),
    /// Before this place something is missing, doubled or swapped.
    Order(WorkerId, u64),
    /// The segment ends before a place that a checkpoint has seen.
    Cut {
        /// Which.
        segment: WorkerId,
        /// The last place there is, if any.
        last: Option<u64>,
        /// The place that was seen.
        seen: u64,
        /// By which checkpoint.
        checkpoint: u64,
    },
    /// A record is another one than a checkpoint has seen: the segment was written anew.
    Rewritten {
        /// Which.
        segment: WorkerId,
        /// At which place.
        seq: u64,
        /// By which checkpoint it shows.
        checkpoint: u64,
    },
    /// A checkpoint does not follow the one before.
    CheckpointOrder(u64),
    /// A checkpoint's signature is not good.
    Signature(u64),
    /// What stands at this place of a segment is no record.
    Unreadable(WorkerId, u64),
    /// A line of an export or of the file of checkpoints is none.
    Line(usize),
    /// A copy of this checkpoint, in the store or in an export, is not the one that was signed.
    Forged(u64),
    /// The file of checkpoints ends before the copies that the store has of them.
    FileCut {
        /// The last of the file.
        file: u64,
        /// The last of the store.
        store: u64,
    },
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited(segment, seq) => write!(f, "record {seq} of segment {segment} was changed"),
            Self::Order(segment, seq) => {
                write!(
                    f,
                    "segment {segment}: before its record at place {seq} one is missing, doubled or swapped"
                )
            }
            Self::Cut { segment, last: Some(last), seen, checkpoint } => write!(
                f,
                "segment {segment} ends with record {last}; checkpoint {checkpoint} has seen record {seen}"
            ),
            Self::Cut { segment, last: None, seen, checkpoint } => write!(
                f,
                "segment {segment} is gone; checkpoint {checkpoint} has seen it up to record {seen}"
            ),
            Self::Rewritten { segment, seq, checkpoint } => write!(
                f,
                "record {seq} of segment {segment} is not the one that checkpoint {checkpoint} has seen: the segment was written anew"
            ),
            Self::CheckpointOrder(number) => {
                write!(f, "checkpoint {number} does not follow the one before it")
            }
            Self::Signature(number) => write!(f, "the signature of checkpoint {number} is not good"),
            Self::Unreadable(segment, place) => {
                write!(f, "what stands at place {place} of segment {segment} is no record: it was changed")
            }
            Self::Line(line) => write!(f, "line {line} is neither a record nor a checkpoint: it was changed"),
            Self::Forged(number) => write!(
                f,
                "the copy of checkpoint {number} does not follow the one before it, or no key that was given has signed it: somebody else wrote it, or a newer public key is needed"
            ),
            Self::FileCut { file, store } => write!(
                f,
                "the file of checkpoints ends with {file}, and the store has copies up to {store}: the file was cut or removed"
            ),
        }
    }
}

/// What a look at a trail says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The first thing that is wrong; nothing when the trail is whole.
    pub bad: Option<Bad>,
    /// Records that were looked at.
    pub records: u64,
    /// Their segments.
    pub segments: u64,
    /// Checkpoints that were looked at.
    pub checkpoints: u64,
    /// Records after the last checkpoint: whole as far as their own chain tells, and not yet seen by one.
    pub uncovered: u64,
    /// When the oldest of them was written.
    pub uncovered_since: Option<Timestamp>,
    /// Whether these should have been seen by a checkpoint long ago: nobody writes them, or somebody keeps them from it.
    pub late: bool,
    /// Segments that were kept for long enough and are gone.
    pub removed: u64,
    /// Leases whose outcome was never written: the process ended, or the store was away.
    pub unknown: Vec<LeaseId>,
}

impl Verdict {
    /// Whether there is anything that a signature speaks for: without a checkpoint a trail that was cut short or written
    /// anew looks like a whole one.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.bad.is_none() && self.checkpoints > 0 && !self.late
    }

    /// Judges how old the oldest record is that no checkpoint has seen; from before this time it is late.
    #[must_use]
    pub fn judged(self, late_before: Timestamp) -> Self {
        Self { late: self.uncovered_since.is_some_and(|since| since < late_before), ..self }
    }
}

/// Looks at a trail. `signed` tells whether a signature over a hash is good. A segment that is gone and that no checkpoint has
/// seen since `kept_since` was kept for long enough.
#[must_use]
pub fn verify(trail: &Trail, kept_since: Timestamp, signed: impl Fn(&str, &str) -> bool) -> Verdict {
    let count = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
    let mut verdict = Verdict {
        records: trail.segments.values().map(|records| count(records.len())).sum(),
        segments: count(trail.segments.len()),
        checkpoints: count(trail.checkpoints.len()),
        unknown: unknown(trail),
        ..Verdict::default()
    };
    let seen = match checkpoints(trail, signed) {
        Ok(seen) => seen,
        Err(bad) => return Verdict { bad: Some(bad), ..verdict },
    };
    for (segment, records) in &trail.segments {
        let covered = seen.get(segment).map_or(0, |seen| seen.seq + 1);
        verdict.uncovered += count(records.len()).saturating_sub(covered);
        let first = usize::try_from(covered).ok().and_then(|covered| records.get(covered));
        let since = first.map(|record| record.at);
        verdict.uncovered_since = verdict.uncovered_since.into_iter().chain(since).min();
    }
    let gone = |segment: &WorkerId| {
        !trail.segments.contains_key(segment) && seen.get(segment).is_some_and(|seen| seen.at < kept_since)
    };
    verdict.removed = count(seen.keys().filter(|segment| gone(segment)).count());
    let unreadable = |segment: &WorkerId| {
        trail.unreadable.get(segment).map(|place| Bad::Unreadable(segment.clone(), *place))
    };
    verdict.bad = trail
        .segments
        .iter()
        .find_map(|(segment, records)| chain(segment, records).or_else(|| unreadable(segment)));
    let mut kept = seen.iter().filter(|(segment, _)| !gone(segment));
    verdict.bad = verdict.bad.or_else(|| kept.find_map(|(segment, seen)| cut(trail, segment, seen)));
    let other = |checkpoint: &Checkpoint| rewritten(trail, checkpoint, gone);
    verdict.bad = verdict.bad.or_else(|| trail.checkpoints.iter().find_map(other));
    verdict
}

impl Trail {
    /// Adds the copies of checkpoints that are kept elsewhere: those that go on from here are part of the chain.
    ///
    /// # Errors
    /// The first copy that is another one than here, or that nobody signed after those before it.
    pub fn add_copies(
        &mut self,
        copies: Vec<Checkpoint>,
        signed: impl Fn(&str, &str) -> bool,
    ) -> Result<(), Bad> {
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        for (place, one) in self.checkpoints.iter().enumerate() {
            places.entry(one.number).or_insert(place);
        }
        for copy in copies {
            match places.get(&copy.number).and_then(|place| self.checkpoints.get(*place)) {
                Some(here) if *here == copy => {}
                None if copy.follows(self.checkpoints.last()) && signed(&copy.hash(), &copy.signature) => {
                    places.insert(copy.number, self.checkpoints.len());
                    self.checkpoints.push(copy);
                }
                _ => return Err(Bad::Forged(copy.number)),
            }
        }
        Ok(())
    }
}

/// How far a segment was seen.
struct Seen {
    seq: u64,
    checkpoint: u64,
    at: Timestamp,
}

/// How far each segment was seen, and by which checkpoint.
fn checkpoints(trail: &Trail, signed: impl Fn(&str, &str) -> bool) -> Result<BTreeMap<WorkerId, Seen>, Bad> {
    let mut seen: BTreeMap<WorkerId, Seen> = BTreeMap::new();
    let mut prev: Option<&Checkpoint> = None;
    for checkpoint in &trail.checkpoints {
        if !checkpoint.follows(prev) {
            return Err(Bad::CheckpointOrder(checkpoint.number));
        }
        if !signed(&checkpoint.hash(), &checkpoint.signature) {
            return Err(Bad::Signature(checkpoint.number));
        }
        for head in &checkpoint.heads {
            let now = Seen { seq: head.seq, checkpoint: checkpoint.number, at: checkpoint.at };
            if seen.get(&head.segment).is_none_or(|known| head.seq > known.seq) {
                seen.insert(head.segment.clone(), now);
            }
        }
        prev = Some(checkpoint);
    }
    Ok(seen)
}

fn chain(segment: &WorkerId, records: &[AuditRecord]) -> Option<Bad> {
    let mut prev: Option<&AuditRecord> = None;
    for (place, record) in (0..).zip(records) {
        if record.hash != record.computed() || record.segment != *segment {
            return Some(Bad::Edited(segment.clone(), place));
        }
        let before = prev.map_or(NOTHING, |prev| prev.hash.as_str());
        if record.seq != place || record.prev != before {
            return Some(Bad::Order(segment.clone(), place));
        }
        prev = Some(record);
    }
    None
}

fn cut(trail: &Trail, segment: &WorkerId, seen: &Seen) -> Option<Bad> {
    let Seen { seq: seen, checkpoint, .. } = *seen;
    let last = trail.segments.get(segment).and_then(|records| records.last()).map(|record| record.seq);
    let short = last.is_none_or(|last| last < seen);
    short.then(|| Bad::Cut { segment: segment.clone(), last, seen, checkpoint })
}

fn rewritten(trail: &Trail, checkpoint: &Checkpoint, gone: impl Fn(&WorkerId) -> bool) -> Option<Bad> {
    let other = checkpoint.heads.iter().filter(|head| !gone(&head.segment)).find(|head| {
        let records = trail.segments.get(&head.segment);
        let record = records.and_then(|records| records.get(usize::try_from(head.seq).ok()?));
        record.is_none_or(|record| record.hash != head.hash)
    })?;
    let (segment, seq) = (other.segment.clone(), other.seq);
    Some(Bad::Rewritten { segment, seq, checkpoint: checkpoint.number })
}

fn unknown(trail: &Trail) -> Vec<LeaseId> {
    let (mut asked, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for record in trail.segments.values().flatten() {
        match &record.event {
            AuditEvent::Intent(intent) => asked.insert(&intent.lease),
            AuditEvent::Outcome(outcome) => ended.insert(&outcome.lease),
            AuditEvent::Opened { .. } => false,
        };
    }
    asked.difference(&ended).map(|lease| (*lease).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::export::{Line, lines};
    use crate::credential::{Account, Scopes};
    use crate::lease::{LeaseIntent, LeaseOutcome, LeaseResult};
    use proptest::prelude::*;

    fn segment(name: &str) -> WorkerId {
        WorkerId::new(name).unwrap()
    }

    fn intent(number: u64) -> AuditEvent {
        AuditEvent::Intent(LeaseIntent {
            lease: LeaseId::new(format!("lease-{number}")).unwrap(),
            job: None,
            scan: None,
            account: Account::Tenant { host: "acme.eu.auth0.com".into(), client: "c".into() },
            scopes: Scopes::default(),
            purpose: "test".into(),
        })
    }

    /// As a signature that only the test can make.
    fn sign(hash: &str) -> String {
        format!("signed {hash}")
    }

    fn signed(hash: &str, signature: &str) -> bool {
        signature == sign(hash)
    }

    fn add(trail: &mut Trail, name: &str, event: AuditEvent) {
        let segment = segment(name);
        let records = trail.segments.entry(segment.clone()).or_default();
        let at = Timestamp::from_millis(i64::try_from(records.len()).unwrap());
        let record = AuditRecord::after(records.last(), &segment, at, event);
        records.push(record);
    }

    fn see(trail: &mut Trail) {
        let heads =
            trail.segments.values().filter_map(|records| records.last()).map(AuditRecord::head).collect();
        let mut next =
            Checkpoint::after(trail.checkpoints.last(), Timestamp::from_millis(1), "e".into(), heads);
        next.signature = sign(&next.hash());
        trail.checkpoints.push(next);
    }

    /// Two segments with so many records each, a checkpoint after each round.
    fn trail(rounds: u64) -> Trail {
        let mut trail = Trail::default();
        for round in 0..rounds {
            for name in ["a", "b"] {
                add(&mut trail, name, intent(round));
            }
            see(&mut trail);
        }
        trail
    }

    #[test]
    fn a_trail_as_it_was_written_is_whole() {
        let mut trail = trail(3);
        add(&mut trail, "b", intent(9));
        let result = LeaseResult::Refused { class: "denied".into(), status: None, said: String::new() };
        let lease = LeaseId::new("lease-9").unwrap();
        add(&mut trail, "a", AuditEvent::Outcome(LeaseOutcome { lease, result }));
        let verdict = verify(&trail, Timestamp::from_millis(0), signed);
        assert_eq!((verdict.bad, verdict.records, verdict.segments, verdict.checkpoints), (None, 8, 2, 3));
        assert_eq!((verdict.uncovered, verdict.unknown.len()), (2, 3));
    }

    #[test]
    fn each_kind_of_tampering_is_named() {
        let whole = trail(3);
        let bad = |change: fn(&mut Trail)| {
            let mut trail = whole.clone();
            change(&mut trail);
            verify(&trail, Timestamp::from_millis(0), signed).bad.expect("noticed")
        };
        let (a, b) = (segment("a"), segment("b"));
        assert_eq!(
            bad(|t| t.segments.get_mut("a").unwrap()[1].event = intent(77)),
            Bad::Edited(a.clone(), 1)
        );
        assert_eq!(bad(|t| drop(t.segments.get_mut("b").unwrap().remove(1))), Bad::Order(b.clone(), 1));
        assert_eq!(bad(|t| t.segments.get_mut("b").unwrap().swap(0, 1)), Bad::Order(b.clone(), 0));
        assert_eq!(
            bad(|t| drop(t.segments.get_mut("a").unwrap().pop())),
            Bad::Cut { segment: a.clone(), last: Some(1), seen: 2, checkpoint: 3 }
        );
        assert_eq!(
            bad(|t| drop(t.segments.remove("b"))),
            Bad::Cut { segment: b, last: None, seen: 2, checkpoint: 3 }
        );
        assert_eq!(bad(|t| drop(t.checkpoints.remove(1))), Bad::CheckpointOrder(3));
        assert_eq!(bad(|t| t.checkpoints[1].epoch = "f".into()), Bad::Signature(2));
        // Written anew, with good hashes throughout.
        let rewrite = |t: &mut Trail| {
            t.segments.remove("a");
            for round in 0..3 {
                add(t, "a", intent(round + 50));
            }
        };
        assert_eq!(bad(rewrite), Bad::Rewritten { segment: a, seq: 0, checkpoint: 1 });
    }

    #[test]
    fn what_is_no_record_shows_at_its_place() {
        let mut trail = trail(3);
        let name = segment("b");
        trail.segments.get_mut(&name).unwrap().truncate(1);
        trail.unreadable.insert(name.clone(), 1);
        let verdict = verify(&trail, Timestamp::from_millis(0), signed);
        assert_eq!(verdict.bad, Some(Bad::Unreadable(name, 1)));
    }

    #[test]
    fn copies_of_checkpoints_are_those_that_were_signed() {
        let whole = trail(4);
        let copies = whole.checkpoints.clone();
        let with = |kept: usize, copies: Vec<Checkpoint>| {
            let mut trail = Trail { checkpoints: whole.checkpoints[..kept].to_vec(), ..whole.clone() };
            trail.add_copies(copies, signed).map(|()| trail.checkpoints.len())
        };
        for kept in 0..=4 {
            assert_eq!(with(kept, copies.clone()), Ok(4), "{kept}");
        }
        let mut forged = copies.clone();
        forged[3].signature = "somebody".to_owned();
        assert_eq!(with(3, forged.clone()), Err(Bad::Forged(4)));
        assert_eq!(with(4, forged), Err(Bad::Forged(4)));
        assert_eq!(with(1, copies[2..].to_vec()), Err(Bad::Forged(3)));
        assert!(!verify(&Trail::default(), Timestamp::from_millis(0), signed).is_proven());
        let proven = verify(&whole, Timestamp::from_millis(0), signed);
        assert!(proven.is_proven() && proven.judged(Timestamp::from_millis(i64::MAX)).is_proven());
        let mut ahead = whole.clone();
        ahead.checkpoints.pop();
        let verdict = verify(&ahead, Timestamp::from_millis(0), signed);
        assert!(verdict.uncovered > 0 && verdict.clone().judged(Timestamp::from_millis(0)).is_proven());
        assert!(
            !verdict.judged(Timestamp::from_millis(i64::MAX)).is_proven(),
            "nobody has seen them for long"
        );
    }

    #[test]
    fn what_was_kept_for_long_enough_may_be_gone() {
        let mut trail = trail(3);
        trail.segments.remove(&segment("a"));
        let since = |millis| verify(&trail, Timestamp::from_millis(millis), signed);
        assert!(since(1).bad.is_some(), "seen at 1, and kept since then");
        assert_eq!((since(2).bad, since(2).removed), (None, 1));
        let mut cut = trail.clone();
        cut.segments.get_mut(&segment("b")).unwrap().pop();
        let verdict = verify(&cut, Timestamp::from_millis(2), signed);
        assert!(verdict.bad.is_some(), "half a segment is never kept");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// One byte of an export that is another one: it cannot be read, reads the same, or shows.
        #[test]
        fn one_byte_of_an_export_shows(rounds in 1..4_u64, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let trail = trail(rounds);
            let records = trail.segments.values().flatten().cloned().map(Line::Record);
            let seen = trail.checkpoints.iter().cloned().map(Line::Checkpoint);
            let text = lines(records.chain(seen)).unwrap();
            prop_assert_eq!(Trail::from_export(&text).ok(), Some(trail.clone()));
            let mut bytes = text.into_bytes();
            let place = at.index(bytes.len());
            bytes[place] = byte;
            let read = String::from_utf8(bytes).ok().and_then(|text| Trail::from_export(&text).ok());
            if let Some(read) = read.filter(|read| *read != trail) {
                prop_assert!(verify(&read, Timestamp::from_millis(0), signed).bad.is_some());
            }
        }

        /// Whatever is done to one record or one checkpoint of a trail that checkpoints cover, it shows.
        #[test]
        fn one_change_anywhere_shows(rounds in 1..6_u64, at in any::<prop::sample::Index>(), how in 0..6_u8) {
            let mut trail = trail(rounds);
            let name = if how % 2 == 0 { "a" } else { "b" };
            let records = trail.segments.get_mut(name).unwrap();
            let place = at.index(records.len());
            match how {
                0 => records[place].at = Timestamp::from_millis(99),
                1 => records[place].prev.push('0'),
                2 => drop(records.remove(place)),
                3 => records.insert(place, records[place].clone()),
                4 => records.truncate(place),
                _ => {
                    let number = at.index(trail.checkpoints.len());
                    trail.checkpoints[number].heads[0].seq += 1;
                }
            }
            prop_assert!(verify(&trail, Timestamp::from_millis(0), signed).bad.is_some());
        }
    }
}
