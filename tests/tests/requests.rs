//! Another system asks for scans: its messages go through a real broker, which vouches for who it is, and end in a scan or
//! in the dead letters.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use checkmate_domain::TriggerKind;
use checkmate_store::{DeadRecord, ScanRecord, ScanState};
use checkmate_testkit::process::Process;
use checkmate_testkit::rabbit::{PASSWORD, Rabbit};
use checkmate_testkit::redis::Redis;
use checkmate_tests::command::CommandLine;
use checkmate_tests::distributed::{direct, set_up};
use checkmate_tests::model::Model;
use checkmate_tests::roles::spec;
use checkmate_tests::world::{Knobs, Programs, Servers, World};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

const PATIENCE: Duration = Duration::from_secs(60);
/// A user who may ask for one scope.
const PORTAL: &str = "portal";
/// A user who may write to the exchange, and whom the configuration does not name.
const STRANGER: &str = "stranger";

/// A user of the broker as `deploy/rabbitmq/users.toml` says for other systems.
async fn make_user(rabbit: &Rabbit, name: &str) {
    rabbit.put_user(name).await;
    rabbit.permit("%2F", name, ["^$", r"^checkmate\.requests$", "^$"]).await;
}

/// A system that asks, with its connection.
struct Asker {
    user: &'static str,
    channel: Channel,
    _connection: Connection,
}

impl Asker {
    async fn new(rabbit: &Rabbit, user: &'static str) -> Self {
        let url = format!("amqp://{user}:{PASSWORD}@{}/%2F", rabbit.address());
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        Self { user, channel, _connection: connection }
    }

    async fn send(&self, body: &[u8]) {
        let (exchange, options) = ("checkmate.requests".into(), BasicPublishOptions::default());
        let properties = BasicProperties::default().with_user_id(self.user.into()).with_delivery_mode(2);
        let publish = self.channel.basic_publish(exchange, "".into(), options, body, properties);
        let confirm = publish.await.unwrap().await.unwrap();
        assert!(matches!(confirm, Confirmation::Ack(_)), "{confirm:?}");
    }

    async fn ask(&self, id: &str, scope: &str) {
        let body = format!(r#"{{"schema": 1, "id": "{id}", "scope": "{scope}", "reason": "deployed"}}"#);
        self.send(body.as_bytes()).await;
    }
}

/// The roles, each with the broker user that `broker setup` made for it.
fn start(world: &World, node: &Path, at: &Servers, rabbit: &Rabbit) -> Vec<Process> {
    let role = |role: &str| {
        let broker = rabbit.url_of(&format!("checkmate-{role}"), "%2F");
        let at = Servers { broker, ..at.clone() };
        let config = world.distributed_config(role, &Knobs::default(), &at).unwrap();
        allow(&config);
        Process::start(spec(role, node, &config, role, None))
    };
    ["scheduler", "worker", "notifier"].map(role).into()
}

fn allow(config: &Path) {
    let mut file = std::fs::OpenOptions::new().append(true).open(config).unwrap();
    write!(file, "\n[requests.allow]\n{PORTAL} = [\"export:asked\"]\n").unwrap();
}

/// All scans, once so many are final.
async fn finished(command: &CommandLine, count: usize, log: impl Fn() -> String) -> Vec<ScanRecord> {
    let until = Instant::now() + PATIENCE;
    loop {
        let scans = command.scans(until).await.unwrap();
        if scans.iter().filter(|scan| scan.state.is_final()).count() >= count {
            return scans;
        }
        assert!(Instant::now() < until, "{scans:?}\n{}", log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The dead letters, once there are so many.
async fn given_up(command: &CommandLine, count: usize, log: impl Fn() -> String) -> Vec<DeadRecord> {
    let until = Instant::now() + PATIENCE;
    loop {
        let letters: Vec<DeadRecord> = command.json(&["dead", "list", "--format", "json"]).await.unwrap();
        if letters.len() >= count {
            return letters;
        }
        assert!(Instant::now() < until, "{letters:?}\n{}", log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_system_may_ask_for_is_scanned_and_the_rest_is_given_up_with_the_reason() {
    let node = Path::new(env!("CARGO_BIN_EXE_node")).to_owned();
    let programs = Programs { node: node.clone(), chaos: env!("CARGO_BIN_EXE_chaos").into() };
    let model = || Model { targets: 2, ..Model::default() };
    let exports = ["asked", "other"].map(|name| (name.to_owned(), model()));
    let world = World::new(BTreeMap::from(exports)).unwrap();
    let redis = tokio::task::block_in_place(Redis::start);
    let rabbit = Rabbit::start().await;
    let at = direct(&rabbit, &redis, "%2F", "checkmate:");
    let command = set_up(&world, &programs, &Knobs::default(), "setup", &at).await.unwrap();
    make_user(&rabbit, PORTAL).await;
    make_user(&rabbit, STRANGER).await;
    let mut roles = start(&world, &node, &at, &rabbit);
    let log = || roles.iter().map(Process::log_tail).collect::<Vec<_>>().join("\n");

    let portal = Asker::new(&rabbit, PORTAL).await;
    for _ in 0..2 {
        portal.ask("r-1", "export:asked").await;
    }
    let scans = finished(&command, 1, log).await;
    let scan = &scans[0];
    assert_eq!(
        (scans.len(), scan.state),
        (1, ScanState::Finished),
        "the same request is one scan: {scans:?}"
    );
    assert_eq!((scan.trigger.kind, scan.trigger.who.as_str()), (TriggerKind::Message, "portal: deployed"));
    assert_eq!((scan.scope.to_string().as_str(), scan.total), ("export:asked", 2));

    portal.ask("r-2", "export:other").await;
    portal.send(b"\xff\x00{").await;
    portal.send(&vec![b' '; 20_000]).await;
    Asker::new(&rabbit, STRANGER).await.ask("r-3", "export:asked").await;
    let reasons = [
        "broker user 'portal' may not ask for export:other",
        "not a request (line 1",
        "a request of 20000 bytes; 16384 are the most",
        "broker user 'stranger' may not ask for scans",
    ];
    let letters = given_up(&command, reasons.len(), log).await;
    assert_eq!(letters.len(), reasons.len(), "{letters:?}");
    for reason in reasons {
        let letter = letters.iter().find(|letter| letter.reason.contains(reason));
        assert_eq!(
            letter.map(|letter| letter.queue.as_str()),
            Some("checkmate.requests"),
            "{reason}: {letters:?}"
        );
    }
    assert_eq!(command.scans(Instant::now() + PATIENCE).await.unwrap().len(), 1, "none of them is a scan");

    portal.ask("r-4", "export:asked").await;
    assert_eq!(finished(&command, 2, log).await.len(), 2, "a new request is a new scan");
    for role in &mut roles {
        role.terminate();
        assert!(role.wait(PATIENCE).await.unwrap().success(), "{}", role.log_tail());
    }
}
