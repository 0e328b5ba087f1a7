//! Laws of what people decide.

use checkmate_domain::{Decision, Fingerprint, Said, Timestamp};

use crate::conformance::Fixture;

fn fingerprint(number: u32) -> Fingerprint {
    serde_json::from_value(serde_json::Value::from(format!("v1.{number:032x}"))).unwrap()
}

fn commented(decision: Decision, text: &str) -> Decision {
    let said = Said { by: "ann".to_owned(), at: Timestamp::from_millis(1) };
    decision.comment(text, &said).unwrap()
}

/// A decision is written on its version only, and is there after a restart.
pub async fn a_decision_is_written_on_its_version_only(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let first = commented(Decision::none(fingerprint(1)), "one");
    assert_eq!(store.decision(&fingerprint(1)).await, Ok(None));
    let second = commented(first.clone(), "two");
    assert_eq!(store.put_decision(&second).await, Ok(false), "the first is missing");
    assert_eq!(store.put_decision(&first).await, Ok(true));
    assert_eq!(store.put_decision(&first).await, Ok(false), "it is there");
    assert_eq!(store.put_decision(&second).await, Ok(true));
    assert_eq!(store.put_decision(&commented(first, "late")).await, Ok(false), "another one was faster");
    let store = fixture.reopen(store).await;
    assert_eq!(store.decision(&fingerprint(1)).await, Ok(Some(second)));
    assert_eq!(store.decision(&fingerprint(2)).await, Ok(None));
}

/// All decisions come in pages.
pub async fn decisions_come_in_pages(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    for number in [4, 1, 3, 0, 2] {
        let decision = commented(Decision::none(fingerprint(number)), "x");
        assert_eq!(store.put_decision(&decision).await, Ok(true));
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
