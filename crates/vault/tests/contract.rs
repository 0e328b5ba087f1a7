//! What we say to Auth0, and what its stand-in answers, held against Auth0's own contracts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use std::collections::BTreeMap;

use checkmate_domain::{ConnectionName, Scopes, Secret};
use checkmate_outbound::{Call, Client};
use checkmate_sandbox::{Fault, Said};
use checkmate_testkit::contracts;
use checkmate_vault::me::{Login, MeError, MyAccount};
use checkmate_vault::{ManagementRequest, Mode, accounts};
use common::{Site, USER, github, refresh_token};
use serde_json::{Value, json};

const CALLBACK: &str = "http://127.0.0.1:8976/callback";

/// What is wrong with a value by a schema of a contract.
fn wrong(contract: &Value, schema: &str, value: &Value) -> Vec<String> {
    let whole =
        json!({"$ref": format!("#/components/schemas/{schema}"), "components": contract["components"]});
    let validator = jsonschema::validator_for(&whole).unwrap();
    validator.iter_errors(value).map(|error| format!("{schema}: {error} in {value}")).collect()
}

/// The form of the only form on a page, with a field filled in.
async fn post(client: &Client, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
    let value = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let hidden = if action.ends_with("/u/login") { "tx" } else { "ticket" };
    let hidden_value = value(hidden);
    let filled: Vec<(&str, &str)> = fields.iter().copied().chain([(hidden, hidden_value.as_str())]).collect();
    let sent = client.send(&Call::post(action.parse().unwrap()).form(&filled)).await;
    // Sent on to the callback, where in this test nobody listens: where to is in the stand-in's answer.
    format!("{sent:?}")
}

/// Signs in as a person with a browser does; the token for My Account.
async fn signed_in(site: &Site) -> Secret {
    let base = site.sandbox.base();
    let tenant = site.vault.tenant();
    let login = Login::begin(&tenant.base, &tenant.domain, "terminal", CALLBACK);
    let page = site.client.send(&Call::get(login.url.clone())).await.unwrap();
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    post(&site.client, &page, &format!("{base}/u/login"), &[("user", USER), ("password", "correct horse")])
        .await;
    let code = site.sandbox.last_code().expect("signed in");
    login.finish(&site.client, &Secret::new(code.into_bytes())).await.unwrap().token
}

/// Signs in and connects; answers nothing, what was said is in the stand-in.
async fn connect(site: &Site) {
    let (base, tenant) = (site.sandbox.base(), site.vault.tenant());
    let token = signed_in(site).await;
    let me = MyAccount { base: &tenant.base, client: &site.client, token: &token };
    let (name, scopes): (_, Scopes) =
        ("atlassian".parse().unwrap(), "read:me offline_access".parse().unwrap());
    let started = me.start(&name, &scopes, CALLBACK).await.unwrap();
    let page = site.client.send(&Call::get(started.url.clone())).await.unwrap();
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    post(&site.client, &page, &format!("{base}/connect"), &[]).await;
    let code = site.sandbox.last_code().expect("allowed");
    let connected = me.complete(&started, &code).await.unwrap();
    assert_eq!(connected.scopes, ["offline_access", "read:me"]);
    let listed = me.list(&name).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&connected));
    me.delete(&connected.id).await.unwrap();
    assert!(me.delete(&connected.id).await.is_err(), "it is gone");
}

/// An account is forgotten and the answer is lost: asked again, the tenant knows of none, and that is what was wanted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_forgotten_before_its_answer_was_lost_is_forgotten() {
    let site = Site::with(|setup| setup.keep_example_user = true).await;
    let base = &site.vault.tenant().base;
    let token = signed_in(&site).await;
    let me = MyAccount { base, client: &site.client, token: &token };
    let github: ConnectionName = "github".parse().unwrap();
    let account = me.list(&github).await.unwrap().remove(0);
    site.sandbox.order(Fault::Lost);
    me.delete(&account.id).await.unwrap();
    assert!(me.list(&github).await.unwrap().is_empty());

    // That nothing was there from the start is told, also when the tenant was in a hurry before.
    for before in [None, Some(Fault::RateLimited { retry_after: 0 })] {
        before.into_iter().for_each(|fault| site.sandbox.order(fault));
        let error = me.delete(&account.id).await.unwrap_err();
        assert!(matches!(error, MeError::Refused { status: 404, .. }), "{error}");
    }
}

/// One limit of the tenant, met by one call, holds for the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_one_tenant_share_its_budget() {
    let site = Site::with(|setup| (setup.keep_example_user, setup.management) = (true, true)).await;
    let base = &site.vault.tenant().base;
    let token = signed_in(&site).await;
    let me = MyAccount { base, client: &site.client, token: &token };
    let scopes = "read:users".parse().unwrap();
    let request = ManagementRequest { job: None, scan: None, scopes, purpose: "test".to_owned() };
    let lease = site.vault.management(&site.client, &request).await.unwrap();
    let user = USER.parse().unwrap();
    let asked = || site.sandbox.said().len();

    site.sandbox.order_of_api(Fault::RateLimited { retry_after: 120 });
    accounts::connected_accounts(base, &site.client, &lease, &user).await.unwrap_err();
    let before = asked();
    let spent = |said: String| assert!(said.contains("budget of auth0:127.0.0.1 is used up"), "{said}");
    spent(accounts::connected_accounts(base, &site.client, &lease, &user).await.unwrap_err().to_string());
    spent(accounts::tokensets(base, &site.client, &lease, &user).await.unwrap_err().to_string());
    let github: ConnectionName = "github".parse().unwrap();
    spent(me.list(&github).await.unwrap_err().to_string());
    spent(me.delete("cac_1").await.unwrap_err().to_string());
    spent(me.start(&github, &Scopes::default(), CALLBACK).await.unwrap_err().to_string());
    assert_eq!(asked(), before, "nothing more was asked");
    site.vault.management(&site.client, &request).await.expect("the token endpoint has a limit of its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_answers_are_as_the_contracts_say() {
    let (Some(tokens), Some(me)) =
        (contracts::auth0("auth0-authentication.cut.json"), contracts::auth0("auth0-myaccount-v1.cut.json"))
    else {
        return;
    };
    let mut said: Vec<Said> = Vec::new();
    let site = Site::with(|setup| setup.keep_example_user = true).await;
    site.lease(&github()).await.unwrap();
    site.sandbox.disconnect(USER, "github");
    site.lease(&github()).await.unwrap_err();
    connect(&site).await;
    said.extend(site.sandbox.said());
    let site = Site::with(|setup| setup.mode = Some(Mode::RefreshToken(refresh_token("rt_1")))).await;
    site.lease(&github()).await.unwrap();
    said.extend(site.sandbox.said());
    let site = Site::with(|setup| setup.management = true).await;
    let scopes = "read:users".parse().unwrap();
    let request = ManagementRequest { job: None, scan: None, scopes, purpose: "test".to_owned() };
    site.vault.management(&site.client, &request).await.unwrap();
    said.extend(site.sandbox.said());

    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut bad = Vec::new();
    for one in &said {
        let path = one.path.split("/cac_").next().unwrap();
        let (request, answer) = match (path, one.body["grant_type"].as_str()) {
            ("/oauth/token", Some("authorization_code")) => {
                (Some("AuthorizationCodePKCEGrant"), "TokenResponse")
            }
            ("/oauth/token", Some("client_credentials")) => (Some("ClientCredentialsGrant"), "TokenResponse"),
            // The grant of Token Vault is in no contract; its answers are those of every token.
            ("/oauth/token", _) => (None, "TokenResponse"),
            ("/me/v1/connected-accounts/connect", _) => {
                (Some("CreateConnectedAccountsRequestContent"), "CreateConnectedAccountsResponseContent")
            }
            ("/me/v1/connected-accounts/complete", _) => {
                (Some("CompleteConnectedAccountsRequestContent"), "CompleteConnectedAccountsResponseContent")
            }
            ("/me/v1/connected-accounts/accounts", _) if one.method == "GET" => {
                (None, "ListConnectedAccountsResponseContent")
            }
            ("/me/v1/connected-accounts/accounts", _) => (None, ""),
            _ => continue,
        };
        *seen.entry(format!("{} {path} {}", one.method, request.unwrap_or(answer))).or_default() += 1;
        let by = if path == "/oauth/token" { &tokens } else { &me };
        if let Some(schema) = request {
            let mut body = one.body.clone();
            if schema == "ClientCredentialsGrant" {
                // The contract asks for a secret even where it allows an assertion instead.
                body["client_secret"] = json!("");
            }
            bad.extend(wrong(by, schema, &body));
        }
        match one.status {
            204 => assert_eq!(one.answer, Value::Null),
            200..300 => bad.extend(wrong(by, answer, &one.answer)),
            _ => bad.extend(wrong(by, "ErrorResponse", &one.answer)),
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(seen.len() >= 7, "{seen:#?}");
}
