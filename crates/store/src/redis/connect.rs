//! Makes connections, and looks at what is behind each before anybody uses it.

use std::path::Path;
use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionInfo, IntoConnectionInfo, RedisError,
    TlsCertificates, Value, cmd,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError};
use rustls::crypto::aws_lc_rs;
use tokio::time::timeout;
use url::Url;

use super::config::RedisConfig;
use super::durability::Facts;
use super::error::{corrupt, explain};
use super::reply;
use super::script::EPOCH;
use crate::error::StoreError;
use crate::records::Durability;

/// Makes checked connections.
///
/// The pool only makes and counts them: what it hands out is kept and shared, so none is ever recycled, which would cost a
/// round trip with each use.
pub(super) struct Dialer {
    pool: Pool,
    address: String,
    prefix: String,
    allow_volatile: bool,
    connect_timeout: Duration,
    response_timeout: Duration,
}

/// A connection that may be used, and the store epoch it found.
pub(super) struct Dialed {
    pub(super) connection: Connection,
    pub(super) epoch: String,
}

impl Dialer {
    /// Reads the certificates and prepares; connects to nothing yet.
    pub(super) fn new(config: &RedisConfig) -> Result<Self, StoreError> {
        let address = check_url(&config.url)?;
        let client = client(config, &address)?;
        let wanted = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(config.connect_timeout))
            .set_response_timeout(Some(config.response_timeout))
            .set_pipeline_buffer_size(1024)
            .set_write_backpressure_boundary(64 * 1024);
        let manager = Manager::new_with_config(client.get_connection_info().clone(), wanted)
            .map_err(|error| explain(&error, &address))?;
        let pool = Pool::builder(manager)
            .max_size(config.connections.max(1))
            .build()
            .map_err(|error| StoreError::Misconfigured(format!("Redis connections: {error}")))?;
        Ok(Self {
            pool,
            address,
            prefix: config.prefix.clone(),
            allow_volatile: config.allow_volatile,
            connect_timeout: config.connect_timeout,
            response_timeout: config.response_timeout,
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The longest it may take to connect and look the server over.
    pub(super) fn dial_timeout(&self) -> Duration {
        self.connect_timeout + self.response_timeout
    }

    /// Connects, refuses a server that cannot keep the promises, and settles the store epoch.
    pub(super) async fn dial(&self) -> Result<Dialed, StoreError> {
        let made = timeout(self.connect_timeout, self.pool.get()).await;
        let connection = match made {
            Ok(Ok(connection)) => connection,
            Ok(Err(PoolError::Backend(error))) => return Err(self.explain(&error)),
            Ok(Err(error)) => {
                return Err(StoreError::Unavailable(format!("Redis at {}: {error}", self.address)));
            }
            Err(_) => {
                return Err(StoreError::Unavailable(format!(
                    "Redis at {}: no connection in time",
                    self.address
                )));
            }
        };
        match self.look(&mut connection.clone()).await {
            Ok(epoch) => Ok(Dialed { connection, epoch }),
            Err(error) => {
                drop(Connection::take(connection));
                Err(error)
            }
        }
    }

    /// What the server can lose, asked anew.
    pub(super) async fn durability(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<Durability, StoreError> {
        self.facts(connection).await?.judge(&self.address, self.allow_volatile)
    }

    pub(super) fn explain(&self, error: &RedisError) -> StoreError {
        explain(error, &self.address)
    }

    async fn look(&self, connection: &mut MultiplexedConnection) -> Result<String, StoreError> {
        let facts = self.facts(connection).await?;
        let durability = facts.judge(&self.address, self.allow_volatile)?;
        let safe = durability.always && !facts.promoted;
        let load = EPOCH.load();
        self.ask(connection, &load).await?;
        let mut epoch = EPOCH.call(&self.prefix);
        epoch.arg(&facts.run_id).arg(i32::from(safe)).arg(random_id());
        reply::text(self.ask(connection, &epoch).await?)
    }

    async fn facts(&self, connection: &mut MultiplexedConnection) -> Result<Facts, StoreError> {
        let info = reply::text(self.ask(connection, &cmd("INFO")).await?)?;
        let facts = Facts::from_info(&info);
        if facts.run_id.is_empty() {
            return Err(corrupt("INFO without run_id: is this a Redis server, or a proxy in front of one?"));
        }
        Ok(Facts {
            fsync: self.setting(connection, "appendfsync").await,
            no_fsync_on_rewrite: self.setting(connection, "no-appendfsync-on-rewrite").await,
            save: self.setting(connection, "save").await,
            ..facts
        })
    }

    /// A setting, or `None` where it may not be read.
    async fn setting(&self, connection: &mut MultiplexedConnection, name: &str) -> Option<String> {
        let mut get = cmd("CONFIG");
        get.arg("GET").arg(name);
        let mut answer = reply::Items::of(self.ask(connection, &get).await.ok()?).ok()?;
        let _name = answer.text().ok()?;
        answer.text().ok()
    }

    async fn ask(&self, connection: &mut MultiplexedConnection, command: &Cmd) -> Result<Value, StoreError> {
        connection
            .send_packed_command(command)
            .await
            .and_then(reply::checked)
            .map_err(|error| self.explain(&error))
    }
}

/// Checks what the URL may hold; answers `host:port` for messages.
fn check_url(url: &str) -> Result<String, StoreError> {
    let refuse = |what: &str| Err(StoreError::Misconfigured(format!("store URL: {what}")));
    let Ok(parsed) = Url::parse(url) else {
        return refuse("not a URL; write redis://host:port or rediss://host:port");
    };
    if !matches!(parsed.scheme(), "redis" | "rediss") {
        return refuse("write redis://host:port, or rediss://host:port for TLS");
    }
    if parsed.password().is_some() {
        return refuse("holds a password; take it out and name a password file instead");
    }
    if parsed.fragment().is_some() {
        return refuse("nothing may follow a '#'; certificates are always checked");
    }
    let Some(host) = parsed.host_str() else {
        return refuse("names no host");
    };
    Ok(format!("{host}:{}", parsed.port().unwrap_or(6379)))
}

fn client(config: &RedisConfig, address: &str) -> Result<Client, StoreError> {
    let explain = |error: RedisError| explain(&error, address);
    let info = config.url.as_str().into_connection_info().map_err(explain)?;
    let info = with_password(info, config)?.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    if !config.url.starts_with("rediss:") {
        if config.ca_file.is_some() || config.client_cert.is_some() {
            return Err(StoreError::Misconfigured(
                "certificates are set but the store URL speaks without TLS: write rediss://".to_owned(),
            ));
        }
        return Client::open(info).map_err(explain);
    }
    install_crypto();
    let client_tls = config.client_cert.as_ref().map(|files| {
        Ok::<_, StoreError>(ClientTlsConfig {
            client_cert: read(&files.cert)?,
            client_key: read(&files.key)?,
        })
    });
    let certificates = TlsCertificates {
        client_tls: client_tls.transpose()?,
        root_cert: config.ca_file.as_deref().map(read).transpose()?,
    };
    Client::build_with_tls(info, certificates).map_err(explain)
}

fn with_password(info: ConnectionInfo, config: &RedisConfig) -> Result<ConnectionInfo, StoreError> {
    let Some(password) = &config.password else { return Ok(info) };
    let settings = info.redis_settings().clone();
    let settings = password.with_bytes(|bytes| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(settings.set_password(text)),
        Err(_) => Err(StoreError::Misconfigured("the store's password is not text in UTF-8".to_owned())),
    })?;
    Ok(info.set_redis_settings(settings))
}

/// rustls panics without a provider when several could be meant. One that is there already is as good.
fn install_crypto() {
    let _ = aws_lc_rs::default_provider().install_default();
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    std::fs::read(path).map_err(|error| {
        StoreError::Misconfigured(format!("certificate file {} of the store: {error}", path.display()))
    })
}

/// 128 random bits as hex.
pub(super) fn random_id() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_would_leak_or_trust_anybody_are_refused() {
        for (url, advice) in [
            ("redis://:hunter2@db", "password file"),
            ("rediss://db#insecure", "always checked"),
            ("http://db", "redis://host:port"),
            ("db:6379", "redis://host:port"),
            ("redis://", "host"),
        ] {
            let text = check_url(url).expect_err(url).to_string();
            assert!(text.contains(advice) && !text.contains("hunter2"), "{url}: {text}");
        }
        assert_eq!(check_url("redis://user@db:1/2"), Ok("db:1".to_owned()));
        assert_eq!(check_url("rediss://db"), Ok("db:6379".to_owned()));
    }

    #[test]
    fn certificates_without_tls_are_a_mistake() {
        let mut config = RedisConfig::new("redis://db");
        config.ca_file = Some("ca.pem".into());
        let error = Dialer::new(&config).err().expect("refused");
        assert!(error.to_string().contains("rediss://"), "{error}");
    }
}
