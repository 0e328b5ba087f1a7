//! A sender of tickets, and tickets.

use std::collections::BTreeMap;
use std::sync::Arc;

use checkmate_domain::{DeliveryId, DeliveryRecord, Subject, Timestamp};
use checkmate_notifier::jira::{BackLink, Sender, Settings, Ticket, Turn};
use checkmate_notifier::policy::{self, News, Shape};
use checkmate_notifier::render::jira::{PROPERTY, label};
use checkmate_notifier::{Clock, SystemClock};
use checkmate_sandbox::jira::Issue;

use crate::common::times;
pub(crate) use crate::common::{World, finding, ms};

/// Tickets by the id of their delivery.
pub(crate) type Tickets = Arc<BTreeMap<DeliveryId, Ticket>>;

impl World {
    pub(crate) fn sender(&self) -> Sender {
        self.sender_with(&["atlassian"], Arc::new(SystemClock))
    }

    pub(crate) fn sender_with(&self, tokens: &[&'static str], clock: Arc<dyn Clock>) -> Sender {
        let settings = Settings { base: self.office.jira_url().parse().unwrap(), times: times() };
        Sender::new(settings, self.ledger(), self.lease(tokens), clock)
    }

    /// Puts into the ledger how each ticket should look; how many of them are not as they should be.
    pub(crate) async fn want(&self, tickets: &Tickets, subjects: &[Subject]) -> usize {
        let mut off = 0;
        for subject in subjects {
            let id = DeliveryId::derived("tickets", subject);
            off += usize::from(self.want_look("tickets", subject, tickets[&id].look()).await);
        }
        off
    }

    /// Does what is due, again and again, until nothing is.
    pub(crate) async fn settle(&self, sender: Arc<Sender>, tickets: Tickets) {
        self.settle_with(|row| {
            let (sender, tickets) = (Arc::clone(&sender), Arc::clone(&tickets));
            async move { drop(sender.deliver(&row, &tickets[&row.id]).await.unwrap()) }
        })
        .await;
    }

    /// One turn of a row.
    pub(crate) async fn turn(&self, sender: &Sender, ticket: &Ticket, id: &DeliveryId) -> DeliveryRecord {
        let row = self.row(id).await;
        match sender.deliver(&row, ticket).await.unwrap() {
            Turn::Over(record) => *record,
            other => panic!("{other:?}"),
        }
    }

    /// The one ticket of a delivery.
    pub(crate) fn ticket(&self, id: &DeliveryId) -> Issue {
        let mut issues = self.office.jira().labelled(&label(id));
        assert_eq!(issues.len(), 1, "{id}");
        issues.remove(0)
    }
}

/// The one ticket whose property says that it is ours.
pub(crate) fn is_ours(issue: &Issue, id: &DeliveryId) -> bool {
    issue.properties.get(PROPERTY).is_some_and(|mark| mark["id"] == id.as_str())
}

pub(crate) fn project() -> policy::Jira {
    policy::Jira {
        project: "SEC".to_owned(),
        issue_type: "Bug".to_owned(),
        labels: vec!["auth0".to_owned()],
        per_group: false,
        most_new: 1_000,
        fields: vec![],
        owners: vec![],
        due_days: [Some(7), None, None, None],
        wont_do: None,
        approve: policy::Approve::default(),
    }
}

pub(crate) fn subject(news: &News) -> Subject {
    Subject::Finding(news.record.finding.fingerprint.clone())
}

/// A ticket for each finding.
pub(crate) fn tickets(jira: &policy::Jira, news: &[News]) -> (Tickets, Vec<Subject>) {
    let one = |news: &News| {
        let id = DeliveryId::derived("tickets", &subject(news));
        let back =
            BackLink { url: "https://checkmate.example/findings".to_owned(), title: "CheckMate".to_owned() };
        let ticket = Ticket::of(jira, &id, &Shape::Ticket(vec![news]), Some(back), Timestamp::now()).unwrap();
        (id, ticket)
    };
    (Arc::new(news.iter().map(one).collect()), news.iter().map(subject).collect())
}
