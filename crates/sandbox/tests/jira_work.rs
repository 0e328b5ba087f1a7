//! Jira's stand-in at work: what it answers, by Jira's own contract; its search; what is there after a lost answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use checkmate_sandbox::jira::{Category, Field, Kind, Limits, Project};
use checkmate_sandbox::{CLOUD_ID, Chaos, Example, Fault, Office, Sandbox, Tenant, Vendor};
use common::Contract;
use common::tickets::{api, create, doc, right};
use serde_json::{Value, json};

#[tokio::test]
async fn a_ticket_goes_its_way_and_answers_are_as_the_contract_says() {
    let severity = Field::required(
        "customfield_10010",
        "Severity",
        Kind::Option(vec!["High".to_owned(), "Low".to_owned()]),
    );
    let project = Project::new("10001", "OPS", "Operations").field(severity);
    let office = Office::builder().keep_said().project(project).start().await.unwrap();
    let api = api(&office);
    for path in [
        "/serverInfo",
        "/myself",
        "/project/SEC",
        "/project/SEC/statuses",
        "/issue/createmeta/SEC/issuetypes",
    ] {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    let screen = api.get("/issue/createmeta/OPS/issuetypes/10004").await.body;
    let required = screen["fields"].as_array().unwrap().iter().filter(|field| field["required"] == true);
    let required: Vec<&str> = required.map(|field| field["fieldId"].as_str().unwrap()).collect();
    assert_eq!(required, ["issuetype", "project", "summary", "customfield_10010"]);
    let mut there = right();
    there["fields"]["project"]["key"] = json!("OPS");
    let refused = api.send("POST", "/issue", &there).await.told();
    assert!(refused.contains(r#""customfield_10010":"Severity is required.""#), "{refused}");
    there["fields"]["customfield_10010"] = json!({"value": "High"});
    assert_eq!(api.send("POST", "/issue", &there).await.body["key"], "OPS-1");

    let key = create(&api).await;
    let open = api.get(&format!("/issue/{key}/transitions")).await.body;
    let done = open["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|way| way["to"]["statusCategory"]["key"] == "done");
    let body = json!({"transition": {"id": done.unwrap()["id"]}});
    assert_eq!(api.send("POST", &format!("/issue/{key}/transitions"), &body).await.status, 204);
    assert_eq!(
        api.send("POST", &format!("/issue/{key}/transitions"), &body).await.status,
        400,
        "it is not open now"
    );
    let edit = json!({"fields": {"summary": "Shorter"}, "update": {"labels": [{"add": "x"}, {"remove": "checkmate"}]}});
    assert_eq!(api.send("PUT", &format!("/issue/{key}"), &edit).await.status, 204);

    let comment = json!({"body": doc("It is back"), "properties": [{"key": "checkmate.delivery", "value": {"id": "c1"}}]});
    let made = api.send("POST", &format!("/issue/{key}/comment"), &comment).await;
    assert_eq!(made.status, 201);
    let id = made.body["id"].as_str().unwrap();
    assert!(api.get(&format!("/issue/{key}/comment")).await.body["comments"][0]["properties"].is_null());
    let with = api.get(&format!("/issue/{key}/comment?expand=properties")).await.body;
    assert_eq!(with["comments"][0]["properties"][0]["value"]["id"], "c1");
    assert_eq!(
        api.get(&format!("/comment/{id}/properties/checkmate.delivery")).await.body["value"]["id"],
        "c1"
    );
    assert_eq!(
        api.send("PUT", &format!("/issue/{key}/comment/{id}"), &json!({"body": doc("Changed")})).await.status,
        200
    );

    let link = json!({"globalId": "checkmate:7b48", "object": {"url": "https://checkmate.example/f/1", "title": "Finding"}});
    let links = format!("/issue/{key}/remotelink");
    let first = api.send("POST", &links, &link).await;
    let second = api.send("POST", &links, &link).await;
    assert_eq!((first.status, second.status, &first.body["id"]), (201, 200, &second.body["id"]));
    assert_eq!(api.get(&links).await.body.as_array().unwrap().len(), 1);
    assert_eq!(api.get(&format!("{links}?globalId=checkmate:7b48")).await.status, 200);

    let property = format!("/issue/{key}/properties/checkmate.look");
    let statuses =
        [api.send("PUT", &property, &json!({"look": 1})).await, api.send("PUT", &property, &json!(2)).await];
    assert_eq!(statuses.map(|got| got.status), [201, 200]);
    assert_eq!(api.get(&property).await.body["value"], 2);
    assert_eq!(api.get(&format!("/issue/{key}/properties")).await.body["keys"].as_array().unwrap().len(), 2);
    let form = [("file", Some("report.txt"), "all of it")];
    assert_eq!(
        api.form("POST", &format!("/issue/{key}/attachments"), Some("no-check"), &form).await.status,
        200
    );

    let whole = api.get(&format!("/issue/{key}?properties=*all")).await.body;
    assert_eq!(whole["fields"]["status"]["name"], "Done");
    assert_eq!(whole["properties"]["checkmate.delivery"]["id"], "7b48");
    let issue = office.jira().issue(&key).unwrap();
    assert_eq!((issue.summary(), issue.labels()), ("Shorter", vec!["checkmate-7b48", "x"]));
    assert_eq!((issue.category, issue.moved.len(), issue.links.len()), (Category::Done, 1, 1));
    assert_eq!(issue.attachments[0].data, "all of it");
    let done: Vec<&str> =
        office.record().iter().filter(|written| written.on == key).map(|written| written.what).collect();
    let expected = [
        "issue.create",
        "issue.transition",
        "issue.update",
        "comment.create",
        "comment.update",
        "remotelink.create",
        "remotelink.update",
        "property.set",
        "property.set",
        "attachment.create",
    ];
    assert_eq!(done, expected);
    assert_eq!(api.delete(&format!("/issue/{key}")).await.status, 204);
    assert_eq!(api.get(&format!("/issue/{key}")).await.status, 404);

    let prefix = format!("/ex/jira/{CLOUD_ID}");
    let Some(mut contract) = Contract::of("jira", "jira-cloud-v3.strict.json", &prefix) else { return };
    assert!(contract.check(&office.said()) > 25);
}

#[tokio::test]
async fn the_search_sees_a_ticket_late_and_page_by_page() {
    let office = Office::builder().start().await.unwrap();
    let api = api(&office);
    for _ in 0..5 {
        create(&api).await;
    }
    let query =
        json!({"jql": "project = SEC AND labels = \"checkmate-7b48\" ORDER BY created ASC", "maxResults": 2});
    let search = async |body: &Value| api.send("POST", "/search/jql", body).await.body;
    assert_eq!(search(&query).await, json!({"issues": [], "isLast": true}));
    let id = office.jira().issue("SEC-3").unwrap().id;
    let mut now = query.clone();
    now["reconcileIssues"] = json!([id]);
    assert_eq!(
        search(&now).await["issues"],
        json!([{"id": id.to_string()}]),
        "what is known can be seen at once"
    );
    office.advance(Duration::from_secs(20));
    assert_eq!(search(&query).await["issues"], json!([]));
    office.advance(Duration::from_secs(10));
    let (mut seen, mut pages, mut next) = (Vec::new(), 0, query.clone());
    next["fields"] = json!(["labels"]);
    next["properties"] = json!(["checkmate.delivery"]);
    loop {
        let page = search(&next).await;
        for issue in page["issues"].as_array().unwrap() {
            assert_eq!(issue["properties"]["checkmate.delivery"]["id"], "7b48");
            seen.push(issue["key"].as_str().unwrap().to_owned());
        }
        pages += 1;
        assert_eq!(page["isLast"] == true, page["nextPageToken"].is_null());
        if page["isLast"] == true {
            break;
        }
        next["nextPageToken"] = page["nextPageToken"].clone();
    }
    assert_eq!((pages, seen), (3, ["SEC-1", "SEC-2", "SEC-3", "SEC-4", "SEC-5"].map(str::to_owned).to_vec()));

    office.jira().set_status("SEC-1", "Done");
    let done =
        json!({"jql": "statusCategory = Done and labels in (checkmate-7b48, other) and created >= -1h"});
    assert_eq!(search(&done).await["issues"], json!([]), "a change is seen late too");
    office.advance(Duration::from_secs(30));
    assert_eq!(search(&done).await["issues"].as_array().unwrap().len(), 1);
    office.jira().change("SEC-1", |issue| issue.fields["labels"] = json!(["another"]));
    assert_eq!(
        search(&done).await["issues"].as_array().unwrap().len(),
        1,
        "the search goes on seeing what was"
    );
    office.jira().delete("SEC-1");
    assert_eq!(search(&done).await["issues"].as_array().unwrap().len(), 1, "and that it is gone");
    office.jira().index_delay(Duration::ZERO);
    assert_eq!(search(&done).await["issues"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn people_move_clone_and_close_tickets() {
    let office = Office::builder().project(Project::new("10001", "OPS", "Operations")).start().await.unwrap();
    let (api, desk) = (api(&office), office.jira());
    create(&api).await;
    assert_eq!(desk.clone_issue("SEC-1").as_deref(), Some("SEC-2"));
    assert_eq!(
        api.get("/issue/SEC-2/properties/checkmate.delivery").await.status,
        404,
        "a clone has none of our properties"
    );
    assert_eq!(desk.labelled("checkmate-7b48").len(), 2);
    assert_eq!(desk.move_to("SEC-1", "OPS").as_deref(), Some("OPS-1"));
    assert_eq!(api.get("/issue/SEC-1").await.body["key"], "OPS-1");
    assert_eq!(desk.transition("OPS-1", Category::Done).as_deref(), Some("Done"));
    assert_eq!(desk.transition("OPS-1", Category::New).as_deref(), Some("To Do"));
    assert_eq!(office.record().len(), 1, "what people do is in no record");
}

#[tokio::test]
async fn a_lost_answer_leaves_its_ticket() {
    let office = Office::builder().patience(Duration::from_millis(50)).start().await.unwrap();
    let api = api(&office);
    office.order(Vendor::Jira, Fault::Lost);
    assert!(api.try_send("POST", "/issue", &right()).await.is_none());
    office.order_on(Vendor::Jira, "POST", "/issue", Fault::Withheld);
    assert_eq!(api.get("/issue/SEC-1").await.status, 200, "this is another request");
    assert!(api.try_send("POST", "/issue", &right()).await.is_none());
    office.order(Vendor::Jira, Fault::Hang);
    assert!(api.try_send("POST", "/issue", &right()).await.is_none());
    office.order(Vendor::Jira, Fault::Status(502));
    assert_eq!(api.send("POST", "/issue", &right()).await.status, 502);
    assert_eq!(office.jira().issues().len(), 2, "two were made, and nobody was told");
    assert!(office.record().iter().all(|written| written.what == "issue.create" && !written.answered));
    office.down(Vendor::Jira, true);
    assert_eq!(api.get("/issue/SEC-1").await.status, 503);
    office.down(Vendor::Jira, false);
    create(&api).await;
}

#[tokio::test]
async fn a_screen_wants_its_fields() {
    let mut project = Project::new("10001", "OPS", "Operations");
    project = project.field(Field::new("customfield_10020", "Reason", Kind::Line));
    let resolve = project.transitions.iter_mut().find(|way| way.name == "Resolve").unwrap();
    resolve.required = vec!["customfield_10020".to_owned()];
    let office = Office::builder().keep_said().project(project).start().await.unwrap();
    let api = api(&office);
    let mut body = right();
    body["fields"]["project"]["key"] = json!("OPS");
    assert_eq!(api.send("POST", "/issue", &body).await.status, 201);
    let open = api.get("/issue/OPS-1/transitions?expand=transitions.fields&transitionId=31").await.body;
    assert_eq!(open["transitions"][0]["fields"]["customfield_10020"]["required"], true);
    let mut body = json!({"transition": {"id": "31"}});
    let told = api.send("POST", "/issue/OPS-1/transitions", &body).await.told();
    assert!(told.contains(r#""customfield_10020":"Reason is required.""#), "{told}");
    body["fields"] = json!({"customfield_10020": "Mended"});
    assert_eq!(api.send("POST", "/issue/OPS-1/transitions", &body).await.status, 204);
    assert_eq!(office.jira().issue("OPS-1").unwrap().fields["customfield_10020"], "Mended");
    let Some(mut contract) =
        Contract::of("jira", "jira-cloud-v3.strict.json", &format!("/ex/jira/{CLOUD_ID}"))
    else {
        return;
    };
    assert!(contract.check(&office.said()) >= 4);
}

/// A write that its sender has given up comes to pass all the same.
#[tokio::test]
async fn a_write_may_come_late() {
    let office = Office::builder().time_scale(100.0).start().await.unwrap();
    let api = api(&office);
    office.order(Vendor::Jira, Fault::Late(Duration::from_millis(300)));
    let impatient = api.request("POST", "/issue").json(&right()).timeout(Duration::from_millis(100)).send();
    assert!(impatient.await.unwrap_err().is_timeout());
    assert!(office.jira().issues().is_empty(), "not yet");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(office.jira().issues().len(), 1);
    office.advance(Duration::from_millis(300));
    let found = api.send("POST", "/search/jql", &json!({"jql": "labels = checkmate-7b48"})).await;
    assert_eq!(found.body["issues"].as_array().unwrap().len(), 1, "thirty seconds are less than one here");
}

#[tokio::test]
async fn tickets_are_linked_once_and_matched_at_once() {
    let office = Office::builder().keep_said().start().await.unwrap();
    let api = api(&office);
    create(&api).await;
    create(&api).await;
    let link = json!({"type": {"name": "Duplicate"}, "inwardIssue": {"key": "SEC-2"}, "outwardIssue": {"key": "SEC-1"}});
    for _ in 0..2 {
        assert_eq!(api.send("POST", "/issueLink", &link).await.status, 201);
    }
    let shown = api.get("/issue/SEC-2?fields=issuelinks").await.body;
    assert_eq!(shown["fields"]["issuelinks"].as_array().unwrap().len(), 1);
    assert_eq!(shown["fields"]["issuelinks"][0]["outwardIssue"]["key"], "SEC-1");
    for (from, to, name, status) in [
        ("SEC-1", "SEC-1", "Duplicate", 400),
        ("SEC-1", "SEC-2", "Eats", 404),
        ("SEC-1", "SEC-9", "Relates", 404),
    ] {
        let body = json!({"type": {"name": name}, "inwardIssue": {"key": from}, "outwardIssue": {"key": to}});
        assert_eq!(api.send("POST", "/issueLink", &body).await.status, status);
    }
    let (id, related) = office.jira().issue("SEC-1").map(|issue| (issue.id, issue.related)).unwrap();
    assert!(!related[0].outward && related.len() == 1);
    let body =
        json!({"issueIds": [id, 7], "jqls": ["labels = checkmate-7b48", "labels = other", "order by key"]});
    let matched = api.send("POST", "/jql/match", &body).await.body;
    assert_eq!(matched["matches"][0]["matchedIssues"], json!([id]), "what is known needs no index");
    assert_eq!(matched["matches"][1], json!({"matchedIssues": [], "errors": []}));
    assert_eq!(matched["matches"][2]["errors"].as_array().unwrap().len(), 1);
    let Some(mut contract) =
        Contract::of("jira", "jira-cloud-v3.strict.json", &format!("/ex/jira/{CLOUD_ID}"))
    else {
        return;
    };
    assert!(contract.check(&office.said()) > 5);
}

#[tokio::test]
async fn chaos_is_the_same_for_the_same_seed() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let office = Office::builder().jira_limits(Limits::none()).start().await.unwrap();
        let api = api(&office);
        let chaos = Chaos { lost: 0.2, rate_limited: 0.1, server_error: 0.05, seed: 7, ..Chaos::default() };
        office.chaos(Vendor::Jira, chaos);
        let mut statuses = Vec::new();
        for _ in 0..100 {
            statuses.push(api.try_send("POST", "/issue", &right()).await.map(|got| got.status));
        }
        let lost = statuses.iter().filter(|status| status.is_none()).count();
        let made = statuses.iter().filter(|status| **status == Some(201)).count();
        assert!((10..30).contains(&lost) && made > 50, "{statuses:?}");
        assert_eq!(office.jira().issues().len(), lost + made);
        told.push(statuses);
    }
    assert_eq!(told[0], told[1]);
}

/// A contract that nothing can break holds nothing.
#[tokio::test]
async fn a_contract_finds_what_is_wrong() {
    let office = Office::builder().keep_said().start().await.unwrap();
    create(&api(&office)).await;
    let prefix = format!("/ex/jira/{CLOUD_ID}");
    let Some(mut contract) = Contract::of("jira", "jira-cloud-v3.strict.json", &prefix) else { return };
    let right = office.said();
    assert_eq!(contract.check(&right), 1);
    let mut wrong = right.clone();
    wrong[0].answer["id"] = json!(1);
    assert!(catch_unwind(AssertUnwindSafe(|| contract.check(&wrong))).is_err());
    let mut wrong = right;
    wrong[0].body["fields"]["labels"] = json!(["a b"]);
    assert!(catch_unwind(AssertUnwindSafe(|| contract.check(&wrong))).is_err());
}

/// What the vault of a tenant leases opens the place, until it is taken back.
#[tokio::test]
async fn a_leased_token_is_good_until_it_is_taken_back() {
    let (tenant, keys) = Tenant::example();
    let vault = Sandbox::start(tenant).await.unwrap();
    let office = Office::builder().leases_of(&vault).start().await.unwrap();
    let token = leased(&vault, &keys).await;
    let api = api(&office).with_token(&token);
    assert_eq!(api.send("POST", "/issue", &right()).await.status, 201);
    assert_eq!(api.get("/myself").await.status, 401, "the account has no such scope");
    vault.revoke("auth0|checkmate", "atlassian");
    assert_eq!(api.get("/issue/SEC-1").await.status, 401);
}

async fn leased(vault: &Sandbox, keys: &Example) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let domain = "https://acme.eu.auth0.com/";
    let claims = |subject: &str, id: &str| json!({"iss": "worker", "sub": subject, "aud": domain, "iat": now, "exp": now + 50, "jti": id});
    let client = keys.worker.sign(&json!({"alg": "RS256", "typ": "JWT"}), &claims("worker", "1"));
    let header = json!({"alg": "RS256", "typ": "token-vault-req+jwt"});
    let mut claimed = claims("auth0|checkmate", "2");
    claimed["audit_context"] = json!("a test");
    let subject = keys.subject.sign(&header, &claimed);
    let form = [
        ("grant_type", "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token"),
        ("client_id", "worker"),
        ("connection", "atlassian"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("requested_token_type", "http://auth0.com/oauth/token-type/token-vault-access-token"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &client),
        ("subject_token", &subject),
    ];
    let url = format!("{}/oauth/token", vault.base());
    let answer = reqwest::Client::new().post(url).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn a_file_is_taken_away_once() {
    let office = Office::builder().start().await.unwrap();
    let api = api(&office);
    let key = create(&api).await;
    let form = [("file", Some("report.txt"), "all of it")];
    let made = api.form("POST", &format!("/issue/{key}/attachments"), Some("no-check"), &form).await;
    let id = made.body[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(api.delete(&format!("/attachment/{id}")).await.status, 204);
    assert_eq!(office.jira().issue(&key).unwrap().attachments, []);
    assert_eq!(api.delete(&format!("/attachment/{id}")).await.status, 404);
}
