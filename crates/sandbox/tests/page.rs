//! What a place shows of what it was sent, and what it remembers of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

mod common;

use checkmate_domain::hash;
use checkmate_sandbox::Office;
use common::{Api, got};
use serde_json::{Value, json};

const HOSTILE: &str = "</script><script>hit()</script><!-- & <img src=x onerror=hit()>";
const KEY: [u8; 32] = [7; 32];

async fn ticket(office: &Office, summary: &str) -> String {
    let fields = json!({"project": {"key": "SEC"}, "issuetype": {"name": "Task"}, "summary": summary, "labels": ["ours"]});
    let api = Api::new(&office.jira_url(), "atlassian");
    let got = api.send("POST", "/rest/api/3/issue", &json!({ "fields": fields })).await;
    assert_eq!(got.status, 201, "{}", got.told());
    got.body["key"].as_str().unwrap().to_owned()
}

async fn page(office: &Office, host: Option<&str>) -> (u16, String) {
    let mut request = reqwest::Client::new().get(format!("{}/", office.base()));
    if let Some(host) = host {
        request = request.header("host", host);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The data that the page shows.
fn data(page: &str) -> Value {
    let text = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn the_page_holds_what_was_sent_as_data() {
    let office = Office::builder().start().await.unwrap();
    let key = ticket(&office, HOSTILE).await;
    let (status, page) = page(&office, None).await;
    assert_eq!(status, 200);
    assert!(!page.contains("hit()</script>") && !page.contains("<img"), "nothing of it is markup");
    let tickets = &data(&page)["tickets"];
    assert_eq!(*tickets, data(&office.page())["tickets"], "one page, served or written");
    assert_eq!((&tickets[0]["key"], &tickets[0]["summary"]), (&json!(key), &json!(HOSTILE)));
    // Data, the renderer of the cards, and what shows the rest; none of them from elsewhere.
    assert_eq!((page.matches("<script").count(), page.matches("</script>").count()), (3, 3));
    assert!(!page.contains("<script src") && page.contains("default-src 'none'; script-src 'sha256-"));
}

/// A page elsewhere cannot read it by a name of its own that leads to this machine.
#[tokio::test]
async fn the_page_is_for_this_machine_only() {
    let office = Office::builder().start().await.unwrap();
    let port = office.base().rsplit(':').next().unwrap().to_owned();
    assert_eq!(page(&office, Some(&format!("localhost:{port}"))).await.0, 200);
    for host in ["evil.example", &format!("evil.example:{port}"), &format!("127.0.0.1.evil.example:{port}")] {
        assert_eq!(page(&office, Some(host)).await.0, 404, "{host}");
    }
    let wide = Office::builder().start_at(([0, 0, 0, 0], 0).into()).await.unwrap();
    let port = wide.base().rsplit(':').next().unwrap().to_owned();
    let answer = reqwest::get(format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert_eq!(answer.status().as_u16(), 404, "one that others reach shows nothing");
}

#[tokio::test]
async fn what_was_sent_outlasts_the_process_and_tokens_do_not() {
    let first = Office::builder().token("a token of its own", &["write:jira-work"]).start().await.unwrap();
    let key = ticket(&first, "Before").await;
    first.jira().transition(&key, checkmate_sandbox::jira::Category::Done).unwrap();
    let file = reqwest::Client::new().post(first.hook_url("ours")).body(vec![0_u8, 159, 146, 150]);
    assert_eq!(got(file.send().await.unwrap()).await.status, 204);
    let memory = first.memory();
    assert!(!memory.contains("a token of its own"));
    let (issues, delivered) = (first.jira().issues(), first.deliveries("ours"));
    first.stop().await;

    let second = Office::builder().remembering(&memory).unwrap().start().await.unwrap();
    assert_eq!((second.jira().issues(), second.deliveries("ours")), (issues, delivered));
    assert_eq!(second.memory(), memory);
    // Found by the search at once, and the next one is another.
    second.advance(std::time::Duration::from_secs(31));
    let api = Api::new(&second.jira_url(), "atlassian");
    let found =
        api.get("/rest/api/3/search/jql?jql=project%3DSEC%20AND%20labels%3Dours&fields=summary").await;
    assert_eq!(found.body["issues"][0]["key"], json!(key), "{}", found.told());
    assert_ne!(ticket(&second, "After").await, key);
    assert_eq!(second.jira().issues().len(), 2);
    assert!(second.record().iter().all(|written| written.on != key), "it is not written again");
}

#[test]
fn another_memory_is_refused() {
    assert!(Office::builder().remembering("{}").is_err());
    let later = r#"{"form":2,"tickets":{"issues":[],"keys":{},"numbers":{},"last_id":1},"pages":{"pages":[],"last_id":1},
        "messages":[],"runs":[],"events":[]}"#;
    let why = Office::builder().remembering(later).unwrap_err().to_string();
    assert!(why.contains("its form is 2, not 1"), "{why}");
    assert!(Office::builder().remembering(&later.replace("\"form\":2", "\"form\":1")).is_ok());
}

/// Signed as the Standard Webhooks specification has it, or not.
#[tokio::test]
async fn a_signature_is_looked_at_where_there_is_a_key() {
    use base64::Engine as _;
    let office = Office::builder().hook_key(&KEY).start().await.unwrap();
    let body = "{\"id\": \"1\"}";
    let sign = |key: &[u8]| {
        let mac = hash::mac(key, &[b"1.2.", body.as_bytes()]);
        format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(mac))
    };
    for signature in [sign(&KEY), sign(&[8; 32]), format!("{} {}", sign(&[8; 32]), sign(&KEY)), String::new()]
    {
        let request = reqwest::Client::new().post(office.hook_url("ours")).body(body);
        let request = request.header("webhook-id", "1").header("webhook-timestamp", "2");
        request.header("webhook-signature", signature).send().await.unwrap();
    }
    let signed: Vec<Option<bool>> = office.deliveries("ours").iter().map(|one| one.signed).collect();
    assert_eq!(signed, [Some(true), Some(false), Some(true), Some(false)]);
    let shown = &data(&office.page())["events"];
    assert_eq!((&shown[0]["signed"], &shown[1]["signed"]), (&json!(true), &json!(false)));
}

/// Microsoft's file as npm has it: `adaptivecards` 3.0.6, `dist/adaptivecards.min.js`.
#[test]
fn the_renderer_is_microsofts_byte_for_byte() {
    use sha2::Digest as _;
    let renderer = include_bytes!("../assets/adaptivecards.min.js");
    let hash = hex::encode(sha2::Sha256::digest(renderer));
    assert_eq!(hash, "5e7c13f3300ae7b89b34703501e08d709fbb6635f1c6755b92495577a77344f2");
}
