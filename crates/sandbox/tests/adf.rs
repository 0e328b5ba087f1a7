//! What counts as a document of Atlassian's: the stand-in and Atlassian's own schema agree.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

mod common;

use checkmate_sandbox::Office;
use checkmate_sandbox::jira::Limits;
use checkmate_testkit::contracts;
use common::Api;
use serde_json::{Value, json};

fn documents() -> Vec<(bool, Value)> {
    let p = |content: Value| json!({"type": "paragraph", "content": content});
    let t = |text: &str| json!({"type": "text", "text": text});
    let marked = |marks: Value| p(json!([{"type": "text", "text": "x", "marks": marks}]));
    let cell = |content: Value| json!({"type": "table", "content": [{"type": "tableRow", "content": [{"type": "tableCell", "attrs": {}, "content": content}]}]});
    let item =
        |content: Value| json!({"type": "bulletList", "content": [{"type": "listItem", "content": content}]});
    vec![
        (true, json!([])),
        (true, json!([p(json!([]))])),
        (true, json!([{"type": "paragraph"}])),
        (true, json!([p(json!([t("x"), {"type": "hardBreak"}, t("y")]))])),
        (false, json!([t("x")])),
        (false, json!([p(json!([t("")]))])),
        (false, json!([p(json!([p(json!([]))]))])),
        (false, json!([{"type": "paragraph", "content": [], "x": 1}])),
        (false, json!([{"type": "nothing"}])),
        (true, json!([{"type": "heading", "attrs": {"level": 3}, "content": [t("x")]}])),
        (false, json!([{"type": "heading", "attrs": {"level": 7}, "content": [t("x")]}])),
        (false, json!([{"type": "heading", "content": [t("x")]}])),
        (true, json!([marked(json!([{"type": "strong"}, {"type": "em"}]))])),
        (
            true,
            json!([marked(
                json!([{"type": "code"}, {"type": "link", "attrs": {"href": "https://x.example"}}])
            )]),
        ),
        (false, json!([marked(json!([{"type": "code"}, {"type": "strong"}]))])),
        (false, json!([marked(json!([{"type": "link"}]))])),
        (false, json!([marked(json!([{"type": "blink"}]))])),
        (true, json!([item(json!([p(json!([t("x")]))]))])),
        (false, json!([item(json!([]))])),
        (false, json!([item(json!([t("x")]))])),
        (false, json!([{"type": "bulletList", "content": []}])),
        (false, json!([{"type": "bulletList", "content": [p(json!([]))]}])),
        (
            true,
            json!([{"type": "orderedList", "attrs": {"order": 2}, "content": [{"type": "listItem", "content": [p(json!([]))]}]}]),
        ),
        (true, json!([{"type": "codeBlock", "attrs": {"language": "rust"}, "content": [t("x")]}])),
        (
            false,
            json!([{"type": "codeBlock", "content": [{"type": "text", "text": "x", "marks": [{"type": "strong"}]}]}]),
        ),
        (true, json!([cell(json!([p(json!([]))]))])),
        (false, json!([cell(json!([]))])),
        (false, json!([{"type": "table", "content": []}])),
        (true, json!([{"type": "panel", "attrs": {"panelType": "warning"}, "content": [p(json!([]))]}])),
        (false, json!([{"type": "panel", "attrs": {"panelType": "loud"}, "content": [p(json!([]))]}])),
        (false, json!([{"type": "panel", "content": [p(json!([]))]}])),
        (true, json!([{"type": "rule"}])),
        (false, json!([{"type": "rule", "content": []}])),
        (true, json!([{"type": "expand", "attrs": {"title": "x"}, "content": [p(json!([]))]}])),
        (false, json!([{"type": "expand", "content": []}])),
        (true, json!([p(json!([{"type": "mention", "attrs": {"id": "1"}}]))])),
        (false, json!([p(json!([{"type": "mention", "attrs": {"text": "@x"}}]))])),
        (true, json!([p(json!([{"type": "inlineCard", "attrs": {"url": "https://x.example"}}]))])),
        (false, json!([p(json!([{"type": "inlineCard", "attrs": {}}]))])),
        (true, json!([p(json!([{"type": "status", "attrs": {"text": "x", "color": "red"}}]))])),
    ]
}

#[tokio::test]
async fn the_stand_in_takes_what_atlassians_schema_takes() {
    let schema = contracts::of("adf", "adf-v1-full.schema.json");
    let schema = schema.map(|schema| jsonschema::validator_for(&schema).unwrap());
    let office = Office::builder().jira_limits(Limits::none()).start().await.unwrap();
    let (api, mut bad) = (Api::new(&format!("{}/rest/api/3", office.jira_url()), "atlassian"), Vec::new());
    for (good, content) in documents() {
        let document = json!({"type": "doc", "version": 1, "content": content});
        let fields = json!({"project": {"key": "SEC"}, "issuetype": {"name": "Bug"}, "summary": "x", "description": document});
        let got = api.send("POST", "/issue", &json!({"fields": fields})).await;
        let by_schema = schema.as_ref().is_none_or(|schema| schema.is_valid(&document) == good);
        if (got.status == 201) != good || !by_schema {
            bad.push(format!("{content}: {}", got.told()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
