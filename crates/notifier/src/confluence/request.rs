//! Requests to Confluence Cloud: version 2 of its API for pages, version 1 for files; pure. Atlassian's contracts are held
//! against each in the tests.

use checkmate_outbound::Repeat;
use serde_json::json;

use super::answer::Shown;
use super::page::{Mark, PROPERTY, Page};
use crate::sender::{File, Method, Request, form};

/// What every path of version 2 begins with.
const SECOND: [&str; 2] = ["api", "v2"];
const FORMAT: (&str, &str) = ("body-format", "atlas_doc_format");

fn request(method: Method, path: &[&str], repeat: Repeat) -> Request {
    Request::new(method, &[&SECOND, path].concat(), repeat)
}

fn get(path: &[&str], query: &[(&'static str, &str)]) -> Request {
    Request::get(&[&SECOND, path].concat(), query)
}

/// The space of a key.
pub(super) fn space(key: &str) -> Request {
    get(&["spaces"], &[("keys", key)])
}

/// The page of a title in a space, by its id.
pub(super) fn titled(space: &str, title: &str) -> Request {
    get(&["pages"], &[("space-id", space), ("title", title), ("status", "current"), FORMAT])
}

/// A page with its text.
pub(super) fn read(id: &str) -> Request {
    get(&["pages", id], &[FORMAT])
}

/// A new page. There is no idempotency key: it is sent once, whatever comes back.
pub(super) fn create(space: &str, parent: Option<&str>, page: &Page) -> Request {
    request(Method::Post, &["pages"], Repeat::Never).with(page.content.create(space, parent))
}

/// The whole text. Its number makes it safe to repeat: it is taken once. The title stays, as people may have given it
/// another one.
pub(super) fn update(shown: &Shown, page: &Page) -> Request {
    let body = json!({
        "id": shown.id,
        "status": "current",
        "title": shown.title,
        "body": {"representation": "atlas_doc_format", "value": page.content.document.to_string()},
        "version": {"number": shown.version.number + 1, "message": page.message()},
    });
    request(Method::Put, &["pages", &shown.id], Repeat::Safe).with(body)
}

/// Our property.
pub(super) fn marks(id: &str) -> Request {
    get(&["pages", id, "properties"], &[("key", PROPERTY)])
}

/// Sets our property; over the one with this id and number, if there is one.
pub(super) fn mark(id: &str, mark: &Mark, over: Option<(&str, u64)>) -> Request {
    let mut body = json!({"key": PROPERTY, "value": mark.json()});
    match over {
        None => request(Method::Post, &["pages", id, "properties"], Repeat::Never).with(body),
        Some((property, number)) => {
            body["version"] = json!({"number": number + 1});
            request(Method::Put, &["pages", id, "properties", property], Repeat::Safe).with(body)
        }
    }
}

/// A file; one of its name gets a new version. Nobody is told of it: the page is what people follow.
pub(super) fn attach(id: &str, file: &File) -> Request {
    let path = ["rest", "api", "content", id, "child", "attachment"];
    let put = Request::new(Method::Put, &path, Repeat::Safe);
    Request {
        form: Some(form::of(file, &[("minorEdit", "true")])),
        headers: vec![("x-atlassian-token", "nocheck")],
        ..put
    }
}

#[cfg(test)]
mod tests {
    use checkmate_domain::{DeliveryId, Subject};
    use checkmate_testkit::contracts;
    use serde_json::Value;

    use super::*;
    use crate::confluence::answer::Version;
    use crate::policy::{Pages, Shape};
    use crate::render::tests::{news, outcome};

    fn page() -> Page {
        let outcome = outcome(vec![]);
        let id = DeliveryId::derived("pages", &Subject::Scan(outcome.scan.clone()));
        let one = news("auth0.a.b", "c", "Shop", None);
        Page::of("pages", Pages::default(), &id, &outcome, &Shape::ScanPage(vec![&one])).unwrap()
    }

    fn all() -> Vec<Request> {
        let (page, version) = (page(), Version { number: 3, message: String::new() });
        let (id, title) = ("7".to_owned(), "T".to_owned());
        let shown = Shown { id, title, status: "current".to_owned(), version, body: Value::Null };
        let file = File { name: "r".to_owned(), media_type: "a/b".to_owned(), bytes: vec![] };
        vec![
            space("SEC"),
            titled("1", "T"),
            read("7"),
            create("1", Some("2"), &page),
            update(&shown, &page),
            marks("7"),
            mark("7", &Mark::of(&page), None),
            mark("7", &Mark::of(&page), Some(("8", 1))),
            attach("7", &file),
        ]
    }

    fn fits(template: &str, request: &Request) -> bool {
        let own: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let template = template.trim_start_matches("/wiki/").trim_start_matches('/');
        let template =
            if template.starts_with("rest/") { template.to_owned() } else { format!("api/v2/{template}") };
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == own.len()
            && parts.iter().zip(own).all(|(part, own)| part.starts_with('{') || *part == own)
    }

    /// A schema that is named, in the place where it is named.
    fn resolved<'a>(contract: &'a Value, value: &'a Value) -> &'a Value {
        let name = value["$ref"].as_str().map(|name| name.trim_start_matches('#'));
        name.map_or(value, |name| contract.pointer(name).unwrap())
    }

    #[test]
    fn every_request_is_in_a_contract() {
        let second = contracts::of("confluence", "confluence-v2.cut.json");
        let first = contracts::of("confluence", "confluence-v1-attachments.cut.json");
        let (Some(second), Some(first)) = (second, first) else { return };
        for request in all() {
            let contract = if request.path[0] == "rest" { &first } else { &second };
            let method = format!("{:?}", request.method).to_lowercase();
            let mut paths = contract["paths"].as_object().unwrap().iter();
            let found = paths.find(|(path, known)| fits(path, &request) && known.get(&method).is_some());
            let (_, operations) = found.unwrap_or_else(|| panic!("{method} {:?} is not there", request.path));
            let operation = &operations[&method];
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names: Vec<&str> = parameters.filter_map(|one| one["name"].as_str()).collect();
            for (name, _) in &request.query {
                assert!(names.contains(name), "{name} of {:?}", request.path);
            }
            let content = &resolved(contract, &operation["requestBody"])["content"];
            if request.form.is_some() {
                assert!(content.get("multipart/form-data").is_some());
            }
            let Some(body) = &request.body else { continue };
            let mut schema = content["application/json"]["schema"].clone();
            schema["components"] = contract["components"].clone();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let bad: Vec<String> = validator.iter_errors(body).map(|error| error.to_string()).collect();
            assert!(bad.is_empty(), "{:?}: {bad:?}", request.path);
        }
    }

    #[test]
    fn only_what_is_taken_once_is_repeated() {
        let safe: Vec<bool> = all().iter().map(|request| request.repeat == Repeat::Safe).collect();
        assert_eq!(safe, [true, true, true, false, true, true, false, true, true]);
    }
}
