//! The broker: reachable, set up as it should be, who may listen on the way.

use checkmate_queue::rabbitmq::admin::{self, Verdict};

use super::in_the_clear;
use crate::commands::doctor::facts::{BrokerLook, QueueFact, RabbitFacts};
use crate::view::doctor_view::Line;

/// What `broker check` finds wrong is told one by one up to here.
const MOST: usize = 8;
/// The line of `broker check` with the broker's version.
const VERSION: &str = "RabbitMQ version";

/// What is said of the broker.
pub(super) fn broker(look: &BrokerLook) -> Vec<Line> {
    match look {
        BrokerLook::Embedded(file) => {
            let found = "the embedded queue, which needs no setting up";
            vec![Line::fine("file", file.display().to_string(), found)]
        }
        BrokerLook::Wrong(why) => vec![Line::wrong("broker", "", why, "set broker.url as it says")],
        BrokerLook::Rabbit(facts) => rabbit(facts),
    }
}

fn rabbit(facts: &RabbitFacts) -> Vec<Line> {
    let mut lines = Vec::new();
    match &facts.queues {
        Ok(queues) => lines.extend(logged_in(facts, queues)),
        Err(why) => {
            let mend =
                "start it; look that broker.url leads to it and names a user whose password the file holds";
            lines.push(Line::wrong("login", facts.url.clone(), why, mend));
        }
    }
    match &facts.check {
        Ok(checked) => lines.extend(set_up(checked)),
        Err(why) => {
            let mend = "set broker.management_url, and management_user to one with the tag monitoring";
            lines.push(Line::unknown("setup and alarms", "", why, mend));
        }
    }
    lines.push(match &facts.time_limit {
        None => Line::fine("time limit", "", "scan.time_limit plus grace fit into broker.consumer_timeout"),
        Some(why) => {
            let (found, mend) = why.split_once(". ").unwrap_or((why.as_str(), "lower scan.time_limit"));
            Line::wrong("time limit", "", found, mend)
        }
    });
    lines.push(encryption(&facts.url));
    lines
}

fn logged_in(facts: &RabbitFacts, queues: &[QueueFact]) -> Vec<Line> {
    let mut lines = vec![Line::fine("login", facts.url.clone(), "the user of this configuration is let in")];
    let missing = queues.iter().filter(|queue| queue.ready.is_none());
    lines.extend(missing.map(|queue| {
        let mend =
            "'checkmate broker setup' as a broker administrator; the keeper sends again what was in it";
        Line::wrong("queue", queue.name.clone(), "missing", mend)
    }));
    lines
}

/// What `broker check` says: in one line what is right, one by one what is not.
fn set_up(checked: &[admin::Line]) -> Vec<Line> {
    let told = |verdict: Verdict| checked.iter().filter(move |line| line.verdict == verdict);
    let version = told(Verdict::Ok).find(|line| line.what == VERSION);
    let mut lines: Vec<Line> = version
        .map(|line| Line::fine("version", "", format!("RabbitMQ {}", line.found)))
        .into_iter()
        .collect();
    let right = told(Verdict::Ok).count() - lines.len();
    if right > 0 {
        let found = format!("{right} users, permissions, policies, queues and nodes are as they should be");
        lines.push(Line::fine("setup and alarms", "", found));
    }
    lines.extend(told(Verdict::Wrong).take(MOST).map(|line| {
        let found = format!("found {}, expected {}", line.found, line.expected);
        Line::wrong(line.what.clone(), "", found, quoted(&line.mend))
    }));
    let more = told(Verdict::Wrong).count().saturating_sub(MOST);
    if more > 0 {
        let found = format!("{more} more things are not as they should be");
        lines.push(Line::wrong("setup", "", found, "'checkmate broker check' shows all of them"));
    }
    lines.extend(told(Verdict::Unknown).map(|line| {
        let reason = format!("{}; {} is expected", line.found, line.expected);
        Line::unknown(line.what.clone(), "", reason, quoted(&line.mend))
    }));
    lines
}

fn quoted(mend: &str) -> String {
    if mend.is_empty() { "'checkmate broker check'".to_owned() } else { mend.to_owned() }
}

fn encryption(url: &str) -> Line {
    if in_the_clear(url, &["amqp://"]) {
        let mend = "set broker.url to amqps://…, and broker.ca_file when its authority is your own";
        Line::warning("encryption", "", "none: the password goes over the network in the clear", mend)
    } else if url.starts_with("amqps://") {
        Line::fine("encryption", "", "TLS")
    } else {
        Line::fine("encryption", "", "none, and it does not leave this machine")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::doctor_view::Outcome;

    fn checked(what: &str, verdict: Verdict) -> admin::Line {
        admin::Line {
            what: what.to_owned(),
            verdict,
            found: "3.12.1".to_owned(),
            expected: "3.10 or newer".to_owned(),
            mend: "upgrade the broker".to_owned(),
        }
    }

    fn good() -> RabbitFacts {
        RabbitFacts {
            url: "amqps://worker@rabbit/vhost".to_owned(),
            queues: Ok(vec![QueueFact { name: "checkmate.dead".to_owned(), ready: Some(0) }]),
            check: Ok(vec![checked(VERSION, Verdict::Ok), checked("queue 'a'", Verdict::Ok)]),
            time_limit: None,
        }
    }

    fn words(lines: &[Line]) -> Vec<(&str, char)> {
        let letter = |line: &Line| match line.outcome {
            Outcome::Fine => 'f',
            Outcome::Warning => 'w',
            Outcome::Wrong => 'W',
            Outcome::CouldNotLook { .. } => '?',
        };
        lines.iter().map(|line| (line.what.as_str(), letter(line))).collect()
    }

    #[test]
    fn a_good_broker_is_five_lines() {
        let lines = rabbit(&good());
        let expected =
            ["login", "version", "setup and alarms", "time limit", "encryption"].map(|what| (what, 'f'));
        assert_eq!(words(&lines), expected, "{lines:?}");
    }

    #[test]
    fn what_is_wrong_is_told_one_by_one_and_what_cannot_be_read_is_not_fine() {
        let many = (0..10).map(|n| checked(&format!("queue {n}"), Verdict::Wrong));
        let check: Vec<_> = many.chain([checked("consumer time-out", Verdict::Unknown)]).collect();
        let facts = RabbitFacts { check: Ok(check), ..good() };
        let lines = rabbit(&facts);
        let letters = |letter| words(&lines).into_iter().filter(|(_, of)| *of == letter).count();
        assert_eq!((letters('W'), letters('?')), (MOST + 1, 1), "{lines:?}");
        assert!(lines.iter().any(|line| line.found.starts_with("2 more things")), "{lines:?}");
    }

    #[test]
    fn a_broker_that_is_away_says_so_and_the_rest_is_unknown() {
        let facts = RabbitFacts {
            url: "amqp://worker@rabbit".to_owned(),
            queues: Err("rabbit:5672: connection refused".to_owned()),
            check: Err("management API: connection refused".to_owned()),
            time_limit: Some("15 min do not fit. Lower scan.time_limit".to_owned()),
        };
        let lines = rabbit(&facts);
        let expected = [("login", 'W'), ("setup and alarms", '?'), ("time limit", 'W'), ("encryption", 'w')];
        assert_eq!(words(&lines), expected, "{lines:?}");
        assert_eq!(lines[2].mend, "Lower scan.time_limit");
        let missing = vec![QueueFact { name: "checkmate.dead".to_owned(), ready: None }];
        let lines = rabbit(&RabbitFacts { queues: Ok(missing), ..good() });
        assert_eq!(words(&lines)[1], ("queue", 'W'), "{lines:?}");
    }
}
