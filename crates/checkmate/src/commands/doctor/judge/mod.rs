//! From facts to lines, purely: what is fine, what is not, and what mends it.

mod broker;
mod host;
mod store;
#[cfg(test)]
mod tests_facts;
mod work;
#[cfg(test)]
mod work_test;

use std::time::Duration;

use super::Gathered;
use super::facts::{BrokerLook, StoreLook};
use crate::config::Loaded;
use crate::view::doctor_view::{Line, Page, Section};

/// What is said where something would be looked at in the store, and the store was not seen.
const NO_STORE: &str = "the store was not seen";

/// The page of an installation.
pub(super) fn page(loaded: &Loaded, gathered: &Gathered) -> Page {
    let Gathered { host, admin, store, broker } = gathered;
    let config = &loaded.config;
    let embedded = matches!(broker, BrokerLook::Embedded(_));
    let seen = match store {
        StoreLook::Seen(seen) => Some(seen.as_ref()),
        StoreLook::Nothing | StoreLook::Wrong(_) | StoreLook::NotSeen(_) => None,
    };
    let (mut processes, mut work) = (vec![host::admin(admin)], Vec::new());
    match (seen, store) {
        (Some(seen), _) => {
            let now = seen.store.now;
            processes.extend(work::processes(&seen.work, now));
            work.extend(work::lanes(&seen.work));
            work.extend(work::queues(broker, &seen.work));
            work.extend(work::waits(&seen.work));
            work.extend(work::schedules(config, &seen.work, now));
            work.extend(work::scans(&seen.work, now));
            work.push(work::dead(&seen.work.dead));
            work.extend(work::approvals(&seen.work.approvals, now));
        }
        (None, StoreLook::Nothing) => processes.push(work::nobody()),
        (None, _) => {
            let unseen = |what: &str| Line::unknown(what, "", NO_STORE, "mend the store first");
            processes.extend(["scheduler", "worker", "notifier", "leaders"].map(unseen));
            work.extend(["lanes", "schedules", "scans", "dead letters"].map(unseen));
        }
    }
    Page::new(vec![
        Section { name: "Configuration", lines: host::configuration(loaded) },
        Section { name: "This machine", lines: host::machine(host, store, seen, embedded) },
        Section { name: "Store", lines: store::store(config, store) },
        Section { name: "Broker", lines: broker::broker(broker) },
        Section { name: "Processes", lines: processes },
        Section { name: "Work", lines: work },
    ])
}

/// The page when nobody knows where anything is.
pub(super) fn without_configuration(error: &str) -> Page {
    let mend = "'checkmate config check' shows every mistake with its place";
    let reason = "the configuration does not say where they are";
    let unseen = |what: &str| Line::unknown(what, "", reason, "mend the configuration first");
    Page::new(vec![
        Section { name: "Configuration", lines: vec![Line::wrong("file", "", error, mend)] },
        Section {
            name: "Everything else",
            lines: ["this machine", "store", "broker", "processes", "work"].map(unseen).into(),
        },
    ])
}

/// `3 s`, `5 min`, `2 h`, `4 days`.
fn long(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// Whether a URL leads out of this machine without encryption.
fn in_the_clear(url: &str, schemes: &[&str]) -> bool {
    let Some(rest) = schemes.iter().find_map(|scheme| url.strip_prefix(scheme)) else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    let here = |host: &str| {
        let name =
            host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(host, |(name, _)| name);
        name == "localhost" || name == "[::1]" || name.starts_with("127.")
    };
    !hosts.split(',').all(here)
}

#[cfg(test)]
mod tests {
    use super::tests_facts::{at, host, key_id, seen};
    use super::*;
    use crate::commands::doctor::facts::{AdminLook, DeadFacts, RabbitFacts};
    use crate::view::Show;
    use checkmate_domain::Lane;
    use checkmate_store::LanePause;

    #[test]
    fn times_are_told_in_a_unit_that_is_read_at_once() {
        let cases = [(3, "3 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 days")];
        for (seconds, text) in cases {
            assert_eq!(long(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn only_other_machines_are_reached_in_the_clear() {
        for (url, clear) in [
            ("redis://127.0.0.1:6379/0", false),
            ("redis://[::1]:6379", false),
            ("redis://localhost", false),
            ("redis://db:6379", true),
            ("rediss://db:6379", false),
            ("redis://user@10.0.0.1", true),
            ("amqp://worker@localhost,rabbit-2/vhost", true),
            ("amqps://worker@rabbit-1/vhost", false),
            ("amqp://worker@127.0.0.1:5672/%2F", false),
        ] {
            assert_eq!(in_the_clear(url, &["redis://", "amqp://"]), clear, "{url}");
        }
    }

    #[test]
    fn without_a_configuration_nothing_else_is_fine() {
        let page = without_configuration("1 mistake in the configuration");
        let fine = Line::fine("a", "", "").outcome;
        assert!(page.lines().all(|line| line.outcome != fine), "{page:?}");
        assert_eq!(page.lines().count(), 6);
    }

    const SHOW: Show<'static> = Show { program: "checkmate", color: false };

    /// With a configuration file of its own, whose folder is shown under another name.
    fn page_with(config: &str, gathered: &Gathered) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkmate.toml");
        std::fs::write(&file, config).unwrap();
        let loaded = crate::config::load_telling(Some(&file)).unwrap();
        page(&loaded, gathered).text(SHOW).replace(&folder.path().display().to_string(), "/etc/checkmate")
    }

    #[test]
    fn a_page_of_one_machine_with_a_paused_lane() {
        let mut seen = seen(Some(key_id(1)));
        let why = Some("the tenant is moved".to_owned());
        seen.work.paused = vec![LanePause { lane: Lane::Bulk, who: "ada".to_owned(), at: at(0), why }];
        seen.work.dead =
            DeadFacts { waiting: 2, more: false, newest: Some("message is not a job".to_owned()) };
        let gathered = Gathered {
            host: Ok(host()),
            admin: AdminLook::NotConfigured,
            store: StoreLook::Seen(Box::new(seen)),
            broker: BrokerLook::Embedded("/data/queue.db".into()),
        };
        insta::assert_snapshot!(page_with("grace = \"5s\"\n", &gathered));
    }

    #[test]
    fn a_page_of_many_machines_with_nothing_there() {
        let config = "[broker]\nurl = \"amqp://checkmate-worker@rabbit-1/checkmate\"\n\n[store]\nurl = \"redis://redis-1:6379/0\"\n";
        let away = "rabbit-1:5672: connection lost: Connection refused (os error 111)";
        let rabbit = RabbitFacts {
            url: "amqp://checkmate-worker@rabbit-1/checkmate".to_owned(),
            queues: Err(format!("broker unavailable: {away}")),
            check: Err("broker.management_url is not set".to_owned()),
            time_limit: None,
        };
        let gathered = Gathered {
            host: Ok(host()),
            admin: AdminLook::NotConfigured,
            store: StoreLook::Wrong(
                "store unavailable: Redis at redis-1:6379: no connection in time".to_owned(),
            ),
            broker: BrokerLook::Rabbit(Box::new(rabbit)),
        };
        insta::assert_snapshot!(page_with(config, &gathered));
    }
}
