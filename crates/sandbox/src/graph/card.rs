//! What Teams takes as an Adaptive Card: version 1.5 at most, elements it knows, and what each must have.

use serde_json::Value;

/// An element: what it must have, and which of its entries are lists of elements.
type Element = (&'static str, &'static [&'static str], &'static [&'static str]);

const ELEMENTS: &[Element] = &[
    ("ActionSet", &["actions"], &["actions"]),
    ("Column", &[], &["items"]),
    ("ColumnSet", &[], &["columns"]),
    ("Container", &["items"], &["items"]),
    ("FactSet", &["facts"], &[]),
    ("Image", &["url"], &[]),
    ("ImageSet", &["images"], &["images"]),
    ("RichTextBlock", &["inlines"], &["inlines"]),
    ("Table", &[], &["rows"]),
    ("TableCell", &["items"], &["items"]),
    ("TableRow", &["cells"], &["cells"]),
    ("TextBlock", &["text"], &[]),
    ("TextRun", &["text"], &[]),
    ("Action.Execute", &[], &[]),
    ("Action.OpenUrl", &["url"], &[]),
    ("Action.ShowCard", &["card"], &[]),
    ("Action.Submit", &[], &[]),
    ("Action.ToggleVisibility", &["targetElements"], &[]),
];
const VERSIONS: &[&str] = &["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"];

/// What is wrong with a card.
pub(super) fn check(card: &Value) -> Result<(), String> {
    if card["type"] != "AdaptiveCard" {
        return Err("the type is not AdaptiveCard".to_owned());
    }
    if !card["version"].as_str().is_some_and(|version| VERSIONS.contains(&version)) {
        return Err("the version is not one of 1.0 to 1.5".to_owned());
    }
    let body = card["body"].as_array().ok_or("there is no body")?;
    body.iter().try_for_each(element)?;
    match card.get("actions") {
        None => Ok(()),
        Some(actions) => actions.as_array().ok_or("actions are a list")?.iter().try_for_each(element),
    }
}

fn element(one: &Value) -> Result<(), String> {
    // In rich text a plain string is a run.
    if one.is_string() {
        return Ok(());
    }
    let name = one["type"].as_str().ok_or("an element has no type")?;
    let (_, needed, lists) =
        ELEMENTS.iter().find(|(known, ..)| *known == name).ok_or_else(|| format!("{name} is not known"))?;
    if let Some(missing) = needed.iter().find(|entry| one.get(**entry).is_none_or(Value::is_null)) {
        return Err(format!("{name} has no {missing}"));
    }
    if let Some(inner) = one.get("card") {
        check(inner)?;
    }
    for list in lists.iter().filter_map(|list| one.get(*list)) {
        list.as_array().ok_or_else(|| format!("{name} holds no list"))?.iter().try_for_each(element)?;
    }
    facts(name, one)
}

fn facts(name: &str, element: &Value) -> Result<(), String> {
    if name != "FactSet" {
        return Ok(());
    }
    let facts = element["facts"].as_array().ok_or("facts are a list")?;
    let whole = |fact: &Value| fact["title"].is_string() && fact["value"].is_string();
    if facts.iter().all(whole) { Ok(()) } else { Err("a fact has a title and a value, both text".to_owned()) }
}
