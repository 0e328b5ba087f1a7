//! What may stand in the fields of a ticket.

use serde_json::{Map, Value, json};

use super::model::{Field, Kind, Project};
use super::refuse::bad_payload;
use super::{ACCOUNT, PERSON};
use crate::adf;
use crate::office::said::Answer;

/// The longest text, in characters; of a document its JSON is counted, as nobody says what Jira counts.
pub(super) const LONGEST: usize = 32_767;
/// The longest property, in bytes.
const PROPERTY: usize = 32_768;

/// A message for each field that is wrong.
pub(super) type Errors = Map<String, Value>;

/// Checks one field of a project.
pub(super) fn check(project: &Project, id: &str, value: &Value) -> Result<(), String> {
    let Some(field) = project.fields.iter().find(|field| field.id == id) else {
        return Err(format!("Field '{id}' cannot be set. It is not on the appropriate screen, or unknown."));
    };
    if value.is_null() {
        return if field.required { Err(missing(field)) } else { Ok(()) };
    }
    match &field.kind {
        Kind::Line => line(field, value),
        Kind::Document => document(value),
        Kind::Labels => labels(value),
        Kind::Day => day(value),
        Kind::Number if value.is_number() => Ok(()),
        Kind::Number => Err("Operation value must be a number".to_owned()),
        Kind::Person => person(value),
        Kind::Named(names) => one_of(field, names, value, "name"),
        Kind::ManyNamed(names) => {
            let list = value.as_array().ok_or("data was not an array")?;
            list.iter().try_for_each(|one| one_of(field, names, one, "name"))
        }
        Kind::Option(values) => one_of(field, values, value, "value"),
    }
}

/// What a ticket without a field is told.
pub(super) fn missing(field: &Field) -> String {
    if field.id == "summary" {
        return "You must specify a summary of the issue.".to_owned();
    }
    format!("{} is required.", field.name)
}

fn line(field: &Field, value: &Value) -> Result<(), String> {
    let text = value.as_str().ok_or("Operation value must be a string")?;
    if field.required && text.trim().is_empty() {
        return Err(missing(field));
    }
    if text.contains(['\n', '\r']) {
        return Err(format!(
            "The {} is invalid because it contains newline characters.",
            field.name.to_lowercase()
        ));
    }
    if text.chars().count() > 255 {
        return Err(format!("{} can't exceed 255 characters.", field.name));
    }
    Ok(())
}

/// Checks a document; what is wrong inside it Jira does not say.
pub(super) fn document(value: &Value) -> Result<(), String> {
    if !value.is_object() {
        return Err(
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)".to_owned()
        );
    }
    adf::check(value).map_err(|_| "INVALID_INPUT".to_owned())?;
    if value.to_string().chars().count() > LONGEST {
        return Err(
            "The entered text is too long. It exceeds the allowed limit of 32,767 characters.".to_owned()
        );
    }
    Ok(())
}

fn labels(value: &Value) -> Result<(), String> {
    let list = value.as_array().ok_or("data was not an array")?;
    list.iter().try_for_each(label)
}

fn label(value: &Value) -> Result<(), String> {
    let label = value.as_str().ok_or("string expected at index 0")?;
    if label.is_empty() || label.contains(char::is_whitespace) {
        return Err(format!("The label '{label}' contains spaces which is invalid."));
    }
    if label.chars().count() > 255 {
        return Err(format!("The label '{label}' exceeds the maximum length of 255 characters."));
    }
    Ok(())
}

fn day(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let fits = text.len() == 10 && format!("{text}T00:00:00Z").parse::<checkmate_domain::Timestamp>().is_ok();
    if fits { Ok(()) } else { Err("Error parsing date string: expected yyyy-MM-dd".to_owned()) }
}

fn person(value: &Value) -> Result<(), String> {
    let id = value.get("accountId").or_else(|| value.get("id")).and_then(Value::as_str);
    match id {
        Some(ACCOUNT | PERSON) => Ok(()),
        Some(id) => Err(format!("User '{id}' cannot be assigned issues.")),
        None => Err("expected Object containing an 'accountId' property".to_owned()),
    }
}

/// A choice by its name or by its id, which is its place among the choices.
fn one_of(field: &Field, names: &[String], value: &Value, by: &str) -> Result<(), String> {
    let named = value.get(by).and_then(Value::as_str);
    let id = value.get("id").and_then(Value::as_str).and_then(|id| id.parse::<usize>().ok());
    let known = named.is_some_and(|name| names.iter().any(|one| one == name))
        || (named.is_none() && id.is_some_and(|id| (1..=names.len()).contains(&id)));
    if known { Ok(()) } else { Err(format!("Specify a valid 'id' or '{by}' for {}", field.name)) }
}

/// Names of choices in full, as a ticket shows them.
pub(super) fn shown(field: &Field, value: &Value) -> Value {
    let full = |names: &[String], value: &Value, by: &str| {
        let id = value.get("id").and_then(Value::as_str).and_then(|id| id.parse::<usize>().ok());
        let place = match value.get(by).and_then(Value::as_str) {
            Some(name) => names.iter().position(|one| one == name),
            None => id.and_then(|id| id.checked_sub(1)),
        };
        let place = place.unwrap_or_default();
        json!({"id": (place + 1).to_string(), by: names.get(place)})
    };
    match (&field.kind, value) {
        (_, Value::Null) => Value::Null,
        (Kind::Named(names), value) => full(names, value, "name"),
        (Kind::Option(names), value) => full(names, value, "value"),
        (Kind::ManyNamed(names), Value::Array(list)) => {
            list.iter().map(|one| full(names, one, "name")).collect()
        }
        (Kind::Person, value) => {
            let id = value.get("accountId").or_else(|| value.get("id")).and_then(Value::as_str);
            super::meta::user(id.unwrap_or_default())
        }
        (_, value) => value.clone(),
    }
}

/// Properties by key.
pub(super) type Properties = Vec<(String, Value)>;

/// Properties that come with a ticket or a comment.
pub(super) fn properties(value: Option<&Value>) -> Result<Properties, Box<Answer>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or_else(bad_payload)?;
    list.iter().map(property).collect()
}

fn property(one: &Value) -> Result<(String, Value), Box<Answer>> {
    let entries = one.as_object().ok_or_else(bad_payload)?;
    if entries.keys().any(|key| key != "key" && key != "value") {
        return Err(bad_payload());
    }
    let key = one["key"].as_str().ok_or_else(bad_payload)?;
    let value = entries.get("value").ok_or_else(bad_payload)?;
    check_property(key, value)?;
    Ok((key.to_owned(), value.clone()))
}

/// Checks a property.
pub(super) fn check_property(key: &str, value: &Value) -> Result<(), Box<Answer>> {
    if key.is_empty() || key.chars().count() > 255 {
        return Err(super::refuse(400, "The property key must be between 1 and 255 characters long."));
    }
    let length = value.to_string().len();
    if value.is_null() || length > PROPERTY {
        let text = format!(
            "The property value must be a JSON value of 1 to {PROPERTY} characters; it has {length}."
        );
        return Err(super::refuse(400, &text));
    }
    Ok(())
}
