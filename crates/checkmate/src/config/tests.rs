//! The reader against files that are right, wrong, and no files at all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use super::connections;
use super::load::understand;
use super::mistake::Source;
use super::routes;
use super::sections::{SECTIONS, keys};
use super::tables::TABLES;
use super::tenants;
use super::*;

const TWELVE: &str = r#"[worker]
slotz = 3
slots = 0
fence_ttl = "-3s"

[brokr]
url = "amqp://localhost"

[store]
url = "postgres://x"
password = "hunter2"

[scan]
time_limit = 15

[telemetry]
log = "josn"

[requests.allow]
ticket-system = ["exports:acme"]

[schedules.nightly]
cron = "61 2 * * *"
timezone = "Europe/Berln"
scope = "acme"
"#;

fn read(text: &str) -> Result<Loaded, Mistakes> {
    read_with(text, &[])
}

fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, Mistakes> {
    let given: BTreeMap<String, OsString> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    understand(Some(&Source::new(Path::new("checkmate.toml"), text)), &given)
}

/// The template with every key in it set.
fn everything() -> String {
    let set = |line: &str| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') => key.to_owned(),
        _ => line.to_owned(),
    };
    super::template().lines().map(set).collect::<Vec<_>>().join("\n")
}

#[test]
fn twelve_mistakes_are_twelve_messages_that_a_newcomer_can_act_on() {
    let mistakes = read(TWELVE).unwrap_err();
    assert_eq!(mistakes.all().len(), 12, "{mistakes}");
    let told = mistakes.to_string();
    assert!(!told.contains("hunter2"), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn each_mistake_has_its_place_and_what_to_do() {
    let cases = [
        ("grace = \"1s\"\ngrace = \"2s\"\n", "checkmate.toml:2:1: ", "for the second time: keep one"),
        ("[scan]\n[worker]\n[scan]\n", "checkmate.toml:3:", "for the second time"),
        ("grace = 25s\n", "checkmate.toml:1:", "is not TOML"),
        ("[scan\nwindow = 3\n", "checkmate.toml:1:", "is not TOML"),
        ("[scan]\nslots = 3\n", "checkmate.toml:2:1: ", "it stands in [worker]"),
        ("[worker]\ngrace = \"1s\"\n", "checkmate.toml:2:1: ", "it stands before the first table"),
        ("worker = 3\n", "checkmate.toml:1:10: ", "worker must be a table"),
        ("\"worker.slots\" = 3\n", "checkmate.toml:1:1: ", "there is no key or table 'worker.slots'"),
        ("data_dir = \"\"\n", "checkmate.toml:1:12: ", "data_dir is empty"),
        ("[scan]\nwindow = 99999999999\n", ":2:10: ", "at most 4294967295"),
        ("[scan]\nwindow = 1e3\n", ":2:10: ", "this is of the kind 'float': write it as in window = 100"),
        ("[scan]\ntime_limit = \"4000d\"\n", ":2:14: ", "at most 3650d"),
        ("[worker]\ninteractive_slots = -1\n", ":2:21: ", "at least 0: it says how many"),
        ("[admin]\nlisten = \"9600\"\n", ":2:10: ", "127.0.0.1:9600"),
        ("[broker]\nurl = \"amqp://me:hunter2@host/v\"\n", ":2:7: ", "holds a password: take it out"),
        ("[broker]\nmanagement_url = \"http://\"\n", ":2:18: ", "is not understood: use http://"),
        (
            "[auth0]\nbase_url = \"http://example.com\"\n",
            ":2:12: ",
            "in the open: use https; plain http is for",
        ),
        ("[auth0]\nbase_url = \"http://localhost.example.com\"\n", ":2:12: ", "use https"),
        ("[auth0]\nbase_url = \"acme.eu.auth0.com\"\n", ":2:12: ", "write it like https://"),
        ("[vendors]\ngithub_url = \"http://github.acme.example\"\n", ":2:14: ", "use https"),
        ("[vendors]\ngraph_url = \"https://me:hunter2@x.example\"\n", ":2:13: ", "leave user, password"),
        (
            "[tenants.a]\ndomain = \"a.auth0.com\"\nclient_id = \"c\"\nbase_url = \"http://a.auth0.com\"\n",
            ":4:12: ",
            "use https",
        ),
        ("[broker]\npublishers = [\"a\", 3]\n", ":2:14: ", "a list of texts"),
        ("[broker]\npublishers = [\"\"]\n", ":2:14: ", "holds an empty text"),
        ("[broker.role_password_files]\nworkr = \"a\"\n", ":2:1: ", "did you mean 'worker'?"),
        ("[exports]\n\"a/b\" = \"x\"\n", ":2:1: ", "use 1 to 200 letters"),
        ("[schedules]\nnightly = \"0 0 * * *\"\n", ":2:11: ", "write [schedules.nightly] above"),
        ("[schedules.nightly]\nscope = \"export:a\"\n", ":1:12: ", "schedules.nightly has no cron"),
        ("[schedules.n]\ncron = \"0 2 31 2 *\"\nscope = \"export:a\"\n", ":2:13: ", "never comes"),
        ("[schedules.n]\ncron = \"@daily\"\nscope = \"path:x\"\n", ":3:9: ", "[exports]"),
        (
            "[schedules.n]\ncron = \"@daily\"\nscope = \"export:a\"\nlane = \"fast\"\n",
            ":4:8: ",
            "bulk or interactive",
        ),
        ("[broker]\nurl = \"amqp://localhost\"\n", ":2:7: ", "must be of one kind: both sqlite:"),
        ("[brokr]\nurl = \"amqp://h\"\n[store]\nurl = \"redis://h\"\n", ":1:2: ", "did you mean 'broker'?"),
        ("[broker]\nurl = \"sqlite:a\"\n[store]\nurl = \"sqlite:a\"\n", ":4:7: ", "the same file a"),
    ];
    for (text, place, says) in cases {
        let mistakes = read(text).unwrap_err();
        let told = mistakes.to_string();
        assert_eq!(mistakes.all().len(), 1, "{text}{told}");
        assert!(told.contains(place) && told.contains(says), "{text}should say '{place}…{says}': {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn plain_http_stays_on_this_machine() {
    for good in ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080/x", "https://x.example"]
    {
        let text = format!("[auth0]\nbase_url = \"{good}\"\n[vendors]\natlassian_url = \"{good}\"\n");
        assert!(read(&text).is_ok(), "{good}: {:?}", read(&text).map(|_| ()));
    }
}

#[test]
fn a_broken_line_hides_no_mistake_of_another() {
    let told = read("grace = 25s\n[worker]\nslots = 0\n").unwrap_err().to_string();
    assert!(told.starts_with("2 mistakes in the configuration:\ncheckmate.toml:1:"), "{told}");
    assert!(
        told.contains("worker.slots must be at least 1") && told.contains("line 3 | slots = 0"),
        "{told}"
    );
}

#[test]
fn what_is_not_set_is_the_default_and_every_default_can_be_written() {
    let set = SECTIONS.iter().map(|section| {
        let head = if section.path.is_empty() { String::new() } else { format!("[{}]\n", section.path) };
        let keys = section.keys.iter().filter_map(|key| Some((key.name(), key.default()?)));
        keys.fold(head, |text, (name, value)| format!("{text}{name} = {value}\n"))
    });
    let text: String = set.collect();
    let default = Config { file: Some(PathBuf::from("checkmate.toml")), ..Config::default() };
    for text in [text.as_str(), "", &super::template()] {
        assert_eq!(read(text).unwrap().config, default, "{text}");
    }
}

#[test]
fn a_file_with_every_key_is_read_without_a_mistake() {
    let text = everything();
    let loaded = read(&text).unwrap();
    for told in loaded.told() {
        assert!(told.from.is_some() && told.value.is_some(), "{} was not read from\n{text}", told.path);
    }
    assert_eq!(loaded.given(), loaded.told().len());
    assert_eq!(
        loaded.told().len(),
        keys().count()
            + 3
            + schedules::KEYS.len()
            + connections::KEYS.len()
            + tenants::KEYS.len()
            + routes::KEYS.len()
    );
    assert_eq!(loaded.config.tenants.len(), 1);
    assert_eq!(loaded.config.connections.len(), 1);
    assert_eq!(loaded.config.schedules.len(), 1);
    assert!(matches!(loaded.config.setting(), Ok(Setting::Distributed { .. })));
}

#[test]
fn every_example_can_be_set_by_the_environment_which_wins() {
    let plain = |example: &str| example.replace(['[', ']', '"'], "");
    let variables: Vec<(String, String)> = keys().map(|key| (key.env(), plain(key.example))).collect();
    let given: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let loaded = read_with(&super::template().replace("#slots = 8", "slots = 3"), &given).unwrap();
    for (key, (name, _)) in keys().zip(&variables) {
        let told = loaded.told().into_iter().find(|told| told.path == key.path).unwrap();
        assert_eq!(told.from, Some(Place::Env(name.clone())), "{}", key.path);
        assert_eq!(told.value, Some(key.kind.written(key.example)), "{}", key.path);
    }
    assert_eq!((loaded.config.worker.slots, loaded.config.grace.0.as_secs()), (16, 25));
}

#[test]
fn what_is_wrong_in_the_environment_is_told_by_its_variable() {
    let cases = [
        ("CHECKMATE_SCAN_WINDOW", "0", "scan.window must be at least 1"),
        ("CHECKMATE_SCAN_WINDOW", "many", "write it as in 100"),
        ("CHECKMATE_WORKER_SLOTZ", "1", "did you mean CHECKMATE_WORKER_SLOTS?"),
        ("CHECKMATE_STORE_PASSWORD", "hunter2", "set CHECKMATE_STORE_PASSWORD_FILE to its path"),
        ("CHECKMATE_SCHEDULES_NIGHTLY_CRON", "@daily", "set in the file only"),
        ("CHECKMATE_PORT", "8080", "no key has this variable"),
    ];
    for (name, value, says) in cases {
        let told = read_with("", &[(name, value)]).unwrap_err().to_string();
        assert!(
            told.contains(&format!("\n{name}: ")) && told.contains(says),
            "{name} should say '{says}': {told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
    }
    let others = [
        ("CHECKMATE_CONFIG", "a.toml"),
        ("CHECKMATE_LOG", "info"),
        ("CHECKMATE_TEST_CRASH", "a"),
        ("CHECKMATE_SERVICE_HOST", "10.0.0.1"),
        ("CHECKMATE_PORT", "tcp://10.0.0.1:80"),
        ("CHECKMATE_PORT_80_TCP_ADDR", "10.0.0.1"),
    ];
    assert_eq!(read_with("", &others).unwrap().given(), 0);
}

#[test]
fn paths_are_meant_from_the_file() {
    let text = "[exports]\na = \"x\"\n[broker]\nurl = \"sqlite:q.db\"\n[worker]\nfence_ttl = \"500s\"\n";
    let source = Source::new(Path::new("etc/c.toml"), text);
    let config = understand(Some(&source), &BTreeMap::new()).unwrap().config;
    assert_eq!(config.data_dir, Path::new("etc/.checkmate"));
    assert_eq!(config.exports["a"], Path::new("etc/x"));
    assert_eq!(config.worker.fence_ttl.0.as_secs(), 500);
    let Ok(Setting::Embedded { queue, store }) = config.setting() else { panic!("not embedded") };
    assert_eq!((queue, store), (PathBuf::from("etc/q.db"), PathBuf::from("etc/.checkmate/store.db")));
}

#[test]
fn a_mixed_pair_is_refused() {
    let mut config = Config::default();
    config.broker.url = Some("amqp://localhost".to_owned());
    assert!(matches!(config.setting(), Err(ConfigError::Mixed)));
    config.store.url = Some("postgres://x".to_owned());
    assert!(matches!(config.setting(), Err(ConfigError::BadUrl("store.url", _))));
    config.store.url = Some("redis://localhost".to_owned());
    assert!(matches!(config.setting(), Ok(Setting::Distributed { .. })));
}

#[test]
fn schedules_are_read_again_and_kept_while_the_file_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write("[broker]\nurl = \"amqp://me@host/v\"\n[schedules.a]\ncron = \"@daily\"\nscope = \"export:a\"\n");
    let schedules = reload_schedules(&file).unwrap();
    let spec = schedules.values().next().unwrap();
    assert_eq!((spec.name.as_str(), spec.window.as_secs(), spec.jitter.as_secs()), ("a", 24 * 3600, 0));
    write("[schedules.a]\ncron = \"@daly\"\nscope = \"export:a\"\n");
    assert!(reload_schedules(&file).unwrap_err().to_string().contains(":2:"));
    std::fs::remove_file(&file).unwrap();
    assert!(reload_schedules(&file).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn a_thousand_schedules_are_read_at_once() {
    let one = |n: usize| {
        format!(
            "[schedules.s{n}]\ncron = \"{} 2 * * *\"\ntimezone = \"Europe/Berlin\"\nscope = \"export:a\"\n",
            n % 60
        )
    };
    let text: String = (0..1_000).map(one).collect();
    let begun = std::time::Instant::now();
    let loaded = read(&text).unwrap();
    let took = begun.elapsed();
    assert_eq!((loaded.config.schedules.len(), loaded.given()), (1_000, 3_000));
    // Far more than it takes even when not optimised: only what grows with the square of the file would be slower.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn every_key_is_in_the_page_the_template_and_the_schema() {
    let (page, template, schema) = (document(), super::template(), schema());
    for key in keys() {
        assert!(page.contains(&format!("| `{}` |", key.name())) && page.contains(&key.env()), "{}", key.path);
        assert!(template.contains(&format!("\n#{} = ", key.name())), "{}", key.path);
        let pointer = format!("/properties/{}", key.path.replace('.', "/properties/"));
        assert!(schema.pointer(&pointer).is_some(), "{pointer}: {schema:#}");
    }
    for table in &TABLES {
        assert!(
            page.contains(&format!("# {}\n", table.path)) && template.contains(table.path),
            "{}",
            table.path
        );
    }
    let needed = schema.pointer("/properties/schedules/additionalProperties/required");
    assert_eq!(needed, Some(&serde_json::json!(["cron", "scope"])));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_with_places(at in 0..4_000usize, cut in 0..40usize, put in ".{0,8}") {
        let mut text: Vec<char> = everything().chars().collect();
        let start = at.min(text.len());
        let end = (start + cut).min(text.len());
        drop(text.splice(start..end, put.chars()));
        let text: String = text.into_iter().collect();
        if let Err(mistakes) = read(&text) {
            prop_assert!(!mistakes.all().is_empty());
            for mistake in mistakes.all() {
                let Place::File { line, .. } = &mistake.at else { panic!("no place: {mistake}") };
                prop_assert!(*line <= text.matches('\n').count() + 1, "{mistake}");
            }
        }
    }
}

#[test]
fn what_a_route_says_of_tickets_and_hours_is_read_strictly() {
    let route = |keys: &str| read(&format!("[routes.r]\nto = \"jira\"\nproject = \"SEC\"\n{keys}\n"));
    let good = "fields = [\"b=2\", \"a=1\"]\nowners = [\"*=component:Rest\", \"auth0=component:Identity\"]\n\
                quiet_hours = [\"22:00-07:00 Europe/Berlin\"]\ndigest = \"weekly mon 08:00 UTC\"\n\
                scopes = [\"org:*\"]";
    let loaded = route(good).unwrap();
    let told: Vec<Option<String>> = ["fields", "owners", "quiet_hours", "digest"]
        .map(|key| {
            loaded.told().into_iter().find(|told| told.path == format!("routes.r.{key}")).unwrap().value
        })
        .into();
    // In the order of the file: the first that fits counts.
    let written: Vec<&str> = good.lines().take(4).map(|line| line.split_once(" = ").unwrap().1).collect();
    assert_eq!(told.iter().flatten().collect::<Vec<_>>(), written);
    for (key, says) in [
        ("fields = [\"Team\"]", "has 'Team', which is not like Team=Platform"),
        ("fields = [\"summary=x\"]", "sets summary, which CheckMate fills in"),
        ("owners = [\"auth0:acme=ann\"]", "which is not like auth0:acme*=component:Identity"),
        ("owners = [\"auth0:acme=account:ann\"]", "names no account"),
        ("quiet_hours = [\"22:00-07:00\"]", "is not like '22:00-07:00 Europe/Berlin'"),
        ("quiet_hours = [\"22:00-07:00 Berlin\"]", "names no time zone like Europe/Berlin"),
        ("quiet_hours = [\"mon-sun UTC\"]", "never end: nothing would ever be sent"),
        ("quiet_urgent = \"maybe\"", "send or wait"),
        ("digest = \"hourly\"", "is 'hourly', which is not like 'scan', 'daily 08:00"),
        ("digest = \"weekly someday 08:00 UTC\"", "has no day like mon"),
    ] {
        let told = route(key).unwrap_err().to_string();
        assert!(told.contains(says), "{key} should say '{says}': {told}");
    }
}
