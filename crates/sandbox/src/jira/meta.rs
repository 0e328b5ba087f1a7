//! What there is besides tickets: the site, people, projects and their screens.

use serde_json::{Value, json};

use super::model::{Field, Kind, Project, Status};
use super::refuse::{known, no_project};
use super::{ACCOUNT, Jira, issues, refuse, stamp};
use crate::office::CLOUD_ID;
use crate::office::said::{Answer, Answered, Asked, Ctx};

/// `GET /oauth/token/accessible-resources`.
pub(super) fn resources(ctx: &Ctx<'_>) -> Answered {
    let scopes = known(ctx)?;
    let site = json!([{"id": CLOUD_ID, "name": "acme", "url": "https://acme.atlassian.net", "scopes": scopes,
        "avatarUrl": "https://site-admin-avatar-cdn.prod.public.atl-paas.net/avatars/240/flag.png"}]);
    Ok(Answer::json(200, site))
}

/// `GET /serverInfo`.
pub(super) fn server(ctx: &Ctx<'_>) -> Answered {
    Ok(Answer::json(
        200,
        json!({
            "baseUrl": "https://acme.atlassian.net",
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_275,
            "buildDate": "2026-11-20T11:32:00.000+0000",
            "serverTime": stamp(ctx.now),
            "scmInfo": "0",
            "serverTitle": "Jira",
        }),
    ))
}

/// `GET /myself`.
pub(super) fn myself(ctx: &Ctx<'_>) -> Answered {
    let mut user = user(ACCOUNT);
    user["self"] = json!(format!("{}/user?accountId={ACCOUNT}", issues::api(ctx)));
    user["locale"] = json!("en_US");
    Ok(Answer::json(200, user))
}

/// A person.
pub(super) fn user(account: &str) -> Value {
    let (name, address) = if account == ACCOUNT {
        ("CheckMate", "checkmate@acme.example")
    } else {
        ("Ada", "ada@acme.example")
    };
    json!({"accountId": account, "accountType": "atlassian", "active": true, "displayName": name,
        "emailAddress": address, "timeZone": "Etc/UTC"})
}

/// `GET /project/{project}`.
pub(super) fn project(jira: &Jira, ctx: &Ctx<'_>, project: &str) -> Answered {
    let project = jira.project(project).ok_or_else(|| no_project(project))?;
    let mut shown = project_in_short(ctx, project);
    shown["issueTypes"] = project.issue_types.iter().map(|(id, name)| issue_type(ctx, id, name)).collect();
    Ok(Answer::json(200, shown))
}

/// A project as a ticket names it.
pub(super) fn project_in_short(ctx: &Ctx<'_>, project: &Project) -> Value {
    json!({"self": format!("{}/project/{}", issues::api(ctx), project.id), "id": project.id, "key": project.key,
        "name": project.name, "projectTypeKey": "software", "simplified": false})
}

/// `GET /project/{project}/statuses`.
pub(super) fn statuses(jira: &Jira, ctx: &Ctx<'_>, project: &str) -> Answered {
    let project = jira.project(project).ok_or_else(|| no_project(project))?;
    let statuses: Vec<Value> = project.statuses.iter().map(|one| status(ctx, Some(one))).collect();
    let types = project.issue_types.iter().map(|(id, name)| {
        let address = format!("{}/issuetype/{id}", issues::api(ctx));
        json!({"self": address, "id": id, "name": name, "subtask": false, "statuses": statuses})
    });
    Ok(Answer::json(200, types.collect()))
}

/// A status as a ticket shows it.
pub(super) fn status(ctx: &Ctx<'_>, status: Option<&Status>) -> Value {
    let Some(status) = status else { return Value::Null };
    let (id, name, color) = status.category.shown();
    json!({
        "self": format!("{}/status/{}", issues::api(ctx), status.id),
        "id": status.id,
        "name": status.name,
        "statusCategory": {
            "self": format!("{}/statuscategory/{id}", issues::api(ctx)),
            "id": id,
            "key": status.category.key(),
            "name": name,
            "colorName": color,
        },
    })
}

fn issue_type(ctx: &Ctx<'_>, id: &str, name: &str) -> Value {
    json!({"self": format!("{}/issuetype/{id}", issues::api(ctx)), "id": id, "name": name, "subtask": false,
        "hierarchyLevel": 0})
}

/// `GET /issue/createmeta/{project}/issuetypes`.
pub(super) fn types(jira: &Jira, ctx: &Ctx<'_>, asked: &Asked, project: &str) -> Answered {
    let project = jira.project(project).ok_or_else(|| no_project(project))?;
    let all: Vec<Value> = project.issue_types.iter().map(|(id, name)| issue_type(ctx, id, name)).collect();
    page(asked, "issueTypes", &all)
}

/// `GET /issue/createmeta/{project}/issuetypes/{type}`.
pub(super) fn fields(jira: &Jira, asked: &Asked, project: &str, kind: &str) -> Answered {
    let project = jira.project(project).ok_or_else(|| no_project(project))?;
    if !project.issue_types.contains_key(kind) {
        return Err(refuse(400, &format!("Issue type with id '{kind}' does not exist.")));
    }
    let own = [
        field_of("issuetype", "Issue Type", true, &json!({"type": "issuetype", "system": "issuetype"})),
        field_of("project", "Project", true, &json!({"type": "project", "system": "project"})),
    ];
    let all: Vec<Value> = own
        .into_iter()
        .chain(project.fields.iter().map(|one| field(one, one.required)))
        .map(with_id)
        .collect();
    page(asked, "fields", &all)
}

fn page(asked: &Asked, name: &str, all: &[Value]) -> Answered {
    let number = |name: &str, default| asked.number(name, default).map_err(|why| refuse(400, &why));
    let (start, most) = (number("startAt", 0)?, number("maxResults", 50)?.min(200));
    let some: Vec<&Value> = all.iter().skip(start).take(most).collect();
    Ok(Answer::json(200, json!({"startAt": start, "maxResults": most, "total": all.len(), name: some})))
}

/// What a screen says of a field.
pub(super) fn field(field: &Field, required: bool) -> Value {
    let kind = match &field.kind {
        Kind::Line | Kind::Document => "string",
        Kind::Labels | Kind::ManyNamed(_) => "array",
        Kind::Day => "date",
        Kind::Number => "number",
        Kind::Person => "user",
        Kind::Named(_) => "priority",
        Kind::Option(_) => "option",
    };
    let mut schema = json!({"type": kind});
    match field.id.strip_prefix("customfield_") {
        Some(id) => {
            schema["custom"] =
                json!(format!("com.atlassian.jira.plugin.system.customfieldtypes:{}", custom(&field.kind)));
            schema["customId"] = json!(id.parse::<u64>().unwrap_or_default());
        }
        None => schema["system"] = json!(field.id),
    }
    if kind == "array" {
        schema["items"] = json!(if field.kind == Kind::Labels { "string" } else { "component" });
    }
    let mut shown = field_of(&field.id, &field.name, required, &schema);
    if let Kind::Named(names) | Kind::ManyNamed(names) | Kind::Option(names) = &field.kind {
        let by = if matches!(field.kind, Kind::Option(_)) { "value" } else { "name" };
        let values =
            names.iter().enumerate().map(|(place, name)| json!({"id": (place + 1).to_string(), by: name}));
        shown["allowedValues"] = values.collect();
    }
    shown
}

const fn custom(kind: &Kind) -> &'static str {
    match kind {
        Kind::Document => "textarea",
        Kind::Labels => "labels",
        Kind::Day => "datepicker",
        Kind::Number => "float",
        Kind::Person => "userpicker",
        Kind::Option(_) => "select",
        Kind::Line | Kind::Named(_) | Kind::ManyNamed(_) => "textfield",
    }
}

fn field_of(id: &str, name: &str, required: bool, schema: &Value) -> Value {
    json!({"required": required, "schema": schema, "name": name, "key": id, "hasDefaultValue": false,
        "operations": ["set"]})
}

/// Lists of screens name the field a second time.
fn with_id(mut field: Value) -> Value {
    field["fieldId"] = field["key"].clone();
    field
}
