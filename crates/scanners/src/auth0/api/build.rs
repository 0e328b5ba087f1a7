//! Makes a snapshot of what a tenant said. Pure.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::{NotAssessed, ResourceId, Timestamp};

use super::answers::{Answered, Answers, LACKS};
use super::endpoints::{self, DETAILS, Endpoint, Paging, TEMPLATES};
use super::fetch::{has_registered_key, items, next, objects, size, triggers, whole};
use super::plausible;
use crate::auth0::bindings::BINDABLE;
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::snapshot::{Section, TenantSnapshot, identify, name_of};
use crate::auth0::source::Collection;

/// The snapshot; its scripts and pages are not read yet.
pub(super) fn snapshot(said: Answers) -> TenantSnapshot {
    let now = said.taken_at.parse().unwrap_or_else(|_| Timestamp::now());
    let mut answers = said.answers;
    // In what a tenant says nothing is a placeholder.
    answers.iter_mut().for_each(|answer| answer.body.as_said());
    plausible::sift(&mut answers);
    let mut snapshot = TenantSnapshot::new(now);
    // Asked for before the lists are taken apart.
    let used = triggers(&answers);
    for endpoint in endpoints::all() {
        match (endpoint.paging, endpoint.collection) {
            (_, Collection::AttackProtection) => {}
            (Paging::One, collection) => snapshot.put(collection, one(endpoint, &answers)),
            (_, collection) => snapshot.put(collection, list(endpoint, &mut answers)),
        }
    }
    name_grants(&mut snapshot);
    attack_protection(&mut snapshot, &answers);
    templates(&mut snapshot, &answers);
    logins(&mut snapshot, &answers);
    bindings(&mut snapshot, &answers, &used);
    details(&mut snapshot, &answers);
    pages(&mut snapshot);
    split_connections(&mut snapshot);
    for source in crate::auth0::source::sources() {
        if *snapshot.section(source.collection) == Section::NotExported {
            let why = format!("{} are not read from the API", source.words);
            snapshot.put(source.collection, Section::Unreadable(NotAssessed::Unknown(why)));
        }
    }
    snapshot
}

/// The answers to a path, in order of pages.
fn to<'a>(answers: &'a [Answered], path: &str) -> Vec<&'a Answered> {
    let path = format!("/api/v2/{path}");
    answers.iter().filter(|one| one.path.split('?').next() == Some(path.as_str())).collect()
}

/// What every plan has: who says otherwise means something else.
const OF_EVERY_PLAN: [&str; 12] = [
    "actions/actions",
    "attack-protection/brute-force-protection",
    "attack-protection/suspicious-ip-throttling",
    "client-grants",
    "clients",
    "connections",
    "guardian/factors",
    "guardian/policies",
    "logs",
    "resource-servers",
    "roles",
    "tenants/settings",
];
/// The vendor's own codes and sentences for what a plan has not.
const PLAN_CODES: [&str; 2] = ["feature_not_enabled", "subscription_required"];
const PLAN_SENTENCES: [&str; 4] = [
    "please upgrade your subscription to use",
    "a paid subscription is required",
    "feature is not enabled for this tenant",
    "feature is not available for your plan",
];

/// Whether an answer says that the plan of the tenant has it not.
fn is_by_plan(answer: &Answered, code: &str, message: &str) -> bool {
    let path = answer.path.trim_start_matches("/api/v2/").split('?').next().unwrap_or_default();
    let lower = message.to_ascii_lowercase();
    let says = answer.status == 402
        || (answer.status == 403
            && (PLAN_CODES.contains(&code) || PLAN_SENTENCES.iter().any(|known| lower.contains(known))));
    says && !OF_EVERY_PLAN.contains(&path)
}

/// Why an answer tells nothing.
fn reason(answer: &Answered, scope: &str) -> NotAssessed {
    let text = |key: &str| match answer.body.get(key) {
        Some(Node::Text(text)) => text.chars().filter(|c| !c.is_control()).take(200).collect::<String>(),
        _ => String::new(),
    };
    let (code, message) = (text("errorCode"), text("message"));
    match answer.status {
        403 if code == "insufficient_scope" => NotAssessed::Forbidden(format!("{LACKS} {scope}")),
        _ if is_by_plan(answer, &code, &message) => {
            NotAssessed::NotAvailable("the plan of the tenant does not have it".to_owned())
        }
        403 => NotAssessed::Forbidden(format!("HTTP 403: {message}")),
        404 => NotAssessed::NotAvailable("the tenant does not have it (HTTP 404)".to_owned()),
        0 => {
            let why = answer.why.clone().unwrap_or_else(|| "there was no answer".to_owned());
            if why.starts_with(LACKS) { NotAssessed::Forbidden(why) } else { NotAssessed::Failed(why) }
        }
        status => NotAssessed::Failed(format!("HTTP {status} {message}").trim().to_owned()),
    }
}

fn failed(reason: NotAssessed) -> Section {
    match reason {
        NotAssessed::NotAvailable(what) => Section::NotAvailable(what),
        other => Section::Unreadable(other),
    }
}

fn unasked() -> NotAssessed {
    NotAssessed::Failed("it was not asked".to_owned())
}

fn one(endpoint: &Endpoint, answers: &[Answered]) -> Section {
    let Some(answer) = to(answers, endpoint.path).first().copied() else {
        return Section::Unreadable(unasked());
    };
    match (answer.status, &answer.body) {
        (200, Node::List(policies)) if endpoint.collection == Collection::GuardianPolicies => {
            let wrapped = Node::Map(BTreeMap::from([("policies".into(), Node::List(policies.clone()))]));
            only(endpoint, wrapped)
        }
        (200, body @ Node::Map(_)) => only(endpoint, body.clone()),
        // Without a provider of its own a tenant has none at this address.
        (404, _) if endpoint.collection == Collection::EmailProvider => Section::Empty,
        _ => failed(reason(answer, endpoint.scope)),
    }
}

fn only(endpoint: &Endpoint, value: Node) -> Section {
    let source = endpoint.collection.source();
    let items = item(source.id, source.id.to_owned(), &format!("/api/v2/{}#", endpoint.path), value);
    Section::Loaded(items.into_iter().collect())
}

fn item(id: &str, name: String, at: &str, value: Node) -> Option<Item> {
    let id: ResourceId = identify(id)?;
    Some(Item { id, name, at: at.to_owned(), value })
}

/// The objects of a list are moved out of its answers: a large tenant is not in memory twice.
fn list(endpoint: &Endpoint, answers: &mut [Answered]) -> Section {
    let pages = to(answers, endpoint.path);
    let Some(first) = pages.first() else { return Section::Unreadable(unasked()) };
    if first.status != 200 {
        return failed(reason(first, endpoint.scope));
    }
    let ends = ends(&pages, endpoint);
    let source = endpoint.collection.source();
    let mut items: BTreeMap<ResourceId, Item> = BTreeMap::new();
    let mut whole_list = true;
    for object in taken(answers, endpoint) {
        let text = |key: &str| match object.get(key) {
            Some(Node::Text(text) | Node::Unknown(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        // The settings of all applications together are no application.
        if endpoint.collection == Collection::Clients && object.get("global") == Some(&Node::Bool(true)) {
            continue;
        }
        let name = name_of(source, &object);
        let Some(id) = text(endpoint.id).or_else(|| name.clone()) else {
            whole_list = false;
            continue;
        };
        let at = format!("/api/v2/{}/{id}#", endpoint.path);
        match item(&id, name.unwrap_or_else(|| id.clone()), &at, object) {
            Some(item) => drop(items.insert(item.id.clone(), item)),
            None => whole_list = false,
        }
    }
    let items: Vec<Item> = items.into_values().collect();
    match (whole_list && ends, items.is_empty()) {
        (true, true) => Section::Empty,
        (true, false) => Section::Loaded(items),
        (false, _) => Section::Partial { items, unseen: vec![] },
    }
}

/// The objects of a list, out of its pages.
fn taken(answers: &mut [Answered], endpoint: &Endpoint) -> Vec<Node> {
    let path = format!("/api/v2/{}", endpoint.path);
    let pages = answers
        .iter_mut()
        .filter(|one| one.status == 200 && one.path.split('?').next() == Some(path.as_str()));
    pages
        .flat_map(|page| match std::mem::replace(&mut page.body, Node::Null) {
            Node::List(items) => items,
            Node::Map(mut entries) => match entries.remove(endpoint.key) {
                Some(Node::List(items)) => items,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        })
        .collect()
}

/// Whether the pages are the whole list. A page that came twice, and a list that changed while it was read, may lack some.
fn ends(pages: &[&Answered], endpoint: &Endpoint) -> bool {
    if pages.iter().any(|page| page.status != 200) {
        return false;
    }
    let Some(last) = pages.last() else { return false };
    let objects = || pages.iter().flat_map(|page| items(&page.body, endpoint.key));
    let all = objects().count();
    let different: BTreeSet<&str> = objects().filter_map(|object| text_of(object, endpoint.id)).collect();
    if pages.len() > 1
        && different.len() < objects().filter(|object| text_of(object, endpoint.id).is_some()).count()
    {
        return false;
    }
    match endpoint.paging {
        Paging::Checkpoints => next(&last.body).is_none(),
        Paging::Pages | Paging::Totals => {
            let totals: BTreeSet<Option<u64>> = pages.iter().map(|page| total(&page.body)).collect();
            match (totals.len(), total(&last.body)) {
                (1, Some(total)) => all as u64 >= total,
                (1, None) => (items(&last.body, endpoint.key).len() as u64) < size(endpoint.paging),
                _ => false,
            }
        }
        Paging::One | Paging::Whole => true,
    }
}

fn text_of<'a>(object: &'a Node, field: &str) -> Option<&'a str> {
    match object.get(field) {
        Some(Node::Text(text) | Node::Unknown(text)) => Some(text),
        _ => None,
    }
}

fn total(body: &Node) -> Option<u64> {
    match body.get("total") {
        Some(Node::Number(total)) => Some(whole(*total)),
        _ => None,
    }
}

fn attack_protection(snapshot: &mut TenantSnapshot, answers: &[Answered]) {
    let (mut items, mut unseen) = (Vec::new(), Vec::new());
    for endpoint in endpoints::all().filter(|one| one.collection == Collection::AttackProtection) {
        let id = endpoint.path.rsplit('/').next().unwrap_or(endpoint.path);
        let answer = to(answers, endpoint.path).first().copied();
        match answer {
            Some(answer) if answer.status == 200 && matches!(answer.body, Node::Map(_)) => {
                items.extend(item(
                    id,
                    id.to_owned(),
                    &format!("/api/v2/{}#", endpoint.path),
                    answer.body.clone(),
                ));
            }
            other => unseen.extend(
                identify(id)
                    .map(|id| (id, other.map_or_else(unasked, |answer| reason(answer, endpoint.scope)))),
            ),
        }
    }
    let not_read = NotAssessed::Unknown("it is not read from the API".to_owned());
    unseen.extend(identify("phone-provider-protection").map(|id| (id, not_read)));
    snapshot.put(Collection::AttackProtection, Section::Partial { items, unseen });
}

fn templates(snapshot: &mut TenantSnapshot, answers: &[Answered]) {
    let (mut items, mut unseen) = (Vec::new(), Vec::new());
    for name in TEMPLATES {
        let path = format!("email-templates/{name}");
        match to(answers, &path).first() {
            Some(answer) if answer.status == 200 => {
                items.extend(item(name, name.to_owned(), &format!("/api/v2/{path}#"), answer.body.clone()));
            }
            // It was never changed.
            Some(answer) if answer.status == 404 => {}
            other => {
                unseen.extend(identify(name).map(|id| {
                    (id, other.map_or_else(unasked, |answer| reason(answer, "read:email_templates")))
                }));
            }
        }
    }
    let section = match (unseen.is_empty(), items.is_empty()) {
        (true, true) => Section::Empty,
        (true, false) => Section::Loaded(items),
        (false, _) => Section::Partial { items, unseen },
    };
    snapshot.put(Collection::EmailTemplates, section);
}

fn logins(snapshot: &mut TenantSnapshot, answers: &[Answered]) {
    let asked = to(answers, "logs");
    if let Some(failure) = asked.iter().find(|answer| answer.status != 200) {
        snapshot.put(Collection::Logins, failed(reason(failure, "read:logs")));
        return;
    }
    let found = objects(answers, "logs", "logs").enumerate();
    let items: Vec<Item> = found
        .filter_map(|(n, login)| {
            item(&format!("login {n}"), "a login".to_owned(), "/api/v2/logs#", login.clone())
        })
        .collect();
    let section = match (asked.is_empty(), items.is_empty()) {
        (true, _) => Section::Unreadable(unasked()),
        (false, true) => Section::Empty,
        (false, false) => Section::Loaded(items),
    };
    snapshot.put(Collection::Logins, section);
}

/// As an export writes them: by trigger, a list of `action_name`, which here is the Action's id.
fn bindings(snapshot: &mut TenantSnapshot, answers: &[Answered], used: &[String]) {
    let section = match snapshot.section(Collection::Actions) {
        Section::Loaded(_) | Section::Empty => {
            let by_trigger = BINDABLE.iter().map(|trigger| {
                let bound = if used.iter().any(|one| one == trigger) {
                    bound(trigger, answers)
                } else {
                    Node::List(vec![])
                };
                ((*trigger).into(), bound)
            });
            let at = "/api/v2/actions/triggers#";
            Section::Loaded(
                item("triggers", "triggers".to_owned(), at, Node::Map(by_trigger.collect()))
                    .into_iter()
                    .collect(),
            )
        }
        Section::Partial { .. } => {
            Section::Unreadable(NotAssessed::Failed("not all Actions could be read".to_owned()))
        }
        other => other.clone(),
    };
    snapshot.put(Collection::Triggers, section);
}

fn bound(trigger: &str, answers: &[Answered]) -> Node {
    let path = format!("actions/triggers/{trigger}/bindings");
    let asked = to(answers, &path);
    if asked.is_empty() || asked.iter().any(|answer| answer.status != 200) {
        return not_read(asked.first().copied(), "read:actions");
    }
    let names = objects(answers, &path, "bindings").map(|binding| {
        let id = binding.get("action").and_then(|action| action.get("id")).cloned().unwrap_or(Node::Null);
        Node::Map(BTreeMap::from([("action_name".into(), id)]))
    });
    Node::List(names.collect())
}

fn not_read(answer: Option<&Answered>, scope: &str) -> Node {
    let why = answer.map_or_else(unasked, |answer| reason(answer, scope));
    Node::Unknown(format!("(not read: {why})"))
}

/// A grant names its application by id; people know it by name.
fn name_grants(snapshot: &mut TenantSnapshot) {
    let clients = snapshot.known(Collection::Clients).iter();
    let names: BTreeMap<String, String> =
        clients.map(|client| (client.id.to_string(), client.name.clone())).collect();
    for grant in snapshot.items_mut(Collection::ClientGrants) {
        if let Some(Node::Text(id)) = grant.value.get("client_id")
            && let Some(name) = names.get(id)
        {
            grant.name = grant.name.replacen(id, name, 1);
        }
    }
}

/// What belongs to each object becomes a field of it.
fn details(snapshot: &mut TenantSnapshot, answers: &[Answered]) {
    for detail in &DETAILS {
        for item in snapshot.items_mut(detail.collection) {
            if detail.collection == Collection::Clients && !has_registered_key(&item.value) {
                item.value.set(detail.field, Node::List(vec![]));
                continue;
            }
            let path = detail.path.replace("{}", item.id.as_str());
            let asked = to(answers, &path);
            let value = if asked.is_empty() || asked.iter().any(|answer| answer.status != 200) {
                not_read(asked.first().copied(), detail.scope)
            } else {
                let each = objects(answers, &path, detail.key).map(|object| {
                    match (detail.field, object.get("client_id")) {
                        ("enabled_clients", Some(id)) => id.clone(),
                        _ => object.clone(),
                    }
                });
                Node::List(each.collect())
            };
            item.value.set(detail.field, value);
        }
    }
}

/// The classic pages are part of the tenant's settings.
fn pages(snapshot: &mut TenantSnapshot) {
    const PAGES: [(&str, &str); 3] = [
        ("error_page", "error_page"),
        ("change_password", "password_reset"),
        ("guardian_mfa_page", "guardian_multifactor"),
    ];
    let section = match snapshot.section(Collection::Tenant) {
        Section::Loaded(settings) => {
            let found = settings.iter().flat_map(|settings| {
                PAGES.iter().filter_map(|(field, name)| {
                    let page = settings.value.get(field).filter(|page| matches!(page, Node::Map(_)))?;
                    item(
                        name,
                        (*name).to_owned(),
                        &format!("/api/v2/tenants/settings#/{field}"),
                        page.clone(),
                    )
                })
            });
            let items: Vec<Item> = found.collect();
            if items.is_empty() { Section::Empty } else { Section::Loaded(items) }
        }
        other => other.clone(),
    };
    snapshot.put(Collection::Pages, section);
}

/// Databases are connections of their own kind.
fn split_connections(snapshot: &mut TenantSnapshot) {
    let section = snapshot.take(Collection::Connections);
    let is_database =
        |item: &Item| matches!(item.value.get("strategy"), Some(Node::Text(strategy)) if strategy == "auth0");
    let (databases, others) = match section {
        Section::Loaded(items) => {
            let (databases, others) = items.into_iter().partition(is_database);
            let of =
                |items: Vec<Item>| if items.is_empty() { Section::Empty } else { Section::Loaded(items) };
            (of(databases), of(others))
        }
        Section::Partial { items, .. } => {
            let (databases, others) = items.into_iter().partition(is_database);
            let of = |items| Section::Partial { items, unseen: vec![] };
            (of(databases), of(others))
        }
        other => (other.clone(), other),
    };
    snapshot.put(Collection::Databases, databases);
    snapshot.put(Collection::Connections, others);
}

#[cfg(test)]
mod tests;
