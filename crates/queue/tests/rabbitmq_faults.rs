//! What the broker does to us, on a real RabbitMQ: everything here went wrong for somebody before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod rabbit;

use std::time::{Duration, Instant};

use checkmate_domain::Lane;
use checkmate_queue::rabbitmq::RabbitBroker;
use checkmate_queue::rabbitmq::admin::Role;
use checkmate_queue::{
    Broker, BrokerError, Consumer, Delivery, Destination, Outgoing, PublishError, Queue, Settle, Settled,
};
use futures::future::join_all;
use lapin::options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::AMQPValue;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use serde_json::json;

use rabbit::{Site, dead_host, secret, shared, user_of};

const PATIENCE: Duration = Duration::from_secs(40);

fn work(id: &str) -> Outgoing {
    Outgoing::new(Destination::Work(Lane::Bulk), id, b"{}".to_vec())
}

async fn next(consumer: &mut Box<dyn Consumer>) -> Delivery {
    let delivery = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("in time");
    delivery.unwrap_or_else(|| panic!("ended: {:?}", consumer.ended_because()))
}

async fn ends(consumer: &mut Box<dyn Consumer>) -> String {
    let end = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("in time");
    assert!(end.is_none(), "a message instead of the end");
    consumer.ended_because().expect("a reason")
}

async fn eventually<T, E: std::fmt::Debug>(mut attempt: impl AsyncFnMut() -> Result<T, E>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => assert!(Instant::now() < until, "still: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The client library itself, as the administrator or another user.
async fn raw(site: &Site, user: &str) -> Connection {
    let url = format!("amqp://{user}:guest@127.0.0.1:{}/{}", site.proxy.port(), site.vhost);
    Connection::connect(&url, ConnectionProperties::default()).await.unwrap()
}

/// Runs every case at once on the shared node, one virtual host each, and tells all that failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_one_virtual_host() {
    tokio::task::LocalSet::new().run_until(all_cases()).await;
}

async fn all_cases() {
    macro_rules! spawn {
        ($($case:ident),+ $(,)?) => { vec![$((stringify!($case), tokio::task::spawn_local($case()))),+] };
    }
    let cases = spawn![
        returns_are_told_to_their_owners,
        a_missing_exchange_is_made_again,
        a_deleted_queue_is_made_again_by_a_publisher,
        the_delivery_limit_leads_to_the_dead_letters,
        the_ladder_leaves_no_history,
        a_dropped_lease_comes_back,
        several_hosts,
        a_stalled_network_is_noticed,
        nobody_poses_as_another,
        refusals_at_the_start,
        missing_things_without_the_right_to_make_them,
        missing_things_with_the_right_to_make_them,
    ];
    let mut failed = Vec::new();
    for (name, case) in cases {
        match case.await {
            Ok(()) => eprintln!("ok {name}"),
            Err(error) => failed.push(format!("{name}: {error}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

async fn site() -> Site {
    Site::new(&*shared().await.read().await).await
}

/// With many in flight, the client library gives returns to the wrong confirms.
async fn returns_are_told_to_their_owners() {
    let site = site().await;
    let broker = site.connect().await;
    let event = |kind: &str, id: String| {
        Outgoing::new(Destination::Event { kind: kind.to_owned(), must_route: true }, id, b"{}".to_vec())
    };
    for round in 0..20 {
        let publishing = (0..100).map(|n| {
            let lost = (n * 7 + round) % 5 == 0;
            let kind = if lost { "checkmate.nobody.listens" } else { "checkmate.result.stored" };
            let message = event(kind, format!("r{round}m{n}"));
            let broker = &broker;
            async move { (lost, broker.publish(vec![message]).await) }
        });
        for (lost, answer) in join_all(publishing).await {
            match answer {
                Ok(()) => assert!(!lost, "a lost message was confirmed"),
                Err(PublishError::Unroutable { .. }) => assert!(lost, "a stored message was called lost"),
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert_eq!(broker.depth(Queue::Results).await.unwrap().ready, 20 * 80);
}

async fn a_missing_exchange_is_made_again() {
    let site = site().await;
    let broker = site.connect().await;
    let node = shared().await.read().await;
    broker.publish(vec![work("before")]).await.unwrap();
    node.api("DELETE", &format!("/api/exchanges/{}/checkmate.work", site.vhost), None).await;
    let lost = broker.publish(vec![work("lost")]).await.unwrap_err();
    assert!(matches!(lost, PublishError::Unroutable { .. }), "{lost:?}");
    eventually(async || broker.publish(vec![work("after")]).await).await;
    let mut consumer = broker.consume(Queue::ScanBulk, 4).await.unwrap();
    assert_eq!(next(&mut consumer).await.message.id.as_deref(), Some("before"));
    assert_eq!(next(&mut consumer).await.message.id.as_deref(), Some("after"));
}

async fn a_deleted_queue_is_made_again_by_a_publisher() {
    let site = site().await;
    let broker = site.connect().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    shared().await.read().await.delete_queue(&site.vhost, Queue::ScanBulk.name()).await;
    let lost = broker.publish(vec![work("lost")]).await.unwrap_err();
    assert!(matches!(lost, PublishError::Unroutable { .. }), "{lost:?}");
    eventually(async || broker.publish(vec![work("after")]).await).await;
    assert_eq!(broker.take_created(), [Queue::ScanBulk], "what had been confirmed into it is gone");
}

async fn the_delivery_limit_leads_to_the_dead_letters() {
    let site = site().await;
    let broker = site.connect().await;
    let policy = format!("/api/policies/{}/checkmate-scan", site.vhost);
    let node = shared().await.read().await;
    let mut held = node.api("GET", &policy, None).await;
    held["definition"]["delivery-limit"] = json!(2);
    node.api("PUT", &policy, Some(held)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    broker.publish(vec![work("poison")]).await.unwrap();
    let mut consumer = broker.consume(Queue::ScanBulk, 1).await.unwrap();
    for _ in 0..3 {
        assert_eq!(next(&mut consumer).await.lease.settle(Settle::Requeue).await, Settled::Accepted);
    }
    let mut graveyard = broker.consume(Queue::Dead, 1).await.unwrap();
    let body = next(&mut graveyard).await;
    let death = body.message.death.clone().expect("it died");
    assert_eq!((body.message.id.as_deref(), death.queue.as_str()), (Some("poison"), Queue::ScanBulk.name()));
    assert!(death.reason.contains("delivery limit reached"), "{}", death.reason);
    assert_eq!(body.lease.settle(Settle::Done).await, Settled::Accepted);
}

/// A copied `x-death` makes RabbitMQ before 4.0 drop a message silently.
async fn the_ladder_leaves_no_history() {
    let site = site().await;
    let broker = site.connect().await;
    broker.publish(vec![work("a")]).await.unwrap();
    for round in 1..=3 {
        let mut consumer = broker.consume(Queue::ScanBulk, 1).await.unwrap();
        let delivery = next(&mut consumer).await;
        let retries = delivery.message.headers.get("checkmate-retries").cloned();
        assert_eq!(retries, (round > 1).then(|| (round - 1).to_string()));
        assert!(delivery.message.headers.keys().all(|name| !name.starts_with("x-")));
        let settle = Settle::Later { after: Duration::ZERO, reason: format!("round {round}") };
        let asked = Instant::now();
        assert_eq!(delivery.lease.settle(settle).await, Settled::Accepted);
        consumer.stop().await;
        eventually(async || match broker.depth(Queue::ScanBulk).await {
            Ok(depth) if depth.ready == 1 => Ok(()),
            other => Err(other),
        })
        .await;
        assert!(asked.elapsed() >= Duration::from_secs(1), "{:?}", asked.elapsed());
    }
    let channel = raw(&site, "guest").await.create_channel().await.unwrap();
    let got =
        channel.basic_get(Queue::ScanBulk.name().into(), BasicGetOptions::default()).await.unwrap().unwrap();
    let headers = got.delivery.properties.headers().clone().unwrap();
    let Some(AMQPValue::FieldArray(deaths)) = headers.inner().get("x-death") else { panic!("{headers:?}") };
    let [AMQPValue::FieldTable(death)] = deaths.as_slice() else { panic!("{deaths:?}") };
    assert_eq!(death.inner().get("count"), Some(&AMQPValue::LongLongInt(1)), "each round begins anew");
}

async fn a_dropped_lease_comes_back() {
    let site = site().await;
    let broker = site.connect().await;
    broker.publish(vec![work("a")]).await.unwrap();
    let mut consumer = broker.consume(Queue::ScanBulk, 1).await.unwrap();
    drop(next(&mut consumer).await);
    assert!(next(&mut consumer).await.message.redelivered);
}

async fn several_hosts() {
    let site = site().await;
    for _ in 0..4 {
        let mut config = site.config();
        config.hosts.insert(0, dead_host());
        config.hosts.push(dead_host());
        let broker = RabbitBroker::connect(config).await.unwrap();
        broker.publish(vec![work("a")]).await.unwrap();
        broker.close().await;
    }
    let config =
        checkmate_queue::rabbitmq::RabbitConfig { hosts: vec![dead_host(), dead_host()], ..site.config() };
    let names: Vec<String> = config.hosts.iter().map(|host| host.port.to_string()).collect();
    let error = RabbitBroker::connect(config).await.err().expect("nobody there");
    assert!(matches!(error, BrokerError::Unavailable(_)), "{error:?}");
    assert!(names.iter().all(|name| error.to_string().contains(name)), "every host is named: {error}");
}

/// Connections stay open and nothing passes: no error, no end of stream, for ever.
async fn a_stalled_network_is_noticed() {
    let site = site().await;
    let mut config = site.config();
    config.confirm_timeout = Duration::from_secs(3);
    let broker = RabbitBroker::connect(config).await.unwrap();
    broker.publish(vec![work("a")]).await.unwrap();
    let mut consumer = broker.consume(Queue::ScanBulk, 4).await.unwrap();
    let held = next(&mut consumer).await;
    let lost = held.lease.lost();
    site.proxy.stall();
    let error = broker.publish(vec![work("b")]).await.unwrap_err();
    assert!(matches!(error, PublishError::Unconfirmed { .. }), "{error:?}");
    tokio::time::timeout(PATIENCE, lost.cancelled()).await.expect("the holder is told");
    assert_eq!(held.lease.settle(Settle::Done).await, Settled::LeaseLost);
    ends(&mut consumer).await;
    assert!(broker.ready().await.is_err());
    site.proxy.heal();
    eventually(async || broker.publish(vec![work("c")]).await).await;
    broker.ready().await.unwrap();
    let mut consumer = eventually(async || broker.consume(Queue::ScanBulk, 8).await).await;
    let again = next(&mut consumer).await;
    assert_eq!((again.message.id.as_deref(), again.message.redelivered), (Some("a"), true));
}

async fn nobody_poses_as_another() {
    let site = site().await;
    let worker = user_of(&site.vhost, Role::Worker);
    let broker = RabbitBroker::connect(site.config_of(Role::Worker)).await.unwrap();
    broker.publish(vec![work("honest")]).await.unwrap();
    let mut consumer = broker.consume(Queue::ScanBulk, 1).await.unwrap();
    assert_eq!(next(&mut consumer).await.message.user_id.as_deref(), Some(worker.as_str()));

    let channel = raw(&site, &worker).await.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let forged = BasicProperties::default().with_user_id("guest".into());
    let options = BasicPublishOptions::default();
    let key = Queue::ScanBulk.name().into();
    let answer = match channel.basic_publish("checkmate.work".into(), key, options, b"{}", forged).await {
        Ok(confirm) => confirm.await.map(drop),
        Err(error) => Err(error),
    };
    assert!(answer.expect_err("refused").to_string().contains("user_id"));
}

async fn refusals_at_the_start() {
    let site = site().await;
    let wrong = checkmate_queue::rabbitmq::RabbitConfig { password: secret("wrong"), ..site.config() };
    let error = RabbitBroker::connect(wrong).await.err().expect("refused");
    assert!(matches!(error, BrokerError::Misconfigured(_)), "{error:?}");
    assert!(error.to_string().contains("password file"), "{error}");
    let nowhere = checkmate_queue::rabbitmq::RabbitConfig { vhost: "nowhere".to_owned(), ..site.config() };
    let error = RabbitBroker::connect(nowhere).await.err().expect("refused");
    assert!(matches!(&error, BrokerError::Misconfigured(text) if text.contains("nowhere")), "{error:?}");
}

async fn missing_things_without_the_right_to_make_them() {
    let site = site().await;
    let node = shared().await.read().await;
    let broker = RabbitBroker::connect(site.config_of(Role::Worker)).await.unwrap();
    node.delete_queue(&site.vhost, Queue::ScanBulk.name()).await;
    let error = broker.consume(Queue::ScanBulk, 1).await.err().expect("it is missing");
    assert!(
        matches!(&error, BrokerError::Topology(text) if text.contains("checkmate.scan.bulk")),
        "{error:?}"
    );
    let error = RabbitBroker::connect(site.config_of(Role::Worker)).await.err().expect("it is missing");
    assert!(error.to_string().contains("checkmate broker setup"), "{error}");
}

async fn missing_things_with_the_right_to_make_them() {
    let site = Site::bare(&*shared().await.read().await).await;
    let broker = site.connect().await;
    let mut created = broker.take_created();
    created.sort();
    assert_eq!(created, Queue::ALL);
    assert_eq!(broker.take_created(), []);
    let result = Destination::Event { kind: "checkmate.result.stored".to_owned(), must_route: true };
    broker.publish(vec![work("a"), Outgoing::new(result, "b", Vec::new())]).await.unwrap();
    assert_eq!(site.connect().await.take_created(), [], "the second finds everything");
}

/// A node of its own, because it is killed and its disk is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_a_whole_node() {
    let mut node = checkmate_testkit::rabbit::Rabbit::start().await;
    let site = Site::new(&node).await;
    let mut config = site.config();
    config.confirm_timeout = Duration::from_secs(3);
    let broker = RabbitBroker::connect(config).await.unwrap();
    a_full_disk_is_named(&node, &broker).await;
    a_killed_broker_keeps_messages_and_takes_leases(&mut node, &broker).await;
}

async fn a_full_disk_is_named(node: &checkmate_testkit::rabbit::Rabbit, broker: &RabbitBroker) {
    broker.publish(vec![work("before")]).await.unwrap();
    node.set_disk_alarm(true);
    let first = eventually(async || match broker.publish(vec![work("blocked")]).await {
        Ok(()) => Err("not blocked yet"),
        Err(error) => Ok(error),
    })
    .await;
    assert!(matches!(&first, PublishError::Unconfirmed { hint, .. } if hint.contains("disk")), "{first}");
    let second = broker.publish(vec![work("blocked too")]).await.unwrap_err();
    assert!(matches!(&second, PublishError::Unavailable(why) if why.contains("disk")), "{second}");
    let ready = broker.ready().await.unwrap_err().to_string();
    assert!(ready.contains("blocks publishers") && ready.contains("disk"), "{ready}");
    let mut consumer = broker.consume(Queue::ScanBulk, 1).await.expect("consuming goes on");
    assert_eq!(next(&mut consumer).await.lease.settle(Settle::Done).await, Settled::Accepted);
    node.set_disk_alarm(false);
    eventually(async || broker.ready().await).await;
    broker.publish(vec![work("after")]).await.unwrap();
    consumer.stop().await;
    drain(broker).await;
}

async fn drain(broker: &RabbitBroker) {
    let mut consumer = broker.consume(Queue::ScanBulk, 10).await.unwrap();
    while let Ok(Some(delivery)) = tokio::time::timeout(Duration::from_secs(1), consumer.next()).await {
        delivery.lease.settle(Settle::Done).await;
    }
    consumer.stop().await;
}

async fn a_killed_broker_keeps_messages_and_takes_leases(
    node: &mut checkmate_testkit::rabbit::Rabbit,
    broker: &RabbitBroker,
) {
    broker.publish((0..50).map(|n| work(&format!("m{n}"))).collect()).await.unwrap();
    let mut consumer = broker.consume(Queue::ScanBulk, 5).await.unwrap();
    let held = next(&mut consumer).await;
    let lost = held.lease.lost();
    node.kill9();
    tokio::time::timeout(PATIENCE, lost.cancelled()).await.expect("the holder is told");
    assert_eq!(held.lease.settle(Settle::Done).await, Settled::LeaseLost);
    ends(&mut consumer).await;
    let error = broker.publish(vec![work("nowhere")]).await.unwrap_err();
    assert!(matches!(error, PublishError::Unavailable(_) | PublishError::Unconfirmed { .. }), "{error}");
    node.restart().await;
    eventually(async || broker.publish(vec![work("after")]).await).await;
    let mut consumer = eventually(async || broker.consume(Queue::ScanBulk, 20).await).await;
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 51 {
        let delivery = next(&mut consumer).await;
        seen.insert(delivery.message.id.clone().unwrap());
        assert_eq!(delivery.lease.settle(Settle::Done).await, Settled::Accepted);
    }
}
