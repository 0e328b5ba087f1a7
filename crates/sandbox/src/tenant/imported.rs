//! What was written through the Management API, as the token endpoint sees it.

use std::time::Duration;

use serde_json::Value;

use super::{Client, ClientAuth, Connection, Privileged, Tenant};

/// Makes clients and connections of what was imported, in place of what they were before.
pub(crate) fn apply(tenant: &mut Tenant) {
    let clients: Vec<Client> =
        written(tenant, "clients", "client_id").map(|one| client(tenant, one)).collect();
    let connections: Vec<Connection> =
        written(tenant, "connections", "id").map(|one| connection(tenant, one)).collect();
    for client in clients {
        tenant.clients.retain(|known| known.id != client.id);
        tenant.clients.push(client);
    }
    for connection in connections {
        tenant.connections.retain(|known| known.name != connection.name);
        tenant.connections.push(connection);
    }
}

fn written<'a>(tenant: &'a Tenant, path: &str, id: &'static str) -> impl Iterator<Item = &'a Value> {
    items(tenant, path).filter(move |one| tenant.imported.contains(text(one, id)))
}

fn client(tenant: &Tenant, one: &Value) -> Client {
    let id = text(one, "client_id").to_owned();
    let granted = |api: &str, subject: &str| {
        let audience = format!("https://{}/{api}/", tenant.domain);
        let fits = |grant: &&Value| {
            let of = grant.get("subject_type").and_then(Value::as_str).unwrap_or("client");
            text(grant, "client_id") == id && text(grant, "audience") == audience && of == subject
        };
        items(tenant, "client-grants").find(fits).map(|grant| texts(grant.get("scope")).join(" "))
    };
    let privileged = one.get("token_vault_privileged_access").and_then(|access| {
        let (public_pem, alg) = key(tenant, access)?;
        let grants = access.get("grants").and_then(Value::as_array).into_iter().flatten();
        let grants = grants.map(|grant| (text(grant, "connection").to_owned(), texts(grant.get("scopes"))));
        let ip_allowlist = texts(access.get("ip_allowlist"));
        Some(Privileged { public_pem, alg, ip_allowlist, grants: grants.collect() })
    });
    let auth = match one.pointer("/client_authentication_methods/private_key_jwt") {
        Some(method) => key(tenant, method)
            .map_or(ClientAuth::None, |(public_pem, alg)| ClientAuth::PrivateKeyJwt { public_pem, alg }),
        None => ClientAuth::None,
    };
    let yes = |field: &str| one.get(field).and_then(Value::as_bool).unwrap_or_default();
    Client {
        auth,
        grant_types: texts(one.get("grant_types")),
        first_party: yes("is_first_party"),
        oidc_conformant: yes("oidc_conformant"),
        privileged,
        management_scopes: granted("api/v2", "client"),
        my_account_scopes: granted("me", "user"),
        rotates_refresh_tokens: one.pointer("/refresh_token/rotation_type").and_then(Value::as_str)
            == Some("rotating"),
        callbacks: texts(one.get("callbacks")),
        resource_server: None,
        id,
    }
}

fn connection(tenant: &Tenant, one: &Value) -> Connection {
    let (name, strategy) = (text(one, "name").to_owned(), text(one, "strategy").to_owned());
    let enabled = items(tenant, &format!("connections/{}/clients", text(one, "id")));
    Connection {
        connected_accounts: one.pointer("/connected_accounts/active").and_then(Value::as_bool) == Some(true),
        rotates: strategy != "waad",
        commas: strategy == "github",
        says_expiry: true,
        downscopes: false,
        lifetime: Duration::from_hours(1),
        enabled_clients: enabled.map(|client| text(client, "client_id").to_owned()).collect(),
        name,
        strategy,
    }
}

/// The first key of a set, by its id.
fn key(tenant: &Tenant, of: &Value) -> Option<(String, &'static str)> {
    tenant.public_keys.get(text(of.pointer("/credentials/0")?, "id")).cloned()
}

fn items<'a>(tenant: &'a Tenant, path: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    tenant.api.get(path).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn texts(of: Option<&Value>) -> Vec<String> {
    let items = of.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
