//! The store: reachable, what it can lose, its clock, who may listen on the way.

use std::time::Duration;

use super::{in_the_clear, long};
use crate::commands::doctor::facts::{StoreFacts, StoreLook};
use crate::config::{Config, Setting};
use crate::view::doctor_view::Line;

/// Clocks may be so far apart.
const APART: Duration = Duration::from_secs(2);
/// An answer that takes longer makes every job wait, in milliseconds.
const SLOW_MS: u64 = 100;

/// What is said of the store.
pub(super) fn store(config: &Config, look: &StoreLook) -> Vec<Line> {
    let at = address(config);
    let mut lines = match look {
        StoreLook::Nothing => vec![Line::fine("file", at, "not there yet: nothing was stored")],
        StoreLook::NotSeen(why) => {
            let mend = "look whether that process still works; end it with TERM, and nothing is lost";
            vec![Line::unknown("store", at, why, mend)]
        }
        StoreLook::Wrong(why) => {
            let (found, mend) = apart(why);
            vec![Line::wrong("store", at, found, mend.unwrap_or_else(|| usual(config)))]
        }
        StoreLook::Seen(seen) => seen_lines(&at, &seen.store),
    };
    lines.extend(encryption(config));
    lines
}

/// What helps most often.
fn usual(config: &Config) -> String {
    match config.setting() {
        Ok(Setting::Distributed { .. }) => {
            "start it; look that store.url leads to it and that store.password_file holds its password"
        }
        _ => "look that the file belongs to this user and that its disk works",
    }
    .to_owned()
}

fn address(config: &Config) -> String {
    match config.setting() {
        Ok(Setting::Embedded { store, .. }) => store.display().to_string(),
        Ok(Setting::Distributed { store, .. }) => store,
        Err(_) => String::new(),
    }
}

fn seen_lines(at: &str, facts: &StoreFacts) -> Vec<Line> {
    let answers = format!("{}, answers within {} ms", facts.software, facts.round_trip_ms.max(1));
    let software = if facts.round_trip_ms > SLOW_MS {
        let mend = "look at the load of its machine and the network on the way";
        Line::warning("software", at, answers, mend)
    } else {
        Line::fine("software", at, answers)
    };
    let mut lines = vec![software];
    lines.extend(durability(facts));
    lines.push(clock(facts));
    lines.push(Line::fine("epoch", "", format!("{} (another one tells that time was lost)", facts.epoch)));
    lines
}

fn durability(facts: &StoreFacts) -> Vec<Line> {
    let what = "durability";
    if let Some(why) = &facts.refused {
        let (found, mend) = apart(why);
        return vec![Line::wrong(what, "", found, mend.unwrap_or_default())];
    }
    if facts.durability.warnings.is_empty() {
        return vec![Line::fine(what, "", "nothing that was answered can be lost")];
    }
    let warnings = facts.durability.warnings.iter();
    let line = |warning: &String| {
        let (found, mend) = apart(warning);
        Line::warning(what, "", found, mend.unwrap_or_default())
    };
    warnings.map(line).collect()
}

/// What is set and what to set stand in one text: they are told apart where the advice begins.
fn apart(text: &str) -> (String, Option<String>) {
    let begins = [": set ", ". To lose nothing set ", ". Set ", ". Grant "];
    match begins.iter().filter_map(|mark| text.find(mark)).min() {
        Some(at) => {
            (text[..at].to_owned(), Some(lower_first(text[at..].trim_start_matches([':', '.', ' ']))))
        }
        None => (text.to_owned(), None),
    }
}

fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    first + rest.as_str()
}

fn clock(facts: &StoreFacts) -> Line {
    let (ahead, behind) = (facts.now.since(facts.host_now), facts.host_now.since(facts.now));
    let apart = ahead.max(behind);
    if apart <= APART {
        return Line::fine("clock", "", format!("{} ms from this machine's", apart.as_millis()));
    }
    let way = if ahead > behind { "ahead of" } else { "behind" };
    let found = format!("{} {way} this machine's; schedules and leases go by the store's", long(apart));
    Line::warning("clock", "", found, "let both machines follow one time server (chrony, systemd-timesyncd)")
}

fn encryption(config: &Config) -> Option<Line> {
    let Ok(Setting::Distributed { store, .. }) = config.setting() else { return None };
    let mend = "set store.url to rediss://…, and store.ca_file when its authority is your own";
    Some(if !in_the_clear(&store, &["redis://"]) {
        let found =
            if store.starts_with("rediss://") { "TLS" } else { "none, and it does not leave this machine" };
        Line::fine("encryption", "", found)
    } else if config.store.password_file.is_some() {
        Line::warning(
            "encryption",
            "",
            "none: the password and all findings go over the network in the clear",
            mend,
        )
    } else {
        Line::warning(
            "encryption",
            "",
            "none, and no password: all findings go over the network in the clear",
            mend,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::judge::tests_facts::{at, seen};
    use crate::view::doctor_view::Outcome;

    fn facts() -> StoreFacts {
        seen(None).store
    }

    fn outcomes(lines: &[Line]) -> Vec<(&str, bool, bool)> {
        let so = |line: &Line, outcome: &Outcome| line.outcome == *outcome;
        lines
            .iter()
            .map(|line| (line.what.as_str(), so(line, &Outcome::Fine), so(line, &Outcome::Wrong)))
            .collect()
    }

    #[test]
    fn a_good_store_is_fine() {
        let lines = seen_lines("store.db", &facts());
        let expected = ["software", "durability", "clock", "epoch"].map(|what| (what, true, false));
        assert_eq!(outcomes(&lines), expected, "{lines:?}");
    }

    #[test]
    fn what_can_be_lost_is_told_with_the_setting() {
        let warning = "Redis at db:1 can lose its last second or two when the power fails (appendfsync everysec). To lose \
                       nothing set 'appendfsync always' in redis.conf, or run CONFIG SET appendfsync always";
        let mut lossy = facts();
        lossy.durability.warnings = vec![warning.to_owned()];
        let line = &durability(&lossy)[0];
        assert_eq!(line.outcome, Outcome::Warning);
        assert!(line.found.ends_with("(appendfsync everysec)"), "{line:?}");
        assert!(line.mend.starts_with("to lose nothing set 'appendfsync always'"), "{line:?}");

        let refused = "Redis at db:1 keeps no append-only file and would lose jobs on a restart: set 'appendonly yes' in \
                       redis.conf, or run CONFIG SET appendonly yes";
        let line = &durability(&StoreFacts { refused: Some(refused.to_owned()), ..lossy })[0];
        assert_eq!(line.outcome, Outcome::Wrong);
        assert!(line.mend.starts_with("set 'appendonly yes'"), "{line:?}");
    }

    #[test]
    fn clocks_that_are_apart_are_told_with_the_way() {
        for (host, fine, says) in [
            (0, true, "0 ms"),
            (-1_900, true, "1900 ms"),
            (-5_000, false, "5 s ahead"),
            (240_000, false, "4 min behind"),
        ] {
            let line = clock(&StoreFacts { host_now: at(host), ..facts() });
            assert_eq!(line.outcome == Outcome::Fine, fine, "{line:?}");
            assert!(line.found.contains(says), "{line:?}");
        }
    }

    #[test]
    fn a_store_that_was_not_seen_is_not_fine() {
        let config = Config::default();
        for (look, expected) in [
            (StoreLook::Nothing, ("file", true, false)),
            (StoreLook::Wrong("refused".to_owned()), ("store", false, true)),
            (StoreLook::NotSeen("silent".to_owned()), ("store", false, false)),
        ] {
            assert_eq!(outcomes(&store(&config, &look)), [expected], "{look:?}");
        }
    }

    #[test]
    fn a_password_in_the_clear_is_told() {
        let of = |url: &str| {
            let mut config = Config::default();
            config.broker.url = Some("amqps://worker@rabbit".to_owned());
            config.store.url = Some(url.to_owned());
            config.store.password_file = Some("/etc/checkmate/redis.password".into());
            encryption(&config).map(|line| line.outcome)
        };
        assert_eq!(of("redis://db:6379"), Some(Outcome::Warning));
        assert_eq!(of("rediss://db:6379"), Some(Outcome::Fine));
        assert_eq!(of("redis://127.0.0.1:6379"), Some(Outcome::Fine));
        assert_eq!(encryption(&Config::default()), None);
    }
}
