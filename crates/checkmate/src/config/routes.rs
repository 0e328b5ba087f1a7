//! The keys of one route: which findings go where.

use std::collections::BTreeSet;

use checkmate_domain::{Priority, Severity};
use checkmate_notifier::policy::{Destination, Jira, Route, When, WontDo};
use checkmate_outbound::BaseUrl;

use super::key::{Key, key};
use super::kind::Kind;

const SEVERITIES: [&str; 5] = ["info", "low", "moderate", "high", "critical"];
const PRIORITIES: [&str; 4] = ["P1", "P2", "P3", "P4"];
/// Days for which "won't do" accepts when nothing else is set.
const WONT_DO_DAYS: u32 = 90;
/// New tickets of one scan when nothing else is set.
const MOST_NEW: u32 = 25;

/// A route, and how it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteConfig {
    /// Which findings go where.
    pub route: Route,
    /// The account that it sends by, by its name in `[connections]`; without it nothing is sent.
    pub connection: Option<String>,
    /// The id of the site at Atlassian.
    pub cloud_id: Option<String>,
    /// Where the vendor's API is asked, instead of at the vendor's own host.
    pub base_url: Option<String>,
}

/// A route as it is read, key by key.
#[derive(Default)]
pub(super) struct Draft {
    to: Option<String>,
    least_severity: Option<String>,
    least_priority: Option<String>,
    targets: Option<BTreeSet<String>>,
    rules: Option<BTreeSet<String>>,
    project: Option<String>,
    issue_type: Option<String>,
    labels: Option<BTreeSet<String>>,
    ticket_per: Option<String>,
    most_new: Option<u32>,
    due_days: Option<BTreeSet<String>>,
    wont_do: Option<String>,
    wont_do_cap: Option<String>,
    wont_do_days: Option<u32>,
    connection: Option<String>,
    cloud_id: Option<String>,
    base_url: Option<String>,
}

/// What stands in `[routes.NAME]`.
pub(super) static KEYS: [Key<Draft>; 17] = [
    key!(Draft; "to", "Where to.", Kind::Word(&["jira", "teams", "confluence", "webhook"]), "jira", to),
    key!(Draft; "least_severity", "From which severity on; all when not set.", Kind::Word(&SEVERITIES), "moderate", least_severity),
    key!(Draft; "least_priority", "Up to which priority; all when not set.", Kind::Word(&PRIORITIES), "P2", least_priority),
    key!(Draft; "targets", "Only of these targets; a `*` at the end stands for any rest.", Kind::Texts, "[\"auth0:*\"]", targets),
    key!(Draft; "rules", "Only of these rules or groups of rules.", Kind::Texts, "[\"auth0.attack-protection\"]", rules),
    key!(Draft; "project", "The key of the Jira project.", Kind::Text, "SEC", project),
    key!(Draft; "issue_type", "The type of its tickets; Task when not set.", Kind::Text, "Bug", issue_type),
    key!(Draft; "labels", "Labels of its tickets besides CheckMate's own.", Kind::Texts, "[\"security\"]", labels),
    key!(Draft; "ticket_per", "A ticket for each finding, or for each root cause; group when not set.", Kind::Word(&["finding", "group"]), "finding", ticket_per),
    key!(Draft; "most_new", "New tickets of one scan; what is beyond goes into one summary; 25 when not set.", Kind::Count { least: 1, most: 10_000 }, "50", most_new),
    key!(Draft; "due_days", "Days to mend by priority; no due date for those that are not named.", Kind::Texts, "[\"P1=7\", \"P2=30\"]", due_days),
    key!(Draft; "wont_do", "What comes of a ticket that a person ends as \"won't do\": its findings are accepted, or looked at again like those of any other that is closed; rescan when not set.", Kind::Word(&["rescan", "accept"]), "accept", wont_do),
    key!(Draft; "wont_do_cap", "Up to which severity \"won't do\" accepts; moderate when not set.", Kind::Word(&SEVERITIES), "low", wont_do_cap),
    key!(Draft; "wont_do_days", "For how many days \"won't do\" accepts; 90 when not set.", Kind::Count { least: 1, most: 3_650 }, "30", wont_do_days),
    key!(Draft; "connection", "The account that it sends by, a name of `[connections]`; without it nothing is sent.", Kind::Text, "jira", connection),
    key!(Draft; "cloud_id", "The id of the Jira site: `https://SITE.atlassian.net/_edge/tenant_info` shows it. It is never guessed.", Kind::Text, "1324a887-45db-1bf4-1e99-ef0ff456d421", cloud_id),
    key!(Draft; "base_url", "Where Jira's API is asked; `https://api.atlassian.com/ex/jira/` and the cloud_id when not set.", Kind::Text, "https://api.atlassian.com/ex/jira/1324a887-45db-1bf4-1e99-ef0ff456d421", base_url),
];

/// Keys without which there is no route.
pub(super) const NEEDED: [&str; 1] = ["to"];

impl Draft {
    /// The route; otherwise which key is wrong, and how.
    pub(super) fn finish(self, name: &str) -> Result<RouteConfig, (&'static str, String)> {
        let priority = |word: &str| {
            let all = [Priority::P1, Priority::P2, Priority::P3, Priority::P4];
            all.into_iter().find(|priority| priority.to_string() == word)
        };
        let severity = self.least_severity.as_deref().map(str::parse::<Severity>).transpose();
        let when = When {
            least_severity: severity.map_err(|why| ("least_severity", why))?,
            least_priority: self.least_priority.as_deref().and_then(priority),
            targets: self.targets.unwrap_or_default().into_iter().collect(),
            rules: self.rules.unwrap_or_default().into_iter().collect(),
        };
        let to = match self.to.as_deref() {
            Some("teams") => Destination::Teams,
            Some("confluence") => Destination::Confluence,
            Some("webhook") => Destination::Webhook,
            _ => Destination::Jira(Jira {
                project: self
                    .project
                    .ok_or_else(|| ("to", "goes to Jira, and project is not set".to_owned()))?,
                issue_type: self.issue_type.unwrap_or_else(|| "Task".to_owned()),
                labels: labels(self.labels.unwrap_or_default())?,
                per_group: self.ticket_per.as_deref() != Some("finding"),
                most_new: usize::try_from(self.most_new.unwrap_or(MOST_NEW)).unwrap_or(usize::MAX),
                due_days: due(&self.due_days.unwrap_or_default())?,
                wont_do: wont_do(self.wont_do.as_deref(), self.wont_do_cap.as_deref(), self.wont_do_days)?,
            }),
        };
        if let Some(id) = self.cloud_id.as_deref().filter(|id| !is_cloud_id(id)) {
            return Err(("cloud_id", format!("is '{}', which is no id of a site", super::texts::shown(id))));
        }
        if let Some(Err(why)) = self.base_url.as_deref().map(str::parse::<BaseUrl>) {
            return Err(("base_url", format!("cannot be used: {why}")));
        }
        let route = Route { name: name.to_owned(), when, to };
        let Self { connection, cloud_id, base_url, .. } = self;
        Ok(RouteConfig { route, connection, cloud_id, base_url })
    }
}

/// Jira takes no blanks in a label.
fn labels(labels: BTreeSet<String>) -> Result<Vec<String>, (&'static str, String)> {
    match labels.iter().find(|label| label.is_empty() || label.contains(char::is_whitespace)) {
        Some(bad) => Err(("labels", format!("has '{}': a label has no blanks", super::texts::shown(bad)))),
        None => Ok(labels.into_iter().collect()),
    }
}

fn due(days: &BTreeSet<String>) -> Result<[Option<u16>; 4], (&'static str, String)> {
    let mut due = [None; 4];
    for text in days {
        let parsed = text.split_once('=').and_then(|(word, days)| {
            let place = PRIORITIES.iter().position(|priority| *priority == word)?;
            Some((place, days.parse::<u16>().ok()?))
        });
        let Some((place, days)) = parsed else {
            return Err(("due_days", format!("has '{}', which is not like P1=7", super::texts::shown(text))));
        };
        if let Some(slot) = due.get_mut(place) {
            *slot = Some(days);
        }
    }
    Ok(due)
}

/// What "won't do" accepts; nothing unless it is asked for.
fn wont_do(
    word: Option<&str>,
    cap: Option<&str>,
    days: Option<u32>,
) -> Result<Option<WontDo>, (&'static str, String)> {
    if word != Some("accept") {
        let key = cap.map(|_| "wont_do_cap").or(days.map(|_| "wont_do_days"));
        let why = "says how \"won't do\" accepts, and wont_do = \"accept\" is not set";
        return key.map_or(Ok(None), |key| Err((key, why.to_owned())));
    }
    let cap = cap.map_or(Ok(Severity::Moderate), str::parse).map_err(|why| ("wont_do_cap", why))?;
    let days = u16::try_from(days.unwrap_or(WONT_DO_DAYS)).unwrap_or(u16::MAX);
    Ok(Some(WontDo { cap, days }))
}

/// Whether a text can be the id of a site: it becomes part of addresses that credentials are sent to.
fn is_cloud_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl From<&RouteConfig> for Draft {
    fn from(config: &RouteConfig) -> Self {
        let RouteConfig { route, connection, cloud_id, base_url } = config;
        let When { least_severity, least_priority, targets, rules } = route.when.clone();
        let set = |list: Vec<String>| (!list.is_empty()).then(|| list.into_iter().collect::<BTreeSet<_>>());
        let draft = Self {
            least_severity: least_severity.map(|severity| severity.to_string()),
            least_priority: least_priority.map(|priority| priority.to_string()),
            targets: set(targets),
            rules: set(rules),
            connection: connection.clone(),
            cloud_id: cloud_id.clone(),
            base_url: base_url.clone(),
            ..Self::default()
        };
        let to = |word: &str| Some(word.to_owned());
        match route.to.clone() {
            Destination::Teams => Self { to: to("teams"), ..draft },
            Destination::Confluence => Self { to: to("confluence"), ..draft },
            Destination::Webhook => Self { to: to("webhook"), ..draft },
            Destination::Jira(jira) => {
                let days = jira.due_days.iter().zip(PRIORITIES);
                let days = days.filter_map(|(days, priority)| Some(format!("{priority}={}", (*days)?)));
                Self {
                    to: to("jira"),
                    project: Some(jira.project),
                    issue_type: Some(jira.issue_type),
                    labels: set(jira.labels),
                    ticket_per: to(if jira.per_group { "group" } else { "finding" }),
                    most_new: u32::try_from(jira.most_new).ok(),
                    due_days: set(days.collect()),
                    wont_do: jira.wont_do.map(|_| "accept".to_owned()),
                    wont_do_cap: jira.wont_do.map(|policy| policy.cap.to_string()),
                    wont_do_days: jira.wont_do.map(|policy| u32::from(policy.days)),
                    ..draft
                }
            }
        }
    }
}
