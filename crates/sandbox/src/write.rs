//! The Management API's writing side: as much of it as an import of applications, connections and grants takes. What is
//! written counts at once, for the token endpoint too.
//!
//! Fields that cannot be changed, limits and refusals are those of Auth0's Management API, as of 2026-06.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Of};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::management::{may, refuse};
use crate::state::{Shared, State, random};
use crate::tenant::imported;

type Entries = Map<String, Value>;
type Answer = Result<(StatusCode, Value), Refused>;

/// Why not: the scope that is missing, or a status, a code and a text.
enum Refused {
    Scope(Box<Response>),
    Because(StatusCode, &'static str, String),
}

impl From<Response> for Refused {
    fn from(response: Response) -> Self {
        Self::Scope(Box::new(response))
    }
}

/// A kind of object that can be written.
struct Kind {
    path: &'static str,
    id: &'static str,
    scope: &'static str,
    required: &'static [&'static str],
    /// What cannot be changed later.
    fixed: &'static [&'static str],
    /// What no other object may have.
    unique: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        path: "clients",
        id: "client_id",
        scope: "clients",
        required: &["name"],
        fixed: &["client_id", "tenant", "global"],
        unique: "client_id",
    },
    Kind {
        path: "connections",
        id: "id",
        scope: "connections",
        required: &["name", "strategy"],
        fixed: &["id", "name", "strategy"],
        unique: "name",
    },
    Kind {
        path: "client-grants",
        id: "id",
        scope: "client_grants",
        required: &["client_id", "audience"],
        fixed: &["id", "client_id", "audience", "subject_type"],
        unique: "id",
    },
    Kind {
        path: "resource-servers",
        id: "id",
        scope: "resource_servers",
        required: &["identifier"],
        fixed: &["id", "identifier", "is_system"],
        unique: "identifier",
    },
];

/// `POST /api/v2/{path}`.
pub(crate) async fn create(
    Of(shared): Of<Arc<Shared>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = shared.lock();
    let parts: Vec<&str> = path.split('/').collect();
    answer(match parts.as_slice() {
        ["clients", id, "credentials"] => credential(&mut state, &headers, id, &body),
        [kind] => object(&mut state, &headers, kind, &body),
        _ => Err(unknown_path()),
    })
}

/// `PATCH /api/v2/{path}`.
pub(crate) async fn change(
    Of(shared): Of<Arc<Shared>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = shared.lock();
    let parts: Vec<&str> = path.split('/').collect();
    answer(match parts.as_slice() {
        ["connections", id, "clients"] => enable(&mut state, &headers, id, &body),
        [kind, id] => merge(&mut state, &headers, kind, id, &body),
        _ => Err(unknown_path()),
    })
}

fn answer(given: Answer) -> Response {
    match given {
        Ok((status, Value::Null)) => status.into_response(),
        Ok((status, body)) => (status, axum::Json(body)).into_response(),
        Err(Refused::Scope(response)) => *response,
        Err(Refused::Because(status, code, text)) => refuse(status, code, &text),
    }
}

fn object(state: &mut State, headers: &HeaderMap, path: &str, body: &[u8]) -> Answer {
    let kind = kind(path)?;
    may(state, headers, &format!("create:{}", kind.scope))?;
    let mut entries: Entries = read(body)?;
    for field in kind.required {
        if !entries.get(*field).is_some_and(Value::is_string) {
            return Err(invalid(format!("Payload validation error: 'Missing required property: {field}'.")));
        }
    }
    let held = state.tenant.api.get(path).and_then(Value::as_array).cloned().unwrap_or_default();
    if held
        .iter()
        .any(|one| one.get(kind.unique) == entries.get(kind.unique) && one.get(kind.unique).is_some())
    {
        let text = format!("An object with the same {} exists already", kind.unique);
        return Err(Refused::Because(StatusCode::CONFLICT, "conflict", text));
    }
    if path == "clients" {
        client_is_sound(state, headers, "", &entries)?;
    }
    let id = random("", 24);
    entries.insert(kind.id.to_owned(), json!(id));
    let made = Value::Object(entries);
    list(state, path).push(made.clone());
    state.tenant.imported.insert(id);
    imported::apply(&mut state.tenant);
    Ok((StatusCode::CREATED, made))
}

fn merge(state: &mut State, headers: &HeaderMap, path: &str, id: &str, body: &[u8]) -> Answer {
    let kind = kind(path)?;
    may(state, headers, &format!("update:{}", kind.scope))?;
    let entries: Entries = read(body)?;
    if let Some(field) = kind.fixed.iter().find(|field| entries.contains_key(**field)) {
        return Err(invalid(format!(
            "Payload validation error: 'Additional properties not allowed: {field}'."
        )));
    }
    if path == "clients" {
        client_is_sound(state, headers, id, &entries)?;
    }
    let found = list(state, path).iter_mut().find(|one| one.get(kind.id).and_then(Value::as_str) == Some(id));
    let Some(Value::Object(object)) = found else { return Err(no_such(path)) };
    if object.get("is_system") == Some(&json!(true)) && entries.contains_key("name") {
        return Err(invalid("The name of a system API cannot be changed".to_owned()));
    }
    for (field, value) in entries {
        match value {
            Value::Null => object.remove(&field),
            value => object.insert(field, value),
        };
    }
    let changed = Value::Object(object.clone());
    imported::apply(&mut state.tenant);
    Ok((StatusCode::OK, changed))
}

/// What a client says of its keys: by ids of keys it has, within the limits, and with the scope for privileged access.
fn client_is_sound(state: &State, headers: &HeaderMap, id: &str, entries: &Entries) -> Result<(), Refused> {
    let methods = entries.get("client_authentication_methods").filter(|methods| !methods.is_null());
    if methods.is_some() && entries.get("token_endpoint_auth_method").is_some_and(|method| !method.is_null())
    {
        return Err(invalid(
            "token_endpoint_auth_method goes with no client_authentication_methods".to_owned(),
        ));
    }
    let own = state.tenant.api.get(&format!("clients/{id}/credentials")).and_then(Value::as_array);
    let has = |key: &Value| own.into_iter().flatten().any(|known| known.get("id") == key.get("id"));
    let keys = |of: &Value| of.get("credentials").and_then(Value::as_array).cloned().unwrap_or_default();
    for method in methods.and_then(Value::as_object).into_iter().flat_map(Map::values) {
        let keys = keys(method);
        if !(1..=2).contains(&keys.len()) || !keys.iter().all(has) {
            return Err(invalid("credentials must name one or two keys of the client, by id".to_owned()));
        }
    }
    let Some(access) = entries.get("token_vault_privileged_access").filter(|access| !access.is_null()) else {
        return Ok(());
    };
    may(state, headers, "update:client_token_vault_privileged_access")?;
    let count = |field: &str| access.get(field).and_then(Value::as_array).map_or(0, Vec::len);
    let grants = access.get("grants").and_then(Value::as_array).into_iter().flatten();
    let scopes: usize =
        grants.map(|grant| grant.get("scopes").and_then(Value::as_array).map_or(0, Vec::len)).sum();
    let keys = keys(access);
    if keys.is_empty() || !keys.iter().all(has) {
        return Err(invalid(
            "credentials of token_vault_privileged_access must be keys of the client".to_owned(),
        ));
    }
    if count("ip_allowlist") > 10 || count("grants") > 5 || scopes > 20 {
        return Err(invalid("at most 10 addresses, 5 connections and 20 scopes".to_owned()));
    }
    Ok(())
}

fn credential(state: &mut State, headers: &HeaderMap, client: &str, body: &[u8]) -> Answer {
    may(state, headers, "create:client_credentials")?;
    let entries: Entries = read(body)?;
    let known = list(state, "clients").iter().any(|one| one.get("client_id") == Some(&json!(client)));
    if !known {
        return Err(no_such("clients"));
    }
    let text = |field: &str| entries.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("credential_type") != "public_key" || !text("pem").starts_with("-----BEGIN PUBLIC KEY-----") {
        return Err(invalid("a credential_type of public_key needs a pem that is a public key".to_owned()));
    }
    let alg = if text("alg") == "PS256" { "PS256" } else { "RS256" };
    let id = random("cred_", 22);
    let made = json!({"id": id, "name": text("name"), "credential_type": "public_key", "alg": alg, "kid": random("", 43)});
    state.tenant.public_keys.insert(id, (text("pem").to_owned(), alg));
    list(state, &format!("clients/{client}/credentials")).push(made.clone());
    Ok((StatusCode::CREATED, made))
}

fn enable(state: &mut State, headers: &HeaderMap, connection: &str, body: &[u8]) -> Answer {
    may(state, headers, "update:connections")?;
    let asked: Vec<Value> = read(body)?;
    if asked.is_empty() || asked.len() > 50 {
        return Err(invalid("1 to 50 clients".to_owned()));
    }
    if !list(state, "connections").iter().any(|one| one.get("id") == Some(&json!(connection))) {
        return Err(no_such("connections"));
    }
    let enabled = list(state, &format!("connections/{connection}/clients"));
    for one in asked {
        let client = one.get("client_id").cloned().unwrap_or_default();
        enabled.retain(|known| known.get("client_id") != Some(&client));
        if one.get("status") == Some(&json!(true)) {
            enabled.push(json!({ "client_id": client }));
        }
    }
    imported::apply(&mut state.tenant);
    Ok((StatusCode::NO_CONTENT, Value::Null))
}

fn list<'a>(state: &'a mut State, path: &str) -> &'a mut Vec<Value> {
    let held = state.tenant.api.entry(path.to_owned()).or_insert_with(|| json!([]));
    if !held.is_array() {
        *held = json!([]);
    }
    match held {
        Value::Array(items) => items,
        _ => unreachable!("it was made a list above"),
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| invalid(format!("Invalid request payload: {error}")))
}

fn kind(path: &str) -> Result<&'static Kind, Refused> {
    KINDS.iter().find(|kind| kind.path == path).ok_or_else(unknown_path)
}

fn invalid(text: String) -> Refused {
    Refused::Because(StatusCode::BAD_REQUEST, "invalid_body", text)
}

fn no_such(path: &str) -> Refused {
    let text = format!("There is no such object among the {path}");
    Refused::Because(StatusCode::NOT_FOUND, "inexistent_object", text)
}

fn unknown_path() -> Refused {
    let text = "The stand-in does not write this".to_owned();
    Refused::Because(StatusCode::NOT_FOUND, "inexistent_endpoint", text)
}
