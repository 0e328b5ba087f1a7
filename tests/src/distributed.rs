//! The setting for many machines: private RabbitMQ and Redis, a fault proxy on each way to them, and every role as
//! processes of its own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use checkmate_store::Store;
use checkmate_store::redis::{RedisConfig, RedisStore};
use checkmate_testkit::proxy::Proxy;
use checkmate_testkit::rabbit::{ADMIN, Rabbit};
use checkmate_testkit::redis::Redis;

use crate::chaos::Setting;
use crate::command::CommandLine;
use crate::faults::{Beat, Link, Network};
use crate::roles::{Roles, spec};
use crate::world::{Knobs, Programs, Servers, World};

/// Which roles run, and how many of each.
pub const ROLES: [(&str, u32); 3] = [("worker", 3), ("notifier", 2), ("scheduler", 2)];

/// How often what is struck, on average.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// One of the roles is killed.
    pub role: Duration,
    /// Redis is killed.
    pub redis: Option<Duration>,
    /// RabbitMQ is killed.
    pub rabbit: Option<Duration>,
    /// The network is cut or stalled.
    pub network: Option<Duration>,
}

impl Rhythm {
    /// What the whole must survive.
    #[must_use]
    pub fn of(setting: Setting) -> Self {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        match setting {
            Setting::Embedded => {
                Self { role: Duration::from_secs(3), redis: None, rabbit: None, network: None }
            }
            Setting::Distributed => Self {
                role: Duration::from_millis(300),
                redis: seconds(10),
                rabbit: seconds(30),
                network: seconds(20),
            },
        }
    }
}

/// The servers, the ways to them, and the roles.
pub struct Distributed {
    /// Asks the servers directly, past the proxies.
    pub command: CommandLine,
    /// Keeps the roles alive.
    pub roles: Roles,
    /// Redis.
    pub redis: Beat<Redis>,
    /// RabbitMQ.
    pub rabbit: Beat<Rabbit>,
    /// The proxies.
    pub network: Beat<Network>,
    direct: Servers,
}

/// Starts servers and roles, and then the faults.
///
/// # Errors
/// When the broker cannot be set up.
pub async fn start(
    world: &World,
    programs: &Programs,
    knobs: &Knobs,
    sink: Option<u16>,
    rhythm: Rhythm,
    seed: u64,
) -> anyhow::Result<Distributed> {
    let redis = tokio::task::block_in_place(Redis::start);
    let rabbit = Rabbit::start().await;
    let direct = direct(&rabbit, &redis, "%2F", "checkmate:");
    set_up(world, programs, knobs, "setup", &direct).await?;
    let asking = Servers { broker: rabbit.url_of("checkmate-scheduler", "%2F"), ..direct.clone() };
    let config = world.distributed_config("command", knobs, &asking)?;
    let command = CommandLine { node: programs.node.clone(), config };
    let mut network = Vec::new();
    let mut specs = Vec::new();
    for (role, count) in ROLES {
        for number in 1..=count {
            let link = link(&rabbit, &redis).await;
            let through = Servers {
                broker: format!("amqp://checkmate-{role}@127.0.0.1:{}/%2F", link.broker.port()),
                store: format!("redis://127.0.0.1:{}", link.store.port()),
                ..direct.clone()
            };
            let name = format!("{role}-{number}");
            let config = world.distributed_config(&name, knobs, &through)?;
            specs.push(spec(&name, &programs.node, &config, role, sink));
            network.push(link);
        }
    }
    Ok(Distributed {
        command,
        roles: Roles::start(specs, rhythm.role, seed),
        redis: Beat::start(redis, rhythm.redis, seed ^ 1),
        rabbit: Beat::start(rabbit, rhythm.rabbit, seed ^ 2),
        network: Beat::start(Network(network), rhythm.network, seed ^ 3),
        direct,
    })
}

/// Where these servers are, without a proxy between.
#[must_use]
pub fn direct(rabbit: &Rabbit, redis: &Redis, vhost: &str, prefix: &str) -> Servers {
    Servers {
        broker: rabbit.url_of(ADMIN, vhost),
        management: rabbit.management_url(),
        store: redis.url(),
        prefix: prefix.to_owned(),
    }
}

/// Writes a configuration and has the program set the broker up with it.
///
/// # Errors
/// When that fails, with what it said.
pub async fn set_up(
    world: &World,
    programs: &Programs,
    knobs: &Knobs,
    name: &str,
    at: &Servers,
) -> anyhow::Result<CommandLine> {
    let config = world.distributed_config(name, knobs, at)?;
    let command = CommandLine { node: programs.node.clone(), config };
    let output = command.give(&["broker", "setup"]).await?;
    ensure!(output.status.success(), "broker setup: {}", String::from_utf8_lossy(&output.stderr));
    Ok(command)
}

/// Opens the store at these servers.
///
/// # Errors
/// When it cannot be opened.
pub async fn open_store(at: &Servers) -> anyhow::Result<Arc<dyn Store>> {
    let config = RedisConfig { prefix: at.prefix.clone(), ..RedisConfig::new(&at.store) };
    Ok(Arc::new(RedisStore::connect(config).await?))
}

impl Distributed {
    /// No more faults; returns when everything is whole again.
    pub async fn quiet(&mut self) {
        self.roles.quiet();
        self.network.quiet().await;
        self.redis.quiet().await;
        self.rabbit.quiet().await;
    }

    /// Where the servers are.
    #[must_use]
    pub fn direct(&self) -> &Servers {
        &self.direct
    }
}

async fn link(rabbit: &Rabbit, redis: &Redis) -> Link {
    let store = std::net::SocketAddr::from(([127, 0, 0, 1], redis.port()));
    Link { broker: Proxy::start(rabbit.address()).await, store: Proxy::start(store).await }
}
