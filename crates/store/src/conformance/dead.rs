//! Laws of dead letters.

use std::time::Duration;

use checkmate_domain::{JobId, Timestamp};

use crate::conformance::Fixture;
use crate::conformance::given::scan_id;
use crate::{DeadRecord, DeadStatus};

pub(crate) fn dead(id: &str, at: i64) -> DeadRecord {
    DeadRecord {
        id: id.to_owned(),
        queue: "checkmate.scan.bulk".to_owned(),
        reason: "every attempt failed: no".to_owned(),
        message_id: Some(format!("m-{id}")),
        job: JobId::new(format!("job-{id}")).ok(),
        scan: Some(scan_id(id)),
        body: "{\"schema\":1,\u{1F980}".to_owned(),
        body_len: 17,
        first_at: Timestamp::from_millis(at),
        last_at: Timestamp::from_millis(at),
        deaths: 1,
        status: DeadStatus::Waiting,
    }
}

/// A dead letter comes back as it was recorded.
pub async fn a_dead_letter_comes_back_as_it_was(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    assert_eq!(store.dead(0, 10).await, Ok(Vec::new()));
    assert_eq!(store.dead_letter("a").await, Ok(None));
    let bare = DeadRecord { message_id: None, job: None, scan: None, body: String::new(), ..dead("b", 2) };
    for record in [&dead("a", 1), &bare] {
        store.record_dead(record).await.unwrap();
        assert_eq!(store.dead_letter(&record.id).await, Ok(Some(record.clone())));
    }
    let store = fixture.reopen(store).await;
    assert_eq!(store.dead(0, 10).await, Ok(vec![bare, dead("a", 1)]));
}

/// Dying again is counted, and asks for a decision again.
pub async fn dying_again_is_counted(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    store.record_dead(&dead("a", 1)).await.unwrap();
    for status in [DeadStatus::Replayed, DeadStatus::Discarded, DeadStatus::Waiting] {
        assert_eq!(store.mark_dead("a", status).await, Ok(true));
        assert_eq!(store.dead_letter("a").await.unwrap().unwrap().status, status);
    }
    for deaths in 2..5 {
        store.mark_dead("a", DeadStatus::Replayed).await.unwrap();
        let at = i64::from(deaths) * 1_000;
        store.record_dead(&dead("a", at)).await.unwrap();
        let now = store.dead_letter("a").await.unwrap().unwrap();
        assert_eq!((now.deaths, now.status), (deaths, DeadStatus::Waiting));
        assert_eq!((now.first_at, now.last_at), (Timestamp::from_millis(1), Timestamp::from_millis(at)));
    }
    assert_eq!(store.dead(0, 10).await.unwrap().len(), 1);
    assert_eq!(store.mark_dead("nobody", DeadStatus::Discarded).await, Ok(false));
    assert_eq!(store.dead_letter("nobody").await, Ok(None));
}

/// Dead letters are listed in pages, the last to die first.
pub async fn dead_letters_are_listed_newest_first(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let start = Timestamp::now();
    for n in 0..5_u64 {
        let at = start.plus(Duration::from_secs(n));
        let record = DeadRecord { first_at: at, last_at: at, ..dead(&n.to_string(), 0) };
        store.record_dead(&record).await.unwrap();
    }
    let page = async |skip, limit| -> Vec<String> {
        store.dead(skip, limit).await.unwrap().into_iter().map(|dead| dead.id).collect()
    };
    assert_eq!(page(0, 10).await, ["4", "3", "2", "1", "0"]);
    assert_eq!(page(1, 2).await, ["3", "2"]);
    assert_eq!(page(4, 9).await, ["0"]);
    assert!(page(5, 9).await.is_empty());
    let again = DeadRecord { last_at: start.plus(Duration::from_secs(60)), ..dead("1", 0) };
    store.record_dead(&again).await.unwrap();
    store.mark_dead("3", DeadStatus::Discarded).await.unwrap();
    assert_eq!(page(0, 10).await, ["1", "4", "3", "2", "0"], "marking moves nothing");
}
