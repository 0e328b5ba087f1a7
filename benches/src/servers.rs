//! Private servers, and the parts on them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use checkmate_domain::Secret;
use checkmate_queue::embedded::{EmbeddedBroker, EmbeddedConfig};
use checkmate_queue::rabbitmq::admin::{AdminConfig, setup};
use checkmate_queue::rabbitmq::{Management, RabbitBroker, RabbitConfig};
use checkmate_queue::{Broker, Queue};
use checkmate_store::Store;
use checkmate_store::embedded::EmbeddedStore;
use checkmate_store::redis::{RedisConfig, RedisStore};
use checkmate_testkit::rabbit::{ADMIN, PASSWORD, Rabbit};
use checkmate_testkit::redis::{Fsync, Redis, RedisOptions};
use tempfile::TempDir;

/// One RabbitMQ, set up as `checkmate broker setup` does it, and a Redis of each durability.
pub struct Servers {
    /// The broker.
    pub rabbit: Rabbit,
    /// `appendfsync everysec`.
    pub everysec: Redis,
    /// `appendfsync always`.
    pub always: Redis,
}

impl Servers {
    /// Starts them.
    ///
    /// # Errors
    /// When the broker cannot be set up.
    pub async fn start() -> anyhow::Result<Self> {
        let redis = |fsync| {
            // A rewrite of the file in the middle of one run would not be in the other.
            let extra = vec!["auto-aof-rewrite-percentage 0".to_owned()];
            tokio::task::spawn_blocking(move || {
                Redis::start_with(RedisOptions { fsync, extra, ..Default::default() })
            })
        };
        let everysec = redis(Fsync::EverySecond).await?;
        let always = redis(Fsync::Always).await?;
        let rabbit = Rabbit::start().await;
        let management = Management {
            url: rabbit.management_url().parse().context("the address of the management API")?,
            user: ADMIN.to_owned(),
            password: password(),
            extra_ca: None,
        };
        let admin = AdminConfig {
            management,
            vhost: "/".to_owned(),
            users: Vec::new(),
            consumer_timeout: Duration::from_mins(30),
            answer_timeout: Duration::from_secs(10),
        };
        setup(&admin).await?;
        Ok(Self { rabbit, everysec, always })
    }

    /// Our broker, with connections of its own.
    ///
    /// # Errors
    /// When it cannot connect.
    pub async fn broker(&self) -> anyhow::Result<Arc<dyn Broker>> {
        let config = RabbitConfig::from_url(&self.rabbit.url(ADMIN), password(), "bench")?;
        Ok(Arc::new(RabbitBroker::connect(config).await?))
    }

    /// A connection without us.
    ///
    /// # Errors
    /// When it cannot connect.
    pub async fn bare(&self) -> anyhow::Result<lapin::Connection> {
        Ok(lapin::Connection::connect(&self.bare_url(), lapin::ConnectionProperties::default()).await?)
    }

    /// The broker's URL with the password of the tests.
    #[must_use]
    pub fn bare_url(&self) -> String {
        format!("amqp://{ADMIN}:{PASSWORD}@{}/%2f", self.rabbit.address())
    }

    /// Throws away what waits.
    pub async fn purge(&self) {
        for queue in Queue::ALL {
            let _ = self.rabbit.try_api("DELETE", &format!("/api/queues/%2F/{queue}/contents"), None).await;
        }
    }
}

/// The password of every user of a private broker.
#[must_use]
pub fn password() -> Arc<Secret> {
    Arc::new(Secret::new(PASSWORD.as_bytes().to_vec()))
}

/// Our store on a Redis, with connections of its own.
///
/// # Errors
/// When it cannot connect.
pub async fn store(redis: &Redis) -> anyhow::Result<Arc<dyn Store>> {
    Ok(Arc::new(RedisStore::connect(RedisConfig::new(redis.url())).await?))
}

/// The embedded parts in a folder beside the program: a temporary folder may be no disk at all.
pub struct Embedded {
    /// The queue.
    pub broker: Arc<dyn Broker>,
    /// The store.
    pub store: Arc<dyn Store>,
    _folder: TempDir,
}

impl Embedded {
    /// Opens empty files.
    ///
    /// # Errors
    /// When they cannot be made.
    pub async fn open() -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let folder = tempfile::tempdir_in(program.parent().context("a program without a folder")?)?;
        let broker = EmbeddedBroker::open(&folder.path().join("queue.db"), EmbeddedConfig::default()).await?;
        let store = EmbeddedStore::open(&folder.path().join("store.db")).await?;
        Ok(Self { broker: Arc::new(broker), store: Arc::new(store), _folder: folder })
    }

    /// Closes the files.
    pub async fn close(&self) {
        self.broker.close().await;
        self.store.close().await;
    }
}
