//! What people did to tickets, and what is said to it.

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, Timestamp};
use checkmate_store::StoreError;
use serde_json::{Value, json};

use super::Sender;
use super::answer::{Category, Found, Issue};
use super::request;
use super::site::Site;
use super::ticket::Mark;
use super::workflow::fits;
use crate::policy::News;
use crate::render::{self, adf, line};
use crate::sender::{Row, Trouble, Turn};

/// Pages of a list that are read, at most.
const PAGES: usize = 400;
/// Places that a remark shows with what was seen there.
const SHOWN: usize = 10;
/// Words of an end that says that nobody is going to mend it.
const WONT: &[&str] = &["won't", "wont", "won’t", "will not", "declin", "reject"];

/// Which tickets are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// Those that are not done.
    Unfinished,
    /// Those that changed in the last minutes.
    Changed {
        /// So many.
        minutes: u64,
    },
}

/// How a ticket stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// Its key by now.
    pub(crate) key: String,
    /// Whether nobody has to act, as the site has it.
    pub(crate) is_done: bool,
    /// The status, and how it ended, in people's words.
    pub(crate) called: String,
    /// Since when it is done, or not.
    pub(crate) since: Option<Timestamp>,
    /// Whether it was ended because nobody is going to mend it.
    pub(crate) wont_do: bool,
    mark: Option<Mark>,
}

impl Standing {
    fn of(issue: &Issue) -> Self {
        let (status, resolution) = (line(issue.status(), 100), line(issue.resolution().unwrap_or(""), 100));
        let words = format!("{status} {resolution}").to_lowercase();
        let is_done = issue.category() == Category::Done;
        let told_apart = resolution.is_empty() || resolution == status;
        Self {
            key: issue.key.clone(),
            is_done,
            called: if told_apart { status } else { format!("{status} ({resolution})") },
            since: issue.moved_at(),
            wont_do: is_done && WONT.iter().any(|word| words.contains(word)),
            mark: issue.mark(),
        }
    }

    /// The delivery whose mark it carries.
    pub(crate) fn delivery(&self) -> Option<DeliveryId> {
        self.mark.as_ref().and_then(|mark| DeliveryId::new(mark.id.as_str()).ok())
    }

    /// Since when it is closed although it was left open: then a person closed it. What the ledger and the mark do not agree
    /// about is being changed by us just now.
    pub(crate) fn closed_by_hand(&self, row: &DeliveryRecord) -> Option<Timestamp> {
        let mark = self.mark.as_ref().filter(|mark| mark.id == row.id.as_str())?;
        let settled = row.state == DeliveryState::Delivered
            && row.sent.as_ref() == Some(&row.look)
            && mark.look == row.look;
        self.since.filter(|_| self.is_done && settled && mark.open)
    }
}

impl Sender {
    /// Tickets with our label as the index has them, page by page.
    pub(crate) async fn listed(&self, what: Listing) -> Result<Vec<Standing>, Trouble> {
        let site = self.polled();
        let (mut all, mut page) = (Vec::new(), None);
        for _ in 0..PAGES {
            let found: Found = site.ask(&request::list(what, page.as_deref())).await?;
            all.extend(found.issues.iter().map(Standing::of));
            page = found.next_page_token;
            if page.is_none() {
                return Ok(all);
            }
        }
        let more = format!("there are more than {} tickets with the label checkmate", all.len());
        Err(Trouble::refused(more))
    }

    /// A ticket as it stands now, by the key that the ledger knows; nothing when it is not there.
    pub(crate) async fn standing(&self, key: &str) -> Result<Option<Standing>, Trouble> {
        match self.polled().ask::<Issue>(&request::standing(key)).await {
            Ok(issue) => Ok(Some(Standing::of(&issue))),
            Err(Trouble::Gone(_)) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Takes our mark off a ticket that was moved away.
    pub(crate) async fn let_go(&self, from: &str, to: &str) -> Result<(), Trouble> {
        self.polled().send(&request::let_go(from, to)).await.map(drop)
    }

    /// Opens a ticket again that a person closed, with a remark that says why. Cut off in between it is still closed, and
    /// done again; the remark is there once.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the row falls due again.
    pub(crate) async fn reopen(
        &self,
        record: &DeliveryRecord,
        key: &str,
        closed_at: Timestamp,
        note: &Value,
    ) -> Result<Turn, StoreError> {
        let now = self.turns.clock().now();
        let until = now.plus(self.turns.times().hold);
        let taken = DeliveryRecord {
            state: DeliveryState::Sending,
            // It is open again: whatever was asked about its end is settled.
            approval: None,
            attempts: 1,
            due: Some(until),
            changed_at: now,
            ..record.clone()
        };
        let Some(mut row) = Row::take(self.turns.store(), taken).await? else { return Ok(Turn::Overtaken) };
        let change = json!({"id": record.id, "closedAt": closed_at.to_string()});
        let outcome = open_again(&self.site(until), key, note, &change).await;
        let ours = self.changed(&mut row, key, outcome).await?;
        Ok(self.turns.over(Box::new(row), ours))
    }

    fn polled(&self) -> Site<'_> {
        self.site(self.turns.clock().now().plus(self.turns.times().hold))
    }
}

/// The remark goes first: who comes after a sender that died finds the ticket closed, and goes on.
async fn open_again(site: &Site<'_>, key: &str, note: &Value, change: &Value) -> Result<(), Trouble> {
    let issue: Issue = site.ask(&request::read(key)).await?;
    if fits(issue.category(), true) {
        return Ok(());
    }
    site.remark(key, note, change).await?;
    site.go(key, issue.category(), true).await
}

/// The remark on a ticket that was closed and whose findings were seen again.
#[must_use]
pub(crate) fn still_there(called: &str, seen: &[&News], scans: &str) -> Value {
    let first = format!(
        "This was moved to {called}, so it was looked at again, and it is there still. The ticket is open again."
    );
    let places = seen.iter().take(SHOWN).map(|news| {
        let evidence = &news.record.finding.evidence;
        vec![
            adf::strong("Still there:"),
            adf::plain(&render::place(news)),
            adf::code(&line(&evidence.pointer, 200)),
            adf::plain(&line(&evidence.seen, 300)),
        ]
    });
    let mut content = vec![adf::paragraph(vec![adf::plain(&first)])];
    content.extend(adf::list(places.collect()));
    if seen.len() > SHOWN {
        let more = format!("and {} more", render::count(seen.len() - SHOWN, "place"));
        content.push(adf::paragraph(vec![adf::plain(&more)]));
    }
    content.push(adf::paragraph(vec![adf::plain("Seen by"), adf::code(scans)]));
    adf::doc(&content)
}

#[cfg(test)]
mod tests {
    use checkmate_domain::{Subject, TransitionKind};

    use super::*;
    use crate::render::tests::news;

    fn issue(status: &str, category: &str, resolution: Option<&str>, mark: &Value) -> Issue {
        serde_json::from_value(json!({
            "key": "SEC-1",
            "fields": {
                "status": {"name": status, "statusCategory": {"key": category}},
                "resolution": resolution.map(|name| json!({"name": name})),
                "statuscategorychangedate": "2026-11-27T09:25:31.000+0000",
            },
            "properties": {"checkmate.delivery": mark},
        }))
        .unwrap()
    }

    fn row() -> DeliveryRecord {
        let subject = Subject::Finding(news("a.b", "c", "x", None).record.finding.fingerprint);
        let planned = DeliveryRecord::planned("r", subject, "look".to_owned(), Timestamp::from_millis(1));
        DeliveryRecord {
            state: DeliveryState::Delivered,
            sent: Some("look".to_owned()),
            due: None,
            ..planned
        }
    }

    #[test]
    fn only_what_the_ledger_and_the_mark_left_open_was_closed_by_hand() {
        let row = row();
        let mark = |look: &str, open: bool| json!({"id": row.id, "look": look, "changes": 0, "open": open});
        let closed = |mark: &Value, row: &DeliveryRecord| {
            Standing::of(&issue("Done", "done", None, mark)).closed_by_hand(row).is_some()
        };
        assert!(closed(&mark("look", true), &row));
        assert!(!closed(&mark("look", false), &row), "we closed it");
        assert!(!closed(&mark("older", true), &row), "we are changing it");
        let wanted = DeliveryRecord { look: "newer".to_owned(), ..row.clone() };
        assert!(!closed(&mark("look", true), &wanted), "it is going to be changed");
        let sending = DeliveryRecord { state: DeliveryState::Sending, ..row.clone() };
        assert!(!closed(&mark("look", true), &sending));
        assert!(!closed(&json!({"id": "another", "look": "look", "open": true}), &row));
        assert!(!closed(&Value::Null, &row), "a clone has no property");
        let open = Standing::of(&issue("To Do", "new", None, &mark("look", true)));
        assert_eq!(open.closed_by_hand(&row), None);
    }

    #[test]
    fn an_end_without_mending_is_told_by_its_words() {
        for (status, category, resolution, wont) in [
            ("Won't Do", "done", None, true),
            ("Closed", "done", Some("Won't Fix"), true),
            ("Abgelehnt", "done", Some("Declined"), true),
            ("Done", "done", Some("Done"), false),
            ("Closed", "done", Some("Duplicate"), false),
            ("Rejected", "new", None, false),
        ] {
            let standing = Standing::of(&issue(status, category, resolution, &Value::Null));
            assert_eq!(standing.wont_do, wont, "{status} {resolution:?}");
        }
        let two = Standing::of(&issue("Closed", "done", Some("Won't Fix"), &Value::Null));
        assert_eq!(two.called, "Closed (Won't Fix)");
    }

    #[test]
    fn a_remark_shows_what_was_seen_and_stays_small() {
        let hostile = "\"<script>[~user]".repeat(500);
        let all: Vec<News> = (0..40)
            .map(|n| {
                let mut news = news("auth0.a.b", &format!("c{n}"), &hostile, Some(TransitionKind::Opened));
                news.record.finding.evidence.seen = hostile.clone();
                news
            })
            .collect();
        let note = still_there("Done", &all.iter().collect::<Vec<_>>(), "s1").to_string();
        assert!(note.contains("and 30 places more") && note.contains("moved to Done"), "{note}");
        assert!(note.len() < 30_000, "{}", note.len());
    }
}
