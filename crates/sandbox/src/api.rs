//! The Management API's reading side: lists in pages, objects, and what a token must be allowed.
//!
//! Paging, limits and refusals are those of Auth0's Management API, as of 2026-06.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State as Of};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::management::{may, refuse};
use crate::state::Shared;

/// How a list is paged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paging {
    /// Not at all.
    Whole,
    /// By number.
    Pages,
    /// By number, always with totals.
    Totals,
    /// By number or by checkpoint.
    Both,
    /// By checkpoint.
    Checkpoints,
}

/// Path, scope, the field of the list in a page, and how it is paged.
const LISTS: [(&str, &str, &str, Paging); 21] = [
    ("clients", "read:clients", "clients", Paging::Both),
    ("connections", "read:connections", "connections", Paging::Both),
    (
        "connections-directory-provisionings",
        "read:directory_provisionings",
        "directory_provisionings",
        Paging::Checkpoints,
    ),
    ("resource-servers", "read:resource_servers", "resource_servers", Paging::Pages),
    ("client-grants", "read:client_grants", "client_grants", Paging::Both),
    (
        "token-exchange-profiles",
        "read:token_exchange_profiles",
        "token_exchange_profiles",
        Paging::Checkpoints,
    ),
    ("actions/actions", "read:actions", "actions", Paging::Totals),
    ("actions/modules", "read:actions", "modules", Paging::Totals),
    ("rules", "read:rules", "rules", Paging::Pages),
    ("rules-configs", "read:rules_configs", "", Paging::Whole),
    ("hooks", "read:hooks", "hooks", Paging::Pages),
    ("custom-domains", "read:custom_domains", "custom_domains", Paging::Whole),
    ("network-acls", "read:network_acls", "network_acls", Paging::Pages),
    ("log-streams", "read:log_streams", "", Paging::Whole),
    ("event-streams", "read:event_streams", "eventStreams", Paging::Checkpoints),
    ("organizations", "read:organizations", "organizations", Paging::Both),
    ("roles", "read:roles", "roles", Paging::Pages),
    ("self-service-profiles", "read:self_service_profiles", "self_service_profiles", Paging::Pages),
    ("guardian/factors", "read:guardian_factors", "", Paging::Whole),
    ("guardian/policies", "read:mfa_policies", "", Paging::Whole),
    ("keys/signing", "read:signing_keys", "", Paging::Whole),
];

/// Lists of one object: the beginning and the end of the path.
const DETAILS: [(&str, &str, &str, &str, Paging); 5] = [
    ("connections/", "/clients", "read:connections", "clients", Paging::Checkpoints),
    ("clients/", "/credentials", "read:client_credentials", "", Paging::Whole),
    (
        "organizations/",
        "/enabled_connections",
        "read:organization_connections",
        "enabled_connections",
        Paging::Pages,
    ),
    ("roles/", "/permissions", "read:roles", "permissions", Paging::Pages),
    ("actions/triggers/", "/bindings", "read:actions", "bindings", Paging::Totals),
];

/// Single objects; the second is the scope.
const OBJECTS: [(&str, &str); 11] = [
    ("tenants/settings", "read:tenant_settings"),
    ("attack-protection/brute-force-protection", "read:attack_protection"),
    ("attack-protection/suspicious-ip-throttling", "read:attack_protection"),
    ("attack-protection/breached-password-detection", "read:attack_protection"),
    ("attack-protection/bot-detection", "read:attack_protection"),
    ("attack-protection/captcha", "read:attack_protection"),
    ("risk-assessments/settings", "read:attack_protection"),
    ("supplemental-signals", "read:attack_protection"),
    ("guardian/factors/phone/selected-provider", "read:guardian_factors"),
    ("emails/provider", "read:email_provider"),
    ("branding/phone/providers", "read:phone_providers"),
];

type Asked = BTreeMap<String, String>;

/// `GET /api/v2/{path}`.
pub(crate) async fn read(
    Of(shared): Of<Arc<Shared>>,
    Path(path): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let state = shared.lock();
    let Some((scope, key, paging)) = known(&path) else {
        return refuse(StatusCode::NOT_FOUND, "inexistent_endpoint", "The path is not known");
    };
    if let Err(refused) = may(&state, &headers, scope) {
        return refused;
    }
    if state.tenant.not_on_plan.contains(&path) {
        let text = "This feature is not enabled for your subscription";
        return refuse(StatusCode::FORBIDDEN, "feature_not_enabled", text);
    }
    let held = state.tenant.api.get(path.as_str());
    match (paging, held) {
        (None, Some(object)) => axum::Json(object.clone()).into_response(),
        (None, None) => refuse(StatusCode::NOT_FOUND, "inexistent", "There is no such thing"),
        (Some(paging), held) => {
            let empty = Vec::new();
            let items = held.and_then(Value::as_array).unwrap_or(&empty);
            let named: Vec<Value>;
            let items = match asked.get("name").filter(|_| path == "connections") {
                None => items,
                Some(name) => {
                    named = items.iter().filter(|one| one["name"] == **name).cloned().collect();
                    &named
                }
            };
            match page(items, key, paging, &asked) {
                Ok(answer) => axum::Json(without(answer, &asked)).into_response(),
                Err(why) => refuse(StatusCode::BAD_REQUEST, "invalid_query_string", why),
            }
        }
    }
}

/// The scope of a path, and how its list comes if it is one.
fn known(path: &str) -> Option<(&'static str, &'static str, Option<Paging>)> {
    if let Some((_, scope, key, paging)) = LISTS.iter().find(|(known, ..)| *known == path) {
        return Some((scope, key, Some(*paging)));
    }
    if let Some((_, scope)) = OBJECTS.iter().find(|(known, _)| *known == path) {
        return Some((scope, "", None));
    }
    if path == "logs" {
        return Some(("read:logs", "logs", Some(Paging::Pages)));
    }
    if path.strip_prefix("email-templates/").is_some_and(|name| !name.contains('/')) {
        return Some(("read:email_templates", "", None));
    }
    let detail = DETAILS.iter().find(|(start, end, ..)| path.starts_with(start) && path.ends_with(end))?;
    Some((detail.2, detail.3, Some(detail.4)))
}

fn page(items: &[Value], key: &str, paging: Paging, asked: &Asked) -> Result<Value, &'static str> {
    let number = |name: &str| {
        asked.get(name).map(|text| text.parse::<usize>().map_err(|_| "a number is expected")).transpose()
    };
    let (take, from) = (number("take")?, number("from")?);
    let checkpoints = matches!(paging, Paging::Both | Paging::Checkpoints);
    if paging == Paging::Checkpoints || (checkpoints && (take.is_some() || from.is_some())) {
        let (take, from) = (take.unwrap_or(50), from.unwrap_or(0));
        if !(1..=100).contains(&take) {
            return Err("take must be between 1 and 100");
        }
        let end = (from + take).min(items.len());
        let mut answer = json!({ key: items.get(from..end).unwrap_or_default() });
        if end < items.len() {
            answer["next"] = json!(end.to_string());
        }
        return Ok(answer);
    }
    if paging == Paging::Whole {
        return Ok(Value::Array(items.to_vec()));
    }
    let (at, size) = (
        number("page")?.unwrap_or(0),
        number("per_page")?.unwrap_or(if paging == Paging::Totals { 20 } else { 50 }),
    );
    if !(1..=100).contains(&size) {
        return Err("per_page must be between 1 and 100");
    }
    let start = at * size;
    if start >= 1_000 {
        return Err("you can only page through the first 1000 records");
    }
    let here = items.get(start..(start + size).min(items.len())).unwrap_or_default();
    let totals = asked.get("include_totals").is_some_and(|text| text == "true");
    Ok(match (paging, totals) {
        (Paging::Totals, _) => json!({ key: here, "total": items.len(), "page": at, "per_page": size }),
        (_, true) => json!({ key: here, "start": start, "limit": size, "total": items.len() }),
        _ => Value::Array(here.to_vec()),
    })
}

/// Leaves the fields out that were asked to be left out.
fn without(mut answer: Value, asked: &Asked) -> Value {
    let excluded = asked.get("include_fields").is_some_and(|text| text == "false");
    let Some(fields) = asked.get("fields").filter(|_| excluded) else { return answer };
    let lists: Vec<&mut Value> = match &mut answer {
        Value::Object(entries) => entries.values_mut().collect(),
        list => vec![list],
    };
    for item in lists.into_iter().filter_map(Value::as_array_mut).flatten() {
        if let Some(entries) = item.as_object_mut() {
            entries.retain(|name, _| !fields.split(',').any(|field| field == name));
        }
    }
    answer
}
