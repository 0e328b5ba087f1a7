//! What Jira's stand-in refuses, one by one: each row is a request that is right but for one thing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

mod common;

use std::time::Duration;

use checkmate_sandbox::jira::Limits;
use checkmate_sandbox::{Fault, Office, Vendor};
use common::Api;
use common::tickets::{api, create, doc, right};
use serde_json::{Value, json};

type Change = fn(&mut Value);

/// What is wrong with a new ticket; what is told.
const TICKETS: [(&str, Change, &str); 30] = [
    ("nothing", |_| {}, "201 "),
    ("no fields", |body| remove(body, "fields"), "400 {\"errorMessages\":[\"Invalid request payload"),
    (
        "an unknown entry",
        |body| body["field"] = json!({}),
        "400 {\"errorMessages\":[\"Invalid request payload",
    ),
    ("no project", |body| remove(&mut body["fields"], "project"), "Specify a valid project ID or key"),
    (
        "another project",
        |body| body["fields"]["project"] = json!({"key": "NO"}),
        "Specify a valid project ID or key",
    ),
    ("no type", |body| remove(&mut body["fields"], "issuetype"), "Specify a valid issue type"),
    (
        "another type",
        |body| body["fields"]["issuetype"]["name"] = json!("Epic"),
        "Specify a valid issue type",
    ),
    ("no summary", |body| remove(&mut body["fields"], "summary"), "You must specify a summary of the issue."),
    ("an empty summary", |body| body["fields"]["summary"] = json!("  "), "You must specify a summary"),
    (
        "two lines of summary",
        |body| body["fields"]["summary"] = json!("a\nb"),
        "it contains newline characters",
    ),
    (
        "a long summary",
        |body| body["fields"]["summary"] = json!("x".repeat(256)),
        "Summary can't exceed 255 characters.",
    ),
    (
        "an unknown field",
        |body| body["fields"]["x"] = json!(1),
        "Field 'x' cannot be set. It is not on the appropriate screen, or unknown.",
    ),
    (
        "a label with a blank",
        |body| body["fields"]["labels"] = json!(["a b"]),
        "The label 'a b' contains spaces which is invalid.",
    ),
    (
        "a long label",
        |body| body["fields"]["labels"] = json!(["x".repeat(256)]),
        "exceeds the maximum length",
    ),
    ("labels that are none", |body| body["fields"]["labels"] = json!("a"), "data was not an array"),
    ("another day", |body| body["fields"]["duedate"] = json!("2026-13-01"), "Error parsing date string"),
    (
        "another priority",
        |body| body["fields"]["priority"] = json!({"name": "P1"}),
        "Specify a valid 'id' or 'name' for Priority",
    ),
    (
        "another component",
        |body| body["fields"]["components"] = json!([{"name": "X"}]),
        "'name' for Components",
    ),
    (
        "another assignee",
        |body| body["fields"]["assignee"] = json!({"accountId": "x"}),
        "User 'x' cannot be assigned issues.",
    ),
    (
        "text for a document",
        |body| body["fields"]["description"] = json!("text"),
        "must be an Atlassian Document",
    ),
    (
        "another version of a document",
        |body| body["fields"]["description"]["version"] = json!(2),
        "INVALID_INPUT",
    ),
    ("an empty text", |body| body["fields"]["description"] = doc(""), "INVALID_INPUT"),
    (
        "a list without items",
        |body| body["fields"]["description"]["content"][0] = json!({"type": "bulletList", "content": []}),
        "INVALID_INPUT",
    ),
    (
        "a long document",
        |body| body["fields"]["description"] = doc(&"x".repeat(32_700)),
        "exceeds the allowed limit of 32,767 characters.",
    ),
    (
        "a property without a key",
        |body| body["properties"] = json!([{"value": 1}]),
        "Invalid request payload",
    ),
    (
        "a property with a long key",
        |body| body["properties"][0]["key"] = json!("x".repeat(256)),
        "between 1 and 255",
    ),
    (
        "a large property",
        |body| body["properties"][0]["value"] = json!("x".repeat(32_767)),
        "The property value must be",
    ),
    ("a property with more", |body| body["properties"][0]["x"] = json!(1), "Invalid request payload"),
    ("a field with many of one", |body| body["fields"]["priority"] = json!([]), "for Priority"),
    ("no object", |body| *body = json!([]), "There was an error parsing JSON"),
];

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name);
}

#[tokio::test]
async fn a_ticket_is_refused_for_the_one_thing_that_is_wrong() {
    let office = Office::builder().start().await.unwrap();
    let (api, mut bad) = (api(&office), Vec::new());
    for (what, change, told) in TICKETS {
        let mut body = right();
        change(&mut body);
        let got = api.send("POST", "/issue", &body).await;
        if !got.told().contains(told) || (what != "nothing") == (got.status == 201) {
            bad.push(format!("{what}: {}, not {told}", got.told()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(office.jira().issues().len(), 1, "what is refused is not there");
    assert_eq!(office.record().len(), 1);
}

/// What just fits is taken.
#[tokio::test]
async fn a_ticket_at_its_limits_is_taken() {
    let office = Office::builder().start().await.unwrap();
    let mut body = right();
    body["fields"]["summary"] = json!("🛡".repeat(255));
    body["fields"]["labels"] = json!(["x".repeat(255)]);
    let room = 32_767 - doc("").to_string().len();
    body["fields"]["description"] = doc(&"x".repeat(room));
    body["properties"] = json!([{"key": "x".repeat(255), "value": "x".repeat(32_766)}]);
    let got = api(&office).send("POST", "/issue", &body).await;
    assert_eq!(got.status, 201, "{got:?}");
}

/// What is wrong, method, path, body, and what is told.
type Request = (&'static str, &'static str, &'static str, fn() -> Value, &'static str);

/// What is asked of a ticket that is there.
const REQUESTS: [Request; 27] = [
    (
        "no such ticket",
        "PUT",
        "/issue/SEC-9",
        || json!({"fields": {"summary": "x"}}),
        "404 {\"errorMessages\":[\"Issue does not exist",
    ),
    ("no change", "PUT", "/issue/SEC-1", || json!({}), "400 "),
    (
        "a field on no screen",
        "PUT",
        "/issue/SEC-1",
        || json!({"fields": {"status": {"name": "Done"}}}),
        "Field 'status' cannot be set",
    ),
    (
        "a field twice",
        "PUT",
        "/issue/SEC-1",
        || json!({"fields": {"labels": []}, "update": {"labels": [{"add": "x"}]}}),
        "cannot appear in both",
    ),
    (
        "an unknown verb",
        "PUT",
        "/issue/SEC-1",
        || json!({"update": {"labels": [{"append": "x"}]}}),
        "Invalid request payload",
    ),
    (
        "a label with a blank",
        "PUT",
        "/issue/SEC-1",
        || json!({"update": {"labels": [{"add": "a b"}]}}),
        "contains spaces",
    ),
    (
        "no summary any more",
        "PUT",
        "/issue/SEC-1",
        || json!({"fields": {"summary": null}}),
        "You must specify a summary",
    ),
    ("no transition", "POST", "/issue/SEC-1/transitions", || json!({}), "Missing 'transition' identifier"),
    (
        "a transition that is not open",
        "POST",
        "/issue/SEC-1/transitions",
        || json!({"transition": {"id": "51"}}),
        "Transition id '51' is not valid for this issue.",
    ),
    (
        "a field on no screen of it",
        "POST",
        "/issue/SEC-1/transitions",
        || json!({"transition": {"id": "31"}, "fields": {"summary": "x"}}),
        "Field 'summary' cannot be set",
    ),
    ("no text", "POST", "/issue/SEC-1/comment", || json!({}), "Comment body can not be empty!"),
    (
        "a text for a document",
        "POST",
        "/issue/SEC-1/comment",
        || json!({"body": "x"}),
        "Comment body is not valid!",
    ),
    (
        "a long comment",
        "POST",
        "/issue/SEC-1/comment",
        || json!({"body": doc(&"x".repeat(32_700))}),
        "exceeds the allowed limit",
    ),
    (
        "an unknown entry",
        "POST",
        "/issue/SEC-1/comment",
        || json!({"body": doc("x"), "x": 1}),
        "Invalid request payload",
    ),
    ("no such comment", "PUT", "/issue/SEC-1/comment/99", || json!({"body": doc("x")}), "404 "),
    (
        "a link without a title",
        "POST",
        "/issue/SEC-1/remotelink",
        || json!({"object": {"url": "https://x.example/"}}),
        "'title' is required.",
    ),
    (
        "a link without an address",
        "POST",
        "/issue/SEC-1/remotelink",
        || json!({"object": {"title": "x"}}),
        "'url' is required.",
    ),
    (
        "a link to nothing",
        "POST",
        "/issue/SEC-1/remotelink",
        || json!({"object": {"title": "x", "url": "x"}}),
        "not a valid URL",
    ),
    (
        "a long global id",
        "POST",
        "/issue/SEC-1/remotelink",
        || json!({"globalId": "x".repeat(256), "object": {"title": "x", "url": "https://x.example/"}}),
        "exceeds 255",
    ),
    (
        "everything",
        "POST",
        "/search/jql",
        || json!({"jql": "order by created"}),
        "Unbounded JQL queries are not allowed here.",
    ),
    (
        "another field",
        "POST",
        "/search/jql",
        || json!({"jql": "issue.property[checkmate.delivery].id = x"}),
        "does not exist or you do not have permission to view it.",
    ),
    (
        "another project",
        "POST",
        "/search/jql",
        || json!({"jql": "project = NO"}),
        "The value 'NO' does not exist for the field 'project'.",
    ),
    ("half a query", "POST", "/search/jql", || json!({"jql": "project = SEC and"}), "Error in the JQL Query"),
    (
        "a page that is none",
        "POST",
        "/search/jql",
        || json!({"jql": "project = SEC", "nextPageToken": "x"}),
        "next page token is invalid",
    ),
    (
        "large pages",
        "POST",
        "/search/jql",
        || json!({"jql": "project = SEC", "maxResults": 5_001}),
        "between 1 and 5000",
    ),
    ("a search as it was", "POST", "/search", || json!({"jql": "project = SEC"}), "410 "),
    ("no such path", "POST", "/issues", || json!({}), "404 "),
];

#[tokio::test]
async fn a_request_is_refused_for_the_one_thing_that_is_wrong() {
    let office = Office::builder().jira_limits(Limits::none()).start().await.unwrap();
    let (api, mut bad) = (api(&office), Vec::new());
    create(&api).await;
    for (what, method, path, body, told) in REQUESTS {
        let got = api.send(method, path, &body()).await;
        if !got.told().contains(told) || got.status < 400 {
            bad.push(format!("{what}: {}, not {told}", got.told()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(office.record().len(), 1);

    let long = api.send("PUT", "/issue/SEC-1/properties/x", &json!("x".repeat(32_767))).await;
    assert!(long.told().contains("The property value must be"), "{}", long.told());
    for (what, check, form, told) in [
        ("no header", None, ("file", Some("a.txt"), "x"), "403 \"XSRF check failed\""),
        ("another name", Some("no-check"), ("x", Some("a.txt"), "x"), "must be a file with the name 'file'"),
        ("large", Some("no-check"), ("file", Some("a.txt"), &"x".repeat(11 << 20)), "413 "),
    ] {
        let got = api.form("POST", "/issue/SEC-1/attachments", check, &[form]).await;
        assert!(got.told().contains(told), "{what}: {}", got.told());
    }
    let text = api.request("POST", "/issue").body(right().to_string()).send().await.unwrap();
    assert_eq!(text.status(), 415, "a body must say that it is JSON");
}

#[tokio::test]
async fn a_token_opens_what_its_scopes_say() {
    let office = Office::builder().token("reader", &["read:jira-work"]).start().await.unwrap();
    let api = api(&office);
    create(&api).await;
    assert_eq!(
        api.with_token("nobody").get("/issue/SEC-1").await.told(),
        r#"401 {"code":401,"message":"Unauthorized"}"#
    );
    let reader = api.with_token("reader");
    assert_eq!(reader.get("/issue/SEC-1").await.status, 200);
    let told = reader.send("POST", "/issue", &right()).await.told();
    assert_eq!(told, r#"401 {"code":401,"message":"Unauthorized; scope does not match"}"#);
    office.revoke_token("reader");
    assert_eq!(reader.get("/issue/SEC-1").await.status, 401);
    office.set_token("reader", &["write:jira-work"]);
    assert_eq!(reader.get("/issue/SEC-1").await.status, 401, "writing is not reading");
    let elsewhere = Api::new(&office.base(), "atlassian");
    assert_eq!(elsewhere.get("/ex/jira/another/rest/api/3/issue/SEC-1").await.status, 404);
    assert_eq!(elsewhere.get("/oauth/token/accessible-resources").await.body[0]["name"], "acme");
}

#[tokio::test]
async fn too_much_is_refused_with_its_reason() {
    let office = Office::builder().time_scale(0.1).start().await.unwrap();
    let api = api(&office);
    create(&api).await;
    let mut last = None;
    for _ in 0..21 {
        last = Some(api.send("PUT", "/issue/SEC-1", &json!({"fields": {"summary": "x"}})).await);
    }
    let last = last.unwrap();
    assert_eq!((last.status, last.headers["ratelimit-reason"].as_str()), (429, "jira-per-issue-on-write"));
    assert!((1..=20).contains(&last.headers["retry-after"].parse::<u64>().unwrap()), "{last:?}");
    assert_eq!(office.record().len(), 21, "one was made, twenty changed it");
    office.advance(Duration::from_secs(20));
    assert_eq!(api.send("PUT", "/issue/SEC-1", &json!({"fields": {"summary": "x"}})).await.status, 204);

    let few = Limits { burst: Some(2), ..Limits::none() };
    let office = Office::builder().time_scale(0.1).jira_limits(few).start().await.unwrap();
    let api = Api::new(&format!("{}/rest/api/3", office.jira_url()), "atlassian");
    let mut reasons = Vec::new();
    for _ in 0..3 {
        let got = api.send("POST", "/issue", &right()).await;
        reasons.push((got.status, got.headers.get("ratelimit-reason").cloned()));
    }
    assert_eq!(reasons[2], (429, Some("jira-burst-based".to_owned())));
    assert_eq!(api.get("/issue/SEC-1").await.status, 200, "another endpoint");

    let few = Limits { points: Some(1), ..Limits::none() };
    let office = Office::builder().jira_limits(few).start().await.unwrap();
    let api = Api::new(&format!("{}/rest/api/3", office.jira_url()), "atlassian");
    create(&api).await;
    let got = api.get("/issue/SEC-1").await;
    assert_eq!(got.headers["ratelimit-reason"], "jira-quota-tenant-based");
    assert!(got.headers["retry-after"].parse::<u64>().unwrap() <= 3_600);
    office.order(Vendor::Jira, Fault::Limited { retry_after: None, reason: "jira-cost-based".to_owned() });
    let got = api.get("/issue/SEC-1").await;
    assert_eq!((got.status, got.headers.get("retry-after")), (429, None));
}
