//! The keys of one route: which findings go where.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use checkmate_domain::{Priority, Secret, Severity};
use checkmate_notifier::policy::{Destination, Jira, Pages, Route, Timing, When, WontDo, is_always_quiet};
use checkmate_outbound::{BaseUrl, SecretUrl};

use super::approve::Asked;
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
    /// How.
    pub sending: Sending,
}

/// How a route sends; each channel needs some of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sending {
    /// The account that it sends by, by its name in `[connections]`.
    pub connection: Option<String>,
    /// The id of the site at Atlassian.
    pub cloud_id: Option<String>,
    /// The space of Confluence, by its key or its id.
    pub space: Option<String>,
    /// Id of the page that pages of scopes are under.
    pub parent_page: Option<String>,
    /// Id of the team.
    pub team_id: Option<String>,
    /// Id of its channel.
    pub channel_id: Option<String>,
    /// The address of a webhook.
    pub url: Option<String>,
    /// The address of a workflow or a webhook, where it is a secret.
    pub url_file: Option<PathBuf>,
    /// What signs events.
    pub key_file: Option<PathBuf>,
    /// What signed them before.
    pub previous_key_file: Option<PathBuf>,
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
    scopes: Option<BTreeSet<String>>,
    project: Option<String>,
    issue_type: Option<String>,
    labels: Option<BTreeSet<String>>,
    ticket_per: Option<String>,
    most_new: Option<u32>,
    fields: Option<Vec<String>>,
    owners: Option<Vec<String>>,
    due_days: Option<BTreeSet<String>>,
    quiet_hours: Option<Vec<String>>,
    quiet_urgent: Option<String>,
    digest: Option<String>,
    wont_do: Option<String>,
    wont_do_cap: Option<String>,
    wont_do_days: Option<u32>,
    asked: Asked,
    sending: Sending,
}

/// What stands in `[routes.NAME]`.
pub(super) static KEYS: [Key<Draft>; 34] = [
    key!(Draft; "to", "Where to.", Kind::Word(&["jira", "teams", "confluence", "webhook"]), "jira", to),
    key!(Draft; "least_severity", "From which severity on; all when not set.", Kind::Word(&SEVERITIES), "moderate", least_severity),
    key!(Draft; "least_priority", "Up to which priority; all when not set.", Kind::Word(&PRIORITIES), "P2", least_priority),
    key!(Draft; "targets", "Only of these targets; a `*` at the end stands for any rest.", Kind::Texts, "[\"auth0:*\"]", targets),
    key!(Draft; "rules", "Only of these rules or groups of rules.", Kind::Texts, "[\"auth0.attack-protection\"]", rules),
    key!(Draft; "scopes", "Only what scans of these scopes tell; a `*` at the end stands for any rest. Tickets that are there follow every scan.", Kind::Texts, "[\"org:acme\"]", scopes),
    key!(Draft; "project", "The key of the Jira project.", Kind::Text, "SEC", project),
    key!(Draft; "issue_type", "The type of its tickets; Task when not set.", Kind::Text, "Bug", issue_type),
    key!(Draft; "labels", "Labels of its tickets besides CheckMate's own.", Kind::Texts, "[\"security\"]", labels),
    key!(Draft; "fields", "Other fields of its new tickets, by name or id, as the project has them; one that takes several values is named several times.", Kind::Ordered, "[\"Team=Platform\", \"customfield_10042=7\"]", fields),
    key!(Draft; "owners", "Whose new tickets are, by target or by rule: an account at Atlassian, a component of the project, or both in two texts; the first that fits. An account that `findings assign` names comes before them.", Kind::Ordered, "[\"auth0:acme*=account:5b10a2844c20165700ede21g\", \"auth0.attack-protection=component:Identity\"]", owners),
    key!(Draft; "ticket_per", "A ticket for each finding, or for each root cause; group when not set.", Kind::Word(&["finding", "group"]), "finding", ticket_per),
    key!(Draft; "most_new", "New tickets of one scan; what is beyond goes into one summary; 25 when not set.", Kind::Count { least: 1, most: 10_000 }, "50", most_new),
    key!(Draft; "due_days", "Days to mend by priority; no due date for those that are not named.", Kind::Texts, "[\"P1=7\", \"P2=30\"]", due_days),
    key!(Draft; "wont_do", "What comes of a ticket that a person ends as \"won't do\": its findings are accepted, or looked at again like those of any other that is closed; rescan when not set.", Kind::Word(&["rescan", "accept"]), "accept", wont_do),
    key!(Draft; "wont_do_cap", "Up to which severity \"won't do\" accepts; moderate when not set.", Kind::Word(&SEVERITIES), "low", wont_do_cap),
    key!(Draft; "wont_do_days", "For how many days \"won't do\" accepts; 90 when not set.", Kind::Count { least: 1, most: 3_650 }, "30", wont_do_days),
    key!(Draft; "approve", "What waits until a person approves it, at jira: the first tickets in a project (first-use), tickets of their own beyond `most_new` (many-new), more than `most_closing` tickets closed after one scan (many-closing). Nothing when not set.", Kind::Texts, "[\"first-use\", \"many-new\", \"many-closing\"]", asked.approve),
    key!(Draft; "most_closing", "Tickets that are closed after one scan without a question, where approve names many-closing; 10 when not set.", Kind::Count { least: 1, most: 10_000 }, "20", asked.most_closing),
    key!(Draft; "approval_days", "Days until what nobody approved is as if it was denied; 7 when not set.", Kind::Count { least: 1, most: 365 }, "14", asked.approval_days),
    key!(Draft; "quiet_hours", "When no card and no event of it is sent, with the time zone; what falls into them is sent when they end.", Kind::Ordered, "[\"22:00-07:00 Europe/Berlin\", \"sat,sun Europe/Berlin\"]", quiet_hours),
    key!(Draft; "quiet_urgent", "What becomes of the card for what cannot wait in quiet hours; send when not set.", Kind::Word(&["send", "wait"]), "wait", quiet_urgent),
    key!(Draft; "digest", "When the digest of a route to Teams is posted: after each `scan`, or one of all scans of a scope, `daily 08:00 ZONE` or `weekly mon 08:00 ZONE`; scan when not set.", Kind::Text, "daily 08:00 Europe/Berlin", digest),
    key!(Draft; "connection", "The account that it sends by, a name of `[connections]`: at atlassian for Jira and Confluence, at microsoft-teams for Teams.", Kind::Text, "jira", sending.connection),
    key!(Draft; "cloud_id", "The id of the site of Jira and Confluence: `https://SITE.atlassian.net/_edge/tenant_info` shows it. It is never guessed.", Kind::Text, "1324a887-45db-1bf4-1e99-ef0ff456d421", sending.cloud_id),
    key!(Draft; "space", "The space of Confluence, by its key (behind `/spaces/` in its address) or its id.", Kind::Text, "SEC", sending.space),
    key!(Draft; "parent_page", "The id of the page that the pages are under; the home page of the space when not set.", Kind::Text, "98765", sending.parent_page),
    key!(Draft; "team_id", "The team: `groupId` in the link to the channel.", Kind::Text, "fbe2bf47-16c8-47cf-b4a5-4b9b187c508b", sending.team_id),
    key!(Draft; "channel_id", "The channel: what stands behind `/channel/` in its link, with `:` for `%3A` and `@` for `%40`.", Kind::Text, "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2", sending.channel_id),
    key!(Draft; "url", "The address of a webhook of your own.", Kind::Text, "https://hooks.acme.example/checkmate", sending.url),
    key!(Draft; "url_file", "The address of a workflow of Teams, or of a webhook whose address is a secret.", Kind::SecretFile, "/etc/checkmate/workflow.url", sending.url_file),
    key!(Draft; "key_file", "The key that signs the events of a webhook, 24 bytes at least, or `whsec_` and base64.", Kind::SecretFile, "/etc/checkmate/webhook.key", sending.key_file),
    key!(Draft; "previous_key_file", "The key before it, which signs too while receivers change over.", Kind::SecretFile, "/etc/checkmate/webhook.key.old", sending.previous_key_file),
    key!(Draft; "base_url", "Where the vendor's API is asked, instead of at the vendor's own host.", Kind::Text, "https://api.atlassian.com/ex/jira/1324a887-45db-1bf4-1e99-ef0ff456d421", sending.base_url),
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
            scopes: self.scopes.unwrap_or_default().into_iter().collect(),
        };
        let approve = self.asked.finish(self.to.as_deref())?;
        let timing = timing(self.quiet_hours, self.quiet_urgent.as_deref(), self.digest)?;
        let to = match self.to.as_deref() {
            Some("teams") => Destination::Teams,
            Some("confluence") => Destination::Confluence(Pages::default()),
            Some("webhook") => Destination::Webhook,
            _ => Destination::Jira(Jira {
                project: self
                    .project
                    .ok_or_else(|| ("to", "goes to Jira, and project is not set".to_owned()))?,
                issue_type: self.issue_type.unwrap_or_else(|| "Task".to_owned()),
                labels: labels(self.labels.unwrap_or_default())?,
                per_group: self.ticket_per.as_deref() != Some("finding"),
                most_new: usize::try_from(self.most_new.unwrap_or(MOST_NEW)).unwrap_or(usize::MAX),
                fields: each("fields", &self.fields.unwrap_or_default())?,
                owners: each("owners", &self.owners.unwrap_or_default())?,
                due_days: due(&self.due_days.unwrap_or_default())?,
                wont_do: wont_do(self.wont_do.as_deref(), self.wont_do_cap.as_deref(), self.wont_do_days)?,
                approve,
            }),
        };
        self.sending.check()?;
        let route = Route { name: name.to_owned(), when, to, timing };
        Ok(RouteConfig { route, sending: self.sending })
    }
}

impl Sending {
    /// Which key is wrong, and how. Most of them become part of addresses that credentials are sent to.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let shown = super::texts::shown;
        let ids = [
            ("cloud_id", &self.cloud_id, "-", "is no id of a site"),
            ("space", &self.space, "~_.:-", "is neither the key nor the id of a space"),
            ("parent_page", &self.parent_page, "", "is no id of a page"),
            ("team_id", &self.team_id, "-", "is no id of a team"),
            ("channel_id", &self.channel_id, ":@._-", "is no id of a channel"),
        ];
        for (key, text, marks, wrong) in ids {
            if let Some(text) = text.as_deref().filter(|text| !is_id(text, marks)) {
                return Err((key, format!("is '{}', which {wrong}", shown(text))));
            }
        }
        if let Some(Err(why)) = self.base_url.as_deref().map(str::parse::<BaseUrl>) {
            return Err(("base_url", format!("cannot be used: {why}")));
        }
        let address = |text: &str| SecretUrl::read(&Secret::new(text.as_bytes().to_vec()));
        match self.url.as_deref().map(address) {
            Some(Err(why)) => Err(("url", format!("cannot be used: {why}"))),
            _ => Ok(()),
        }
    }
}

/// Jira takes no blanks in a label.
fn labels(labels: BTreeSet<String>) -> Result<Vec<String>, (&'static str, String)> {
    match labels.iter().find(|label| label.is_empty() || label.contains(char::is_whitespace)) {
        Some(bad) => Err(("labels", format!("has '{}': a label has no blanks", super::texts::shown(bad)))),
        None => Ok(labels.into_iter().collect()),
    }
}

/// Texts of a form of their own.
fn each<T: FromStr>(key: &'static str, texts: &[String]) -> Result<Vec<T>, (&'static str, String)>
where
    T::Err: Display,
{
    let wrong = |text: &str, why| (key, format!("has '{}', which {why}", super::texts::shown(text)));
    texts.iter().map(|text| text.parse().map_err(|why| wrong(text, why))).collect()
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

/// When messages go out.
fn timing(
    quiet: Option<Vec<String>>,
    urgent: Option<&str>,
    digest: Option<String>,
) -> Result<Timing, (&'static str, String)> {
    let quiet = each("quiet_hours", &quiet.unwrap_or_default())?;
    if is_always_quiet(&quiet) {
        return Err(("quiet_hours", "never end: nothing would ever be sent".to_owned()));
    }
    let digest = digest.filter(|text| text != "scan").map(|text| {
        let wrong = |why| ("digest", format!("is '{}', which {why}", super::texts::shown(&text)));
        text.parse().map_err(wrong)
    });
    Ok(Timing { quiet, urgent_waits: urgent == Some("wait"), digest: digest.transpose()? })
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

/// Whether a text can be an id, which besides letters and digits has these marks.
fn is_id(text: &str, marks: &str) -> bool {
    (1..=200).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
}

/// As a list stands in the file; none where it is empty.
fn ordered(list: &[impl ToString]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.iter().map(ToString::to_string).collect())
}

impl From<&RouteConfig> for Draft {
    fn from(config: &RouteConfig) -> Self {
        let RouteConfig { route, sending } = config;
        let timing = route.timing.clone();
        let When { least_severity, least_priority, targets, rules, scopes } = route.when.clone();
        let set = |list: Vec<String>| (!list.is_empty()).then(|| list.into_iter().collect::<BTreeSet<_>>());
        let draft = Self {
            least_severity: least_severity.map(|severity| severity.to_string()),
            least_priority: least_priority.map(|priority| priority.to_string()),
            targets: set(targets),
            rules: set(rules),
            scopes: set(scopes),
            quiet_hours: ordered(&timing.quiet),
            quiet_urgent: timing.urgent_waits.then(|| "wait".to_owned()),
            digest: timing.digest.as_ref().map(ToString::to_string),
            sending: sending.clone(),
            ..Self::default()
        };
        let to = |word: &str| Some(word.to_owned());
        match route.to.clone() {
            Destination::Teams => Self {
                to: to("teams"),
                quiet_urgent: draft.quiet_urgent.clone().or_else(|| to("send")),
                digest: draft.digest.clone().or_else(|| to("scan")),
                ..draft
            },
            Destination::Confluence(_) => Self { to: to("confluence"), ..draft },
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
                    fields: ordered(&jira.fields),
                    owners: ordered(&jira.owners),
                    due_days: set(days.collect()),
                    wont_do: jira.wont_do.map(|_| "accept".to_owned()),
                    wont_do_cap: jira.wont_do.map(|policy| policy.cap.to_string()),
                    wont_do_days: jira.wont_do.map(|policy| u32::from(policy.days)),
                    asked: Asked::from(&jira.approve),
                    ..draft
                }
            }
        }
    }
}
