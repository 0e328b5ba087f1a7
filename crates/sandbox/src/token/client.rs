//! Who asks: client authentication.

use crate::jwt::{self, Assertion};
use crate::state::State;
use crate::tenant::{Client, ClientAuth};
use crate::token::{Fields, Refusal};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far a clock may be off, in seconds.
const SKEW: i64 = 10;
/// The longest life of an assertion, in seconds.
const LONGEST: i64 = 300;

/// The client that has shown who it is.
pub(super) fn authenticate(state: &mut State, fields: &Fields) -> Result<Client, Refusal> {
    let field = |name: &str| fields.get(name).map(String::as_str);
    let bad = |why: &str| Refusal::new(401, "invalid_client", why);
    let id = field("client_id").ok_or_else(|| bad("client_id is missing"))?;
    let client = state.tenant.clients.iter().find(|client| client.id == id).cloned();
    let client =
        client.ok_or_else(|| Refusal::new(401, "invalid_client", format!("Unknown client: {id}")))?;
    match &client.auth {
        // A public client proves itself by what it has begun.
        ClientAuth::None if field("grant_type") == Some("authorization_code") => {}
        ClientAuth::None => return Err(bad("the client has no way to authenticate")),
        ClientAuth::Secret(secret) if field("client_secret") == Some(secret) => {}
        ClientAuth::Secret(_) => return Err(bad("Unauthorized")),
        ClientAuth::PrivateKeyJwt { public_pem, alg } => {
            if field("client_assertion_type") != Some(ASSERTION) || field("client_secret").is_some() {
                return Err(bad("Client authentication by private_key_jwt is required"));
            }
            let token = field("client_assertion").ok_or_else(|| bad("client_assertion is missing"))?;
            if token.len() > 2_048 {
                return Err(bad("client_assertion is too long"));
            }
            let assertion = jwt::read(token, public_pem, alg).map_err(bad)?;
            check(state, &client, &assertion).map_err(bad)?;
        }
    }
    Ok(client)
}

fn check(state: &mut State, client: &Client, assertion: &Assertion) -> Result<(), &'static str> {
    let now = state.now();
    for claim in ["iss", "sub"] {
        if assertion.text(claim) != Some(&client.id) {
            return Err("iss and sub of client_assertion must be the client_id");
        }
    }
    if assertion.text("aud") != Some(&format!("https://{}/", state.tenant.domain)) {
        return Err("aud of client_assertion must be the issuer, as one text");
    }
    let exp = assertion.time("exp").ok_or("exp of client_assertion is missing")?;
    let iat = assertion.time("iat").ok_or("iat of client_assertion is missing")?;
    if exp <= now {
        return Err("client_assertion has expired");
    }
    if exp - now > LONGEST + SKEW {
        return Err("client_assertion lives longer than 5 minutes");
    }
    if iat > now + SKEW || assertion.time("nbf").is_some_and(|nbf| nbf > now + SKEW) {
        return Err("client_assertion is not valid yet");
    }
    let id = assertion.text("jti").filter(|id| !id.is_empty() && id.len() <= 64);
    let id = id.ok_or("jti of client_assertion must have 1 to 64 characters")?.to_owned();
    if !state.take_id("client", &id) {
        return Err("jti of client_assertion was used before");
    }
    Ok(())
}
