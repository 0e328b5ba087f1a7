//! What a tenant refuses whoever signs in and connects an account: each row is a request that is right but for one thing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkmate_sandbox::{Account, ClientAuth, Demand, Sandbox, Tenant, User};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

const CALLBACK: &str = "http://127.0.0.1:8976/callback";
const SCOPES: &str =
    "openid create:me:connected_accounts read:me:connected_accounts delete:me:connected_accounts";
const VERIFIER: &str = "a-verifier-that-is-as-long-as-the-standard-asks-for";
const GRANT: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";

type Change = fn(&mut Tenant);

/// What is wrong; with the tenant, or with a parameter; the answer.
type Row = (&'static str, Change, (&'static str, &'static str), u16, &'static str);

const AS_IT_IS: Change = |_| {};

/// A person with a browser at a tenant.
struct Person {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Person {
    async fn at(change: Change) -> Self {
        // Its keys take long to make, and no test here looks at them.
        static EXAMPLE: LazyLock<Tenant> = LazyLock::new(|| Tenant::example().0);
        let mut tenant = EXAMPLE.clone();
        change(&mut tenant);
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { sandbox: Sandbox::start(tenant).await.unwrap(), http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base())
    }

    /// Asks for a sign-in that is right but for what is put in the place of its parameters; a status with the page or with
    /// where the browser is sent.
    async fn authorize(&self, instead: &[(&str, &str)]) -> (u16, String) {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut asked = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", "terminal"),
            ("redirect_uri", CALLBACK),
            ("scope", SCOPES),
            ("audience", "https://acme.eu.auth0.com/me/"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        asked.extend(instead.iter().copied());
        let url = Url::parse_with_params(&self.url("/authorize"), &asked).unwrap();
        told(self.http.get(url).send().await.unwrap()).await
    }

    /// Signs in; the token and what the tenant says of it.
    async fn sign_in(&self, scopes: &str) -> (u16, Value) {
        let (status, page) = self.authorize(&[("scope", scopes)]).await;
        assert_eq!(status, 200, "{page}");
        let tx = page.split("name=\"tx\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let form = [("tx", tx), ("user", "auth0|checkmate"), ("password", "correct horse")];
        let sent = self.http.post(self.url("/u/login")).form(&form).send().await.unwrap();
        let (_, to) = told(sent).await;
        let to = Url::parse(&to).unwrap();
        let code = to.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "terminal"),
            ("redirect_uri", CALLBACK),
            ("code", &code),
            ("code_verifier", VERIFIER),
        ];
        let answer = self.http.post(self.url("/oauth/token")).form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Begins to connect an account.
    async fn connect(&self, token: &str, connection: &str) -> (u16, String) {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let body = json!({"connection": connection, "redirect_uri": CALLBACK, "state": "s", "scopes": ["read:me"],
            "code_challenge": challenge, "code_challenge_method": "S256"});
        let call =
            self.http.post(self.url("/me/v1/connected-accounts/connect")).bearer_auth(token).json(&body);
        told(call.send().await.unwrap()).await
    }

    /// Asks for a lease by the user's refresh token.
    async fn lease(&self, more: &[(&str, &str)]) -> (u16, String) {
        let mut asked = BTreeMap::from([
            ("grant_type", GRANT),
            ("client_id", "worker"),
            ("client_secret", "s3cret"),
            ("connection", "github"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
            ("subject_token", "rt_1"),
            ("requested_token_type", "http://auth0.com/oauth/token-type/federated-connection-access-token"),
        ]);
        asked.extend(more.iter().copied());
        told(self.http.post(self.url("/oauth/token")).form(&asked).send().await.unwrap()).await
    }
}

/// Where the browser is sent, or what it is shown.
async fn told(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    match to {
        Some(to) => (status, to),
        None => (status, answer.text().await.unwrap()),
    }
}

#[tokio::test]
async fn a_sign_in_is_refused_for_the_one_thing_that_is_wrong() {
    let rows: [Row; 9] = [
        ("nothing", AS_IT_IS, ("state", "s"), 200, "Sign in"),
        ("an unknown client", AS_IT_IS, ("client_id", "nobody"), 400, "unknown client"),
        ("a callback of nobody", AS_IT_IS, ("redirect_uri", "https://evil.example/"), 400, "not a callback"),
        ("the implicit flow", AS_IT_IS, ("response_type", "token"), 400, "authorization code flow"),
        ("no proof", AS_IT_IS, ("code_challenge", ""), 400, "PKCE"),
        ("a plain proof", AS_IT_IS, ("code_challenge_method", "plain"), 400, "PKCE"),
        ("an unknown audience", AS_IT_IS, ("audience", "https://x/"), 400, "audience is not known"),
        (
            "a grant type that is off",
            |tenant| tenant.client_mut("terminal").unwrap().grant_types.clear(),
            ("state", "s"),
            400,
            "authorization code flow",
        ),
        (
            "a client without a grant for the API",
            |tenant| tenant.client_mut("terminal").unwrap().my_account_scopes = None,
            ("state", "s"),
            302,
            "error=access_denied&error_description=Client+%22terminal%22+is+not+authorized+to+access+resource+server",
        ),
    ];
    let mut bad = Vec::new();
    for (what, change, instead, status, says) in rows {
        let answer = Person::at(change).await.authorize(&[instead]).await;
        if answer.0 != status || !answer.1.contains(says) {
            bad.push(format!("{what}: {answer:?}, not {status} {says}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[tokio::test]
async fn a_scope_that_nobody_granted_is_not_in_the_token() {
    let person = Person::at(AS_IT_IS).await;
    let (status, token) =
        person.sign_in("openid read:me:connected_accounts delete:me:everything offline_access admin").await;
    assert_eq!((status, token["scope"].as_str().unwrap()), (200, "openid read:me:connected_accounts"));
    let said = person.connect(token["access_token"].as_str().unwrap(), "github").await;
    assert!(said.0 == 403 && said.1.contains("Insufficient scope"), "{said:?}");

    let less = |tenant: &mut Tenant| {
        tenant.client_mut("terminal").unwrap().my_account_scopes =
            Some("read:me:connected_accounts".to_owned());
    };
    let person = Person::at(less).await;
    let (_, token) = person.sign_in(SCOPES).await;
    assert_eq!(token["scope"], "openid read:me:connected_accounts");
    let said = person.connect(token["access_token"].as_str().unwrap(), "github").await;
    assert!(said.0 == 403 && said.1.contains("Insufficient scope"), "{said:?}");
}

#[tokio::test]
async fn an_account_is_connected_only_where_the_connection_is_on() {
    let rows: [(&str, Change, &str, u16, &str); 4] = [
        ("nothing", AS_IT_IS, "github", 201, "auth_session"),
        ("an unknown connection", AS_IT_IS, "google", 400, "does not exist"),
        (
            "one without connected accounts",
            |tenant| tenant.connection_mut("github").unwrap().connected_accounts = false,
            "github",
            400,
            "takes no connected accounts",
        ),
        (
            "one that is off for the client",
            |tenant| tenant.connection_mut("github").unwrap().enabled_clients = vec!["worker".to_owned()],
            "github",
            400,
            "not enabled for the client",
        ),
    ];
    for (what, change, connection, status, says) in rows {
        let person = Person::at(change).await;
        let (_, token) = person.sign_in(SCOPES).await;
        let said = person.connect(token["access_token"].as_str().unwrap(), connection).await;
        assert!(said.0 == status && said.1.contains(says), "{what}: {said:?}");
    }
}

#[tokio::test]
async fn a_login_hint_names_an_account_of_the_user_or_nobody() {
    let person = Person::at(with_session).await;
    let right = Account::id_at("github");
    assert_eq!(person.lease(&[]).await.0, 200);
    assert_eq!(person.lease(&[("login_hint", &right)]).await.0, 200);
    for hint in ["583232", "", "auth0|checkmate", &Account::id_at("atlassian")] {
        let said = person.lease(&[("login_hint", hint)]).await;
        assert!(said.0 == 401 && said.1.contains("user_not_found"), "{hint}: {said:?}");
    }
}

#[tokio::test]
async fn a_sign_in_that_is_too_weak_gets_at_no_account() {
    let rows: [(Demand, &str); 2] =
        [(Demand::SecondFactor, "mfa_required"), (Demand::StepUp, "unmet_authentication_requirements")];
    for (demand, error) in rows {
        let person = Person::at(with_session).await;
        person.sandbox.set(|tenant| tenant.demands = demand);
        let said = person.lease(&[]).await;
        assert!(said.0 == 403 && said.1.contains(error), "{said:?}");
    }
    let person = Person::at(|tenant| tenant.demands = Demand::StepUp).await;
    let (status, said) = person.sign_in(SCOPES).await;
    assert_eq!((status, said["error"].as_str()), (403, Some("unmet_authentication_requirements")));
}

/// A worker with a secret, and a user with a refresh token.
fn with_session(tenant: &mut Tenant) {
    tenant.client_mut("worker").unwrap().auth = ClientAuth::Secret("s3cret".to_owned());
    *tenant = tenant.clone().user(User {
        id: "auth0|checkmate".to_owned(),
        password: "correct horse".to_owned(),
        refresh_tokens: vec!["rt_1".to_owned()],
        access_tokens: Vec::new(),
    });
}
