//! What for: Token Vault.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::jwt;
use crate::log::LogEvent;
use crate::state::{Shared, State};
use crate::tenant::{Client, Connection, Demand, Privileged};
use crate::token::{Fields, Refusal, step_up};

const FEDERATED: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";
const PRIVILEGED: &str = "http://auth0.com/oauth/token-type/token-vault-access-token";
/// The oldest subject token, in seconds, whatever it says.
const OLDEST: i64 = 60;
/// How far a clock may be off, in seconds.
const SKEW: i64 = 10;
/// As long as a provider takes: exchanges meet.
const PROVIDER_TAKES: Duration = Duration::from_millis(3);

/// Whose account, and what the log is told.
struct Subject {
    user: String,
    context: Option<String>,
}

pub(super) async fn exchange(
    shared: &Shared,
    peer: IpAddr,
    client: &Client,
    fields: &Fields,
) -> Result<Value, Refusal> {
    let (subject, connection) = {
        let mut state = shared.lock();
        let checked = checked(&mut state, peer, client, fields);
        match checked {
            Ok(checked) => checked,
            Err(refusal) => {
                note(&mut state, client, fields, None, Err(&refusal));
                return Err(refusal);
            }
        }
    };
    let meeting = connection.rotates.then(|| (subject.user.clone(), connection.name.clone()));
    let inside = meeting.map(|account| Inside::enter(shared, account));
    tokio::time::sleep(PROVIDER_TAKES).await;
    drop(inside);
    let mut state = shared.lock();
    let given = give(&mut state, &subject, &connection, fields);
    note(&mut state, client, fields, Some(&subject), given.as_ref().map(|(token, _)| token.as_str()));
    given.map(|(_, answer)| answer)
}

/// An exchange at a provider that rotates; over when it is dropped, also because whoever asked has gone.
struct Inside<'a> {
    shared: &'a Shared,
    account: (String, String),
}

impl<'a> Inside<'a> {
    fn enter(shared: &'a Shared, account: (String, String)) -> Self {
        enter(&mut shared.lock(), &account);
        Self { shared, account }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(going_on) = self.shared.lock().exchanging.get_mut(&self.account) {
            *going_on -= 1;
        }
    }
}

/// Two at once for one account whose provider rotates: the second spoils it.
fn enter(state: &mut State, account: &(String, String)) {
    let going_on = state.exchanging.entry(account.clone()).or_default();
    *going_on += 1;
    let now = *going_on;
    state.most_at_once = state.most_at_once.max(now);
    if now > 1 {
        state.revoked.insert(account.clone());
    }
}

fn checked(
    state: &mut State,
    peer: IpAddr,
    client: &Client,
    fields: &Fields,
) -> Result<(Subject, Connection), Refusal> {
    let field = |name: &str| fields.get(name).map(String::as_str);
    let bad = |why: &str| Refusal::new(400, "invalid_request", why);
    for unsupported in ["audience", "resource", "actor_token"] {
        if field(unsupported).is_some() {
            return Err(bad("audience, resource and actor_token are not supported with this grant"));
        }
    }
    if !client.first_party || !client.oidc_conformant {
        return Err(Refusal::new(
            403,
            "unauthorized_client",
            "The client must be first party and OIDC conformant.",
        ));
    }
    let name = field("connection").ok_or_else(|| bad("connection is missing"))?;
    let token = field("subject_token").ok_or_else(|| bad("subject_token is missing"))?;
    let kind = field("subject_token_type").unwrap_or_default();
    let kind = kind
        .strip_prefix("urn:ietf:params:oauth:token-type:")
        .ok_or_else(|| bad("subject_token_type is not known"))?;
    let wanted = if kind == "jwt" { PRIVILEGED } else { FEDERATED };
    if field("requested_token_type") != Some(wanted) {
        return Err(bad("requested_token_type does not fit the subject token"));
    }
    if kind == "jwt" && field("login_hint").is_some() {
        return Err(bad("login_hint does not go with a subject token that is signed by the client"));
    }
    let subject = match kind {
        "jwt" => privileged(state, peer, client, name, token, field("scope"))?,
        "refresh_token" => of_session(state, refresh(state, client, token)?)?,
        "access_token" => of_session(state, access(state, client, token)?)?,
        _ => return Err(bad("subject_token_type is not known")),
    };
    let connection = state.tenant.connections.iter().find(|connection| connection.name == name).cloned();
    let connection = connection.ok_or_else(|| bad("the connection does not exist"))?;
    if !connection.enabled_clients.contains(&client.id) || !connection.connected_accounts {
        return Err(Refusal::new(
            403,
            "access_denied",
            "The connection is not enabled for the client or for connected accounts.",
        ));
    }
    if field("login_hint").is_some_and(|hint| !hints_at(state, &subject, &connection, hint)) {
        return Err(Refusal::new(401, "user_not_found", "Identity User not found."));
    }
    Ok((subject, connection))
}

/// Whether a login hint names an account that the user has at this connection.
fn hints_at(state: &State, subject: &Subject, connection: &Connection, hint: &str) -> bool {
    state.tenant.accounts.iter().any(|account| {
        account.user == subject.user && account.connection == connection.name && account.provider_id == hint
    })
}

/// What a person's sign-in stands behind is held to what the tenant demands of sign-ins.
fn of_session(state: &State, subject: Subject) -> Result<Subject, Refusal> {
    if state.tenant.demands == Demand::SecondFactor {
        return Err(Refusal::new(403, "mfa_required", "Multifactor authentication required"));
    }
    step_up(state).map(|()| subject)
}

fn privileged(
    state: &mut State,
    peer: IpAddr,
    client: &Client,
    connection: &str,
    token: &str,
    scope: Option<&str>,
) -> Result<Subject, Refusal> {
    let denied = |why: &str| Refusal::new(403, "access_denied", why);
    let bad = |why: &str| Refusal::new(401, "invalid_grant", format!("subject token: {why}"));
    let access = client
        .privileged
        .as_ref()
        .ok_or_else(|| denied("The client has no privileged access to Token Vault."))?;
    if !access.ip_allowlist.iter().any(|allowed| holds(allowed, peer)) {
        return Err(denied("The address is not on the client's allow list."));
    }
    granted(access, connection, scope).map_err(denied)?;
    let assertion = jwt::read(token, &access.public_pem, access.alg).map_err(bad)?;
    if assertion.header.get("typ").and_then(Value::as_str) != Some("token-vault-req+jwt") {
        return Err(bad("typ must be token-vault-req+jwt"));
    }
    if assertion.text("iss") != Some(&client.id) {
        return Err(bad("iss must be the client_id"));
    }
    if assertion.text("aud") != Some(&format!("https://{}/", state.tenant.domain)) {
        return Err(bad("aud must be the tenant"));
    }
    let now = state.now();
    let iat = assertion.time("iat").ok_or_else(|| bad("iat is missing"))?;
    let expired = assertion.time("exp").is_some_and(|exp| exp <= now);
    let early = assertion.time("nbf").is_some_and(|nbf| nbf > now + SKEW);
    if now - iat > OLDEST || expired || early || iat > now + SKEW {
        return Err(bad("it has expired or is not valid yet"));
    }
    let context = assertion.text("audit_context").filter(|text| (1..=256).contains(&text.chars().count()));
    let context = context.ok_or_else(|| bad("audit_context must have 1 to 256 characters"))?.to_owned();
    let user = assertion.text("sub").unwrap_or_default().to_owned();
    if !state.tenant.users.iter().any(|known| known.id == user) {
        return Err(Refusal::new(401, "user_not_found", "Identity User not found."));
    }
    let id =
        assertion.text("jti").filter(|id| !id.is_empty()).ok_or_else(|| bad("jti is missing"))?.to_owned();
    if !state.take_id("subject", &id) {
        return Err(bad("jti was used before"));
    }
    Ok(Subject { user, context: Some(context) })
}

/// Whether an entry of an allow list, an address or a range of them, holds an address.
fn holds(allowed: &str, peer: IpAddr) -> bool {
    let range = allowed.parse::<IpNet>().or_else(|_| allowed.parse::<IpAddr>().map(IpNet::from));
    range.is_ok_and(|range| range.contains(&peer))
}

fn granted(access: &Privileged, connection: &str, scope: Option<&str>) -> Result<(), &'static str> {
    let grant = access.grants.iter().find(|(name, _)| name == connection);
    let (_, scopes) = grant.ok_or("The connection is not among the client's grants.")?;
    let asked = scope.unwrap_or_default().split([' ', ',']).filter(|scope| !scope.is_empty());
    let beyond = asked.into_iter().any(|scope| !scopes.iter().any(|granted| granted == scope));
    if beyond { Err("A scope is not among the client's grants.") } else { Ok(()) }
}

fn refresh(state: &State, client: &Client, token: &str) -> Result<Subject, Refusal> {
    if client.rotates_refresh_tokens {
        return Err(Refusal::new(
            403,
            "unauthorized_client",
            "Refresh token rotation must be off for the client.",
        ));
    }
    let user = state.tenant.users.iter().find(|user| user.refresh_tokens.iter().any(|known| known == token));
    let user = user.ok_or_else(|| Refusal::new(403, "invalid_grant", "Unknown or invalid refresh token."))?;
    Ok(Subject { user: user.id.clone(), context: None })
}

fn access(state: &State, client: &Client, token: &str) -> Result<Subject, Refusal> {
    let found = state.tenant.users.iter().find_map(|user| {
        let (_, audience) = user.access_tokens.iter().find(|(known, _)| known == token)?;
        Some((user, audience))
    });
    let (user, audience) =
        found.ok_or_else(|| Refusal::new(401, "invalid_token", "The access token is not valid."))?;
    if client.resource_server.as_ref() != Some(audience) {
        return Err(Refusal::new(
            403,
            "access_denied",
            "The access token is not for the API of this client.",
        ));
    }
    Ok(Subject { user: user.id.clone(), context: None })
}

/// The provider's token, and the answer that carries it.
fn give(
    state: &mut State,
    subject: &Subject,
    connection: &Connection,
    fields: &Fields,
) -> Result<(String, Value), Refusal> {
    let account = (subject.user.clone(), connection.name.clone());
    if state.revoked.contains(&account) {
        let text = "Refresh Token flow for the Federated Connection failed";
        return Err(Refusal::new(401, "federated_connection_refresh_token_flow_failed", text));
    }
    let kept =
        state.tenant.accounts.iter().find(|kept| kept.user == account.0 && kept.connection == account.1);
    let Some(kept) = kept.cloned() else {
        let text = "Federated connection Refresh Token not found.";
        return Err(Refusal::new(401, "federated_connection_refresh_token_not_found", text));
    };
    let scopes = match fields.get("scope") {
        Some(_) if !connection.downscopes => {
            return Err(Refusal::new(
                400,
                "invalid_scope",
                "The provider cannot give less than the account has.",
            ));
        }
        Some(scope) => scope.clone(),
        None => kept.scopes,
    };
    let scopes = if connection.commas { scopes.replace(' ', ",") } else { scopes };
    let token = state.issue(&subject.user, &connection.name, connection.lifetime);
    let kind = fields.get("requested_token_type");
    let mut answer =
        json!({"access_token": token, "scope": scopes, "issued_token_type": kind, "token_type": "Bearer"});
    if connection.says_expiry {
        answer["expires_in"] = json!(connection.lifetime.as_secs());
    }
    Ok((token, answer))
}

fn note(
    state: &mut State,
    client: &Client,
    fields: &Fields,
    subject: Option<&Subject>,
    outcome: Result<&str, &Refusal>,
) {
    state.log.push(LogEvent {
        kind: if outcome.is_ok() { "seta" } else { "feta" },
        client: client.id.clone(),
        user: subject.map(|subject| subject.user.clone()),
        connection: fields.get("connection").cloned(),
        audit_context: subject.and_then(|subject| subject.context.clone()),
        token_thumbprint: outcome.ok().map(|token| hex::encode(Sha256::digest(token))),
        failure_reason: outcome.err().map(|refusal| refusal.1.to_owned()),
    });
}
