//! Laws of the audit trail.

use checkmate_domain::audit::{AuditEvent, AuditRecord, Checkpoint};
use checkmate_domain::{Timestamp, WorkerId};

use crate::audit::Appended;
use crate::conformance::Fixture;

/// So many records of a segment.
fn records(name: &str, count: usize) -> Vec<AuditRecord> {
    let segment = WorkerId::new(name).unwrap();
    let mut records: Vec<AuditRecord> = Vec::new();
    for number in 0..count {
        let event = AuditEvent::Opened { role: "worker".to_owned(), version: number.to_string() };
        records.push(AuditRecord::after(records.last(), &segment, Timestamp::from_millis(1), event));
    }
    records
}

/// Records stand in the order of their places, each segment by itself, after a restart too.
pub async fn records_are_kept_in_order(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (a, b) = (records("a", 5), records("b", 2));
    assert_eq!(store.append_audit(&a[..2]).await, Ok(Appended::Done));
    assert_eq!(store.append_audit(&b).await, Ok(Appended::Done));
    assert_eq!(store.append_audit(&a[2..]).await, Ok(Appended::Done));
    assert_eq!(store.append_audit(&[]).await, Ok(Appended::Done));
    let store = fixture.reopen(store).await;
    assert_eq!(store.audit_heads().await, Ok(vec![a[4].head(), b[1].head()]));
    assert_eq!(store.audit_records(&a[0].segment, 0, 100).await.as_ref(), Ok(&a));
    assert_eq!(store.audit_records(&a[0].segment, 1, 2).await.unwrap(), a[1..3]);
    assert_eq!(store.audit_records(&a[0].segment, 5, 2).await, Ok(Vec::new()));
    assert_eq!(store.audit_segments().await, Ok(vec![a[0].segment.clone(), b[0].segment.clone()]));
    let lines = store.audit_lines(&a[0].segment, 1, 2).await.unwrap();
    let read: Vec<(u64, AuditRecord)> =
        lines.iter().map(|(place, text)| (*place, serde_json::from_str(text).unwrap())).collect();
    assert_eq!(read, [(1, a[1].clone()), (2, a[2].clone())]);
    assert_eq!(store.audit_lines(&a[0].segment, 5, 2).await, Ok(Vec::new()));
}

/// Nothing is written over, and nothing beyond a gap; what is there already is no gap.
pub async fn a_segment_only_grows_at_its_end(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let all = records("a", 5);
    assert_eq!(store.append_audit(&all[1..2]).await, Ok(Appended::Gap(0)), "its beginning is missing");
    assert_eq!(store.append_audit(&all[..3]).await, Ok(Appended::Done));
    assert_eq!(store.append_audit(&all[..3]).await, Ok(Appended::Done), "a lost answer");
    assert_eq!(store.append_audit(&all[2..4]).await, Ok(Appended::Done), "half of it was there");
    let mut other = all[3].clone();
    other.hash = "other".to_owned();
    let tail = [other, all[4].clone()];
    assert_eq!(store.append_audit(&tail).await, Ok(Appended::Gap(4)), "another one is there");
    assert_eq!(store.audit_records(&all[0].segment, 0, 100).await.unwrap(), all[..4]);
}

/// Segments go as a whole, by their last record.
pub async fn old_segments_go_as_a_whole(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let at = |mut records: Vec<AuditRecord>, millis: i64| {
        records.iter_mut().for_each(|record| record.at = Timestamp::from_millis(millis));
        records
    };
    let (old, young) = (at(records("old", 3), 10), at(records("young", 2), 20));
    let mut grown = at(records("grown", 2), 10);
    grown[1].at = Timestamp::from_millis(20);
    for segment in [&old, &young, &grown] {
        assert_eq!(store.append_audit(segment).await, Ok(Appended::Done));
    }
    assert_eq!(store.purge_audit(Timestamp::from_millis(10), 10).await, Ok(0));
    assert_eq!(store.purge_audit(Timestamp::from_millis(20), 0).await, Ok(0));
    assert_eq!(store.purge_audit(Timestamp::from_millis(20), 10).await, Ok(1));
    assert_eq!(store.audit_heads().await, Ok(vec![grown[1].head(), young[1].head()]));
    assert_eq!(store.audit_records(&old[0].segment, 0, 10).await, Ok(Vec::new()));
    assert_eq!(store.audit_records(&grown[0].segment, 0, 10).await, Ok(grown));
}

/// A checkpoint is kept after the one before it only.
pub async fn checkpoints_follow_each_other(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.last_checkpoint().await, Ok(0));
    let first = Checkpoint::after(None, Timestamp::from_millis(1), "e".to_owned(), Vec::new());
    let second = Checkpoint::after(Some(&first), Timestamp::from_millis(2), "e".to_owned(), Vec::new());
    assert_eq!(store.keep_checkpoint(&second).await, Ok(false), "the first is missing");
    assert_eq!(store.keep_checkpoint(&first).await, Ok(true));
    assert_eq!(store.keep_checkpoint(&second).await, Ok(true));
    assert_eq!(store.keep_checkpoint(&second).await, Ok(false));
    let store = fixture.reopen(store).await;
    assert_eq!(store.last_checkpoint().await, Ok(2));
    assert_eq!(store.checkpoints(0, 10).await, Ok(vec![first.clone(), second.clone()]));
    assert_eq!(store.checkpoints(0, 1).await, Ok(vec![first]));
    assert_eq!(store.checkpoints(1, 10).await, Ok(vec![second]));
    assert_eq!(store.checkpoints(2, 10).await, Ok(Vec::new()));
}
