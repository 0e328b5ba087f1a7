//! The stand-in of Teams: what it refuses, one by one; what it answers, by Graph's own contract; what is there after a lost
//! answer; what becomes of a card that a workflow was handed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

mod common;

use std::time::Duration;

use checkmate_sandbox::graph::{CHANNEL, Limits, TEAM};
use checkmate_sandbox::{Fault, Office, Vendor};
use checkmate_testkit::contracts;
use common::{Api, Contract};
use serde_json::{Value, json};

fn card() -> Value {
    json!({
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "Scan of org:acme", "weight": "Bolder"}]},
            {"type": "FactSet", "facts": [{"title": "New", "value": "2"}]},
        ],
    })
}

fn right() -> Value {
    json!({
        "body": {"contentType": "html", "content": "<attachment id=\"7b48\"></attachment>"},
        "attachments": [{
            "id": "7b48",
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": card().to_string(),
        }],
    })
}

fn with_card(body: &mut Value, change: impl FnOnce(&mut Value)) {
    let mut card = card();
    change(&mut card);
    body["attachments"][0]["content"] = json!(card.to_string());
}

fn path() -> String {
    format!("/teams/{TEAM}/channels/{CHANNEL}/messages")
}

fn api(office: &Office) -> Api {
    Api::new(&office.graph_url(), "microsoft")
}

async fn office() -> Office {
    Office::builder().graph_limits(Limits::none()).start().await.unwrap()
}

type Change = fn(&mut Value);

/// What is wrong with a message; what is told.
const MESSAGES: [(&str, Change, &str); 24] = [
    ("nothing", |_| {}, "201 "),
    ("no object", |body| *body = json!([]), "Unable to read JSON request payload."),
    ("an unknown property", |body| body["x"] = json!(1), "The property 'x' may not be set"),
    ("a time of one's own", |body| body["createdDateTime"] = json!("2026-01-01T00:00:00Z"), "may not be set"),
    ("no text", |body| body["body"] = json!({}), "Missing body content."),
    ("another kind of text", |body| body["body"]["contentType"] = json!("markdown"), "'text' or 'html'"),
    ("plain text with a card", |body| body["body"]["contentType"] = json!("text"), "has a body of html"),
    (
        "a card that is not named",
        |body| body["body"]["content"] = json!("x"),
        "names attachments that are not",
    ),
    ("a name without a card", |body| body["attachments"] = json!([]), "names attachments that are not"),
    ("another name", |body| body["attachments"][0]["id"] = json!("x"), "names attachments that are not"),
    (
        "a mention in the text",
        |body| body["body"]["content"] = json!("<at id=\"0\">x</at><attachment id=\"7b48\"></attachment>"),
        "names mentions",
    ),
    ("a card twice", |body| twice(body), "Duplicate attachment id."),
    ("no id", |body| body["attachments"][0]["id"] = json!(null), "Missing attachment id."),
    ("an unknown entry", |body| body["attachments"][0]["x"] = json!(1), "unknown property"),
    ("another kind of card", |body| body["attachments"][0]["contentType"] = json!("x"), "is not supported"),
    (
        "an address and a card",
        |body| body["attachments"][0]["contentUrl"] = json!("https://x"),
        "mutually exclusive",
    ),
    ("a card that is an object", |body| body["attachments"][0]["content"] = card(), "JSON in a string"),
    ("a card that is no JSON", |body| body["attachments"][0]["content"] = json!("{"), "is no JSON"),
    (
        "a later version",
        |body| with_card(body, |card| card["version"] = json!("1.6")),
        "not one of 1.0 to 1.5",
    ),
    ("another type", |body| with_card(body, |card| card["type"] = json!("Card")), "is not AdaptiveCard"),
    (
        "an unknown element",
        |body| with_card(body, |card| card["body"][0]["type"] = json!("Video")),
        "Video is not known",
    ),
    (
        "a fact without a value",
        |body| with_card(body, |card| card["body"][1]["facts"][0] = json!({"title": "x"})),
        "a title and a value",
    ),
    (
        "a block without text",
        |body| with_card(body, |card| card["body"][0] = json!({"type": "TextBlock"})),
        "TextBlock has no text",
    ),
    (
        "more than 28 KB",
        |body| with_card(body, |card| card["body"][0]["inlines"][0]["text"] = json!("x".repeat(28 << 10))),
        "413 ",
    ),
];

fn twice(body: &mut Value) {
    let again = body["attachments"][0].clone();
    body["attachments"].as_array_mut().unwrap().push(again);
}

#[tokio::test]
async fn a_message_is_refused_for_the_one_thing_that_is_wrong() {
    let office = office().await;
    let (api, mut bad) = (api(&office), Vec::new());
    for (what, change, told) in MESSAGES {
        let mut body = right();
        change(&mut body);
        let got = api.send("POST", &path(), &body).await;
        if !got.told().contains(told) || (what == "nothing") != (got.status == 201) {
            bad.push(format!("{what}: {}, not {told}", got.told()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!((office.teams().messages().len(), office.record().len()), (1, 1));
}

#[tokio::test]
async fn a_token_opens_what_its_scopes_say() {
    let office = Office::builder().graph_limits(Limits::none()).token("sender", &["ChannelMessage.Send"]);
    let office = office.start().await.unwrap();
    let sender = api(&office).with_token("sender");
    assert_eq!(sender.send("POST", &path(), &right()).await.status, 201);
    let refused = sender.get(&path()).await.told();
    assert!(refused.starts_with("403 ") && refused.contains("Missing scope permissions"), "{refused}");
    assert!(sender.with_token("x").get(&path()).await.told().contains("InvalidAuthenticationToken"));
    office.revoke_token("sender");
    assert_eq!(sender.send("POST", &path(), &right()).await.status, 401);
    let elsewhere = format!("/teams/{TEAM}/channels/another/messages");
    assert_eq!(api(&office).send("POST", &elsewhere, &right()).await.status, 404);
    assert_eq!(api(&office).send("POST", "/teams/another/channels/x/messages", &right()).await.status, 404);
}

#[tokio::test]
async fn messages_and_replies_are_as_the_contract_says() {
    let office = Office::builder().graph_limits(Limits::none()).keep_said();
    let office = office.token("editor", &["ChannelMessage.ReadWrite"]).start().await.unwrap();
    let api = api(&office);
    for path in [
        "/me",
        &format!("/teams/{TEAM}"),
        &format!("/teams/{TEAM}/channels"),
        &format!("/teams/{TEAM}/channels/{CHANNEL}"),
    ] {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    let first = api.send("POST", &path(), &right()).await;
    let id = first.body["id"].as_str().unwrap();
    let second = api.send("POST", &path(), &json!({"body": {"content": "Hello"}})).await;
    assert_ne!(second.body["id"], first.body["id"]);
    let replies = format!("{}/{id}/replies", path());
    assert_eq!(
        api.send("POST", &replies, &json!({"body": {"content": "All of it is mended"}})).await.status,
        201
    );
    assert_eq!(api.send("POST", &format!("{}/1/replies", path()), &right()).await.status, 404);

    let page = api.get(&format!("{}?$top=1", path())).await.body;
    assert_eq!(page["value"][0]["id"], second.body["id"], "the newest first");
    let next =
        page["@odata.nextLink"].as_str().unwrap().strip_prefix(&office.graph_url()).unwrap().to_owned();
    let page = api.get(&next).await.body;
    assert_eq!((&page["value"][0]["id"], page.get("@odata.nextLink")), (&first.body["id"], None));
    assert_eq!(api.get(&replies).await.body["value"].as_array().unwrap().len(), 1);
    assert_eq!(api.get(&format!("{}?$top=51", path())).await.status, 400);

    let message = format!("{}/{id}", path());
    assert_eq!(api.send("PATCH", &message, &json!({"body": {"content": "x"}})).await.status, 403);
    let changed =
        api.with_token("editor").send("PATCH", &message, &json!({"body": {"content": "Changed"}})).await;
    assert_eq!(changed.status, 204);
    assert_eq!(api.get(&message).await.body["body"]["content"], "Changed");

    let teams = office.teams();
    assert_eq!((teams.in_channel(TEAM, CHANNEL).len(), teams.replies(id).len()), (2, 1));
    let what: Vec<&str> = office.record().iter().map(|written| written.what).collect();
    assert_eq!(what, ["message.create", "message.create", "message.reply", "message.update"]);
    let Some(mut contract) = Contract::of("graph", "graph-teams-v1.0.cut.json", "/v1.0") else { return };
    assert!(contract.check(&office.said()) > 10);
}

/// What the stand-in takes as a card, the schema takes too.
#[tokio::test]
async fn a_card_that_is_taken_fits_the_schema() {
    let Some(schema) = contracts::of("adaptivecards", "adaptive-card-1.5.schema.json") else { return };
    let schema = jsonschema::validator_for(&schema).unwrap();
    let office = office().await;
    let api = api(&office);
    for (what, change, _) in MESSAGES {
        let mut body = right();
        change(&mut body);
        api.send("POST", &path(), &body).await;
        let bad: Vec<Value> =
            office.teams().cards().into_iter().filter(|card| !schema.is_valid(card)).collect();
        assert!(bad.is_empty(), "{what}: {bad:?}");
    }
}

#[tokio::test]
async fn more_than_one_in_a_second_is_too_much() {
    let office = Office::builder().time_scale(0.1).start().await.unwrap();
    let api = api(&office);
    assert_eq!(api.send("POST", &path(), &right()).await.status, 201);
    let second = api.send("POST", &path(), &right()).await;
    assert_eq!((second.status, second.headers["retry-after"].as_str()), (429, "10"));
    assert_eq!(second.body["error"]["code"], "TooManyRequests");
    office.advance(Duration::from_secs(10));
    assert_eq!(api.send("POST", &path(), &right()).await.status, 201);
    office.advance(Duration::from_secs(10));
    office.order(Vendor::Graph, Fault::RateLimited { retry_after: 7 });
    assert_eq!(api.send("POST", &path(), &right()).await.headers["retry-after"], "7");
    assert_eq!(office.record().len(), 2);
}

#[tokio::test]
async fn a_lost_answer_leaves_its_message() {
    let office = office().await;
    office.order(Vendor::Graph, Fault::Lost);
    assert!(api(&office).try_send("POST", &path(), &right()).await.is_none());
    assert_eq!(office.teams().messages()[0].cards[0].id, "7b48");
    assert!(!office.record()[0].answered);
    let seen = api(&office).get(&path()).await.body;
    assert_eq!(seen["value"][0]["attachments"][0]["id"], "7b48", "it can be looked for by its id");
}

#[tokio::test]
async fn a_workflow_answers_before_it_fails() {
    let office = Office::builder().time_scale(0.1).start().await.unwrap();
    let api = Api::new("", "");
    let envelope = |card: Value| {
        json!({"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null, "content": card}]})
    };
    let url = office.workflow_url();
    let large = {
        let mut card = card();
        card["body"][0]["inlines"][0]["text"] = json!("x".repeat(28 << 10));
        card
    };
    let bodies = [
        (envelope(card()), None),
        (json!({"type": "message"}), Some("'Null'")),
        (envelope(json!(card().to_string())), Some("is no card")),
        (envelope(json!({"type": "AdaptiveCard", "version": "1.5"})), Some("there is no body")),
        (envelope(large), Some("RequestEntityTooLarge")),
    ];
    for (body, failed) in bodies {
        assert_eq!(api.send("POST", &url, &body).await.status, 202, "nobody is told");
        let why = office.teams().runs().pop().unwrap().failed;
        assert_eq!(why.is_some(), failed.is_some(), "{why:?}");
        assert!(why.unwrap_or_default().contains(failed.unwrap_or_default()));
        office.advance(Duration::from_secs(10));
    }
    assert_eq!(office.teams().cards(), [card()]);
    if let Some(schema) = contracts::of("graph", "teams-workflow-webhook.schema.json") {
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&office.teams().runs()[0].body));
    }
    for _ in 0..4 {
        assert_eq!(api.send("POST", &url, &envelope(card())).await.status, 202);
    }
    assert_eq!(api.send("POST", &url, &envelope(card())).await.status, 429, "more than four in a second");
    let forged = url.replace("sig=", "sig=x");
    assert_eq!(api.send("POST", &forged, &envelope(card())).await.status, 401);
    office.advance(Duration::from_secs(10));
    office.order(Vendor::Workflow, Fault::Lost);
    assert!(api.try_send("POST", &url, &envelope(card())).await.is_none());
    assert_eq!(office.teams().cards().len(), 6);
}
