//! The search, which sees a change late.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::model::Issue;
use super::refuse::bad_payload;
use super::{Jira, issues, jql, refuse};
use crate::office::said::{Answer, Answered, Asked, Ctx};

/// The most tickets on a page.
const PAGE: u64 = 5_000;
/// The most tickets that are shown as they are now.
const RECONCILED: usize = 50;
/// The most properties at once.
const PROPERTIES: usize = 5;

/// A search in the address as one in a body.
pub(super) fn by_address(asked: &Asked) -> Result<Value, Box<Answer>> {
    let mut body = json!({});
    for (name, value) in &asked.query {
        body[name] = match name.as_str() {
            "jql" | "nextPageToken" | "expand" => json!(value),
            "maxResults" => json!(value.parse::<u64>().map_err(|_| bad_payload())?),
            "fields" | "properties" => json!(asked.list(name)),
            "fieldsByKeys" | "failFast" => continue,
            "reconcileIssues" => {
                let ids = asked.list(name).iter().map(|id| id.parse::<u64>()).collect::<Result<Vec<_>, _>>();
                json!(ids.map_err(|_| bad_payload())?)
            }
            _ => continue,
        };
    }
    Ok(body)
}

/// `POST /search/jql`.
pub(super) fn search(jira: &Jira, ctx: &Ctx<'_>, body: &Value) -> Answered {
    let known = [
        "jql",
        "nextPageToken",
        "maxResults",
        "fields",
        "expand",
        "properties",
        "fieldsByKeys",
        "reconcileIssues",
    ];
    issues::only(body, &known)?;
    let text = match body.get("jql") {
        None => "",
        Some(text) => text.as_str().ok_or_else(bad_payload)?,
    };
    let query = jql::read(text).map_err(|why| refuse(400, &why))?;
    if let Some(why) = query.unknown(jira, ctx.now) {
        return Err(refuse(400, &why));
    }
    let (mut fields, properties, reconciled) =
        (words(body, "fields")?, words(body, "properties")?, ids(body)?);
    if properties.len() > PROPERTIES {
        return Err(refuse(400, "You can request up to 5 properties."));
    }
    if fields.is_empty() {
        fields.push("id".to_owned());
    }
    let mut found: Vec<&Issue> =
        jira.seen(ctx, &reconciled).filter(|issue| query.fits(issue, ctx.now)).collect();
    query.sort(&mut found);
    let (start, most) = (begin(body, text)?, most(body)?);
    let page = found.iter().skip(start).take(most);
    let shown: Vec<Value> = page.map(|issue| issues::shown(jira, ctx, issue, &fields, &properties)).collect();
    let end = start + shown.len();
    let mut answer = json!({"issues": shown, "isLast": end >= found.len()});
    if end < found.len() {
        answer["nextPageToken"] = json!(token(end, text));
    }
    Ok(Answer::json(200, answer))
}

/// `POST /jql/match`: which of these tickets fit, as they are now.
pub(super) fn matched(jira: &Jira, ctx: &Ctx<'_>, body: &Value) -> Answered {
    issues::only(body, &["issueIds", "jqls"])?;
    let ids = numbers(body.get("issueIds").ok_or_else(bad_payload)?)?;
    let queries = words(body, "jqls")?;
    let matches = queries.iter().map(|text| {
        let read = jql::read(text).and_then(|query| match query.unknown(jira, ctx.now) {
            Some(why) => Err(why),
            None => Ok(query),
        });
        match read {
            Err(why) => json!({"matchedIssues": [], "errors": [why]}),
            Ok(query) => {
                let some =
                    ids.iter().filter(|id| jira.issues.get(id).is_some_and(|one| query.fits(one, ctx.now)));
                json!({"matchedIssues": some.collect::<Vec<_>>(), "errors": []})
            }
        }
    });
    Ok(Answer::json(200, json!({"matches": matches.collect::<Vec<_>>()})))
}

impl Jira {
    /// The tickets as the index has them by now; those that are to be reconciled as they are.
    fn seen<'a>(&'a self, ctx: &Ctx<'_>, reconciled: &'a [u64]) -> impl Iterator<Item = &'a Issue> {
        let since = ctx.now.minus(ctx.clock.scaled(self.index_delay));
        self.index.iter().filter_map(move |(id, looks)| {
            if reconciled.contains(id) {
                return self.issues.get(id).map(AsRef::as_ref);
            }
            let (_, look) = looks.iter().rev().find(|(at, _)| *at <= since)?;
            look.as_deref()
        })
    }
}

fn words(body: &Value, name: &str) -> Result<Vec<String>, Box<Answer>> {
    let Some(list) = body.get(name) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(bad_payload)?;
    list.iter().map(|word| word.as_str().map(str::to_owned).ok_or_else(bad_payload)).collect()
}

fn ids(body: &Value) -> Result<Vec<u64>, Box<Answer>> {
    let Some(list) = body.get("reconcileIssues") else { return Ok(Vec::new()) };
    let ids = numbers(list)?;
    if ids.len() > RECONCILED {
        return Err(refuse(400, "The number of issues to reconcile exceeds the limit of 50."));
    }
    Ok(ids)
}

fn numbers(list: &Value) -> Result<Vec<u64>, Box<Answer>> {
    let list = list.as_array().ok_or_else(bad_payload)?;
    list.iter().map(|id| id.as_u64().ok_or_else(bad_payload)).collect()
}

fn most(body: &Value) -> Result<usize, Box<Answer>> {
    let most = match body.get("maxResults") {
        None => 50,
        Some(number) => number.as_u64().ok_or_else(bad_payload)?,
    };
    if most == 0 || most > PAGE {
        return Err(refuse(400, "The value for maxResults must be between 1 and 5000."));
    }
    Ok(usize::try_from(most).unwrap_or(usize::MAX))
}

/// Where a page begins; its token is good for its query only.
fn begin(body: &Value, query: &str) -> Result<usize, Box<Answer>> {
    let text = match body.get("nextPageToken") {
        None | Some(Value::Null) => return Ok(0),
        Some(text) => text.as_str().ok_or_else(bad_payload)?,
    };
    let read = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let start =
        read.as_deref().and_then(|read| read.split_once(':')).and_then(|(start, _)| start.parse().ok());
    let start = start.filter(|start| token(*start, query) == text);
    start.ok_or_else(|| refuse(400, "The provided next page token is invalid or expired."))
}

fn token(start: usize, query: &str) -> String {
    let mark = hex::encode(&Sha256::digest(query.as_bytes())[..8]);
    URL_SAFE_NO_PAD.encode(format!("{start}:{mark}"))
}
