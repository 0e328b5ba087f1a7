//! Laws of what people decide.

use checkmate_domain::{Decision, Fingerprint, Said, Timestamp};

use crate::Store;
use crate::conformance::Fixture;

fn fingerprint(number: u32) -> Fingerprint {
    serde_json::from_value(serde_json::Value::from(format!("v1.{number:032x}"))).unwrap()
}

fn commented(decision: Decision, text: &str) -> Decision {
    let said = Said { by: "ann".to_owned(), at: Timestamp::from_millis(1) };
    decision.comment(text, &said).unwrap()
}

/// The decision as it stands once it is written.
async fn put(store: &dyn Store, decision: Decision) -> Decision {
    store.put_decision(decision).await.unwrap().expect("written")
}

/// A decision is written on its version only, and is there after a restart.
pub async fn a_decision_is_written_on_its_version_only(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let new = commented(Decision::none(fingerprint(1)), "one");
    assert_eq!(store.decision(&fingerprint(1)).await, Ok(None));
    let ahead = Decision { version: 1, ..new.clone() };
    assert_eq!(store.put_decision(ahead).await, Ok(None), "the first is missing");
    let first = put(&*store, new.clone()).await;
    assert_eq!(first, Decision { version: first.version, ..new.clone() });
    assert_eq!(store.decision(&fingerprint(1)).await, Ok(Some(first.clone())));
    assert_eq!(store.put_decision(new).await, Ok(None), "it is there");
    let second = put(&*store, commented(first.clone(), "two")).await;
    assert!(second.version > first.version, "{second:?}");
    assert_eq!(store.put_decision(commented(first, "late")).await, Ok(None), "another one was faster");
    let store = fixture.reopen(store).await;
    assert_eq!(store.decision(&fingerprint(1)).await, Ok(Some(second.clone())));
    assert_eq!(store.decisions(None, 10).await, Ok(vec![second]));
    assert_eq!(store.decision(&fingerprint(2)).await, Ok(None));
}

/// All decisions come in pages.
pub async fn decisions_come_in_pages(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for number in [4, 1, 3, 0, 2] {
        put(&*store, commented(Decision::none(fingerprint(number)), "x")).await;
    }
    let mut seen: Vec<Fingerprint> = Vec::new();
    loop {
        let page = store.decisions(seen.last(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        seen.extend(page.into_iter().map(|decision| decision.fingerprint));
    }
    assert_eq!(seen, (0..5).map(fingerprint).collect::<Vec<_>>());
}
