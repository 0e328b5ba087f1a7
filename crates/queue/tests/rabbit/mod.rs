//! A RabbitMQ that the tests of one binary share, a virtual host for each, and a proxy in between.

#![allow(dead_code, reason = "not every binary needs every helper")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use checkmate_domain::Secret;
use checkmate_queue::rabbitmq::admin::{AdminConfig, Role, RoleUser, setup};
use checkmate_queue::rabbitmq::{Host, Management, RabbitBroker, RabbitConfig};
use checkmate_testkit::proxy::Proxy;
use checkmate_testkit::rabbit::{ADMIN, PASSWORD, Rabbit};
use tokio::sync::{OnceCell, RwLock};

static SHARED: OnceCell<RwLock<Rabbit>> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The shared node. It outlives the tests; its reaper ends it with this process.
pub(crate) async fn shared() -> &'static RwLock<Rabbit> {
    SHARED.get_or_init(|| async { RwLock::new(Rabbit::start().await) }).await
}

pub(crate) fn secret(text: &str) -> Arc<Secret> {
    Arc::new(Secret::new(text.as_bytes().to_vec()))
}

/// The management API as administrator.
pub(crate) fn management(rabbit: &Rabbit) -> Management {
    Management {
        url: rabbit.management_url().parse().unwrap(),
        user: ADMIN.to_owned(),
        password: secret(PASSWORD),
        extra_ca: None,
    }
}

/// A virtual host set up as in production.
pub(crate) struct Site {
    pub(crate) vhost: String,
    pub(crate) proxy: Proxy,
}

/// The users of a site are named after it, so that tests do not share them.
pub(crate) fn user_of(vhost: &str, role: Role) -> String {
    format!("{vhost}-{role}")
}

pub(crate) fn admin_config(rabbit: &Rabbit, vhost: &str) -> AdminConfig {
    let user = |role| RoleUser { role, name: user_of(vhost, role), password: Some(secret(PASSWORD)) };
    AdminConfig {
        management: management(rabbit),
        vhost: vhost.to_owned(),
        users: Role::ALL.map(user).into(),
        consumer_timeout: Duration::from_mins(30),
        answer_timeout: Duration::from_secs(30),
    }
}

impl Site {
    /// A fresh virtual host with policies, queues and users.
    pub(crate) async fn new(rabbit: &Rabbit) -> Self {
        let site = Self::bare(rabbit).await;
        setup(&admin_config(rabbit, &site.vhost)).await.unwrap();
        site
    }

    /// A fresh virtual host with nothing in it.
    pub(crate) async fn bare(rabbit: &Rabbit) -> Self {
        let vhost = format!("v{}", NEXT.fetch_add(1, Ordering::SeqCst));
        rabbit.make_vhost(&vhost).await;
        Self { vhost, proxy: Proxy::start(rabbit.address()).await }
    }

    /// The administrator through the proxy, with times short enough for tests.
    pub(crate) fn config(&self) -> RabbitConfig {
        let url = format!("amqp://{ADMIN}@127.0.0.1:{}/{}", self.proxy.port(), self.vhost);
        let mut config = RabbitConfig::from_url(&url, secret(PASSWORD), "test").unwrap();
        config.heartbeat = Duration::from_secs(2);
        config.watchdog = Duration::from_secs(2);
        config.answer_timeout = Duration::from_secs(5);
        config
    }

    pub(crate) fn config_of(&self, role: Role) -> RabbitConfig {
        RabbitConfig { user: user_of(&self.vhost, role), role: role.to_string(), ..self.config() }
    }

    pub(crate) async fn connect(&self) -> RabbitBroker {
        RabbitBroker::connect(self.config()).await.unwrap()
    }
}

/// The first host that answers wins; this one never does.
pub(crate) fn dead_host() -> Host {
    Host { name: "127.0.0.1".to_owned(), port: checkmate_testkit::process::free_port() }
}
