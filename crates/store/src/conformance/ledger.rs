//! Laws of the ledger.

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, ScanId, Subject, Timestamp};

use crate::conformance::Fixture;
use crate::conformance::given::{create, new_scan, scan_id};
use crate::{Store, Unplanned};

fn row(number: u32, due: Option<i64>) -> DeliveryRecord {
    let subject = Subject::Scan(ScanId::new(format!("scan-{number}")).unwrap());
    DeliveryRecord {
        due: due.map(Timestamp::from_millis),
        ..DeliveryRecord::planned("route", subject, "look".to_owned(), Timestamp::from_millis(1))
    }
}

async fn put(store: &dyn Store, record: &DeliveryRecord) {
    assert_eq!(store.put_delivery(record).await, Ok(true));
}

/// A row is written on its version only, and is there after a restart.
pub async fn a_row_is_written_on_its_version_only(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let first = row(1, Some(5));
    assert_eq!(store.delivery(&first.id).await, Ok(None));
    let second = DeliveryRecord { version: 2, state: DeliveryState::Sending, ..first.clone() };
    assert_eq!(store.put_delivery(&second).await, Ok(false), "the first is missing");
    put(&*store, &first).await;
    assert_eq!(store.put_delivery(&first).await, Ok(false), "it is there");
    put(&*store, &second).await;
    let slow = DeliveryRecord { version: 2, state: DeliveryState::Cancelled, ..first.clone() };
    assert_eq!(store.put_delivery(&slow).await, Ok(false), "another one was faster");
    let store = fixture.reopen(store).await;
    assert_eq!(store.delivery(&first.id).await, Ok(Some(second)));
    assert_eq!(store.delivery(&row(2, None).id).await, Ok(None));
}

/// Due rows come by their time; what is not due, or nothing is to be done about, does not.
pub async fn due_rows_come_by_their_time(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for (number, due) in [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(40)), (5, Some(20))] {
        put(&*store, &row(number, due)).await;
    }
    let due = async |now, limit| -> Vec<i64> {
        let found = store.due_deliveries(Timestamp::from_millis(now), limit).await.unwrap();
        found.iter().map(|record| record.due.unwrap().as_millis()).collect()
    };
    assert_eq!(due(9, 10).await, [0; 0]);
    assert_eq!(due(30, 10).await, [10, 20, 30]);
    assert_eq!(due(100, 2).await, [10, 20]);
    let done = DeliveryRecord { version: 2, due: None, state: DeliveryState::Delivered, ..row(2, None) };
    put(&*store, &done).await;
    assert_eq!(due(100, 10).await, [20, 30, 40]);
    let later = DeliveryRecord { version: 2, ..row(5, Some(90)) };
    put(&*store, &later).await;
    assert_eq!(due(100, 10).await, [30, 40, 90]);
}

/// All rows come in pages.
pub async fn rows_come_in_pages(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut all: Vec<DeliveryId> = Vec::new();
    for number in 0..7 {
        let row = row(number, None);
        put(&*store, &row).await;
        all.push(row.id);
    }
    all.sort();
    let mut seen: Vec<DeliveryId> = Vec::new();
    loop {
        let page = store.deliveries(seen.last(), 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 3);
        seen.extend(page.into_iter().map(|record| record.id));
    }
    assert_eq!(seen, all);
}

/// Of many writers of one version one gets through.
pub async fn of_many_writers_one_gets_through(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    put(&*store, &row(1, None)).await;
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..16 {
        let store = store.clone();
        tries.spawn(async move {
            let record = DeliveryRecord { version: 2, attempts: number, ..row(1, None) };
            store.put_delivery(&record).await.unwrap().then_some(number)
        });
    }
    let won: Vec<u32> = tries.join_all().await.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert_eq!(store.delivery(&row(1, None).id).await.unwrap().unwrap().attempts, won[0]);
}

/// A scan is noted as unplanned when it is announced for the first time, and once more when asked; a note is taken away by its
/// own mark only.
pub async fn a_scan_that_is_over_is_noted_until_it_is_planned(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let noted = async |store: &dyn Store| store.unplanned(10).await.unwrap();
    let scans = |notes: &[Unplanned]| notes.iter().map(|note| note.scan.clone()).collect::<Vec<_>>();
    for name in ["a", "b"] {
        create(&store, &new_scan(name, 5)).await;
        store.mark_announced(&scan_id(name)).await.unwrap();
        assert_eq!(noted(&*store).await, [], "it is not over");
        store.cancel_scan(&scan_id(name)).await.unwrap();
    }
    for name in ["b", "a", "b"] {
        store.mark_announced(&scan_id(name)).await.unwrap();
    }
    let store = fixture.reopen(store).await;
    let notes = noted(&*store).await;
    assert_eq!(scans(&notes), [scan_id("b"), scan_id("a")], "in the order in which they were announced");
    assert_eq!(store.unplanned(1).await.unwrap(), notes[..1]);
    store.note_unplanned(&scan_id("b")).await.unwrap();
    store.mark_planned(&notes[0]).await.unwrap();
    store.mark_planned(&notes[1]).await.unwrap();
    let again = noted(&*store).await;
    assert_eq!(scans(&again), [scan_id("b")], "more has come of it since");
    store.mark_planned(&again[0]).await.unwrap();
    store.mark_planned(&again[0]).await.unwrap();
    store.mark_announced(&scan_id("b")).await.unwrap();
    assert_eq!(noted(&*store).await, [], "announced again, it is no news");
}
