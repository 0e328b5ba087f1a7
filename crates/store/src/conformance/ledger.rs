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

/// The row as it stands once it is written.
async fn put(store: &dyn Store, record: DeliveryRecord) -> DeliveryRecord {
    store.put_delivery(record).await.unwrap().expect("written")
}

/// A row is written on its version only, and is there after a restart.
pub async fn a_row_is_written_on_its_version_only(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let new = row(1, Some(5));
    assert_eq!(store.delivery(&new.id).await, Ok(None));
    let ahead = DeliveryRecord { version: 1, ..new.clone() };
    assert_eq!(store.put_delivery(ahead).await, Ok(None), "the first is missing");
    let first = put(&*store, new.clone()).await;
    assert_eq!(first, DeliveryRecord { version: first.version, ..new.clone() });
    assert_eq!(store.delivery(&new.id).await, Ok(Some(first.clone())));
    assert_eq!(store.put_delivery(new.clone()).await, Ok(None), "it is there");
    let second = put(&*store, DeliveryRecord { state: DeliveryState::Sending, ..first.clone() }).await;
    for version in [first.version, second.version - 1, second.version + 1] {
        let slow = DeliveryRecord { version, state: DeliveryState::Cancelled, ..first.clone() };
        assert_eq!(store.put_delivery(slow).await, Ok(None), "another one was faster");
    }
    let store = fixture.reopen(store).await;
    assert_eq!(store.delivery(&new.id).await, Ok(Some(second)));
    assert_eq!(store.delivery(&row(2, None).id).await, Ok(None));
}

/// Each write of a row gives it a larger version, whatever else is written and whenever the store is restarted; however it
/// is read, it has that version.
pub async fn versions_only_grow(fixture: &dyn Fixture) {
    let mut store = fixture.store().await;
    let mut rows = [row(1, Some(5)), row(2, Some(5))];
    for turn in 0..9 {
        for row in &mut rows {
            let before = row.version;
            *row = put(&*store, DeliveryRecord { attempts: turn, ..row.clone() }).await;
            assert!(row.version > before, "{} after {before}", row.version);
            assert_eq!(store.delivery(&row.id).await, Ok(Some(row.clone())));
        }
        if turn == 4 {
            store = fixture.reopen(store).await;
        }
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(store.deliveries(None, 10).await, Ok(rows.to_vec()));
    assert_eq!(store.due_deliveries(Timestamp::from_millis(5), 10).await, Ok(rows.to_vec()));
}

/// Due rows come by their time; what is not due, or nothing is to be done about, does not.
pub async fn due_rows_come_by_their_time(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut rows = Vec::new();
    for (number, due) in [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(40)), (5, Some(20))] {
        rows.push(put(&*store, row(number, due)).await);
    }
    let due = async |now, limit| -> Vec<i64> {
        let found = store.due_deliveries(Timestamp::from_millis(now), limit).await.unwrap();
        found.iter().map(|record| record.due.unwrap().as_millis()).collect()
    };
    assert_eq!(due(9, 10).await, [0; 0]);
    assert_eq!(due(30, 10).await, [10, 20, 30]);
    assert_eq!(due(100, 2).await, [10, 20]);
    put(&*store, DeliveryRecord { due: None, state: DeliveryState::Delivered, ..rows[1].clone() }).await;
    assert_eq!(due(100, 10).await, [20, 30, 40]);
    put(&*store, DeliveryRecord { due: Some(Timestamp::from_millis(90)), ..rows[4].clone() }).await;
    assert_eq!(due(100, 10).await, [30, 40, 90]);
}

/// All rows come in pages.
pub async fn rows_come_in_pages(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let mut all: Vec<DeliveryId> = Vec::new();
    for number in 0..7 {
        all.push(put(&*store, row(number, None)).await.id);
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
    let there = put(&*store, row(1, None)).await;
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..16 {
        let (store, record) = (store.clone(), DeliveryRecord { attempts: number, ..there.clone() });
        tries.spawn(async move { store.put_delivery(record).await.unwrap() });
    }
    let won: Vec<DeliveryRecord> = tries.join_all().await.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert_eq!(store.delivery(&there.id).await.unwrap().as_ref(), won.first());
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
