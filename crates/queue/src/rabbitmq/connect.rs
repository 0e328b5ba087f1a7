//! Opening one connection: hosts in random order, every step with a time-out, the socket kept at hand to break it.

use std::io;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::runtime::default_runtime;
use lapin::tcp::OwnedTLSConfig;
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties};
use rand::seq::SliceRandom;
use tokio::net::TcpStream;

use super::config::{Host, RabbitConfig, Tls};
use super::credentials::{self, Login};
use super::explain;
use crate::contract::BrokerError;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Messages out.
    Publish,
    /// Messages in.
    Consume,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Consume => "consume",
        }
    }

    /// The largest frame, in bytes. The client library keeps room for 32 of them in each direction, used or not. What we
    /// write has its headers bounded well below this; what others write may fill the broker's own limit.
    const fn frame_max(self) -> Option<u32> {
        match self {
            Self::Publish => Some(32 * 1024),
            Self::Consume => None,
        }
    }
}

/// A connection and the means to end it whatever state it is in.
pub(super) struct Live {
    pub(super) connection: Connection,
    socket: Socket,
}

impl Live {
    /// Whether it can be used as far as is known.
    pub(super) fn usable(&self) -> bool {
        self.connection.status().connected()
    }

    /// Says goodbye if the broker listens, and breaks the socket in any case: a stalled one would linger for ever.
    pub(super) async fn close(self, at_most: Duration) {
        let goodbye = self.connection.close(200, "closing".into());
        let _ = tokio::time::timeout(at_most, goodbye).await;
        self.socket.break_off();
    }
}

/// A second handle on the socket. The client library ends its thread only when the socket does.
#[derive(Clone, Default)]
struct Socket(Arc<Mutex<Option<std::net::TcpStream>>>);

impl Socket {
    fn keep(&self, stream: &TcpStream) -> io::Result<()> {
        let second = stream.as_fd().try_clone_to_owned()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(second.into());
        Ok(())
    }

    fn break_off(&self) {
        if let Some(stream) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Without `close` nobody is left to wait for an answer.
        self.socket.break_off();
    }
}

/// Tries every host once.
///
/// # Errors
/// `Misconfigured` when a host answered and refused us, otherwise `Unavailable`; both name every host.
pub(super) async fn connect(config: &RabbitConfig, purpose: Purpose) -> Result<Live, BrokerError> {
    let mut hosts: Vec<&Host> = config.hosts.iter().collect();
    hosts.shuffle(&mut rand::rng());
    let (mut failures, mut refused) = (Vec::new(), false);
    for host in hosts {
        match connect_to(config, host, purpose).await {
            Ok(live) => return Ok(live),
            Err(failure) => {
                refused |= failure.refused;
                failures.push(format!("{}:{}: {}", host.name, host.port, failure.what));
            }
        }
    }
    let failures = failures.join("; ");
    Err(if refused { BrokerError::Misconfigured(failures) } else { BrokerError::Unavailable(failures) })
}

struct Failure {
    what: String,
    /// The broker is there and does not want us: waiting does not help.
    refused: bool,
}

async fn connect_to(config: &RabbitConfig, host: &Host, purpose: Purpose) -> Result<Live, Failure> {
    let socket = Socket::default();
    let opening = open(config, host, purpose, socket.clone());
    match tokio::time::timeout(config.connect_timeout, opening).await {
        Ok(Ok(connection)) => Ok(Live { connection, socket }),
        Ok(Err(error)) => {
            socket.break_off();
            Err(failure(config, &error))
        }
        Err(_) => {
            socket.break_off();
            Err(Failure { what: format!("no answer within {:?}", config.connect_timeout), refused: false })
        }
    }
}

fn failure(config: &RabbitConfig, error: &lapin::Error) -> Failure {
    let said = explain::text(error);
    match explain::code(error) {
        Some(explain::ACCESS_REFUSED) => Failure {
            what: format!("user '{}' was refused ({said}): check its password file", config.user),
            refused: true,
        },
        Some(explain::NOT_ALLOWED) => Failure {
            what: format!(
                "user '{}' may not use virtual host '{}' ({said}): run 'checkmate broker setup'",
                config.user, config.vhost
            ),
            refused: true,
        },
        _ => Failure { what: said, refused: false },
    }
}

async fn open(
    config: &RabbitConfig,
    host: &Host,
    purpose: Purpose,
    socket: Socket,
) -> lapin::Result<Connection> {
    let login = Login { user: config.user.clone(), password: Arc::clone(&config.password) };
    let properties = ConnectionProperties::default()
        .with_connection_name(format!("checkmate {} ({})", config.role, purpose.name()).into())
        .with_auth_provider(login);
    let tls = config.tls.as_ref().map(owned_tls);
    let (at, runtime) = (uri(config, host, purpose), default_runtime()?);
    let host = host.clone();
    let resolver = runtime.clone();
    let connect = async move |_, _| -> lapin::Result<_> {
        let address = resolver.to_socket_addrs((host.name.clone(), host.port));
        let plain = AsyncTcpStream::connect(&resolver, address).await?;
        if let AsyncTcpStream::Plain(stream) = &plain {
            socket.keep(stream.get_ref())?;
        }
        match &tls {
            None => Ok(plain),
            Some(tls) => Ok(plain.into_tls(&host.name, tls.as_ref()).await?),
        }
    };
    Connection::connector(at, runtime, connect, properties).await
}

fn owned_tls(tls: &Tls) -> OwnedTLSConfig {
    OwnedTLSConfig {
        identity: tls.identity.as_ref().map(credentials::identity),
        cert_chain: tls.extra_ca.clone(),
    }
}

fn uri(config: &RabbitConfig, host: &Host, purpose: Purpose) -> AMQPUri {
    let heartbeat = u16::try_from(config.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
    AMQPUri {
        scheme: if config.tls.is_some() { AMQPScheme::AMQPS } else { AMQPScheme::AMQP },
        authority: AMQPAuthority {
            userinfo: AMQPUserInfo { username: config.user.clone(), password: String::new() },
            host: host.name.clone(),
            port: host.port,
        },
        vhost: config.vhost.clone(),
        query: AMQPQueryString {
            heartbeat: Some(heartbeat),
            frame_max: purpose.frame_max(),
            ..AMQPQueryString::default()
        },
    }
}
