//! The tenant as code: its files are what Auth0 takes, and ask for no more than is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use checkmate_testkit::contracts;
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file, as it is after the import has replaced its keywords.
fn object(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("@@WORKER_ADDRESSES@@", "[\"192.0.2.1\", \"2001:db8::/32\"]");
    let mut replaced = String::new();
    for (place, piece) in text.split("##").enumerate() {
        replaced.push_str(if place % 2 == 0 { piece } else { "replaced.example" });
    }
    serde_json::from_str(&replaced).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The objects of a folder, by the names of their files.
fn objects(folder: &str) -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(root().join("deploy/auth0").join(folder)).unwrap();
    let named = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), object(&path))
    };
    let found: BTreeMap<String, Value> = files.map(named).collect();
    assert!(!found.is_empty(), "nothing in {folder}");
    found
}

#[test]
fn files_are_what_the_management_api_takes() {
    let Some(contract) = contracts::auth0("auth0-management-v2.cut.json") else { return };
    let schema = |path: &str| {
        contract["paths"][path]["patch"]["requestBody"]["content"]["application/json"]["schema"].clone()
    };
    let mut bad = Vec::new();
    for (folder, path, other) in [
        // What the import writes in calls of their own.
        ("clients", "/api/v2/clients/{id}", &["client_authentication_methods"][..]),
        ("connections", "/api/v2/connections/{id}", &["name", "strategy"][..]),
    ] {
        let mut whole = schema(path);
        assert!(whole.is_object(), "the contract has no {path}");
        whole["components"] = contract["components"].clone();
        let validator = jsonschema::validator_for(&whole).unwrap();
        for (name, mut object) in objects(folder) {
            for key in other {
                object.as_object_mut().unwrap().remove(*key);
            }
            bad.extend(validator.iter_errors(&object).map(|error| format!("{folder}/{name}: {error}")));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn nothing_secret_stands_in_a_file() {
    for folder in ["clients", "connections", "grants", "resource-servers"] {
        for entry in std::fs::read_dir(root().join("deploy/auth0").join(folder)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for (key, rest) in text.split('"').zip(text.split('"').skip(2)) {
                if ["client_secret", "pem"].contains(&key) {
                    assert!(rest.starts_with("##") && rest.ends_with("##"), "{folder}: {key} is {rest}");
                }
            }
        }
    }
}

#[test]
fn clients_may_do_what_they_need_and_no_more() {
    let clients = objects("clients");
    let worker = &clients["CheckMate Worker"];
    assert_eq!(worker["refresh_token"]["rotation_type"], "non-rotating", "the exchange needs it");
    let access = object(&root().join("deploy/auth0/privileged-access.json"));
    let grants = access["grants"].as_array().unwrap();
    let scopes: usize = grants.iter().map(|grant| grant["scopes"].as_array().unwrap().len()).sum();
    assert!(
        (1..=5).contains(&grants.len()) && (1..=20).contains(&scopes),
        "{scopes} scopes: 20 are the most"
    );
    assert!((1..=10).contains(&access["ip_allowlist"].as_array().unwrap().len()));
    let connections = objects("connections");
    for grant in grants {
        let connection = &connections[grant["connection"].as_str().unwrap()];
        assert_eq!(connection["connected_accounts"], json!({"active": true}));
        let clients = connection["enabled_clients"].as_array().unwrap();
        assert!(clients.contains(&json!("CheckMate Worker")), "{connection}");
    }
    assert_ne!(
        worker["client_authentication_methods"]["private_key_jwt"]["credentials"][0]["name"],
        access["credential"]["name"]
    );
    for client in clients.values() {
        assert_eq!((&client["is_first_party"], &client["oidc_conformant"]), (&json!(true), &json!(true)));
        for callback in client["callbacks"].as_array().into_iter().flatten() {
            assert!(callback.as_str().unwrap().starts_with("http://127.0.0.1:"), "{callback}");
        }
    }
    for (name, grant) in objects("grants") {
        for scope in grant["scope"].as_array().unwrap() {
            let scope = scope.as_str().unwrap();
            let reads = scope.starts_with("read:");
            assert!(
                reads || (name == "CheckMate Terminal" && scope.ends_with(":me:connected_accounts")),
                "{name}: {scope}"
            );
        }
    }
}
