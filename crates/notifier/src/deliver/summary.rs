//! What was too much for tickets of its own: a summary names it, and goes on naming it, so that it belongs to one ticket.
//!
//! Whatever a summary names has a row that says within which, until a person approves a ticket of its own for it. A later scan that changes something of it changes the summary.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, GroupId, Subject, Timestamp};
use checkmate_store::{Store, StoreError};

use crate::outcome::View;
use crate::policy::{Destination, News, Route};

/// Rows read in one call.
const PAGE: u64 = 1_000;

/// Findings by the subjects that a route makes tickets of.
pub(super) fn subjects<'a>(
    route: &Route,
    news: impl IntoIterator<Item = &'a News>,
) -> BTreeMap<Subject, Vec<&'a News>> {
    let per_group = matches!(&route.to, Destination::Jira(jira) if jira.per_group);
    let mut subjects: BTreeMap<Subject, Vec<&News>> = BTreeMap::new();
    for one in news {
        let place = &one.record.finding.place;
        let subject = if per_group {
            Subject::Group(GroupId::derived(&place.rule, &one.organisation))
        } else {
            Subject::Finding(one.record.finding.fingerprint.clone())
        };
        subjects.entry(subject).or_default().push(one);
    }
    subjects
}

/// What a summary names now, worst first.
pub(super) async fn named<'a>(
    store: &dyn Store,
    route: &Route,
    view: &'a View,
    summary: &DeliveryId,
) -> Result<Vec<&'a News>, StoreError> {
    let mut members = Vec::new();
    for (subject, news) in subjects(route, view.known().findings.iter().map(AsRef::as_ref)) {
        let row = store.delivery(&DeliveryId::derived(&route.name, &subject)).await?;
        if row.is_some_and(|row| row.within.as_ref() == Some(summary)) {
            members.extend(news);
        }
    }
    members.sort_by_key(|news| {
        let finding = &news.record.finding;
        (news.record.triage.priority, Reverse(finding.severity), finding.fingerprint.clone())
    });
    Ok(members)
}

/// Whether any row is named by a summary, known or not.
pub(super) async fn names_any(store: &dyn Store, summary: &DeliveryId) -> Result<bool, StoreError> {
    let mut after = None;
    loop {
        let page = store.deliveries(after.as_ref(), PAGE).await?;
        if page.iter().any(|row| row.within.as_ref() == Some(summary)) {
            return Ok(true);
        }
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.id.clone());
    }
}

/// The row of a subject that a summary names: nothing is ever to be done about it.
pub(super) fn within(
    route: &Route,
    subject: Subject,
    summary: &DeliveryId,
    now: Timestamp,
) -> DeliveryRecord {
    DeliveryRecord {
        state: DeliveryState::Delivered,
        due: None,
        within: Some(summary.clone()),
        ..DeliveryRecord::planned(&route.name, subject, String::new(), now)
    }
}
