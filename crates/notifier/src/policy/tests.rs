use checkmate_domain::{Priority, Severity, Subject, Timestamp, TransitionKind, Waiver, WaiverKind};
use proptest::prelude::*;

use super::*;
use crate::render::tests::{news, outcome, project};

fn route(to: Destination) -> Route {
    Route { name: "r".to_owned(), when: When::default(), to, timing: Timing::default() }
}

fn tickets(per_group: bool, most_new: usize) -> Route {
    route(Destination::Jira(Jira { per_group, most_new, ..project() }))
}

/// What a wish is, and of how many findings.
fn told(wishes: &[Wish<'_>]) -> Vec<(&'static str, usize)> {
    wishes
        .iter()
        .map(|wish| match &wish.shape {
            Shape::Ticket(members) => ("ticket", members.len()),
            Shape::Summary(members) => ("summary", members.len()),
            Shape::Urgent(members) => ("urgent", members.len()),
            Shape::Digest(members) => ("digest", members.len()),
            Shape::Posture(members) => ("posture", members.len()),
            Shape::ScanPage(members) => ("scan page", members.len()),
            Shape::Event(_) => ("event", 1),
        })
        .collect()
}

const OPENED: Option<TransitionKind> = Some(TransitionKind::Opened);
const RESOLVED: Option<TransitionKind> = Some(TransitionKind::Resolved);

#[test]
fn a_route_takes_what_fits_every_part() {
    let one = news("auth0.attack-protection.brute-force", "tenant", "x", OPENED);
    let takes = |when: When| when.takes(&one);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert!(takes(When::default()));
    assert!(takes(When { least_severity: Some(Severity::High), ..When::default() }));
    assert!(!takes(When { least_severity: Some(Severity::Critical), ..When::default() }));
    assert!(takes(When { least_priority: Some(Priority::P1), ..When::default() }));
    assert!(takes(When { targets: words(&["auth0:acme*"]), ..When::default() }));
    assert!(!takes(When { targets: words(&["auth0:acme"]), ..When::default() }));
    assert!(takes(When { rules: words(&["x", "auth0.attack-protection"]), ..When::default() }));
    assert!(!takes(When { rules: words(&["auth0.attack"]), ..When::default() }), "a beginning ends at a dot");
    assert!(!takes(When { targets: words(&["auth0:*"]), rules: words(&["github"]), ..When::default() }));
}

#[test]
fn what_a_route_takes_is_said_in_words() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(When { scopes: words(&["org:acme"]), ..When::default() }.words(), None);
    let p1 = When { least_priority: Some(Priority::P1), ..When::default() };
    assert_eq!(p1.words().as_deref(), Some("P1"));
    let when = When {
        least_severity: Some(Severity::High),
        least_priority: Some(Priority::P2),
        targets: words(&["auth0:acme*"]),
        rules: words(&["auth0.actions", "auth0.rules"]),
        scopes: vec![],
    };
    let told = "P1 to P2; severity high and above; rules auth0.actions, auth0.rules; targets auth0:acme*";
    assert_eq!(when.words().as_deref(), Some(told));
}

#[test]
fn scans_of_other_scopes_tell_a_route_nothing_and_tickets_follow_them() {
    let outcome = outcome(vec![news("auth0.a.b", "c", "x", OPENED)]);
    for (scopes, covered) in
        [(&[][..], true), (&["org:acme"], true), (&["org:*"], true), (&["org:ac", "auth0:*"], false)]
    {
        let scopes = scopes.iter().map(|word| (*word).to_owned()).collect();
        let when = When { scopes, ..When::default() };
        assert_eq!(when.covers(&outcome.scope), covered);
        let wishes = |to| {
            let routes = [Route { when: when.clone(), ..route(to) }];
            plan(&outcome, &routes).len()
        };
        for to in [Destination::Teams, Destination::Webhook] {
            assert_eq!(wishes(to) > 0, covered);
        }
        assert_eq!(wishes(Destination::Jira(project())), 1);
    }
}

#[test]
fn tickets_are_of_what_the_scan_touched() {
    let findings = vec![
        news("auth0.a.new", "c1", "x", OPENED),
        news("auth0.a.new", "c2", "x", None),
        news("auth0.a.old", "c1", "x", None),
        news("auth0.a.gone", "c1", "x", RESOLVED),
    ];
    let outcome = outcome(findings);
    assert_eq!(told(&plan(&outcome, &[tickets(true, 25)])), [("ticket", 2), ("ticket", 1)]);
    assert_eq!(told(&plan(&outcome, &[tickets(false, 25)])), [("ticket", 1), ("ticket", 1)]);
}

#[test]
fn what_is_accepted_is_not_open_and_its_ticket_follows() {
    let waiver = Waiver {
        kind: WaiverKind::Accepted,
        reason: "behind a proxy".to_owned(),
        owner: "ops".to_owned(),
        until: Timestamp::from_millis(1),
        cap: Severity::High,
    };
    let waived = |news: News| News { waiver: Some(waiver.clone()), decided: true, ..news };
    let reopened = |news: News| News { decided: true, ..news };
    let one = news("auth0.a.r", "c1", "x", None);
    let others = [reopened(news("auth0.a.s", "c1", "x", None)), news("auth0.a.r", "c2", "x", None)];
    let outcome = outcome([waived(one)].into_iter().chain(others).collect());
    let routes = [tickets(true, 25)];
    let wishes = plan(&outcome, &routes);
    let open = |members: &[&News]| members.iter().filter(|news| news.is_open()).count();
    let mut told: Vec<(usize, usize)> = wishes
        .iter()
        .map(|wish| match &wish.shape {
            Shape::Ticket(members) => (members.len(), open(members)),
            _ => (0, 0),
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [(1, 1), (2, 1)]);
    let urgent = crate::render::tests::outcome(vec![waived(news("auth0.a.r", "c1", "x", OPENED))]);
    let routes = [route(Destination::Teams)];
    let wishes = plan(&urgent, &routes);
    assert!(!wishes.iter().any(|wish| matches!(wish.shape, Shape::Urgent(_))));
}

#[test]
fn what_is_too_much_goes_into_one_summary_and_closing_is_never_too_much() {
    let mut findings: Vec<News> = (0..10).map(|n| news(&format!("auth0.a.r{n}"), "c", "x", OPENED)).collect();
    findings.extend((0..10).map(|n| news(&format!("auth0.b.r{n}"), "c", "x", RESOLVED)));
    let outcome = outcome(findings);
    for per_group in [true, false] {
        let route = [tickets(per_group, 3)];
        let wishes = plan(&outcome, &route);
        let summaries: Vec<_> = told(&wishes).into_iter().filter(|(what, _)| *what == "summary").collect();
        assert_eq!(summaries, [("summary", 7)]);
        assert_eq!(wishes.len(), 3 + 10 + 1);
    }
}

#[test]
fn channels_hear_of_a_scan_once_and_of_the_urgent_at_once() {
    let findings = vec![
        news("auth0.a.r1", "c", "x", OPENED),
        news("auth0.a.r2", "c", "x", None),
        news("auth0.a.r3", "c", "x", RESOLVED),
    ];
    let outcome = outcome(findings);
    let wishes = |to| told(&plan(&outcome, &[route(to)]));
    assert_eq!(wishes(Destination::Teams), [("urgent", 1), ("digest", 3)]);
    assert_eq!(wishes(Destination::Confluence(Pages::default())), [("posture", 3), ("scan page", 3)]);
    assert_eq!(wishes(Destination::Webhook), [("event", 1), ("event", 1)]);
}

#[test]
fn a_group_is_the_same_whoever_is_in_it() {
    let subject = |findings| {
        let outcome = outcome(findings);
        plan(&outcome, &[tickets(true, 25)])[0].subject.clone()
    };
    let one = subject(vec![news("auth0.a.r", "c1", "x", OPENED)]);
    assert!(matches!(one, Subject::Group(_)));
    assert_eq!(one, subject(vec![news("auth0.a.r", "c2", "y", OPENED), news("auth0.a.r", "c3", "z", None)]));
    assert_ne!(one, subject(vec![news("auth0.a.other", "c1", "x", OPENED)]));
}

proptest! {
    /// Every new finding that a route takes is in one wish of tickets and in no other, whatever the bounds are.
    #[test]
    fn every_new_finding_is_in_exactly_one_ticket(
        what in proptest::collection::vec((0..5_u8, 0..6_u8, 0..3_u8), 0..40),
        per_group: bool,
        most_new in 0..8_usize,
    ) {
        let mut findings: Vec<News> = Vec::new();
        for (rule, resource, change) in what {
            let change = [OPENED, RESOLVED, None][usize::from(change)];
            let one = news(&format!("auth0.a.r{rule}"), &format!("c{resource}"), "x", change);
            if !findings.iter().any(|known| known.record.finding.fingerprint == one.record.finding.fingerprint) {
                findings.push(one);
            }
        }
        let outcome = outcome(findings);
        let route = [tickets(per_group, most_new)];
        let wishes = plan(&outcome, &route);
        for news in outcome.findings.iter().map(AsRef::as_ref).filter(|news: &&News| news.change.is_some()) {
            let holds = |wish: &&Wish<'_>| match &wish.shape {
                Shape::Ticket(members) | Shape::Summary(members) => members.iter().any(|one| std::ptr::eq(*one, news)),
                _ => false,
            };
            prop_assert_eq!(wishes.iter().filter(holds).count(), 1);
        }
    }
}
