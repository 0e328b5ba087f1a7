use super::*;
use crate::auth0::parse;

#[test]
fn a_list_that_changed_while_it_was_read_is_not_whole() {
    let endpoint = endpoints::all().find(|one| one.path == "roles").expect("there");
    let page = |from: usize, count: usize, total: usize| {
        let roles: Vec<_> =
            (from..from + count).map(|n| serde_json::json!({"id": format!("r{n}")})).collect();
        let body = serde_json::json!({"roles": roles, "total": total}).to_string();
        let body = parse::json(&body).expect("valid");
        Answered { path: "/api/v2/roles".to_owned(), status: 200, why: None, body }
    };
    for (pages, is_whole) in [
        (vec![page(0, 100, 150), page(100, 50, 150)], true),
        (vec![page(0, 100, 200), page(0, 100, 200)], false),
        (vec![page(0, 100, 150), page(101, 49, 149)], false),
        (vec![page(0, 100, 151), page(100, 50, 151)], false),
        (vec![page(0, 3, 3)], true),
    ] {
        assert_eq!(ends(&pages.iter().collect::<Vec<_>>(), endpoint), is_whole);
    }
}

#[test]
fn only_the_vendors_own_words_mean_that_a_plan_lacks_something() {
    let why = |path: &str, status: u16, body: &str| {
        let body = parse::json(body).expect("valid");
        reason(&Answered { path: format!("/api/v2/{path}"), status, why: None, body }, "read:x")
    };
    let lacks = |why: NotAssessed| matches!(why, NotAssessed::NotAvailable(_));
    let sentence = r#"{"message": "Please upgrade your subscription to use bot detection"}"#;
    assert!(lacks(why("attack-protection/bot-detection", 403, sentence)));
    assert!(lacks(why("network-acls?page=0", 403, r#"{"errorCode": "feature_not_enabled"}"#)));
    assert!(lacks(why("event-streams", 402, "{}")));
    for (path, status, body) in [
        ("network-acls", 403, r#"{"message": "planned maintenance"}"#),
        ("network-acls", 403, r#"{"message": "the feature flag service is down"}"#),
        ("network-acls", 403, r#"{"message": "access from this network is not enabled"}"#),
        ("clients?take=100", 403, r#"{"errorCode": "feature_not_enabled"}"#),
        ("tenants/settings", 402, "{}"),
    ] {
        assert!(!lacks(why(path, status, body)), "{path}: {body}");
    }
}
