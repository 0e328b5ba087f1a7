//! What stands in fields that a project has of its own; pure.
//!
//! The create metadata of a type say which fields there are, which of them must be filled in, and what form the value of each
//! takes. A person who has to act is told the name of the field, what it takes, and the key of the route that sets it.

use serde_json::{Map, Value, json};

use super::answer::{Field, Schema};
use super::ticket::Ticket;
use crate::policy::{FieldText, OURS};
use crate::render::{adf, line};

/// The longest list of names that a reason holds, in characters.
const LISTED: usize = 300;

/// The fields that a ticket is to have besides those of its body; otherwise why not, and what to do.
pub(super) fn filled(screen: &[Field], ticket: &Ticket) -> Result<Map<String, Value>, String> {
    let mut named: Vec<(&Field, Vec<&str>)> = Vec::new();
    for FieldText { field, text } in &ticket.fields {
        let field = find(screen, field, ticket)?;
        match named.iter_mut().find(|(known, _)| known.id == field.id) {
            Some((_, texts)) => texts.push(text),
            None => named.push((field, vec![text])),
        }
    }
    // What stands in the body was said about this very ticket.
    named.retain(|(field, _)| ticket.body["fields"].get(&field.id).is_none());
    let value = |(field, texts): (&Field, Vec<&str>)| Ok((field.id.clone(), value(field, &texts)?));
    named.into_iter().map(value).collect()
}

/// A field by its id, or by the name that people know it by.
fn find<'a>(screen: &'a [Field], wanted: &str, ticket: &Ticket) -> Result<&'a Field, String> {
    let (kind, project) = (&ticket.issue_type, &ticket.project);
    let called = line(wanted, 100);
    let by_id = screen.iter().find(|field| field.id == wanted);
    let mut by_name = screen.iter().filter(|field| field.name.to_lowercase() == wanted.to_lowercase());
    let field = match (by_id, by_name.next(), by_name.next()) {
        (Some(field), ..) | (None, Some(field), None) => field,
        (None, Some(one), Some(other)) => {
            return Err(format!(
                "{kind} in {project} has several fields '{called}': name one by its id in fields of the route, {} or {}",
                line(&one.id, 100),
                line(&other.id, 100)
            ));
        }
        (None, None, _) => {
            let names: Vec<&str> = screen.iter().map(|field| field.name.as_str()).collect();
            return Err(format!(
                "{kind} in {project} has no field '{called}'; it has {}: put it on the screen of {kind}, or mend fields of the route",
                line(&names.join(", "), LISTED)
            ));
        }
    };
    if OURS.contains(&field.id.as_str()) {
        return Err(format!(
            "'{called}' is {}, which CheckMate fills in: take it out of fields of the route",
            field.id
        ));
    }
    Ok(field)
}

fn value(field: &Field, texts: &[&str]) -> Result<Value, String> {
    if field.schema.kind == "array" {
        return texts.iter().map(|text| one(field, &field.schema.items, text)).collect();
    }
    match texts {
        [text] => one(field, &field.schema.kind, text),
        _ => Err(format!("{} takes one value: name it once in fields of the route", called(field))),
    }
}

/// One value in the form that its kind takes. A kind that nobody here knows gets the text: Jira says what it thinks of it.
fn one(field: &Field, kind: &str, text: &str) -> Result<Value, String> {
    match kind {
        "number" => number(text).ok_or_else(|| form(field, text, "a number")),
        "date" => {
            let day: Result<jiff::civil::Date, _> = text.parse();
            day.map(|day| json!(day.to_string())).map_err(|_| form(field, text, "a day like 2027-03-31"))
        }
        "datetime" => {
            let at: Result<jiff::Timestamp, _> = text.parse();
            at.map(|at| json!(at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()))
                .map_err(|_| form(field, text, "a time like 2027-03-31T08:00:00Z"))
        }
        "user" => Ok(json!({"accountId": text})),
        "group" => Ok(json!({"name": text})),
        "option-with-child" => with_child(field, text),
        "option" => choice(field, &field.allowed_values, "value", text),
        "priority" | "version" | "component" | "resolution" | "securitylevel" => {
            choice(field, &field.allowed_values, "name", text)
        }
        "string" if field.schema.is_document() => Ok(adf::doc(&[adf::paragraph(vec![adf::plain(text)])])),
        "string" if field.schema.holds_labels() && text.contains(char::is_whitespace) => {
            Err(form(field, text, "a word without blanks"))
        }
        _ => Ok(json!(text)),
    }
}

fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<i64>().ok().map(|number| json!(number));
    whole.or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| json!(number)))
}

/// One of the values that a field takes, by its id where it has one. Where the field does not list them, by what was written.
fn choice(field: &Field, values: &[Value], by: &str, text: &str) -> Result<Value, String> {
    let choices: Vec<&Value> = values.iter().filter(|value| value["disabled"] != true).collect();
    if choices.is_empty() {
        return Ok(json!({by: text}));
    }
    let exactly = |value: &&&Value| value["id"] == text || word(value) == text;
    let roughly = |value: &&&Value| word(value).to_lowercase() == text.to_lowercase();
    let found = choices.iter().find(exactly).or_else(|| choices.iter().find(roughly));
    match found {
        Some(value) if value["id"].is_string() => Ok(json!({"id": value["id"]})),
        Some(value) => Ok(json!({by: word(value)})),
        None => Err(format!(
            "{} takes {}, and no '{}': mend fields of the route",
            called(field),
            words(&choices),
            line(text, 100)
        )),
    }
}

/// `Europe > Berlin`: a value, and one below it.
fn with_child(field: &Field, text: &str) -> Result<Value, String> {
    let (parent, child) =
        text.split_once(" > ").map_or((text, None), |(parent, child)| (parent, Some(child)));
    let mut value = choice(field, &field.allowed_values, "value", parent)?;
    if let Some(child) = child {
        let named = |one: &&Value| one["id"] == value["id"] || word(one) == parent;
        let children = field.allowed_values.iter().find(named).and_then(|one| one["children"].as_array());
        value["child"] = choice(field, children.map_or(&[], Vec::as_slice), "value", child)?;
    }
    Ok(value)
}

/// What people call a value.
fn word(value: &Value) -> &str {
    value["value"].as_str().or_else(|| value["name"].as_str()).unwrap_or_default()
}

fn words(values: &[&Value]) -> String {
    let words: Vec<&str> = values.iter().map(|value| word(value)).filter(|word| !word.is_empty()).collect();
    line(&words.join(", "), LISTED)
}

fn form(field: &Field, text: &str, takes: &str) -> String {
    format!("{} takes {takes}, and '{}' is none: mend fields of the route", called(field), line(text, 100))
}

/// `'Team' (customfield_10010)`.
fn called(field: &Field) -> String {
    format!("'{}' ({})", line(&field.name, 100), line(&field.id, 100))
}

/// What a person has to set right about fields that were refused, or that are required and were not sent; nothing where that
/// is for us to mend.
pub(super) fn asked_for(
    screen: &[Field],
    ticket: &Ticket,
    sent: &Map<String, Value>,
    refused: &[(String, String)],
) -> Option<String> {
    let there = |id: &str| sent.contains_key(id) || ticket.body["fields"].get(id).is_some();
    let is_missing = |field: &&Field| field.required && !field.has_default_value && !there(&field.id);
    let missing = screen.iter().filter(is_missing).map(|field| {
        format!(
            "{}: set fields = [\"{}=…\"] of the route{}",
            called(field),
            line(&field.name, 100),
            takes(field)
        )
    });
    let theirs = |id: &str| there(id) && !OURS.contains(&id);
    let wrong = refused.iter().filter(|(id, _)| theirs(id)).map(|(id, _)| {
        let field = screen.iter().find(|field| field.id == *id);
        let told = field.map_or_else(|| format!("'{}', which is not on the screen", line(id, 100)), called);
        format!("{told}: {}{}", advice(id), field.map_or_else(String::new, takes))
    });
    let told: Vec<String> = missing.chain(wrong).collect();
    let (kind, project) = (&ticket.issue_type, &ticket.project);
    (!told.is_empty())
        .then(|| format!("It is about these fields of {kind} in {project}: {}", told.join("; ")))
}

/// Which key sets a field.
fn advice(id: &str) -> &'static str {
    match id {
        "duedate" => "mend due_days of the route",
        "assignee" => "mend owners of the route, or name another account by 'findings assign'",
        "components" => "mend owners of the route, or make the component",
        _ => "mend fields of the route",
    }
}

/// What a field takes, where it lists that.
fn takes(field: &Field) -> String {
    let choices: Vec<&Value> = field.allowed_values.iter().collect();
    if choices.is_empty() { String::new() } else { format!("; it takes {}", words(&choices)) }
}

impl Schema {
    /// Whether it takes a document and no line.
    fn is_document(&self) -> bool {
        self.custom.ends_with(":textarea") || self.system == "environment"
    }

    fn holds_labels(&self) -> bool {
        self.custom.ends_with(":labels")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jira::request::tests::ticket;

    fn screen() -> Vec<Field> {
        let choices = json!([{"id": "1", "value": "Web"}, {"id": "2", "value": "Platform"}, {"id": "3", "value": "Old", "disabled": true}]);
        let places = json!([{"id": "7", "value": "Europe", "children": [{"id": "71", "value": "Berlin"}]}]);
        let custom = |name: &str| format!("com.atlassian.jira.plugin.system.customfieldtypes:{name}");
        let of = |id: &str, name: &str, schema: Value, values: Value| json!({"fieldId": id, "name": name, "schema": schema, "allowedValues": values, "required": false});
        let fields = json!([
            of("summary", "Summary", json!({"type": "string", "system": "summary"}), json!([])),
            of("duedate", "Due date", json!({"type": "date", "system": "duedate"}), json!([])),
            of("c1", "Team", json!({"type": "option", "custom": custom("select")}), choices.clone()),
            of(
                "c2",
                "Teams",
                json!({"type": "array", "items": "option", "custom": custom("multiselect")}),
                choices
            ),
            of("c3", "Points", json!({"type": "number", "custom": custom("float")}), json!([])),
            of("c4", "Story", json!({"type": "string", "custom": custom("textarea")}), json!([])),
            of("c5", "Line", json!({"type": "string", "custom": custom("textfield")}), json!([])),
            of(
                "c6",
                "Words",
                json!({"type": "array", "items": "string", "custom": custom("labels")}),
                json!([])
            ),
            of("c7", "Who", json!({"type": "user", "custom": custom("userpicker")}), json!([])),
            of("c8", "Day", json!({"type": "date", "custom": custom("datepicker")}), json!([])),
            of("c9", "When", json!({"type": "datetime", "custom": custom("datetime")}), json!([])),
            of("c10", "Place", json!({"type": "option-with-child"}), places),
            of("priority", "Priority", json!({"type": "priority"}), json!([{"id": "1", "name": "Highest"}])),
            of("versions", "Affects versions", json!({"type": "array", "items": "version"}), json!([])),
            of("c11", "Twin", json!({"type": "string"}), json!([])),
            of("c12", "Twin", json!({"type": "string"}), json!([])),
            of("c13", "Odd", json!({"type": "any"}), json!([])),
        ]);
        serde_json::from_value(fields).unwrap()
    }

    fn with(texts: &[&str]) -> Ticket {
        let mut ticket = ticket();
        ticket.fields = texts.iter().map(|text| text.parse().unwrap()).collect();
        ticket
    }

    fn set(texts: &[&str]) -> Result<Value, String> {
        filled(&screen(), &with(texts)).map(Value::Object)
    }

    #[test]
    fn each_kind_of_field_gets_its_form() {
        for (texts, value) in [
            (&["Team=Platform"][..], json!({"c1": {"id": "2"}})),
            (&["team=web"], json!({"c1": {"id": "1"}})),
            (&["c1=2"], json!({"c1": {"id": "2"}})),
            (&["Teams=Web", "c2=Platform"], json!({"c2": [{"id": "1"}, {"id": "2"}]})),
            (&["Points=7"], json!({"c3": 7})),
            (&["Points=-0.5"], json!({"c3": -0.5})),
            (&["Line=a = b"], json!({"c5": "a = b"})),
            (&["Words=one", "Words=two"], json!({"c6": ["one", "two"]})),
            (&["Who=5b10a2844c20165700ede21g"], json!({"c7": {"accountId": "5b10a2844c20165700ede21g"}})),
            (&["Day=2027-03-31"], json!({"c8": "2027-03-31"})),
            (&["When=2027-03-31T08:00:00+02:00"], json!({"c9": "2027-03-31T06:00:00.000+0000"})),
            (&["Place=Europe"], json!({"c10": {"id": "7"}})),
            (&["Place=Europe > Berlin"], json!({"c10": {"id": "7", "child": {"id": "71"}}})),
            (&["Priority=highest"], json!({"priority": {"id": "1"}})),
            (&["Affects versions=1.0"], json!({"versions": [{"name": "1.0"}]})),
            (&["Odd=x"], json!({"c13": "x"})),
            // The ticket says itself when it is due.
            (&["Due date=2027-03-31"], json!({})),
        ] {
            assert_eq!(set(texts), Ok(value), "{texts:?}");
        }
        let story = set(&["Story=once upon"]).unwrap();
        assert_eq!(story["c4"]["content"][0]["content"][0]["text"], "once upon");
    }

    #[test]
    fn what_does_not_fit_is_told_by_the_name_of_the_field() {
        for (texts, told) in [
            (&["Team=Old"][..], "'Team' (c1) takes Web, Platform, and no 'Old'"),
            (&["Team=Web", "Team=Platform"], "'Team' (c1) takes one value"),
            (&["Tame=Web"], "Bug in SEC has no field 'Tame'; it has Summary, Due date, Team"),
            (&["Twin=x"], "several fields 'Twin': name one by its id in fields of the route, c11 or c12"),
            (&["Points=many"], "'Points' (c3) takes a number, and 'many' is none"),
            (&["Day=soon"], "'Day' (c8) takes a day like 2027-03-31"),
            (&["When=soon"], "'When' (c9) takes a time like"),
            (&["Words=two words"], "'Words' (c6) takes a word without blanks"),
            (&["Place=Europe > Paris"], "takes Berlin, and no 'Paris'"),
        ] {
            let why = set(texts).unwrap_err();
            assert!(why.contains(told), "{why}");
        }
        let german: Vec<Field> = serde_json::from_value(
            json!([{"fieldId": "summary", "name": "Titel", "schema": {"type": "string"}}]),
        )
        .unwrap();
        assert!(
            filled(&german, &with(&["Titel=x"]))
                .unwrap_err()
                .contains("is summary, which CheckMate fills in")
        );
    }
}
