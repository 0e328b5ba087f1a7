//! A ticket that is right, and who sends it.

#![allow(dead_code, reason = "each test takes what it needs")]

use checkmate_sandbox::Office;
use serde_json::{Value, json};

use super::Api;

pub(crate) fn doc(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

pub(crate) fn right() -> Value {
    json!({
        "fields": {
            "project": {"key": "SEC"},
            "issuetype": {"name": "Bug"},
            "summary": "Brute-force protection is off",
            "description": doc("Where and why"),
            "labels": ["checkmate", "checkmate-7b48"],
            "duedate": "2026-12-04",
        },
        "properties": [{"key": "checkmate.delivery", "value": {"id": "7b48"}}],
    })
}

pub(crate) fn api(office: &Office) -> Api {
    Api::new(&format!("{}/rest/api/3", office.jira_url()), "atlassian")
}

pub(crate) async fn create(api: &Api) -> String {
    let got = api.send("POST", "/issue", &right()).await;
    assert_eq!(got.status, 201, "{got:?}");
    got.body["key"].as_str().unwrap().to_owned()
}
