//! Requests to version 3 of Jira Cloud's API; pure. Atlassian's contract is held against each in the tests.

use checkmate_domain::DeliveryId;
use checkmate_outbound::Repeat;
use serde_json::{Map, Value, json};

use super::poll::Listing;
use super::ticket::{BackLink, Mark, Ticket};
use crate::render::jira::{PROPERTY, label};
use crate::sender::{File, Method, Request, form};

/// The property of a remark that is ours.
pub(super) const REMARK: &str = "checkmate.change";
/// Tickets with one label that are looked at: ours is the oldest, clones come after it.
const CANDIDATES: u64 = 50;
/// Tickets on one page of a list.
const LISTED: u64 = 500;
/// What tells how a ticket stands.
const STANDING: [&str; 3] = ["status", "resolution", "statuscategorychangedate"];
/// The youngest remarks that are looked through for one of ours; it is seconds old.
const REMARKS: u64 = 100;

/// A new ticket, with more fields than its body has. There is no idempotency key: it is sent once, whatever comes back.
pub(super) fn create(ticket: &Ticket, more: &Map<String, Value>) -> Request {
    let mut body = ticket.body.clone();
    if let Some(fields) = body["fields"].as_object_mut() {
        fields.extend(more.clone());
    }
    body["properties"] = json!([{"key": PROPERTY, "value": Mark::new(ticket).json()}]);
    Request::new(Method::Post, &["issue"], Repeat::Never).with(body)
}

/// Tickets with the label of a delivery, oldest first, wherever they were moved to.
pub(super) fn search(id: &DeliveryId) -> Request {
    let body = json!({
        "jql": format!("labels = \"{}\" ORDER BY created ASC", label(id)),
        "maxResults": CANDIDATES,
        "fields": ["status"],
        "properties": [PROPERTY],
    });
    let search = Request::new(Method::Post, &["search", "jql"], Repeat::Safe).with(body);
    Request { writes: false, ..search }
}

/// How a ticket stands, as it is and not as the index has it.
pub(super) fn read(key: &str) -> Request {
    Request::get(&["issue", key], &[("fields", "status"), ("properties", PROPERTY)])
}

/// A page of tickets with our label, in the order in which they were made.
pub(super) fn list(what: Listing, page: Option<&str>) -> Request {
    let which = match what {
        Listing::Unfinished => "statusCategory != Done".to_owned(),
        // A time of day is read in the time zone of the account, a time span is not.
        Listing::Changed { minutes } => format!("updated >= -{minutes}m"),
    };
    let mut body = json!({
        "jql": format!("labels = checkmate AND {which} ORDER BY created ASC"),
        "maxResults": LISTED,
        "fields": STANDING,
        "properties": [PROPERTY],
    });
    if let Some(page) = page {
        body["nextPageToken"] = json!(page);
    }
    let search = Request::new(Method::Post, &["search", "jql"], Repeat::Safe).with(body);
    Request { writes: false, ..search }
}

/// How a ticket stands and since when, as it is and not as the index has it. One that was moved is found by its old key.
pub(super) fn standing(key: &str) -> Request {
    Request::get(&["issue", key], &[("fields", &STANDING.join(",")), ("properties", PROPERTY)])
}

/// The summary, the description and our labels; and whose it is, where a person has said that since the `mark`. Labels are
/// added, so that those of other people stay.
pub(super) fn edit(key: &str, ticket: &Ticket, mark: &Mark) -> Request {
    let fields = &ticket.body["fields"];
    let labels = fields["labels"].as_array().into_iter().flatten();
    let labels: Vec<Value> = labels.map(|label| json!({"add": label})).collect();
    let mut body = json!({
        "fields": {"summary": fields["summary"], "description": fields["description"]},
        "update": {"labels": labels},
    });
    if let Some(account) = ticket.assignee.as_ref().filter(|account| mark.assignee.as_ref() != Some(account))
    {
        body["fields"]["assignee"] = json!({"accountId": account});
    }
    Request::new(Method::Put, &["issue", key], Repeat::Safe).with(body)
}

/// What we have brought it to.
pub(super) fn mark(key: &str, mark: &Mark) -> Request {
    Request::new(Method::Put, &["issue", key, "properties", PROPERTY], Repeat::Safe).with(mark.json())
}

/// The youngest remarks.
pub(super) fn remarks(key: &str) -> Request {
    let most = REMARKS.to_string();
    let query = [("orderBy", "-created"), ("maxResults", most.as_str()), ("expand", "properties")];
    Request::get(&["issue", key, "comment"], &query)
}

/// What changed. Not repeated by itself: before it is sent again, the remarks are looked through for `change`.
pub(super) fn remark(key: &str, note: &Value, change: &Value) -> Request {
    let body = json!({"body": note, "properties": [{"key": REMARK, "value": change}]});
    Request::new(Method::Post, &["issue", key, "comment"], Repeat::Never).with(body)
}

/// The ways that are open to a ticket.
pub(super) fn ways(key: &str) -> Request {
    Request::get(&["issue", key, "transitions"], &[("expand", "transitions.fields")])
}

/// One of them. Not repeated by itself: before the next the status is read.
pub(super) fn go(key: &str, way: &str) -> Request {
    let body = json!({"transition": {"id": way}});
    Request::new(Method::Post, &["issue", key, "transitions"], Repeat::Never).with(body)
}

/// The way back to us; the same `globalId` is the same link.
pub(super) fn link(key: &str, id: &DeliveryId, link: &BackLink) -> Request {
    let body = json!({
        "globalId": format!("checkmate={id}"),
        "application": {"type": "checkmate", "name": "CheckMate"},
        "relationship": "found by",
        "object": {"url": link.url, "title": link.title},
    });
    Request::new(Method::Post, &["issue", key, "remotelink"], Repeat::Safe).with(body)
}

/// What files a ticket has.
pub(super) fn files(key: &str) -> Request {
    Request::get(&["issue", key], &[("fields", "attachment")])
}

/// A file. Not repeated by itself: before it is sent again, the files are looked through for its name.
pub(super) fn attach(key: &str, file: &File) -> Request {
    let post = Request::new(Method::Post, &["issue", key, "attachments"], Repeat::Never);
    Request { form: Some(form::of(file, &[])), headers: vec![("x-atlassian-token", "no-check")], ..post }
}

/// Takes a file away, by its id.
pub(super) fn detach(id: &str) -> Request {
    Request::new(Method::Delete, &["attachment", id], Repeat::Safe)
}

/// Says that a ticket is another one once more; the same link twice is one.
pub(super) fn duplicate(younger: &str, older: &str) -> Request {
    let body = json!({
        "type": {"name": "Duplicate"},
        "inwardIssue": {"key": younger},
        "outwardIssue": {"key": older},
    });
    Request::new(Method::Post, &["issueLink"], Repeat::Safe).with(body)
}

/// Takes our mark off a ticket that is somebody else's by now.
pub(super) fn let_go(from: &str, to: &str) -> Request {
    Request::new(Method::Put, &["issue", to, "properties", PROPERTY], Repeat::Safe)
        .with(json!({"movedFrom": from}))
}

/// Takes our mark off a duplicate, so that nobody takes it for ours again.
pub(super) fn disown(younger: &str, older: &str) -> Request {
    let path = ["issue", younger, "properties", PROPERTY];
    Request::new(Method::Put, &path, Repeat::Safe).with(json!({"duplicateOf": older}))
}

/// The types of tickets of a project.
pub(super) fn types(project: &str) -> Request {
    Request::get(&["issue", "createmeta", project, "issuetypes"], &[("maxResults", "200")])
}

/// The fields of a type, by its id.
pub(super) fn fields(project: &str, issue_type: &str) -> Request {
    Request::get(&["issue", "createmeta", project, "issuetypes", issue_type], &[("maxResults", "200")])
}

#[cfg(test)]
pub(super) mod tests {
    use checkmate_domain::{ScanId, Subject, Timestamp, TransitionKind};
    use checkmate_testkit::contracts;

    use super::*;
    use crate::policy::Shape;
    use crate::render::tests::{news, project};

    pub(in crate::jira) fn ticket() -> Ticket {
        let id = DeliveryId::derived("r", &Subject::Scan(ScanId::new("s").unwrap()));
        let news = news("auth0.a.b", "c", "Shop", Some(TransitionKind::Opened));
        let back = BackLink { url: "https://checkmate.example/f/1".to_owned(), title: "Finding".to_owned() };
        let now = Timestamp::from_millis(0);
        Ticket::of(&project(), &id, &Shape::Ticket(vec![&news]), Some(back), now).unwrap()
    }

    /// All but the one that takes a file away, which the cut of the contract does not have.
    fn all() -> Vec<Request> {
        let ticket = ticket();
        let file = File { name: "r.csv".to_owned(), media_type: "text/csv".to_owned(), bytes: vec![] };
        let marked = Mark::new(&ticket).next(&ticket);
        vec![
            create(&ticket, &Map::from_iter([("customfield_10010".to_owned(), json!({"id": "1"}))])),
            search(&ticket.id),
            read("SEC-1"),
            edit("SEC-1", &ticket, &Mark::default()),
            mark("SEC-1", &marked),
            remarks("SEC-1"),
            remark("SEC-1", &ticket.note, &marked.json()),
            ways("SEC-1"),
            go("SEC-1", "31"),
            link("SEC-1", &ticket.id, ticket.link.as_ref().unwrap()),
            duplicate("SEC-2", "SEC-1"),
            disown("SEC-2", "SEC-1"),
            types("SEC"),
            fields("SEC", "10004"),
            list(Listing::Unfinished, None),
            list(Listing::Changed { minutes: 15 }, Some("next")),
            standing("SEC-1"),
            let_go("SEC-1", "OPS-1"),
            files("SEC-1"),
            attach("SEC-1", &file),
        ]
    }

    #[test]
    fn only_what_is_the_same_twice_is_repeated() {
        let safe = |request: &Request| (request.repeat == Repeat::Safe, request.writes);
        let told: Vec<(bool, bool)> = all().iter().map(safe).collect();
        let (get, put, post) = ((true, false), (true, true), (false, true));
        let making = [post, get, get, put, put, get, post, get, post, put, put, put, get, get];
        assert_eq!(told, [&making[..], &[get, get, get, put, get, post]].concat());
    }

    #[test]
    fn a_new_ticket_carries_our_id_in_label_and_property() {
        let ticket = ticket();
        let body = create(&ticket, &Map::new()).body.unwrap();
        let labels = body["fields"]["labels"].as_array().unwrap();
        assert!(labels.contains(&json!(label(&ticket.id))));
        assert_eq!(body["properties"][0]["value"]["id"], json!(ticket.id.to_string()));
        assert_eq!(body["properties"][0]["value"]["look"], json!(ticket.look()));
    }

    /// The path of a request as the contract writes it, with what stands in braces there.
    fn fits(template: &str, request: &Request) -> bool {
        let parts: Vec<&str> = template.trim_start_matches("/rest/api/3/").split('/').collect();
        parts.len() == request.path.len()
            && parts.iter().zip(&request.path).all(|(part, own)| part.starts_with('{') || part == own)
    }

    #[test]
    fn every_request_is_in_the_contract() {
        let Some(contract) = contracts::of("jira", "jira-cloud-v3.strict.json") else { return };
        for request in all() {
            let method = format!("{:?}", request.method).to_lowercase();
            let paths = contract["paths"].as_object().unwrap();
            let found = paths.iter().filter(|(path, _)| fits(path, &request));
            let operation = found.filter_map(|(_, operations)| operations.get(&method)).next_back();
            let operation = operation.unwrap_or_else(|| panic!("{method} {:?} is not there", request.path));
            let named = |one: &Value| one["name"].as_str().map(str::to_owned);
            let parameters: Vec<String> =
                operation["parameters"].as_array().into_iter().flatten().filter_map(named).collect();
            for (name, _) in &request.query {
                assert!(parameters.contains(&(*name).to_owned()), "{name} of {:?}", request.path);
            }
            let content = &operation["requestBody"]["content"];
            assert!(request.form.is_none() || content.get("multipart/form-data").is_some());
            let Some(body) = &request.body else { continue };
            let mut schema = operation["requestBody"]["content"]["application/json"]["schema"].clone();
            schema["components"] = contract["components"].clone();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let bad: Vec<String> = validator.iter_errors(body).map(|error| error.to_string()).collect();
            assert!(bad.is_empty(), "{:?}: {bad:?}", request.path);
        }
    }
}
