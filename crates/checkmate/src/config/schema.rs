//! The JSON schema of the file, for editors.

use serde_json::{Map, Value, json};

use super::connections;
use super::key::Key;
use super::kind::Kind;
use super::routes;
use super::schedules;
use super::sections::SECTIONS;
use super::tables::{Of, TABLES, Table};
use super::tenants;

/// The JSON schema of the file.
#[must_use]
pub fn schema() -> Value {
    let mut root = Map::new();
    for section in &SECTIONS {
        let keys = section.keys.iter().map(|key| (key.name().to_owned(), of_key(key, Some(&key.env()))));
        if section.path.is_empty() {
            root.extend(keys);
        } else {
            root.insert(section.path.to_owned(), table(section.about, keys.collect(), &[]));
        }
    }
    for free in &TABLES {
        match free.path.rsplit_once('.') {
            None => {
                root.insert(free.path.to_owned(), of_table(free));
            }
            Some((parent, name)) => {
                if let Some(properties) = root.get_mut(parent).and_then(|parent| parent.get_mut("properties"))
                {
                    properties[name] = of_table(free);
                }
            }
        }
    }
    let mut schema = table("The configuration of CheckMate.", root, &[]);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("checkmate.toml");
    schema
}

fn table(about: &str, properties: Map<String, Value>, required: &[&str]) -> Value {
    let properties = Value::Object(properties);
    let mut table = json!({
        "type": "object", "description": about, "additionalProperties": false, "properties": properties,
    });
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}

fn of_table(free: &Table) -> Value {
    let value = match free.of {
        Of::Schedules => of_keys("One schedule.", &schedules::KEYS, &schedules::NEEDED),
        Of::Connections => of_keys("One account.", &connections::KEYS, &connections::NEEDED),
        Of::Routes => of_keys("One route.", &routes::KEYS, &routes::NEEDED),
        Of::Tenants => of_keys("One tenant.", &tenants::KEYS, &tenants::NEEDED),
        Of::Exports | Of::Passwords | Of::Requests => of_kind(&free.kind),
    };
    json!({ "type": "object", "description": free.about, "additionalProperties": value })
}

fn of_keys<T: Default>(about: &str, keys: &[Key<T>], needed: &[&str]) -> Value {
    table(about, keys.iter().map(|key| (key.name().to_owned(), of_key(key, None))).collect(), needed)
}

fn of_key<T: Default>(key: &Key<T>, env: Option<&str>) -> Value {
    let mut value = of_kind(&key.kind);
    let variable = env.map_or_else(String::new, |env| format!(" Variable: {env}"));
    value["description"] = json!(format!("{}{variable}", key.meaning));
    // Numbers and texts are written in TOML as they are in JSON.
    if let Some(default) = key.default().and_then(|text| serde_json::from_str::<Value>(&text).ok()) {
        value["default"] = default;
    }
    value
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Count { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Url { schemes, .. } => {
            json!({ "type": "string", "pattern": format!("^({})", schemes.join("|")) })
        }
        Kind::Api => {
            json!({ "type": "string", "pattern": "^(https://|http://(127\\.|\\[::1\\]|localhost(:|/|$)))" })
        }
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Texts | Kind::Ordered => {
            json!({ "type": "array", "items": { "type": "string", "minLength": 1 } })
        }
        Kind::Scopes => json!({ "type": "array", "items": of_kind(&Kind::Scope) }),
        Kind::Scope => json!({ "type": "string", "pattern": "^(org|auth0|github|export|connection):" }),
        Kind::Span { .. } => json!({ "type": "string", "pattern": "[0-9]" }),
        Kind::Text
        | Kind::File
        | Kind::SecretFile
        | Kind::Folder
        | Kind::Address
        | Kind::Cron
        | Kind::Zone => json!({ "type": "string", "minLength": 1 }),
    }
}
