//! Nodes with special settings: a short consumer time-out, and TLS with a private certificate authority.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod rabbit;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use checkmate_domain::Lane;
use checkmate_queue::rabbitmq::{Host, Identity, RabbitBroker, RabbitConfig, Tls};
use checkmate_queue::{Broker, BrokerError, Destination, Outgoing, Queue, Settle, Settled};
use checkmate_testkit::process::program;
use checkmate_testkit::rabbit::{Options, PASSWORD, Rabbit, TlsFiles};

use rabbit::{Site, secret};

const PATIENCE: Duration = Duration::from_secs(40);

fn work(id: &str) -> Outgoing {
    Outgoing::new(Destination::Work(Lane::Bulk), id, b"{}".to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_time_out_is_recognised_and_explained() {
    let options = Options { consumer_timeout: Some(Duration::from_secs(2)), ..Options::default() };
    let node = Rabbit::start_with(options).await;
    let site = Site::new(&node).await;
    let broker = site.connect().await;
    broker.publish(vec![work("slow")]).await.unwrap();
    let mut consumer = broker.consume(Queue::ScanBulk, 1).await.unwrap();
    let held = consumer.next().await.expect("a message");
    let lost = held.lease.lost();
    let taken = Instant::now();
    tokio::time::timeout(PATIENCE, lost.cancelled()).await.expect("the holder is told");
    assert!(taken.elapsed() >= Duration::from_secs(2));
    assert_eq!(held.lease.settle(Settle::Done).await, Settled::LeaseLost);
    assert!(consumer.next().await.is_none());
    let why = consumer.ended_because().expect("a reason");
    for part in ["checkmate.scan.bulk", "consumer time-out", "consumer_timeout", "time_limit", "2000 ms"] {
        assert!(why.contains(part), "{part} is missing: {why}");
    }
    broker.publish(vec![work("other")]).await.expect("publishing goes on");
    let mut consumer = broker.consume(Queue::ScanBulk, 1).await.expect("the connection lives");
    let again = consumer.next().await.expect("it comes again");
    assert_eq!((again.message.id.as_deref(), again.message.redelivered), (Some("slow"), true));
    assert_eq!(again.lease.settle(Settle::Done).await, Settled::Accepted);
}

/// A certificate authority, a server and a client certificate, made with the openssl command.
fn certificates(folder: &Path) {
    let openssl =
        program("openssl", &["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]);
    let run = |arguments: &str| {
        let output = Command::new(&openssl).args(arguments.split(' ')).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    };
    std::fs::write(folder.join("server.ext"), "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
        .unwrap();
    std::fs::write(folder.join("client.ext"), "extendedKeyUsage=clientAuth\n").unwrap();
    for ca in ["ca", "other"] {
        run(&format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=checkmate-{ca} -keyout {ca}.key -out {ca}.pem -addext basicConstraints=critical,CA:TRUE"
        ));
    }
    for name in ["server", "client"] {
        run(&format!("req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"));
        run(&format!(
            "x509 -req -days 2 -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile {name}.ext -out {name}.pem"
        ));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_with_a_private_authority_and_a_client_certificate() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let file = |name: &str| folder.path().join(name);
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    let tls = TlsFiles {
        ca: file("ca.pem"),
        certificate: file("server.pem"),
        key: file("server.key"),
        demand_client_certificate: true,
    };
    let node = Rabbit::start_with(Options { tls: Some(tls), ..Options::default() }).await;
    let site = Site::new(&node).await;
    let config = |ca: &str, client: bool| {
        let identity =
            client.then(|| Identity { certificate: read("client.pem"), key: secret(&read("client.key")) });
        RabbitConfig {
            hosts: vec![Host { name: "localhost".to_owned(), port: node.tls_port() }],
            tls: Some(Tls { extra_ca: Some(read(ca)), identity }),
            password: secret(PASSWORD),
            ..site.config()
        }
    };
    let broker = RabbitBroker::connect(config("ca.pem", true)).await.unwrap();
    broker.publish(vec![work("a")]).await.unwrap();
    let mut consumer = broker.consume(Queue::ScanBulk, 1).await.unwrap();
    let delivery = consumer.next().await.expect("a message");
    assert_eq!(delivery.lease.settle(Settle::Done).await, Settled::Accepted);
    broker.close().await;

    let stranger =
        RabbitBroker::connect(config("other.pem", true)).await.err().expect("an unknown authority");
    assert!(
        matches!(&stranger, BrokerError::Unavailable(text) if text.contains("certificate")),
        "{stranger:?}"
    );
    assert!(
        RabbitBroker::connect(config("ca.pem", false)).await.is_err(),
        "the broker demands a certificate"
    );
}
