//! The stand-in of Confluence: what it refuses, one by one; what it answers, by Atlassian's own contracts; what is there after
//! a lost answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

mod common;

use checkmate_sandbox::confluence::Space;
use checkmate_sandbox::{CLOUD_ID, Fault, Office, Vendor};
use common::{Api, Contract, Got};
use serde_json::{Value, json};

const SPACE: &str = "98305";

fn right() -> Value {
    let document = json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "2 open findings"}]}]});
    json!({
        "spaceId": SPACE,
        "status": "current",
        "title": "CheckMate: org:acme",
        "body": {"representation": "atlas_doc_format", "value": document.to_string()},
    })
}

fn next(id: &str, number: u64) -> Value {
    let mut body = right();
    body.as_object_mut().unwrap().remove("spaceId");
    body["id"] = json!(id);
    body["version"] = json!({"number": number, "message": "another scan"});
    body
}

fn storage(value: &str) -> Value {
    json!({"representation": "storage", "value": value})
}

fn api(office: &Office) -> Api {
    Api::new(&format!("{}/wiki/api/v2", office.confluence_url()), "atlassian")
}

fn first(office: &Office) -> Api {
    Api::new(&format!("{}/wiki/rest/api", office.confluence_url()), "atlassian")
}

async fn create(api: &Api) -> String {
    let got = api.send("POST", "/pages", &right()).await;
    assert_eq!(got.status, 200, "{got:?}");
    got.body["id"].as_str().unwrap().to_owned()
}

type Change = fn(&mut Value);

/// What is wrong with a new page; what is told.
const PAGES: [(&str, Change, &str); 19] = [
    ("nothing", |_| {}, "200 "),
    (
        "a title that is taken",
        |_| {},
        "400 {\"errors\":[{\"code\":\"BAD_REQUEST\",\"detail\":null,\"status\":400,\"title\":\"A page with this title already",
    ),
    ("an unknown field", |body| body["x"] = json!(1), "Unrecognized field"),
    ("no space", |body| body["spaceId"] = json!(null), "spaceId must not be null"),
    ("the key of a space", |body| body["spaceId"] = json!("SEC"), "Expected type is long"),
    ("another space", |body| body["spaceId"] = json!("1"), "404 "),
    ("another status", |body| body["status"] = json!("archived"), "status must be one of"),
    ("another parent", |body| body["parentId"] = json!("1"), "The parent page is not found"),
    ("no title", |body| body["title"] = json!(" "), "title must not be empty"),
    ("a long title", |body| body["title"] = json!("x".repeat(256)), "no more than 255"),
    (
        "another format",
        |body| body["body"]["representation"] = json!("markdown"),
        "The representation is not one of",
    ),
    ("no text", |body| body["body"]["value"] = json!(null), "no value in a string"),
    (
        "a document that is no string",
        |body| body["body"]["value"] = json!({"type": "doc"}),
        "no value in a string",
    ),
    ("a document that is no JSON", |body| body["body"]["value"] = json!("{"), "is no JSON"),
    ("a document that is none", |body| body["body"]["value"] = json!("{}"), "The document is not valid"),
    ("storage that does not end", |body| body["body"] = storage("<p>x"), "Error parsing xhtml"),
    ("storage with a loose sign", |body| body["body"] = storage("a & b"), "Error parsing xhtml"),
    ("storage with two roofs", |body| body["body"] = storage("</page><page>"), "Error parsing xhtml"),
    ("more than 5 MB", |body| body["body"] = storage(&"x".repeat(5 << 20)), "413 "),
];

#[tokio::test]
async fn a_page_is_refused_for_the_one_thing_that_is_wrong() {
    let office = Office::builder().start().await.unwrap();
    let (api, mut bad) = (api(&office), Vec::new());
    for (what, change, told) in PAGES {
        let mut body = right();
        if !["nothing", "a title that is taken"].contains(&what) {
            body["title"] = json!(what);
        }
        change(&mut body);
        let got = api.send("POST", "/pages", &body).await;
        if !got.told().contains(told) || (what == "nothing") != (got.status == 200) {
            bad.push(format!("{what}: {}, not {told}", got.told()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!((office.confluence().pages().len(), office.record().len()), (1, 1));
}

/// What is wrong with a change; what is told.
const CHANGES: [(&str, Change, &str); 10] = [
    (
        "the number as it is",
        |body| body["version"]["number"] = json!(1),
        "409 {\"errors\":[{\"code\":\"CONFLICT\",\"detail\":null,\"status\":409,\"title\":\"Version must be incremented on update. Current version is: 1",
    ),
    ("a number too far", |body| body["version"]["number"] = json!(3), "409 "),
    ("no number", |body| body["version"] = json!({}), "version.number must not be null"),
    ("another id", |body| body["id"] = json!("1"), "is not that of the path"),
    ("no status", |body| body["status"] = json!(null), "status must be one of"),
    ("no title", |body| body["title"] = json!(null), "title must not be empty"),
    (
        "no text",
        |body| {
            body.as_object_mut().unwrap().remove("body");
        },
        "body must not be null",
    ),
    ("another space", |body| body["spaceId"] = json!("1"), "cannot be moved to another space"),
    (
        "the title of another page",
        |body| body["title"] = json!("Another"),
        "A page with this title already exists",
    ),
    ("an unknown field", |body| body["labels"] = json!([]), "Unrecognized field"),
];

#[tokio::test]
async fn a_change_is_refused_for_the_one_thing_that_is_wrong() {
    let office = Office::builder().start().await.unwrap();
    let (api, mut bad) = (api(&office), Vec::new());
    let id = create(&api).await;
    let mut other = right();
    other["title"] = json!("Another");
    assert_eq!(api.send("POST", "/pages", &other).await.status, 200);
    for (what, change, told) in CHANGES {
        let mut body = next(&id, 2);
        change(&mut body);
        let got = api.send("PUT", &format!("/pages/{id}"), &body).await;
        if !got.told().contains(told) || got.status < 400 {
            bad.push(format!("{what}: {}, not {told}", got.told()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(api.send("PUT", "/pages/1", &next("1", 2)).await.status, 404);
    assert_eq!(api.send("PUT", &format!("/pages/{id}"), &next(&id, 2)).await.status, 200);
    assert_eq!(office.record().len(), 3);
    assert!(office.confluence().edit(&id, "{}"), "a person was here");
    assert_eq!(api.send("PUT", &format!("/pages/{id}"), &next(&id, 3)).await.status, 409);
    assert_eq!(office.confluence().page(&id).unwrap().number(), 3);
}

#[tokio::test]
async fn a_token_opens_what_its_scopes_say() {
    let office = Office::builder().token("reader", &["read:page:confluence"]).start().await.unwrap();
    let reader = api(&office).with_token("reader");
    let id = create(&api(&office)).await;
    assert_eq!(reader.get(&format!("/pages/{id}")).await.status, 200);
    let told = reader.send("POST", "/pages", &right()).await.told();
    assert_eq!(told, r#"401 {"code":401,"message":"Unauthorized; scope does not match"}"#);
    assert_eq!(reader.get("/spaces").await.status, 401);
    assert_eq!(reader.with_token("x").get(&format!("/pages/{id}")).await.status, 401);
    office.order(Vendor::Confluence, Fault::RateLimited { retry_after: 3 });
    let got = reader.get(&format!("/pages/{id}")).await;
    assert_eq!((got.status, got.headers["retry-after"].as_str()), (429, "3"));
    assert_eq!(got.headers["ratelimit-reason"], "confluence-quota-tenant-based");
}

#[tokio::test]
async fn pages_and_what_is_on_them_are_as_the_contracts_say() {
    let office =
        Office::builder().keep_said().space(Space::new(98_400, "OPS", "Operations")).start().await.unwrap();
    let (api, old) = (api(&office), first(&office));
    let spaces = api.get("/spaces?keys=SEC").await.body;
    assert_eq!(
        (spaces["results"][0]["id"].as_str(), spaces["results"].as_array().unwrap().len()),
        (Some(SPACE), 1)
    );
    assert_eq!(api.get(&format!("/spaces/{SPACE}")).await.status, 200);
    let id = create(&api).await;
    for number in 1..=3 {
        let mut child = right();
        child["title"] = json!(format!("Scan {number}"));
        child["parentId"] = json!(id);
        child["body"] =
            storage("<p>All of it &nbsp; <ac:link><ri:page ri:content-title=\"x\"/></ac:link></p>");
        assert_eq!(api.send("POST", "/pages", &child).await.status, 200);
    }
    let mut elsewhere = right();
    elsewhere["spaceId"] = json!("98400");
    assert_eq!(api.send("POST", "/pages", &elsewhere).await.status, 200, "a title is taken in its space");
    let by_title =
        format!("/pages?space-id={SPACE}&title=CheckMate%3A%20org%3Aacme&body-format=atlas_doc_format");
    let found = api.get(&by_title).await.body;
    assert_eq!(
        (found["results"][0]["id"].as_str(), found["results"].as_array().unwrap().len()),
        (Some(id.as_str()), 1)
    );
    assert!(
        found["results"][0]["body"]["atlas_doc_format"]["value"]
            .as_str()
            .unwrap()
            .contains("2 open findings")
    );

    let page = api.get(&format!("/pages/{id}/children?limit=2")).await.body;
    let next_page = page["_links"]["next"].as_str().unwrap().strip_prefix("/wiki/api/v2").unwrap().to_owned();
    assert_eq!(api.get(&next_page).await.body["results"][0]["title"], "Scan 3");
    assert_eq!(api.send("PUT", &format!("/pages/{id}"), &next(&id, 2)).await.body["version"]["number"], 2);
    assert_eq!(api.get(&format!("/pages/{id}/versions")).await.body["results"][0]["message"], "another scan");

    let properties = format!("/pages/{id}/properties");
    let body = json!({"key": "checkmate.delivery", "value": {"id": "7b48"}});
    let property = api.send("POST", &properties, &body).await;
    assert_eq!(api.send("POST", &properties, &body).await.status, 409, "a key is taken once");
    let place = format!("{properties}/{}", property.body["id"].as_str().unwrap());
    let change =
        |number: u64| json!({"key": "checkmate.delivery", "value": 2, "version": {"number": number}});
    assert_eq!(api.send("PUT", &place, &change(1)).await.status, 409);
    assert_eq!(api.send("PUT", &place, &change(2)).await.status, 200);
    assert_eq!(api.get(&format!("{properties}?key=checkmate.delivery")).await.body["results"][0]["value"], 2);

    let labels = json!([{"prefix": "global", "name": "checkmate"}]);
    assert_eq!(old.send("POST", &format!("/content/{id}/label"), &labels).await.body["size"], 1);
    assert_eq!(
        old.send("POST", &format!("/content/{id}/label"), &json!([{"prefix": "global", "name": "a b"}]))
            .await
            .status,
        400
    );
    assert_eq!(api.get(&format!("/pages/{id}/labels")).await.body["results"][0]["name"], "checkmate");
    for number in 1..=2 {
        let got = attach(&old, "PUT", &id, Some("nocheck")).await;
        assert_eq!((got.status, &got.body["results"][0]["version"]["number"]), (200, &json!(number)));
    }
    assert_eq!(api.get(&format!("/pages/{id}/attachments")).await.body["results"][0]["title"], "report.pdf");

    let kept = office.confluence().titled("CheckMate: org:acme").unwrap();
    assert_eq!((kept.number(), kept.labels.len(), kept.files["report.pdf"].versions.len()), (2, 1, 2));
    assert_eq!(api.delete(&format!("/pages/{id}")).await.status, 204);
    assert_eq!(api.get(&format!("/pages/{id}")).await.status, 404);
    assert_eq!(old.get(&format!("/content/{id}")).await.status, 410);
    against_the_contracts(&office);
}

fn against_the_contracts(office: &Office) {
    let prefix = format!("/ex/confluence/{CLOUD_ID}");
    let said = office.said();
    if let Some(mut contract) =
        Contract::of("confluence", "confluence-v2.cut.json", &format!("{prefix}/wiki/api/v2"))
    {
        let held = contract.check(&said);
        assert!(held >= 19, "only {held} answers were held against the contract");
    }
    if let Some(mut contract) = Contract::of("confluence", "confluence-v1-attachments.cut.json", &prefix) {
        assert!(contract.check(&said) > 3);
    }
}

async fn attach(api: &Api, method: &str, id: &str, check: Option<&str>) -> Got {
    let form = [
        ("file", Some("report.pdf"), "%PDF"),
        ("minorEdit", None, "true"),
        ("comment", None, "the whole report"),
    ];
    api.form(method, &format!("/content/{id}/child/attachment"), check, &form).await
}

#[tokio::test]
async fn a_file_is_refused_for_the_one_thing_that_is_wrong() {
    let office = Office::builder().start().await.unwrap();
    let old = first(&office);
    let id = create(&api(&office)).await;
    assert_eq!(attach(&old, "PUT", &id, None).await.told(), "403 \"XSRF check failed\"");
    assert_eq!(attach(&old, "PUT", "1", Some("nocheck")).await.status, 404);
    let path = format!("/content/{id}/child/attachment");
    let without = [("file", Some("report.pdf"), "%PDF")];
    assert!(old.form("PUT", &path, Some("nocheck"), &without).await.told().contains("'minorEdit'"));
    let without = [("minorEdit", None, "true")];
    assert!(old.form("PUT", &path, Some("nocheck"), &without).await.told().contains("'file'"));
    assert_eq!(attach(&old, "POST", &id, Some("nocheck")).await.status, 200);
    let again = attach(&old, "POST", &id, Some("nocheck")).await.told();
    assert!(again.contains("Cannot add a new attachment with same file name"), "{again}");
}

#[tokio::test]
async fn a_lost_answer_leaves_its_page() {
    let office = Office::builder().start().await.unwrap();
    let api = api(&office);
    office.order_on(Vendor::Confluence, "POST", "/pages", Fault::Lost);
    assert!(api.try_send("POST", "/pages", &right()).await.is_none());
    let again = api.send("POST", "/pages", &right()).await;
    assert_eq!(again.status, 400, "it is there: {again:?}");
    let page = office.confluence().titled("CheckMate: org:acme").unwrap();
    let id = page.id.to_string();
    office.order_on(Vendor::Confluence, "PUT", &format!("/pages/{id}"), Fault::Lost);
    assert!(api.try_send("PUT", &format!("/pages/{id}"), &next(&id, 2)).await.is_none());
    assert_eq!(api.send("PUT", &format!("/pages/{id}"), &next(&id, 2)).await.status, 409);
    assert!(office.record().iter().all(|written| !written.answered));
}
