//! The receiver of events: everything is kept as it came, and told or not as ordered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

mod common;

use std::time::Duration;

use checkmate_sandbox::{Fault, Office, Vendor};
use checkmate_testkit::contracts;
use common::{Api, got};
use serde_json::json;

#[tokio::test]
async fn what_is_delivered_is_kept_byte_for_byte() {
    let office = Office::builder().start().await.unwrap();
    let body = r#"{ "specversion": "1.0", "id": "7b48", "source": "/checkmate", "type": "checkmate.finding.opened", "data": {} }"#;
    let request = reqwest::Client::new().post(office.hook_url("ours")).body(body);
    let request =
        request.header("content-type", "application/cloudevents+json").header("X-Signature-256", "sha256=00");
    assert_eq!(got(request.send().await.unwrap()).await.status, 204);
    let delivery = office.deliveries("ours").remove(0);
    assert_eq!(
        (delivery.body.as_ref(), delivery.headers["x-signature-256"].as_str()),
        (body.as_bytes(), "sha256=00")
    );
    assert_eq!(office.deliveries("theirs"), []);
    if let Some(schema) = contracts::of("cloudevents", "cloudevents-1.0.schema.json") {
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&delivery.json()));
    }
}

#[tokio::test]
async fn faults_come_to_order() {
    let office = Office::builder().patience(Duration::from_millis(50)).start().await.unwrap();
    let (api, url) = (Api::new("", ""), office.hook_url("ours"));
    office.order(Vendor::Webhook, Fault::Lost);
    office.order(Vendor::Webhook, Fault::Withheld);
    office.order(Vendor::Webhook, Fault::Hang);
    for _ in 0..3 {
        assert!(api.try_send("POST", &url, &json!({})).await.is_none());
    }
    office.order_next(Vendor::Webhook, 2, &Fault::Status(500));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(api.send("POST", &url, &json!({})).await.status);
    }
    assert_eq!(statuses, [500, 500, 204]);
    assert_eq!(office.deliveries("ours").len(), 3, "two whose answer was lost, and one that was told");
    let told: Vec<bool> = office.record().iter().map(|written| written.answered).collect();
    assert_eq!(told, [false, false, true]);
}
