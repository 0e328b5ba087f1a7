//! Laws of what waits for a person.

use std::time::Duration;

use checkmate_domain::{
    Approval, ApprovalId, ApprovalState, Ask, DeliveryRecord, DeliveryState, Said, ScanId, Subject, Timestamp,
};

use crate::Store;
use crate::conformance::Fixture;

fn asked(number: usize, expires: i64) -> Approval {
    let scan = ScanId::new(format!("scan-{number}")).unwrap();
    let valid = Duration::from_millis(expires.unsigned_abs());
    Approval::asked("route", &scan, Ask::ManyNew { count: number }, Timestamp::from_millis(0), valid)
}

fn said(at: i64) -> Said {
    Said { by: "ann".to_owned(), at: Timestamp::from_millis(at) }
}

async fn put(store: &dyn Store, approval: &Approval) {
    assert_eq!(store.put_approval(approval).await, Ok(true));
}

/// An approval is written on its version only, and is there after a restart.
pub async fn an_approval_is_written_on_its_version_only(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let first = asked(1, 50);
    assert_eq!(store.approval(&first.id).await, Ok(None));
    let approved = first.clone().approve(Some("ours"), &said(5)).unwrap();
    assert_eq!(store.put_approval(&approved).await, Ok(false), "the first is missing");
    put(&*store, &first).await;
    assert_eq!(store.put_approval(&first).await, Ok(false), "it is there");
    put(&*store, &approved).await;
    let late = first.clone().deny("no", &said(6)).unwrap();
    assert_eq!(store.put_approval(&late).await, Ok(false), "another one was faster");
    let store = fixture.reopen(store).await;
    assert_eq!(store.approval(&first.id).await, Ok(Some(approved)));
    assert_eq!(store.approval(&asked(2, 50).id).await, Ok(None));
}

/// All approvals come in pages.
pub async fn approvals_come_in_pages(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut all: Vec<ApprovalId> = Vec::new();
    for number in 0..5 {
        let approval = asked(number, 50);
        put(&*store, &approval).await;
        all.push(approval.id);
    }
    all.sort();
    let mut seen: Vec<ApprovalId> = Vec::new();
    loop {
        let page = store.approvals(seen.last(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        seen.extend(page.into_iter().map(|approval| approval.id));
    }
    assert_eq!(seen, all);
}

/// What waits falls due when it expires, what was decided at once, and what rows have followed never.
pub async fn approvals_fall_due(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for (number, expires) in [(1, 30), (2, 10), (3, 20)] {
        put(&*store, &asked(number, expires)).await;
    }
    let due = async |now| -> Vec<i64> {
        let found = store.due_approvals(Timestamp::from_millis(now), 10).await.unwrap();
        found.iter().map(|approval| approval.due.unwrap().as_millis()).collect()
    };
    assert_eq!(due(9).await, [0; 0]);
    assert_eq!(due(30).await, [10, 20, 30]);
    let approved = asked(1, 30).approve(None, &said(5)).unwrap();
    put(&*store, &approved).await;
    assert_eq!(due(15).await, [5, 10]);
    put(&*store, &approved.followed(None)).await;
    assert_eq!(due(100).await, [10, 20]);
    assert_eq!(crate::waiting(&*store).await.unwrap().len(), 2);
}

/// A row that names an approval is written only on the approval that was read: who decides has all rows of it before them.
pub async fn a_row_is_held_by_the_approval_as_it_was_read(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let row = |number: u32, approval: &Approval| {
        let subject = Subject::Scan(ScanId::new(format!("scan-{number}")).unwrap());
        let row = DeliveryRecord::planned("route", subject, "look".to_owned(), Timestamp::from_millis(1));
        let approval = Some(approval.id.clone());
        DeliveryRecord { state: DeliveryState::Waiting, due: None, approval, ..row }
    };
    let first = asked(1, 50);
    assert_eq!(store.put_held_delivery(&row(1, &first), &first).await, Ok(false), "nobody was asked");
    assert_eq!(store.delivery(&row(1, &first).id).await, Ok(None));
    put(&*store, &first).await;
    assert_eq!(store.put_held_delivery(&row(1, &first), &first).await, Ok(true));
    assert_eq!(store.put_held_delivery(&row(1, &first), &first).await, Ok(false), "it is there");
    assert_eq!(store.due_deliveries(Timestamp::from_millis(i64::MAX), 10).await, Ok(vec![]));
    let denied = first.clone().deny("no", &said(5)).unwrap();
    put(&*store, &denied).await;
    assert_eq!(store.put_held_delivery(&row(2, &first), &first).await, Ok(false), "it was decided since");
    assert_eq!(store.put_held_delivery(&row(2, &denied), &denied).await, Ok(true));
    let store = fixture.reopen(store).await;
    assert_eq!(store.delivery(&row(1, &first).id).await, Ok(Some(row(1, &first))));
}

/// One of them decides; the other one sees that.
pub async fn of_who_decides_and_who_expires_one_gets_through(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for number in 0..8 {
        let open = asked(number, 50);
        put(&*store, &open).await;
        let approved = open.clone().approve(None, &said(50)).unwrap();
        let denied = open.clone().deny("no", &said(50)).unwrap();
        let expired = open.expired(Timestamp::from_millis(50)).unwrap();
        let mut tries = tokio::task::JoinSet::new();
        for next in [approved, denied, expired] {
            let store = store.clone();
            tries.spawn(async move { store.put_approval(&next).await.unwrap().then_some(next) });
        }
        let won: Vec<Approval> = tries.join_all().await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        assert_eq!(store.approval(&open.id).await.unwrap().as_ref(), won.first());
        assert!(!matches!(won[0].state, ApprovalState::Waiting));
    }
}
