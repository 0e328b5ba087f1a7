//! Connecting an account: the user signs in, and allows the connection at the provider (My Account API).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkmate_domain::{ConnectionName, Scopes, Secret, Timestamp};
use checkmate_outbound::{Answer, BaseUrl, Call, CallError, Client};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::answer;
use crate::budget;
use crate::identity::{self, Expected};

/// What the terminal may do with a user's accounts.
const SCOPES: &str =
    "openid create:me:connected_accounts read:me:connected_accounts delete:me:connected_accounts";
/// The longest text of the tenant that is shown.
const LONGEST: usize = 300;

/// Why an account was not connected.
#[derive(Debug, thiserror::Error)]
pub enum MeError {
    /// No answer, or none that can be read.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The tenant refuses.
    #[error("{what}: the tenant answers HTTP {status}: {said}. {advice}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// Its status.
        status: u16,
        /// Its words.
        said: String,
        /// What a person does.
        advice: &'static str,
    },
    /// The answer to the sign-in is no token.
    #[error("sign in: the answer of the tenant is {0}")]
    Token(&'static str),
    /// Who has signed in is not certain.
    #[error("sign in: the id_token of the tenant {0}")]
    Identity(&'static str),
    /// An answer that leads nowhere.
    #[error("the tenant's address to connect at is not one")]
    NoAddress,
}

/// A proof that who ends something has begun it (RFC 7636).
#[derive(Debug)]
pub struct Pkce {
    verifier: Secret,
    challenge: String,
}

impl Pkce {
    /// A fresh one.
    #[must_use]
    pub fn fresh() -> Self {
        let verifier = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        Self { verifier: Secret::new(verifier.into_bytes()), challenge }
    }
}

/// A sign-in that was begun.
#[derive(Debug)]
pub struct Login {
    /// Where the user signs in.
    pub url: Url,
    /// Comes back with the code.
    pub state: String,
    base: BaseUrl,
    domain: String,
    issuer: String,
    client_id: String,
    redirect_uri: String,
    nonce: String,
    pkce: Pkce,
}

/// A user who has signed in.
pub struct SignedIn {
    /// The user's token for My Account.
    pub token: Secret,
    /// The user's id, as the tenant says it.
    pub user: String,
    /// What the token may.
    pub scopes: Scopes,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Login {
    /// Begins: the user opens `url`, signs in anew whatever session there is, and comes back to `redirect_uri`.
    #[must_use]
    pub fn begin(base: &BaseUrl, domain: &str, client_id: &str, redirect_uri: &str) -> Self {
        let random = || URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
        let (pkce, state, nonce) = (Pkce::fresh(), random(), random());
        let issuer = identity::issuer(base, domain);
        let mut url = base.join(&["authorize"]);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", SCOPES)
            .append_pair("audience", &format!("{issuer}me/"))
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            // A session of somebody else in the same browser is not taken for the user's.
            .append_pair("prompt", "login")
            .append_pair("code_challenge", &pkce.challenge)
            .append_pair("code_challenge_method", "S256");
        let (base, domain) = (base.clone(), domain.to_owned());
        let (client_id, redirect_uri) = (client_id.to_owned(), redirect_uri.to_owned());
        Self { url, state, base, domain, issuer, client_id, redirect_uri, nonce, pkce }
    }

    /// Ends it: the user's token for My Account, and who that is.
    ///
    /// # Errors
    /// When the tenant gives none, or does not say for whom.
    pub async fn finish(&self, client: &Client, code: &Secret) -> Result<SignedIn, MeError> {
        let call = Call::post(self.base.join(&["oauth", "token"]))
            .budget(budget::tokens(&self.domain))
            .form(&[
                ("grant_type", "authorization_code"),
                ("client_id", &self.client_id),
                ("redirect_uri", &self.redirect_uri),
            ])
            .secret_field("code", code)
            .secret_field("code_verifier", &self.pkce.verifier);
        let answer = good("sign in", client.send(&call).await?)?;
        let now = Timestamp::now();
        let granted = answer::granted(&answer.body, now).map_err(MeError::Token)?;
        let said: Said = answer.json()?;
        let expected = Expected { issuer: &self.issuer, client_id: &self.client_id, nonce: &self.nonce, now };
        let user = identity::user(&said.id_token, &expected).map_err(MeError::Identity)?;
        Ok(SignedIn { token: granted.secret, user, scopes: granted.scopes, expires_at: granted.expires_at })
    }
}

/// What else a sign-in says.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    id_token: String,
}

/// The accounts of the user who has signed in.
pub struct MyAccount<'a> {
    /// The tenant.
    pub base: &'a BaseUrl,
    /// Connections of this command.
    pub client: &'a Client,
    /// The user's token.
    pub token: &'a Secret,
}

/// A connection that was begun.
#[derive(Debug)]
pub struct Started {
    /// Where the user allows it.
    pub url: Url,
    /// Comes back with the code.
    pub state: String,
    auth_session: String,
    redirect_uri: String,
    pkce: Pkce,
}

/// An account that is connected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Connected {
    /// Its id.
    pub id: String,
    /// By which connection.
    pub connection: ConnectionName,
    /// What the user allowed.
    #[serde(default)]
    pub scopes: Vec<String>,
}

#[derive(Serialize)]
struct Connect<'a> {
    connection: &'a ConnectionName,
    redirect_uri: &'a str,
    state: &'a str,
    code_challenge: &'a str,
    code_challenge_method: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<&'a str>,
}

#[derive(Deserialize)]
struct Begun {
    auth_session: String,
    connect_uri: String,
    connect_params: Ticket,
}

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

#[derive(Serialize)]
struct Complete<'a> {
    auth_session: &'a str,
    connect_code: &'a str,
    redirect_uri: &'a str,
    code_verifier: String,
}

#[derive(Deserialize)]
struct Listed {
    accounts: Vec<Connected>,
    next: Option<String>,
}

impl MyAccount<'_> {
    /// Begins a connection: the user opens `url` and comes back to `redirect_uri`.
    ///
    /// # Errors
    /// When the tenant refuses.
    pub async fn start(
        &self,
        connection: &ConnectionName,
        scopes: &Scopes,
        redirect_uri: &str,
    ) -> Result<Started, MeError> {
        let (pkce, state) = (Pkce::fresh(), URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>()));
        let body = Connect {
            connection,
            redirect_uri,
            state: &state,
            code_challenge: &pkce.challenge,
            code_challenge_method: "S256",
            scopes: scopes.iter().collect(),
        };
        let answer = self.send(Call::post(self.url(&["connect"])).json(&body)).await?;
        let begun: Begun = good("begin the connection", answer)?.json()?;
        // Never built by hand: where the ticket is taken is the tenant's to say.
        let known: Result<BaseUrl, _> =
            begun.connect_uri.split(['?', '#']).next().unwrap_or_default().parse();
        let url = known.ok().and_then(|_| Url::parse(&begun.connect_uri).ok());
        let mut url = url.ok_or(MeError::NoAddress)?;
        url.query_pairs_mut().append_pair("ticket", &begun.connect_params.ticket);
        let redirect_uri = redirect_uri.to_owned();
        Ok(Started { url, state, auth_session: begun.auth_session, redirect_uri, pkce })
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the tenant refuses.
    pub async fn complete(&self, started: &Started, connect_code: &str) -> Result<Connected, MeError> {
        let verifier = started.pkce.verifier.with_bytes(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let body = Complete {
            auth_session: &started.auth_session,
            connect_code,
            redirect_uri: &started.redirect_uri,
            code_verifier: verifier,
        };
        let answer = self.send(Call::post(self.url(&["complete"])).json(&body)).await?;
        Ok(good("end the connection", answer)?.json()?)
    }

    /// The user's accounts by a connection.
    ///
    /// # Errors
    /// When the tenant does not show them.
    pub async fn list(&self, connection: &ConnectionName) -> Result<Vec<Connected>, MeError> {
        let (mut all, mut from) = (Vec::new(), None::<String>);
        // More pages than any user has.
        for _ in 0..50 {
            let call = Call::get(self.url(&["accounts"])).query("connection", connection.as_str());
            let call = match &from {
                Some(from) => call.query("from", from),
                None => call,
            };
            let page: Listed = good("list accounts", self.send(call).await?)?.json()?;
            all.extend(page.accounts);
            from = page.next.filter(|next| !next.is_empty());
            if from.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// Forgets an account. The provider itself is told nothing.
    ///
    /// # Errors
    /// When the tenant refuses.
    pub async fn delete(&self, id: &str) -> Result<(), MeError> {
        let answer = self.send(Call::delete(self.url(&["accounts", id]))).await?;
        // What was asked before and is not there now was forgotten then; only the answer was lost.
        if answer.status == 404 && answer.maybe_done_before {
            return Ok(());
        }
        good("forget the account", answer).map(drop)
    }

    /// By the user's token, on the tenant's budget.
    async fn send<'a>(&'a self, call: Call<'a>) -> Result<Answer, CallError> {
        self.client.send(&call.bearer(self.token).budget(budget::api(self.base))).await
    }

    fn url(&self, rest: &[&str]) -> Url {
        self.base.join(&[&["me", "v1", "connected-accounts"], rest].concat())
    }
}

/// What a refusal says, in either of the forms that the tenant has for it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: String,
    detail: String,
    error: String,
    error_description: String,
}

fn good(what: &'static str, answer: Answer) -> Result<Answer, MeError> {
    if answer.is_success() {
        return Ok(answer);
    }
    let Problem { title, detail, error, error_description } = answer.json().unwrap_or_default();
    let said: Vec<String> =
        [title, detail, error, error_description].into_iter().filter(|text| !text.is_empty()).collect();
    let said = if said.is_empty() { "without saying why".to_owned() } else { said.join(": ") };
    let advice = advised(answer.status, &said);
    let said = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    Err(MeError::Refused { what, status: answer.status, said, advice })
}

/// What a person does about an error that the browser was sent back with.
#[must_use]
pub fn sent_back(error: &str, description: &str) -> &'static str {
    advised(403, &format!("{error}: {description}"))
}

/// What a person does about a refusal: by the words that Auth0 has for it, else by the status.
fn advised(status: u16, said: &str) -> &'static str {
    let says = |word: &str| said.to_ascii_lowercase().contains(word);
    match status {
        _ if says("unmet_authentication_requirements") => {
            "The tenant wants a second factor, or a sign-in of the last 15 minutes: run this again, and sign in with the second factor; a user without one enrols it first. The policy is that of the My Account API (Applications > APIs)."
        }
        _ if says("mfa_required") => {
            "The tenant asks everybody for a second factor, also where no person is present: set Security > Multi-factor Auth > Require Multi-factor Auth to Never there, and ask people for it in a post-login Action."
        }
        429 => "The tenant limits requests: run this again later.",
        500.. => "The tenant is in trouble: run this again later. https://status.auth0.com tells more.",
        _ if says("not authorized to access resource server") || says("insufficient scope") => {
            "Grant the client of auth0.terminal_client_id the My Account API with its three scopes (Applications > APIs > Auth0 My Account API > Applications): see docs/credentials.md."
        }
        _ if says("connection") => {
            "Look at the connection in the tenant: it needs Connected Accounts on, and its switch for the client of auth0.terminal_client_id: see docs/credentials.md."
        }
        _ if says("redirect_uri") || says("callback") => {
            "Add http://127.0.0.1:PORT/callback, with the PORT of auth0.callback_port, to the callbacks of the client of auth0.terminal_client_id."
        }
        403 if says("access_denied") => "It was not allowed in the browser: run this again and allow it.",
        401 => "The sign-in is over: run this again.",
        _ => {
            "Look at the client of auth0.terminal_client_id in the tenant; its log (Monitoring > Logs) tells more."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn a_challenge_is_the_hash_of_its_verifier() {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(hash, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let pkce = Pkce::fresh();
        assert_eq!((pkce.verifier.len(), pkce.challenge.len()), (43, 43));
        pkce.verifier.with_bytes(|bytes| {
            assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(bytes)), pkce.challenge);
        });
    }

    #[test]
    fn a_refusal_says_what_a_person_does() {
        for (status, said, advice) in [
            (
                403,
                "unmet_authentication_requirements: x",
                "second factor, or a sign-in of the last 15 minutes",
            ),
            (403, "mfa_required: Multifactor authentication required", "to Never"),
            (403, "Client \"x\" is not authorized to access resource server \"y\"", "Grant the client"),
            (403, "Forbidden: Insufficient scope, expected create:me:connected_accounts", "Grant the client"),
            (400, "Bad Request: the connection is not enabled for the client", "its switch for the client"),
            (400, "Bad Request: Invalid redirect_uri", "auth0.callback_port"),
            (403, "access_denied: User did not authorize the request", "allow it"),
            (401, "Unauthorized: Invalid Token", "run this again"),
            (429, "too_many_requests: wait", "later"),
            (503, "without saying why", "later"),
            (418, "teapot", "Monitoring > Logs"),
        ] {
            assert!(advised(status, said).contains(advice), "{status} {said}: {}", advised(status, said));
        }
        assert!(sent_back("access_denied", "User did not authorize the request").contains("allow it"));
    }
}
