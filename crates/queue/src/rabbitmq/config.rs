//! Where the broker is and how to talk to it.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::Secret;
use url::Url;

use crate::contract::BrokerError;

/// One broker address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name or address; with TLS the name on the certificate.
    pub name: String,
    /// The port.
    pub port: u16,
}

/// How TLS is done.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Certificates to trust beside the system's, as PEM.
    pub extra_ca: Option<String>,
    /// What to show when the broker asks for a client certificate.
    pub identity: Option<Identity>,
}

/// A client certificate.
#[derive(Debug, Clone)]
pub struct Identity {
    /// PEM.
    pub certificate: String,
    /// PEM, PKCS#8.
    pub key: Arc<Secret>,
}

/// The management API of the broker. With it the number of leased messages is known.
#[derive(Debug, Clone)]
pub struct Management {
    /// `http(s)://host:port`.
    pub url: Url,
    /// A user with the tag `management` at least.
    pub user: String,
    /// Its password.
    pub password: Arc<Secret>,
    /// Certificates to trust beside the system's, as PEM.
    pub extra_ca: Option<String>,
}

/// All a broker connection needs.
#[derive(Debug, Clone)]
pub struct RabbitConfig {
    /// Tried in random order.
    pub hosts: Vec<Host>,
    /// `amqps` when set.
    pub tls: Option<Tls>,
    /// The role's own user; it stands on every message we publish.
    pub user: String,
    /// Its password.
    pub password: Arc<Secret>,
    /// The virtual host.
    pub vhost: String,
    /// Shown in the broker's list of connections: `worker`, `scheduler`.
    pub role: String,
    /// Silence of twice this long ends a connection.
    pub heartbeat: Duration,
    /// For one host, TCP and TLS and login together.
    pub connect_timeout: Duration,
    /// How long a publisher waits for its confirm, reconnecting included.
    pub confirm_timeout: Duration,
    /// For any other question to the broker.
    pub answer_timeout: Duration,
    /// A consumer that waits so long for nothing asks the broker whether there is nothing.
    pub watchdog: Duration,
    /// The management API, when it can be reached.
    pub management: Option<Management>,
}

impl RabbitConfig {
    /// Reads `amqp(s)://USER@HOST[:PORT][,HOST[:PORT]…][/VHOST]` and sets the times to what suits most.
    ///
    /// The virtual host is percent-encoded; without one it is `/`. Use of `amqps` sets `tls` with the system's certificates.
    ///
    /// # Errors
    /// Says what is wrong with the URL; never repeats it, as somebody may have put a password in.
    pub fn from_url(url: &str, password: Arc<Secret>, role: &str) -> Result<Self, BrokerError> {
        let parts = parse(url).map_err(|what| BrokerError::Misconfigured(format!("broker URL: {what}")))?;
        Ok(Self {
            hosts: parts.hosts,
            tls: parts.tls.then(Tls::default),
            user: parts.user,
            password,
            vhost: parts.vhost,
            role: role.to_owned(),
            heartbeat: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            confirm_timeout: Duration::from_secs(15),
            answer_timeout: Duration::from_secs(10),
            watchdog: Duration::from_secs(20),
            management: None,
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Parts {
    tls: bool,
    user: String,
    hosts: Vec<Host>,
    vhost: String,
}

/// By hand: URL libraries know no list of hosts.
fn parse(url: &str) -> Result<Parts, String> {
    let (scheme, rest) = url.split_once("://").ok_or("it has no '://'")?;
    let tls = match scheme {
        "amqp" => false,
        "amqps" => true,
        other => return Err(format!("'{other}' is not a broker: use amqp:// or amqps://")),
    };
    let (authority, vhost) = rest.split_once('/').unwrap_or((rest, "%2F"));
    if vhost.contains(['/', '?', '#']) {
        return Err("the virtual host holds '/', '?' or '#': percent-encode it".to_owned());
    }
    let (user, hosts) = authority.rsplit_once('@').ok_or("it names no user: write amqp://USER@HOST/VHOST")?;
    if user.contains(':') {
        return Err("it holds a password: take it out and name a password file instead".to_owned());
    }
    let hosts = hosts.split(',').map(|host| parse_host(host, tls)).collect::<Result<Vec<_>, _>>()?;
    Ok(Parts { tls, user: decode(user)?, hosts, vhost: decode(vhost)? })
}

fn parse_host(text: &str, tls: bool) -> Result<Host, String> {
    let standard = if tls { 5671 } else { 5672 };
    let (name, port) = match text.rsplit_once(':') {
        // The colons of a bare IPv6 address are inside brackets.
        Some((name, port)) if !port.contains(']') => {
            (name, port.parse().map_err(|_| format!("'{port}' is not a port"))?)
        }
        _ => (text, standard),
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if name.is_empty() {
        return Err("a host is empty".to_owned());
    }
    Ok(Host { name: name.to_owned(), port })
}

fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
            let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
            bytes.push(byte.ok_or("a '%' is not followed by two hexadecimal digits")?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 after decoding".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, port: u16) -> Host {
        Host { name: name.to_owned(), port }
    }

    #[test]
    fn urls() {
        let one = parse("amqp://worker@broker").expect("valid");
        assert_eq!(
            one,
            Parts { tls: false, user: "worker".into(), hosts: vec![host("broker", 5672)], vhost: "/".into() }
        );
        let many = parse("amqps://the%20worker@a,b:5999,[::1]:1,[fe80::2]/scans%2Fprod").expect("valid");
        assert_eq!(many.hosts, [host("a", 5671), host("b", 5999), host("::1", 1), host("fe80::2", 5671)]);
        assert_eq!((many.tls, many.user.as_str(), many.vhost.as_str()), (true, "the worker", "scans/prod"));
    }

    #[test]
    fn refusals_say_why_and_keep_secrets() {
        let cases = [
            ("broker", "://"),
            ("http://a@b", "amqp://"),
            ("amqp://broker/v", "names no user"),
            ("amqp://a:hunter2@b", "password file"),
            ("amqp://a@b:port", "not a port"),
            ("amqp://a@b,,c", "empty"),
            ("amqp://a@b/x/y", "percent-encode"),
            ("amqp://a@b/%zz", "hexadecimal"),
        ];
        for (url, says) in cases {
            let error = RabbitConfig::from_url(url, Arc::new(Secret::new(Vec::new())), "worker")
                .expect_err(url)
                .to_string();
            assert!(error.contains(says), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
