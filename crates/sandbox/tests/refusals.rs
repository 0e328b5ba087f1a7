//! What a tenant refuses, one by one: each row is a request that is right but for one thing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use checkmate_sandbox::keys::RsaPair;
use checkmate_sandbox::{Client, Example, Sandbox, Tenant};
use serde_json::{Value, json};

const GRANT: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
const DOMAIN: &str = "https://acme.eu.auth0.com/";

/// A request for a lease before it is signed and sent.
struct Asked {
    fields: BTreeMap<&'static str, String>,
    assertion: Value,
    header: Value,
    claims: Value,
    /// Who signs in place of the subject's key.
    signer: Option<RsaPair>,
    client_signer: Option<RsaPair>,
}

impl Asked {
    fn right() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let id = || format!("id-{}", rand::random::<u64>());
        let text = |text: &str| text.to_owned();
        Self {
            fields: BTreeMap::from([
                ("grant_type", text(GRANT)),
                ("client_id", text("worker")),
                ("connection", text("github")),
                ("subject_token_type", text("urn:ietf:params:oauth:token-type:jwt")),
                ("requested_token_type", text("http://auth0.com/oauth/token-type/token-vault-access-token")),
                ("client_assertion_type", text("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")),
            ]),
            assertion: json!({"iss": "worker", "sub": "worker", "aud": DOMAIN, "iat": now, "exp": now + 50, "jti": id()}),
            header: json!({"alg": "RS256", "typ": "token-vault-req+jwt"}),
            claims: json!({"iss": "worker", "sub": "auth0|checkmate", "aud": DOMAIN, "iat": now, "exp": now + 50,
                "jti": id(), "audit_context": "a test"}),
            signer: None,
            client_signer: None,
        }
    }

    async fn send(mut self, sandbox: &Sandbox, keys: &Example) -> (u16, String) {
        let subject = self.signer.as_ref().unwrap_or(&keys.subject).sign(&self.header, &self.claims);
        self.fields.entry("subject_token").or_insert(subject);
        let header = json!({"alg": "RS256", "typ": "JWT"});
        let client = self.client_signer.as_ref().unwrap_or(&keys.worker).sign(&header, &self.assertion);
        self.fields.entry("client_assertion").or_insert(client);
        self.fields.retain(|_, value| !value.is_empty());
        let url = format!("{}/oauth/token", sandbox.base());
        let answer = reqwest::Client::new().post(url).form(&self.fields).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        let told = body["error_description"].as_str().map_or_else(
            || body["token_type"].as_str().unwrap().to_owned(),
            |why| format!("{}: {why}", body["error"].as_str().unwrap()),
        );
        (status, told)
    }
}

type Change = fn(&mut Asked);

/// What is wrong with the request; the answer.
const REQUESTS: [(&str, Change, u16, &str); 34] = [
    ("nothing", |_| {}, 200, "Bearer"),
    ("no grant type", |asked| clear(asked, "grant_type"), 400, "invalid_request: grant_type is missing"),
    (
        "another grant type",
        |asked| put(asked, "grant_type", "password"),
        403,
        "unauthorized_client: Grant type",
    ),
    ("no client", |asked| clear(asked, "client_id"), 401, "invalid_client: client_id"),
    ("an unknown client", |asked| put(asked, "client_id", "nobody"), 401, "invalid_client: Unknown client"),
    (
        "no client assertion",
        |asked| clear(asked, "client_assertion"),
        401,
        "invalid_client: client_assertion is missing",
    ),
    (
        "an assertion that is none",
        |asked| put(asked, "client_assertion", "x.y.z"),
        401,
        "invalid_client: not a JWT",
    ),
    (
        "the wrong client key",
        |asked| asked.client_signer = Some(RsaPair::generate()),
        401,
        "invalid_client: the signature",
    ),
    ("another issuer", |asked| asked.assertion["iss"] = json!("x"), 401, "invalid_client: iss and sub"),
    (
        "the wrong audience of the client",
        |asked| asked.assertion["aud"] = json!("https://x/"),
        401,
        "invalid_client: aud",
    ),
    (
        "a list of audiences",
        |asked| asked.assertion["aud"] = json!([DOMAIN]),
        401,
        "invalid_client: aud of client_assertion must be the issuer, as one text",
    ),
    (
        "a client assertion that is over",
        |asked| shift(&mut asked.assertion, -300),
        401,
        "invalid_client: client_assertion has expired",
    ),
    (
        "a client assertion of tomorrow",
        |asked| shift(&mut asked.assertion, 200),
        401,
        "invalid_client: client_assertion is not valid yet",
    ),
    (
        "a client assertion that lasts",
        |asked| longer(&mut asked.assertion, 900),
        401,
        "invalid_client: client_assertion lives longer",
    ),
    ("no jti of the client", |asked| remove(&mut asked.assertion, "jti"), 401, "invalid_client: jti"),
    ("no connection", |asked| clear(asked, "connection"), 400, "invalid_request: connection is missing"),
    (
        "a connection beyond the grants",
        |asked| put(asked, "connection", "google"),
        403,
        "access_denied: The connection is not among",
    ),
    (
        "a scope beyond the grants",
        |asked| put(asked, "scope", "admin:org"),
        403,
        "access_denied: A scope is not among",
    ),
    ("a scope less than the account has", |asked| put(asked, "scope", "repo"), 400, "invalid_scope"),
    (
        "a login hint of a worker",
        |asked| put(asked, "login_hint", "583231"),
        400,
        "invalid_request: login_hint",
    ),
    ("an audience", |asked| put(asked, "audience", DOMAIN), 400, "invalid_request: audience, resource"),
    (
        "another type of subject token",
        |asked| put(asked, "subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
        400,
        "invalid_request: requested_token_type",
    ),
    (
        "another type of token",
        |asked| {
            put(
                asked,
                "requested_token_type",
                "http://auth0.com/oauth/token-type/federated-connection-access-token",
            );
        },
        400,
        "invalid_request: requested_token_type",
    ),
    (
        "the wrong subject key",
        |asked| asked.signer = Some(RsaPair::generate()),
        401,
        "invalid_grant: subject token: the signature",
    ),
    (
        "another algorithm",
        |asked| asked.header["alg"] = json!("PS256"),
        401,
        "invalid_grant: subject token: the algorithm",
    ),
    (
        "no type of the subject token",
        |asked| remove(&mut asked.header, "typ"),
        401,
        "invalid_grant: subject token: typ must be",
    ),
    (
        "something that has to be understood",
        |asked| asked.header["crit"] = json!(["x"]),
        401,
        "invalid_grant: subject token: crit",
    ),
    (
        "a subject token of the next hour",
        |asked| asked.claims["nbf"] = json!(asked.claims["iat"].as_u64().unwrap() + 3_600),
        401,
        "invalid_grant: subject token: it has expired or is not valid yet",
    ),
    (
        "another issuer of the subject",
        |asked| asked.claims["iss"] = json!("x"),
        401,
        "invalid_grant: subject token: iss",
    ),
    (
        "the wrong audience of the subject",
        |asked| asked.claims["aud"] = json!("https://x/"),
        401,
        "invalid_grant: subject token: aud",
    ),
    (
        "a subject token of two minutes ago",
        |asked| old(&mut asked.claims),
        401,
        "invalid_grant: subject token: it has expired",
    ),
    (
        "no word for the audit",
        |asked| remove(&mut asked.claims, "audit_context"),
        401,
        "invalid_grant: subject token: audit_context",
    ),
    ("nobody", |asked| asked.claims["sub"] = json!("auth0|nobody"), 401, "user_not_found"),
    (
        "no jti of the subject",
        |asked| remove(&mut asked.claims, "jti"),
        401,
        "invalid_grant: subject token: jti is missing",
    ),
];

fn clear(asked: &mut Asked, field: &'static str) {
    asked.fields.insert(field, String::new());
}

fn put(asked: &mut Asked, field: &'static str, value: &str) {
    asked.fields.insert(field, value.to_owned());
}

fn remove(of: &mut Value, claim: &str) {
    of.as_object_mut().unwrap().remove(claim);
}

fn shift(claims: &mut Value, seconds: i64) {
    for claim in ["iat", "exp"] {
        claims[claim] = json!(claims[claim].as_i64().unwrap() + seconds);
    }
}

fn longer(claims: &mut Value, seconds: i64) {
    claims["exp"] = json!(claims["exp"].as_i64().unwrap() + seconds);
}

/// Whatever it says of its own end.
fn old(claims: &mut Value) {
    shift(claims, -120);
    longer(claims, 600);
}

#[tokio::test]
async fn a_request_is_refused_for_the_one_thing_that_is_wrong() {
    let (tenant, keys) = Tenant::example();
    let sandbox = Sandbox::start(tenant).await.unwrap();
    let mut bad = Vec::new();
    for (what, change, status, told) in REQUESTS {
        let mut asked = Asked::right();
        change(&mut asked);
        let answer = asked.send(&sandbox, &keys).await;
        if answer.0 != status || !answer.1.starts_with(told) {
            bad.push(format!("{what}: {answer:?}, not {status} {told}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

type TenantChange = fn(&mut Tenant);

/// What is wrong with the tenant; the answer to a request that is right.
const TENANTS: [(&str, TenantChange, u16, &str); 10] = [
    (
        "no privileged access",
        |tenant| worker(tenant).privileged = None,
        403,
        "access_denied: The client has no privileged access",
    ),
    (
        "another address",
        |tenant| worker(tenant).privileged.as_mut().unwrap().ip_allowlist = vec!["192.0.2.1".to_owned()],
        403,
        "access_denied: The address",
    ),
    (
        "another range of addresses",
        |tenant| worker(tenant).privileged.as_mut().unwrap().ip_allowlist = vec!["10.0.0.0/8".to_owned()],
        403,
        "access_denied: The address",
    ),
    (
        "no address at all",
        |tenant| worker(tenant).privileged.as_mut().unwrap().ip_allowlist.clear(),
        403,
        "access_denied: The address",
    ),
    (
        "no grants at all",
        |tenant| worker(tenant).privileged.as_mut().unwrap().grants.clear(),
        403,
        "access_denied: The connection is not among",
    ),
    (
        "a client of others",
        |tenant| worker(tenant).first_party = false,
        403,
        "unauthorized_client: The client must be first party",
    ),
    (
        "a grant type that is off",
        |tenant| worker(tenant).grant_types.clear(),
        403,
        "unauthorized_client: Grant type",
    ),
    (
        "a connection that is off for the client",
        |tenant| tenant.connection_mut("github").unwrap().enabled_clients.clear(),
        403,
        "access_denied: The connection is not enabled",
    ),
    (
        "a connection without connected accounts",
        |tenant| tenant.connection_mut("github").unwrap().connected_accounts = false,
        403,
        "access_denied: The connection is not enabled",
    ),
    (
        "no account",
        |tenant| tenant.accounts_mut().clear(),
        401,
        "federated_connection_refresh_token_not_found",
    ),
];

fn worker(tenant: &mut Tenant) -> &mut Client {
    tenant.client_mut("worker").unwrap()
}

#[tokio::test]
async fn an_allow_list_takes_ranges() {
    let (mut tenant, keys) = Tenant::example();
    worker(&mut tenant).privileged.as_mut().unwrap().ip_allowlist =
        vec!["192.0.2.0/24".to_owned(), "127.0.0.0/8".to_owned()];
    let sandbox = Sandbox::start(tenant).await.unwrap();
    assert_eq!(Asked::right().send(&sandbox, &keys).await.0, 200);
}

#[tokio::test]
async fn a_tenant_refuses_what_it_is_not_set_up_for() {
    let (tenant, keys) = Tenant::example();
    let mut bad = Vec::new();
    for (what, change, status, told) in TENANTS {
        let mut other = tenant.clone();
        change(&mut other);
        let sandbox = Sandbox::start(other).await.unwrap();
        let answer = Asked::right().send(&sandbox, &keys).await;
        if answer.0 != status || !answer.1.starts_with(told) {
            bad.push(format!("{what}: {answer:?}, not {status} {told}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[tokio::test]
async fn what_was_used_is_used_up() {
    let (tenant, keys) = Tenant::example();
    let sandbox = Sandbox::start(tenant).await.unwrap();
    let again = |from: &Asked, field: &str| {
        let mut next = Asked::right();
        match field {
            "client" => next.assertion = from.assertion.clone(),
            _ => next.claims = from.claims.clone(),
        }
        next
    };
    let first = Asked::right();
    let (client, subject) = (again(&first, "client"), again(&first, "subject"));
    assert_eq!(first.send(&sandbox, &keys).await.0, 200);
    let told = client.send(&sandbox, &keys).await;
    assert_eq!(told, (401, "invalid_client: jti of client_assertion was used before".to_owned()));
    let told = subject.send(&sandbox, &keys).await;
    assert_eq!(told, (401, "invalid_grant: subject token: jti was used before".to_owned()));

    sandbox.revoke("auth0|checkmate", "github");
    let told = Asked::right().send(&sandbox, &keys).await;
    assert_eq!(told.0, 401, "{told:?}");
    assert!(told.1.starts_with("federated_connection_refresh_token_flow_failed"), "{told:?}");
}

/// Two exchanges at once for an account whose provider rotates spoil it, as in life.
#[tokio::test]
async fn two_at_once_spoil_an_account_that_rotates() {
    let (tenant, keys) = Tenant::example();
    let sandbox = Sandbox::start(tenant).await.unwrap();
    let (one, two) = tokio::join!(Asked::right().send(&sandbox, &keys), Asked::right().send(&sandbox, &keys));
    assert!(one.0 == 401 || two.0 == 401, "{one:?} {two:?}");
    assert_eq!(sandbox.exchanges_at_once(), 2);
}
