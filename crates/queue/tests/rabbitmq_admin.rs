//! Setting up and checking a real broker, and whether each role's user can do its work and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod rabbit;

use std::time::Duration;

use checkmate_domain::Lane;
use checkmate_queue::rabbitmq::admin::{AdminConfig, Change, Line, Role, Verdict, check, setup};
use checkmate_queue::rabbitmq::{RabbitBroker, RabbitConfig, look};
use checkmate_queue::{
    Broker, BrokerError, Destination, Outgoing, PublishError, Queue, RETRY_LADDER, Settle, Settled,
};
use checkmate_testkit::rabbit::{PASSWORD, Rabbit};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use serde_json::json;

use rabbit::{Site, admin_config, user_of};

const PATIENCE: Duration = Duration::from_secs(40);

/// One node for all, as starting it is what takes time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setup_check_and_roles() {
    let node = Rabbit::start().await;
    setting_up_twice_changes_nothing(&node).await;
    check_finds_what_is_wrong(&node).await;
    setup_refuses_what_it_must_not_mend(&node).await;
    every_role_can_do_its_work(&node).await;
    no_role_can_do_more(&node).await;
    looking_makes_nothing(&node).await;
}

fn wrong(lines: &[Line]) -> Vec<&Line> {
    lines.iter().filter(|line| line.verdict == Verdict::Wrong).collect()
}

/// The settings of a queue follow its policy after a moment.
async fn checked(config: &AdminConfig, right: impl Fn(&[&Line]) -> bool) -> Vec<Line> {
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let lines = check(config).await.unwrap();
        if right(&wrong(&lines)) {
            return lines;
        }
        assert!(std::time::Instant::now() < until, "{:#?}", wrong(&lines));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn setting_up_twice_changes_nothing(node: &Rabbit) {
    let config = admin_config(node, "fresh");
    let first = setup(&config).await.unwrap();
    assert!(first.iter().all(|step| step.change == Change::Created), "{first:#?}");
    let second = setup(&config).await.unwrap();
    assert_eq!(first.len(), second.len());
    for step in &second {
        let expected = if step.what.starts_with("user '") { Change::Set } else { Change::Unchanged };
        assert_eq!(step.change, expected, "{}", step.what);
    }
    let lines = checked(&config, |wrong| wrong.is_empty()).await;
    assert!(lines.len() > 60, "{}", lines.len());
    let unknown: Vec<&Line> = lines.iter().filter(|line| line.verdict == Verdict::Unknown).collect();
    assert!(unknown.iter().all(|line| line.what == "consumer time-out"), "{unknown:#?}");
}

async fn check_finds_what_is_wrong(node: &Rabbit) {
    let site = Site::new(node).await;
    let (vhost, config) = (&site.vhost, admin_config(node, &site.vhost));
    checked(&config, |wrong| wrong.is_empty()).await;
    let worker = user_of(vhost, Role::Worker);
    node.api("DELETE", &format!("/api/policies/{vhost}/checkmate-retry-1m"), None).await;
    node.api(
        "DELETE",
        &format!("/api/bindings/{vhost}/e/checkmate.events/q/checkmate.results/checkmate.result.%23"),
        None,
    )
    .await;
    node.api("DELETE", &format!("/api/exchanges/{vhost}/checkmate.dead"), None).await;
    node.permit(vhost, &worker, ["^$", ".*", ".*"]).await;
    let greedy =
        json!({"pattern": ".*", "definition": {"max-length": 5}, "priority": 999, "apply-to": "queues"});
    node.api("PUT", &format!("/api/policies/{vhost}/greedy"), Some(greedy)).await;
    let lines = checked(&config, |wrong| {
        wrong.iter().filter(|line| line.what.starts_with("settings of")).count()
            == Queue::ALL.len() + RETRY_LADDER.len()
    })
    .await;
    let about = |what: &str| {
        let found: Vec<&Line> = wrong(&lines).into_iter().filter(|line| line.what.contains(what)).collect();
        assert!(!found.is_empty(), "nothing about {what}: {:#?}", wrong(&lines));
        found[0].clone()
    };
    assert!(about("policy 'checkmate-retry-1m'").found.contains("missing"));
    assert!(about("with key 'checkmate.result.#'").mend.contains("broker setup"));
    assert!(about("exchange 'checkmate.dead'").found.contains("missing"));
    assert!(about(&format!("permissions of '{worker}'")).found.contains(".*"));
    assert!(about("settings of queue 'checkmate.results'").mend.contains("'greedy' wins"));
    node.api("DELETE", &format!("/api/policies/{vhost}/greedy"), None).await;
    setup(&config).await.unwrap();
    checked(&config, |wrong| wrong.is_empty()).await;

    node.set_disk_alarm(true);
    let lines = checked(&config, |wrong| !wrong.is_empty()).await;
    assert!(wrong(&lines)[0].found.contains("disk alarm"), "{:#?}", wrong(&lines));
    node.set_disk_alarm(false);
    checked(&config, |wrong| wrong.is_empty()).await;
}

async fn setup_refuses_what_it_must_not_mend(node: &Rabbit) {
    let site = Site::bare(node).await;
    let (vhost, config) = (&site.vhost, admin_config(node, &site.vhost));
    let classic = json!({"durable": true, "arguments": {"x-message-ttl": 5}});
    node.api("PUT", &format!("/api/queues/{vhost}/checkmate.results"), Some(classic)).await;
    let error = setup(&config).await.unwrap_err();
    assert!(
        matches!(&error, BrokerError::Misconfigured(text) if text.contains("checkmate.results")),
        "{error}"
    );
    let lines = check(&config).await.unwrap();
    let about: Vec<&Line> =
        wrong(&lines).into_iter().filter(|line| line.what.ends_with("queue 'checkmate.results'")).collect();
    assert!(about.iter().any(|line| line.found.contains("classic")), "{about:#?}");
    assert!(about.iter().any(|line| line.found.contains("x-message-ttl")), "{about:#?}");

    let nobody = AdminConfig {
        users: config
            .users
            .iter()
            .map(|user| checkmate_queue::rabbitmq::admin::RoleUser {
                name: format!("missing-{}", user.name),
                password: None,
                ..user.clone()
            })
            .collect(),
        ..config.clone()
    };
    let error = setup(&nobody).await.unwrap_err().to_string();
    assert!(error.contains("password file"), "{error}");
    let stranger = AdminConfig {
        management: checkmate_queue::rabbitmq::Management {
            user: user_of(vhost, Role::Worker),
            ..config.management.clone()
        },
        ..config
    };
    let error = setup(&stranger).await.unwrap_err().to_string();
    assert!(error.contains("tag"), "{error}");
}

fn job(id: &str, lane: Lane) -> Outgoing {
    Outgoing::new(Destination::Work(lane), id, b"{}".to_vec())
}

fn event(kind: &str) -> Outgoing {
    Outgoing::new(Destination::Event { kind: kind.to_owned(), must_route: false }, kind, b"{}".to_vec())
}

async fn every_role_can_do_its_work(node: &Rabbit) {
    let site = Site::new(node).await;
    let connect = async |role| RabbitBroker::connect(site.config_of(role)).await.unwrap();
    let (scheduler, worker, notifier) =
        (connect(Role::Scheduler).await, connect(Role::Worker).await, connect(Role::Notifier).await);
    let later = || Settle::Later { after: Duration::ZERO, reason: "busy".to_owned() };
    let dead = || Settle::Dead { reason: "broken".to_owned() };

    let discover =
        vec![job("d1", Lane::Interactive), job("d2", Lane::Bulk), event("checkmate.result.stored")];
    scheduler.publish(discover).await.unwrap();
    take(&worker, Queue::ScanInteractive, vec![later(), Settle::Requeue, Settle::Done]).await;
    worker.publish(vec![event("checkmate.result.stored"), job("child", Lane::Bulk)]).await.unwrap();
    take(&worker, Queue::ScanBulk, vec![dead(), Settle::Done]).await;
    take(&notifier, Queue::Results, vec![later(), dead(), Settle::Done]).await;
    notifier.publish(vec![event("checkmate.scan.finished")]).await.unwrap();
    let request = Outgoing::new(Destination::Queue(Queue::Requests), "request", b"x".to_vec());
    scheduler.publish(vec![request]).await.unwrap();
    take(&scheduler, Queue::Requests, vec![Settle::Requeue, dead()]).await;
    take(&scheduler, Queue::Dead, vec![later(), Settle::Done, Settle::Done, Settle::Done]).await;
    for queue in Queue::ALL {
        assert_eq!(scheduler.depth(queue).await.unwrap().ready, 0, "{queue}");
    }
}

async fn take(broker: &RabbitBroker, queue: Queue, verdicts: Vec<Settle>) {
    let mut consumer = broker.consume(queue, 1).await.unwrap();
    for verdict in verdicts {
        let delivery =
            tokio::time::timeout(PATIENCE, consumer.next()).await.expect("in time").expect("a message");
        assert_eq!(delivery.lease.settle(verdict).await, Settled::Accepted, "{queue}");
    }
    consumer.stop().await;
}

async fn no_role_can_do_more(node: &Rabbit) {
    let site = Site::new(node).await;
    let reads = [
        (Role::Scheduler, vec![Queue::Requests, Queue::Dead]),
        (Role::Worker, vec![Queue::ScanInteractive, Queue::ScanBulk]),
        (Role::Notifier, vec![Queue::Results]),
    ];
    for (role, own) in reads {
        let broker = RabbitBroker::connect(site.config_of(role)).await.unwrap();
        for queue in Queue::ALL {
            match broker.consume(queue, 1).await {
                Ok(_) => assert!(own.contains(&queue), "{role} may read {queue}"),
                Err(error) => {
                    assert!(!own.contains(&queue), "{role} may not read {queue}: {error}");
                    assert!(
                        matches!(&error, BrokerError::Topology(text) if text.contains("may not read")),
                        "{error}"
                    );
                }
            }
        }
        foreign_events_are_refused(role, &broker).await;
        nothing_else_is_allowed(&site, role).await;
    }
}

async fn foreign_events_are_refused(role: Role, broker: &RabbitBroker) {
    let (own, foreign): (&[&str], &str) = match role {
        // The keeper sends results again and announces scans that nobody announced.
        Role::Scheduler => {
            (&["checkmate.result.stored", "checkmate.scan.finished"], "checkmate.finding.opened")
        }
        Role::Worker => (&["checkmate.result.stored"], "checkmate.scan.finished"),
        Role::Notifier => (&["checkmate.scan.finished"], "checkmate.result.stored"),
    };
    for own in own {
        broker.publish(vec![event(own)]).await.unwrap();
    }
    let error = broker.publish(vec![event(foreign)]).await.unwrap_err();
    assert!(matches!(error, PublishError::Refused { .. }), "{role}: {error:?}");
}

/// Declaring, binding, and writing to exchanges of others: each on a channel of its own, as each refusal closes one.
async fn nothing_else_is_allowed(site: &Site, role: Role) {
    let user = user_of(&site.vhost, role);
    let url = format!("amqp://{user}:{PASSWORD}@127.0.0.1:{}/{}", site.proxy.port(), site.vhost);
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let refused = |what: &str, answer: lapin::Result<()>| {
        let error = answer.expect_err(what).to_string();
        assert!(error.contains("ACCESS_REFUSED"), "{role}, {what}: {error}");
    };
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let channel = connection.create_channel().await.unwrap();
    let declare = channel.queue_declare("mine".into(), durable, FieldTable::default()).await;
    refused("declares a queue", declare.map(drop));
    let channel = connection.create_channel().await.unwrap();
    let (queue, exchange) = ("checkmate.results".into(), "checkmate.events".into());
    let bind =
        channel.queue_bind(queue, exchange, "#".into(), QueueBindOptions::default(), FieldTable::default());
    refused("binds", bind.await);
    for exchange in ["", "amq.topic"] {
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let options = BasicPublishOptions::default();
        let publish = channel.basic_publish(
            exchange.into(),
            "checkmate.dead".into(),
            options,
            b"x",
            BasicProperties::default(),
        );
        let answer = match publish.await {
            Ok(confirm) => confirm.await.map(drop),
            Err(error) => Err(error),
        };
        refused(&format!("writes to '{exchange}'"), answer);
    }
}

async fn looking_makes_nothing(node: &Rabbit) {
    let bare = Site::bare(node).await;
    for _ in 0..2 {
        let found = look(&bare.config()).await.unwrap();
        assert_eq!(found, Queue::ALL.map(|queue| (queue, None)), "whoever may make them looks only");
    }
    let site = Site::new(node).await;
    let scheduler = RabbitBroker::connect(site.config_of(Role::Scheduler)).await.unwrap();
    scheduler.publish(vec![job("j", Lane::Bulk)]).await.unwrap();
    for role in Role::ALL {
        let found = look(&site.config_of(role)).await.unwrap();
        let expected = Queue::ALL.map(|queue| (queue, Some(u64::from(queue == Queue::ScanBulk))));
        assert_eq!(found, expected, "{role} needs no right to look");
    }
    let wrong = RabbitConfig { password: rabbit::secret("wrong"), ..site.config() };
    let refused = look(&wrong).await.unwrap_err();
    assert!(
        matches!(&refused, BrokerError::Misconfigured(text) if text.contains("password file")),
        "{refused}"
    );
}
