//! Tickets of Jira Cloud: the body of `POST /rest/api/3/issue`.
//!
//! Limits: a summary of 255 characters in one line, labels without blanks, a description whose JSON stays below 30,000
//! characters (Jira counts 32,767 and does not say of what).

use std::collections::BTreeSet;

use checkmate_domain::{DeliveryId, Timestamp};
use serde_json::{Value, json};

use super::{adf, count, csv, headline, line, place};
use crate::policy::{Jira, News, assigned};
use crate::sender::File;

/// The longest summary, in characters.
const SUMMARY: usize = 255;
/// The longest description, as JSON, in bytes.
const DESCRIPTION: usize = 30_000;
/// What becomes of a ticket.
const AFTER: &str = "The next scan that sees it mended closes this ticket, and one that sees it again opens it again. \
                     Close it yourself, and CheckMate looks at once.";
/// The property that holds our id.
pub const PROPERTY: &str = "checkmate.delivery";

/// The label that a ticket is found again by.
#[must_use]
pub fn label(id: &DeliveryId) -> String {
    format!("checkmate-{id}")
}

/// A ticket as it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The body of the request.
    pub body: Value,
    /// All of its findings, where the description does not hold them.
    pub file: Option<File>,
}

/// A new ticket with these findings, worst first. `now` is the day its time to mend begins.
#[must_use]
pub fn create(jira: &Jira, id: &DeliveryId, members: &[&News], now: Timestamp) -> Made {
    let (description, file) = description(id, members);
    let mut fields = json!({
        "project": {"key": jira.project},
        "issuetype": {"name": jira.issue_type},
        "summary": summary(members),
        "description": description,
        "labels": labels(jira, id),
    });
    let (account, component) = owner(jira, members);
    let account = assigned(members).map(str::to_owned).or(account);
    owned(&mut fields, account, component);
    if let Some(due) = due(jira, members, now) {
        fields["duedate"] = json!(due);
    }
    made(id, &fields, file)
}

fn made(id: &DeliveryId, fields: &Value, file: Option<File>) -> Made {
    Made { body: json!({"fields": fields, "properties": [{"key": PROPERTY, "value": {"id": id}}]}), file }
}

/// One ticket in place of many.
#[must_use]
pub fn create_summary(jira: &Jira, id: &DeliveryId, members: &[&News]) -> Made {
    let text = match members {
        [] => "Problems found in one scan, each in a ticket of its own by now".to_owned(),
        _ => format!("{} found in one scan, too many for a ticket each", count(members.len(), "problem")),
    };
    let intro = match members {
        [] => "All that was listed here has a ticket of its own by now.",
        _ => "More new findings came with one scan than policy makes tickets of. They are listed here.",
    };
    let (description, file) = within(id, members, |shown, more| {
        let mut content = vec![adf::paragraph(vec![adf::plain(intro)])];
        content.extend(places(shown, more));
        adf::doc(&content)
    });
    let mut fields = json!({
        "project": {"key": jira.project},
        "issuetype": {"name": jira.issue_type},
        "summary": line(&text, SUMMARY),
        "description": description,
        "labels": labels(jira, id),
    });
    // What is of several people is nobody's before somebody has looked at it.
    let owners: BTreeSet<_> = members.iter().map(|news| owner(jira, &[news])).collect();
    if let (1, Some((account, component))) = (owners.len(), owners.into_iter().next()) {
        owned(&mut fields, account, component);
    }
    made(id, &fields, file)
}

/// The account and the component of the worst finding that has one.
fn owner(jira: &Jira, members: &[&News]) -> (Option<String>, Option<String>) {
    let account = members.iter().find_map(|news| jira.account_of(news));
    let component = members.iter().find_map(|news| jira.component_of(news));
    (account.map(str::to_owned), component.map(str::to_owned))
}

fn owned(fields: &mut Value, account: Option<String>, component: Option<String>) {
    if let Some(account) = account {
        fields["assignee"] = json!({"accountId": account});
    }
    if let Some(component) = component {
        fields["components"] = json!([{"name": component}]);
    }
}

fn labels(jira: &Jira, id: &DeliveryId) -> Vec<String> {
    let own = ["checkmate".to_owned(), label(id)];
    own.into_iter().chain(jira.labels.iter().cloned()).collect()
}

/// The worst finding in one line; of several, what they have in common.
#[must_use]
pub fn summary(members: &[&News]) -> String {
    match members {
        [] => "Nothing is open".to_owned(),
        [news] => headline(news, SUMMARY),
        [news, ..] => {
            let number = format!(" ({})", count(members.len(), "place"));
            let title = line(&news.record.finding.title, SUMMARY - number.chars().count());
            format!("{title}{number}")
        }
    }
}

/// What a person needs to act, within the limit: places that do not fit are counted, and in the file.
fn description(id: &DeliveryId, members: &[&News]) -> (Value, Option<File>) {
    let Some(first) = members.first() else {
        return (adf::doc(&[adf::paragraph(vec![adf::plain("Nothing is open.")])]), None);
    };
    within(id, members, |shown, more| {
        let (rule, triage) = (&first.rule, &first.record.triage);
        let mut content = vec![
            adf::paragraph(vec![
                adf::strong(&format!("{} · {}", triage.priority, first.record.finding.severity)),
                adf::plain(&triage.reason),
            ]),
            adf::paragraph(vec![adf::plain(&rule.rationale)]),
            adf::heading(3, "What to do"),
            adf::paragraph(vec![adf::plain(&rule.remediation.summary)]),
        ];
        content.extend(adf::list(rule.remediation.steps.iter().map(|step| vec![adf::plain(step)]).collect()));
        content.push(adf::heading(3, "Where"));
        content.extend(places(shown, more));
        content.push(adf::heading(3, "When it is mended"));
        content.push(adf::paragraph(vec![adf::plain(AFTER)]));
        let links = rule.references.iter().map(|link| adf::link(&link.title, &link.url));
        let more = [adf::plain("Rule"), adf::code(rule.id.as_str())].into_iter().chain(links);
        content.push(adf::paragraph(more.collect()));
        adf::doc(&content)
    })
}

/// The findings one by one, and how many there are besides.
fn places(shown: &[&News], more: Option<String>) -> Vec<Value> {
    let list = adf::list(shown.iter().map(|news| row(news)).collect());
    list.into_iter().chain(more.map(|more| adf::paragraph(vec![adf::plain(&more)]))).collect()
}

/// One finding, its place and what was seen there.
fn row(news: &News) -> Vec<Option<Value>> {
    let (state, evidence) = (news.record.state, &news.record.finding.evidence);
    let word = match &news.waiver {
        Some(waiver) if state.is_open() => {
            let kind = waiver.kind.as_str();
            format!(
                "({kind} until {}, {}: {})",
                waiver.until,
                line(&waiver.owner, 100),
                line(&waiver.reason, 200)
            )
        }
        _ if news.is_open() => String::new(),
        _ => format!("({})", state.as_str()),
    };
    vec![
        adf::strong(&place(news)),
        adf::plain(&word),
        adf::code(&line(&evidence.pointer, 200)),
        adf::plain(&said(&evidence.seen, &evidence.expected)),
    ]
}

/// `is fair, should be good`; what is not said is left out.
fn said(seen: &str, expected: &str) -> String {
    let words = [("is", seen), ("should be", expected)].map(|(word, text)| (word, line(text, 300)));
    let told = words.into_iter().filter(|(_, text)| !text.is_empty());
    told.map(|(word, text)| format!("{word} {text}")).collect::<Vec<_>>().join(", ")
}

/// With as many members as fit; where that is not all, a file has them all.
fn within(
    id: &DeliveryId,
    members: &[&News],
    make: impl Fn(&[&News], Option<String>) -> Value,
) -> (Value, Option<File>) {
    let whole = make(members, None);
    if members.len() <= 1 || whole.to_string().len() < DESCRIPTION {
        return (whole, None);
    }
    let file = list(id, members);
    let mut shown = members.len() / 2;
    loop {
        let rest = count(members.len() - shown, "place");
        let more = format!("and {rest} more: the file {} on this ticket has them all", file.name);
        let document = make(&members[..shown], Some(more));
        if shown <= 1 || document.to_string().len() < DESCRIPTION {
            return (document, Some(file));
        }
        shown /= 2;
    }
}

/// All findings of a ticket. Another content has another name: so who looks at a ticket sees whether it is there.
fn list(id: &DeliveryId, members: &[&News]) -> File {
    let (bytes, media_type) = (csv::findings(members).into_bytes(), "text/csv".to_owned());
    let file = File { name: String::new(), media_type, bytes };
    let name = format!("{}{}{LISTED}", list_of(id), file.hash());
    File { name, ..file }
}

/// What the names of lists end with.
const LISTED: &str = ".csv";

/// What the names of all lists of a ticket begin with.
fn list_of(id: &DeliveryId) -> String {
    let some: String = id.as_str().chars().take(8).collect();
    format!("checkmate-{some}-")
}

/// Whether a file is a list of this ticket, of now or of before.
#[must_use]
pub fn is_list(id: &DeliveryId, name: &str) -> bool {
    let hash = name.strip_prefix(&list_of(id)).and_then(|rest| rest.strip_suffix(LISTED));
    hash.is_some_and(|hash| hash.len() == 32 && hash.chars().all(|c| c.is_ascii_hexdigit()))
}

/// The day by which the most urgent finding is to be mended, `2026-11-26`.
fn due(jira: &Jira, members: &[&News], now: Timestamp) -> Option<String> {
    let priority =
        members.iter().filter(|news| news.is_open()).map(|news| news.record.triage.priority).min()?;
    let days = jira.due_days.get(priority as usize).copied().flatten()?;
    Some(now.plus(std::time::Duration::from_secs(u64::from(days) * 86_400)).date())
}
