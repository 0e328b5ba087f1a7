//! A client of the stand-ins, and the vendors' own contracts held against what was said.

#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod tickets;

use std::collections::BTreeMap;

use checkmate_sandbox::Said;
use checkmate_testkit::contracts;
use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Got {
    /// Status and body in one line, to look at what was told.
    pub(crate) fn told(&self) -> String {
        format!("{} {}", self.status, self.body)
    }
}

/// Who asks.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Api {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        Self { client: reqwest::Client::new(), base: base.to_owned(), token: token.to_owned() }
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method: Method = method.parse().unwrap();
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        got(self.request("GET", path).send().await.unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Got {
        got(self.request("DELETE", path).send().await.unwrap()).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Got {
        self.try_send(method, path, body).await.unwrap()
    }

    /// Nothing where the connection ends without an answer.
    pub(crate) async fn try_send(&self, method: &str, path: &str, body: &Value) -> Option<Got> {
        let request = self.request(method, path).json(body).timeout(std::time::Duration::from_secs(10));
        Some(got(request.send().await.ok()?).await)
    }

    /// Sends a form of files and texts: name, name of the file if it is one, content.
    pub(crate) async fn form(
        &self,
        method: &str,
        path: &str,
        check: Option<&str>,
        parts: &[Part<'_>],
    ) -> Got {
        let mut body = String::new();
        for (name, filename, content) in parts {
            let filename = filename.map(|filename| format!("; filename=\"{filename}\"")).unwrap_or_default();
            let head = format!(
                "Content-Disposition: form-data; name=\"{name}\"{filename}\r\nContent-Type: text/plain"
            );
            body.push_str(&format!("--mark\r\n{head}\r\n\r\n{content}\r\n"));
        }
        body.push_str("--mark--\r\n");
        let kind = "multipart/form-data; boundary=mark";
        let mut request = self.request(method, path).header("content-type", kind).body(body);
        if let Some(check) = check {
            request = request.header("x-atlassian-token", check);
        }
        got(request.send().await.unwrap()).await
    }
}

/// A field of a form: its name, the name of the file if it is one, its content.
pub(crate) type Part<'a> = (&'a str, Option<&'a str>, &'a str);

pub(crate) async fn got(answer: reqwest::Response) -> Got {
    let status = answer.status().as_u16();
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let headers = answer.headers().iter().map(header).collect();
    let text = answer.text().await.unwrap();
    Got { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

/// A contract of a vendor.
pub(crate) struct Contract {
    whole: Value,
    /// What is put before the paths of the contract.
    prefix: String,
    validators: BTreeMap<String, Option<Validator>>,
}

impl Contract {
    /// Nothing, with a line that says so, where it is not.
    pub(crate) fn of(folder: &str, file: &str, prefix: &str) -> Option<Self> {
        let mut whole = contracts::of(folder, file)?;
        with_null(&mut whole);
        Some(Self { whole, prefix: prefix.to_owned(), validators: BTreeMap::new() })
    }

    /// Holds everything that was said against the contract; how many answers there was something to hold against.
    pub(crate) fn check(&mut self, said: &[Said]) -> usize {
        let (mut held, mut bad) = (0, Vec::new());
        for one in said {
            let Some(path) = one.path.strip_prefix(&self.prefix) else { continue };
            let Some(operation) = self.operation(path, &one.method) else { continue };
            if (200..300).contains(&one.status) {
                let pointer = format!("{operation}/requestBody");
                bad.extend(self.wrong(&pointer, &one.body).into_iter().map(|why| format!("request: {why}")));
            }
            let status = one.status.to_string();
            let general = format!("{}XX", &status[..1]);
            let known =
                |status: &str| self.whole.pointer(&format!("{operation}/responses/{status}")).is_some();
            let Some(status) = [status, general].into_iter().find(|status| known(status)) else {
                // Answers that the contract is silent about; their shape is that of the rest.
                continue;
            };
            held += 1;
            // By HTTP such an answer has no body, whatever the contract says of successes in general.
            if one.status == 204 {
                continue;
            }
            let pointer = format!("{operation}/responses/{status}");
            let found = self.wrong(&pointer, &one.answer);
            bad.extend(
                found
                    .into_iter()
                    .map(|why| format!("{} {}: {} answered: {why}", one.method, one.path, one.status)),
            );
        }
        assert!(bad.is_empty(), "{}", bad.join("\n"));
        held
    }

    /// Where the operation is that answers a request.
    fn operation(&self, path: &str, method: &str) -> Option<String> {
        let parts: Vec<&str> = path.split('/').collect();
        let literal = |template: &str| {
            let places: Vec<&str> = template.split('/').collect();
            let fits = places.len() == parts.len()
                && places.iter().zip(&parts).all(|(place, part)| place.starts_with('{') || place == part);
            fits.then(|| places.iter().filter(|place| !place.starts_with('{')).count())
        };
        let paths = self.whole["paths"].as_object().unwrap();
        let here = paths.keys().filter_map(|one| Some((literal(one)?, one)));
        let (_, template) = here.max()?;
        let method = method.to_lowercase();
        paths[template].get(&method)?;
        Some(format!("/paths/{}/{method}", template.replace('~', "~0").replace('/', "~1")))
    }

    fn wrong(&mut self, pointer: &str, value: &Value) -> Vec<String> {
        if !self.validators.contains_key(pointer) {
            let made = self.validator(pointer);
            self.validators.insert(pointer.to_owned(), made);
        }
        let Some(validator) = &self.validators[pointer] else { return Vec::new() };
        validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .take(3)
            .collect()
    }

    fn validator(&self, pointer: &str) -> Option<Validator> {
        let mut at = self.whole.pointer(pointer)?;
        while let Some(reference) = at["$ref"].as_str() {
            at = self.whole.pointer(reference.trim_start_matches('#'))?;
        }
        let schema = at.pointer("/content/application~1json/schema")?;
        let whole = json!({"allOf": [schema], "components": self.whole["components"]});
        Some(jsonschema::validator_for(&whole).unwrap())
    }
}

/// Says in the words of JSON Schema what may be null.
fn with_null(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            if entries.get("nullable") == Some(&json!(true)) {
                if let Some(kind) = entries.get("type").filter(|kind| kind.is_string()).cloned() {
                    entries.insert("type".to_owned(), json!([kind, "null"]));
                }
                if let Some(Value::Array(words)) = entries.get_mut("enum") {
                    words.push(Value::Null);
                }
            }
            entries.values_mut().for_each(with_null);
        }
        Value::Array(items) => items.iter_mut().for_each(with_null),
        _ => {}
    }
}
