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

/// The approval as it stands once it is written.
async fn put(store: &dyn Store, approval: Approval) -> Approval {
    store.put_approval(approval).await.unwrap().expect("written")
}

/// An approval is written on its version only, and is there after a restart.
pub async fn an_approval_is_written_on_its_version_only(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let new = asked(1, 50);
    assert_eq!(store.approval(&new.id).await, Ok(None));
    let ahead = Approval { version: 1, ..new.clone() };
    assert_eq!(store.put_approval(ahead).await, Ok(None), "the first is missing");
    let first = put(&*store, new.clone()).await;
    assert_eq!(first, Approval { version: first.version, ..new.clone() });
    assert_eq!(store.approval(&new.id).await, Ok(Some(first.clone())));
    assert_eq!(store.put_approval(new.clone()).await, Ok(None), "it is there");
    let approved = put(&*store, first.clone().approve(Some("ours"), &said(5)).unwrap()).await;
    assert!(approved.version > first.version, "{approved:?}");
    let late = first.deny("no", &said(6)).unwrap();
    assert_eq!(store.put_approval(late).await, Ok(None), "another one was faster");
    let store = fixture.reopen(store).await;
    assert_eq!(store.approval(&new.id).await, Ok(Some(approved.clone())));
    assert_eq!(store.approvals(None, 10).await, Ok(vec![approved.clone()]));
    assert_eq!(store.due_approvals(Timestamp::from_millis(5), 10).await, Ok(vec![approved]));
    assert_eq!(store.approval(&asked(2, 50).id).await, Ok(None));
}

/// All approvals come in pages.
pub async fn approvals_come_in_pages(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut all: Vec<ApprovalId> = Vec::new();
    for number in 0..5 {
        all.push(put(&*store, asked(number, 50)).await.id);
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
    let first = put(&*store, asked(1, 30)).await;
    for (number, expires) in [(2, 10), (3, 20)] {
        put(&*store, asked(number, expires)).await;
    }
    let due = async |now| -> Vec<i64> {
        let found = store.due_approvals(Timestamp::from_millis(now), 10).await.unwrap();
        found.iter().map(|approval| approval.due.unwrap().as_millis()).collect()
    };
    assert_eq!(due(9).await, [0; 0]);
    assert_eq!(due(30).await, [10, 20, 30]);
    let approved = put(&*store, first.approve(None, &said(5)).unwrap()).await;
    assert_eq!(due(15).await, [5, 10]);
    put(&*store, approved.followed(None)).await;
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
    let new = asked(1, 50);
    assert_eq!(store.put_held_delivery(row(1, &new), &new).await, Ok(None), "nobody was asked");
    assert_eq!(store.delivery(&row(1, &new).id).await, Ok(None));
    let first = put(&*store, new.clone()).await;
    assert_eq!(store.put_held_delivery(row(1, &first), &new).await, Ok(None), "somebody was asked since");
    let held = store.put_held_delivery(row(1, &first), &first).await.unwrap().expect("written");
    assert_eq!(held, DeliveryRecord { version: held.version, ..row(1, &first) });
    assert_eq!(store.delivery(&held.id).await, Ok(Some(held.clone())));
    assert_eq!(store.put_held_delivery(row(1, &first), &first).await, Ok(None), "it is there");
    assert_eq!(store.due_deliveries(Timestamp::from_millis(i64::MAX), 10).await, Ok(vec![]));
    let denied = put(&*store, first.clone().deny("no", &said(5)).unwrap()).await;
    assert_eq!(store.put_held_delivery(row(2, &first), &first).await, Ok(None), "it was decided since");
    assert_eq!(store.put_held_delivery(held.clone(), &first).await, Ok(None), "it was decided since");
    assert!(store.put_held_delivery(row(2, &denied), &denied).await.unwrap().is_some());
    let again = store.put_held_delivery(held.clone(), &denied).await.unwrap().expect("written");
    assert!(again.version > held.version, "{again:?}");
    let store = fixture.reopen(store).await;
    assert_eq!(store.delivery(&held.id).await, Ok(Some(again)));
}

/// One of them decides; the other one sees that.
pub async fn of_who_decides_and_who_expires_one_gets_through(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for number in 0..8 {
        let open = put(&*store, asked(number, 50)).await;
        let approved = open.clone().approve(None, &said(50)).unwrap();
        let denied = open.clone().deny("no", &said(50)).unwrap();
        let expired = open.expired(Timestamp::from_millis(50)).unwrap();
        let mut tries = tokio::task::JoinSet::new();
        for next in [approved, denied, expired] {
            let store = store.clone();
            tries.spawn(async move { store.put_approval(next).await.unwrap() });
        }
        let won: Vec<Approval> = tries.join_all().await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        assert_eq!(store.approval(&open.id).await.unwrap().as_ref(), won.first());
        assert!(!matches!(won[0].state, ApprovalState::Waiting));
    }
}
