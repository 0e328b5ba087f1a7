//! From the news of one scan to what the outside should look like.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use checkmate_domain::{Fingerprint, Priority, Subject};
use checkmate_triage::group;

use super::{Destination, Jira, News, Outcome, Route, Shape, Wish};

/// What each route wants of a scan, in the order of the routes. A finding whose state nobody knows any better than before
/// takes part as it was: nothing is closed that was not looked at. Tickets are wished for by a scan of any scope, as those
/// that are there have to follow; whether there may be new ones, [`When::covers`](super::When::covers) says.
#[must_use]
pub fn plan<'a>(outcome: &'a Outcome, routes: &'a [Route]) -> Vec<Wish<'a>> {
    routes.iter().flat_map(|route| by(route, outcome)).collect()
}

fn by<'a>(route: &'a Route, outcome: &'a Outcome) -> Vec<Wish<'a>> {
    if !route.when.covers(&outcome.scope) && !matches!(route.to, Destination::Jira(_)) {
        return Vec::new();
    }
    let mut taken: Vec<&News> =
        outcome.findings.iter().map(AsRef::as_ref).filter(|news| route.when.takes(news)).collect();
    taken.sort_by_key(|news| urgency(news));
    let wish = |subject: Subject, shape: Shape<'a>| Wish { route, subject, shape };
    match &route.to {
        Destination::Jira(jira) => {
            tickets(jira, outcome, &taken).into_iter().map(|(subject, shape)| wish(subject, shape)).collect()
        }
        Destination::Teams => {
            let urgent = taken.iter().filter(|news| {
                news.is_new() && news.is_open() && news.record.triage.priority == Priority::P1
            });
            let urgent: Vec<&News> = urgent.copied().collect();
            let summary = Subject::Summary(outcome.scan.clone());
            let at_once = (!urgent.is_empty()).then(|| wish(summary, Shape::Urgent(urgent)));
            let digest = wish(Subject::Scan(outcome.scan.clone()), Shape::Digest(taken));
            at_once.into_iter().chain([digest]).collect()
        }
        Destination::Confluence(_) => vec![
            wish(Subject::Posture(outcome.scope.clone()), Shape::Posture(taken.clone())),
            wish(Subject::Scan(outcome.scan.clone()), Shape::ScanPage(taken)),
        ],
        Destination::Webhook => taken
            .into_iter()
            .filter(|news| news.change.is_some())
            .map(|news| {
                let fingerprint = news.record.finding.fingerprint.clone();
                wish(Subject::Change(outcome.scan.clone(), fingerprint), Shape::Event(news))
            })
            .collect(),
    }
}

/// Worst first; among equals in the order of their fingerprints.
fn urgency(news: &News) -> (Priority, Reverse<checkmate_domain::Severity>, Fingerprint) {
    let finding = &news.record.finding;
    (news.record.triage.priority, Reverse(finding.severity), finding.fingerprint.clone())
}

/// A ticket for each finding or group that this scan touched; where that makes more new ones than a person can take in, the
/// most urgent have theirs and one summary names the rest.
fn tickets<'a>(jira: &Jira, outcome: &'a Outcome, taken: &[&'a News]) -> Vec<(Subject, Shape<'a>)> {
    let mut subjects: Vec<(Subject, Vec<&News>)> = if jira.per_group {
        groups(taken)
    } else {
        let alone =
            |news: &&'a News| (Subject::Finding(news.record.finding.fingerprint.clone()), vec![*news]);
        taken.iter().map(alone).collect()
    };
    subjects.retain(|(_, members)| members.iter().any(|news| news.change.is_some() || news.decided));
    let mut made = 0;
    let mut beyond: Vec<&News> = Vec::new();
    let mut wishes = Vec::new();
    for (subject, members) in subjects {
        // Whatever was open before has its ticket already, or is in a summary of before.
        let is_new = members.iter().filter(|news| news.is_open()).all(|news| news.is_new())
            && members.iter().any(|news| news.is_open());
        made += usize::from(is_new);
        if is_new && made > jira.most_new {
            beyond.extend(members);
        } else {
            wishes.push((subject, Shape::Ticket(members)));
        }
    }
    if !beyond.is_empty() {
        wishes.push((Subject::Summary(outcome.scan.clone()), Shape::Summary(beyond)));
    }
    wishes
}

/// In the order of their worst members.
fn groups<'a>(taken: &[&'a News]) -> Vec<(Subject, Vec<&'a News>)> {
    let by_fingerprint: BTreeMap<&Fingerprint, &'a News> =
        taken.iter().map(|news| (&news.record.finding.fingerprint, *news)).collect();
    let whose = |record: &checkmate_domain::FindingRecord| {
        by_fingerprint
            .get(&record.finding.fingerprint)
            .map_or_else(String::new, |news| news.organisation.clone())
    };
    let mut groups: Vec<(Subject, Vec<&News>)> = group(taken.iter().map(|news| &news.record), whose)
        .into_iter()
        .map(|group| {
            let members = group.members.iter();
            let mut members: Vec<&News> = members
                .filter_map(|record| by_fingerprint.get(&record.finding.fingerprint).copied())
                .collect();
            members.sort_by_key(|news| urgency(news));
            (Subject::Group(group.id), members)
        })
        .collect();
    groups.sort_by_key(|(_, members)| members.first().map(|news| urgency(news)));
    groups
}
