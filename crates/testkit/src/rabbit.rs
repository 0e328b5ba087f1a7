//! A private RabbitMQ: own folder, ports, node name and cookie, so that any number run side by side.
//!
//! It needs no epmd: the node listens for its tools on a port of its own.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, Spec, free_port, program};

/// The administrator every node starts with, and the password of every user made by [`Rabbit::put_user`].
pub const ADMIN: &str = "guest";
/// See [`ADMIN`].
pub const PASSWORD: &str = "guest";
/// A start that takes longer has failed; a loaded machine needs some ten seconds.
const START: Duration = Duration::from_secs(120);

/// What differs from a plain node.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How long a consumer may hold a message; the broker looks once in this time, so it fires up to twice as late.
    pub consumer_timeout: Option<Duration>,
    /// Serve TLS as well, with these PEM files.
    pub tls: Option<TlsFiles>,
}

/// PEM files of a TLS listener.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Whom clients may be signed by.
    pub ca: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Refuse clients without a certificate.
    pub demand_client_certificate: bool,
}

/// A running node; killed and its folder removed when dropped.
#[derive(Debug)]
pub struct Rabbit {
    process: Process,
    ports: Ports,
    http: reqwest::Client,
    folder: TempDir,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    amqp: u16,
    amqps: u16,
    management: u16,
    dist: u16,
}

impl Rabbit {
    /// Starts a plain node and waits until it takes connections.
    ///
    /// # Panics
    /// When RabbitMQ is not installed or does not start, with the end of its log.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// Starts a node with options.
    ///
    /// # Panics
    /// See [`Rabbit::start`].
    pub async fn start_with(options: Options) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("checkmate-rabbit-")
            .tempdir()
            .unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let ports =
            Ports { amqp: free_port(), amqps: free_port(), management: free_port(), dist: free_port() };
        write(folder.path(), "enabled_plugins", "[rabbitmq_management].\n");
        write(folder.path(), "advanced.config", &config(ports, &options));
        let mut rabbit = Self {
            process: Process::start(spec(folder.path(), ports)),
            ports,
            http: reqwest::Client::new(),
            folder,
        };
        rabbit.ready().await;
        rabbit
    }

    async fn ready(&mut self) {
        let check = format!("/api/health/checks/port-listener/{}", self.ports.amqp);
        let (http, url) = (self.http.clone(), format!("{}{check}", self.management_url()));
        let ask = || {
            let asking = http.get(&url).basic_auth(ADMIN, Some(PASSWORD)).send();
            async { asking.await.is_ok_and(|answer| answer.status().is_success()) }
        };
        self.process.until_ready(START, ask).await;
    }

    /// `kill -9`. What was confirmed is on disk.
    pub fn kill9(&mut self) {
        self.process.kill9();
    }

    /// Starts it again on the same data and ports, killing it first when it runs.
    pub async fn restart(&mut self) {
        self.process.restart();
        self.ready().await;
    }

    /// Where it keeps everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process, for signals.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Where AMQP is spoken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.ports.amqp))
    }

    /// The port that speaks AMQP over TLS, when started with TLS files.
    #[must_use]
    pub fn tls_port(&self) -> u16 {
        self.ports.amqps
    }

    /// The URL of the default virtual host for a user, without password.
    #[must_use]
    pub fn url(&self, user: &str) -> String {
        self.url_of(user, "%2F")
    }

    /// The URL of a virtual host (percent-encoded) for a user, without password.
    #[must_use]
    pub fn url_of(&self, user: &str, vhost: &str) -> String {
        format!("amqp://{user}@127.0.0.1:{}/{vhost}", self.ports.amqp)
    }

    /// The management API, without a slash at the end.
    #[must_use]
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.management)
    }

    /// Asks the management API as administrator; an answer without a body is null.
    ///
    /// # Panics
    /// When it does not answer or refuses.
    pub async fn api(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.try_api(method, path, body).await.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Like [`Rabbit::api`], telling failure.
    ///
    /// # Errors
    /// Status and text of the refusal.
    pub async fn try_api(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let method = method.parse().map_err(|_| format!("no method {method}"))?;
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.management_url()))
            .basic_auth(ADMIN, Some(PASSWORD))
            .timeout(Duration::from_secs(30));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        if !status.is_success() {
            return Err(format!("{status} {text}"));
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// A virtual host in which the administrator may do everything.
    pub async fn make_vhost(&self, vhost: &str) {
        self.api("PUT", &format!("/api/vhosts/{vhost}"), None).await;
        self.permit(vhost, ADMIN, [".*", ".*", ".*"]).await;
    }

    /// A user with the common password.
    pub async fn put_user(&self, user: &str) {
        let body = json!({"password": PASSWORD, "tags": ""});
        self.api("PUT", &format!("/api/users/{user}"), Some(body)).await;
    }

    /// Patterns to configure, write and read.
    pub async fn permit(&self, vhost: &str, user: &str, [configure, write, read]: [&str; 3]) {
        let body = json!({"configure": configure, "write": write, "read": read});
        self.api("PUT", &format!("/api/permissions/{vhost}/{user}"), Some(body)).await;
    }

    /// Deletes a queue.
    pub async fn delete_queue(&self, vhost: &str, queue: &str) {
        self.api("DELETE", &format!("/api/queues/{vhost}/{queue}"), None).await;
    }

    /// Closes every client's connection, as an operator would, and tells how many it saw. Connections younger than some
    /// seconds may not be listed yet; a [`crate::proxy::Proxy`] cuts those too.
    pub async fn close_connections(&self) -> usize {
        let connections = self.api("GET", "/api/connections", None).await;
        let names: Vec<&str> =
            connections.as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
        for name in &names {
            let path = format!("/api/connections/{}", name.replace(' ', "%20").replace('>', "%3E"));
            let _ = self.try_api("DELETE", &path, None).await;
        }
        names.len()
    }

    /// Raises or clears the disk alarm by moving the limit of free space.
    ///
    /// # Panics
    /// When the node cannot be told.
    pub fn set_disk_alarm(&self, on: bool) {
        let bytes = if on { "100000000000000000" } else { "10000000" };
        self.call(&format!("rabbit_disk_monitor set_disk_free_limit [{bytes}]"));
    }

    /// Calls a function inside the node: `module function [arguments]`.
    ///
    /// # Panics
    /// When the node cannot be reached.
    pub fn call(&self, function: &str) -> String {
        let tool =
            program("erl_call", &["/usr/lib/erlang/bin/erl_call", "/usr/local/lib/erlang/bin/erl_call"]);
        let output = Command::new(tool)
            .args(["-address", &format!("127.0.0.1:{}", self.ports.dist), "-c", &cookie(self.ports)])
            .args(["-a", function])
            .env("HOME", self.folder.path())
            .output()
            .unwrap_or_else(|error| panic!("cannot start erl_call: {error}"));
        assert!(output.status.success(), "{function}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.process.log_tail()
    }
}

fn cookie(ports: Ports) -> String {
    format!("checkmate{}", ports.dist)
}

fn write(folder: &Path, name: &str, content: &str) {
    std::fs::write(folder.join(name), content).unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
}

/// Erlang terms rather than `rabbitmq.conf`: reading the latter costs a second at each start.
fn config(ports: Ports, options: &Options) -> String {
    let mut rabbit = format!(
        r#"{{tcp_listeners,[{{"127.0.0.1",{}}}]}},{{loopback_users,[]}},{{disk_free_limit,10000000}},
    {{total_memory_available_override_value,2000000000}},{{num_acceptors,{{tcp,2}}}}"#,
        ports.amqp
    );
    if let Some(timeout) = options.consumer_timeout {
        // The channel looks once in this time, at least; the second setting is how often.
        let millis = timeout.as_millis();
        let _ = write!(rabbit, ",{{consumer_timeout,{millis}}},{{channel_tick_interval,{}}}", millis / 2);
    }
    if let Some(tls) = &options.tls {
        let _ = write!(
            rabbit,
            r#",{{ssl_listeners,[{{"127.0.0.1",{}}}]}},{{ssl_options,[{{cacertfile,{:?}}},{{certfile,{:?}}},{{keyfile,{:?}}},
    {{verify,verify_peer}},{{fail_if_no_peer_cert,{}}}]}}"#,
            ports.amqps,
            tls.ca.display().to_string(),
            tls.certificate.display().to_string(),
            tls.key.display().to_string(),
            tls.demand_client_certificate
        );
    }
    format!(
        r#"[{{rabbit,[{rabbit}]}},
 {{rabbitmq_management,[{{tcp_config,[{{ip,"127.0.0.1"}},{{port,{}}}]}}]}},
 {{ra,[{{wal_max_size_bytes,67108864}}]}}].
"#,
        ports.management
    )
}

fn spec(folder: &Path, ports: Ports) -> Spec {
    let home = folder.display();
    let erl = format!(
        "-sname checkmate{0}@localhost -setcookie {1} -start_epmd false -erl_epmd_port {0}",
        ports.dist,
        cookie(ports)
    );
    let env = [
        ("HOME", home.to_string()),
        ("RABBITMQ_NODENAME", format!("checkmate{}@localhost", ports.dist)),
        ("RABBITMQ_MNESIA_BASE", format!("{home}/data")),
        ("RABBITMQ_LOG_BASE", format!("{home}/log")),
        ("RABBITMQ_LOGS", "-".to_owned()),
        ("RABBITMQ_CONFIG_FILE", format!("{home}/rabbitmq")),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", format!("{home}/advanced.config")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", format!("{home}/enabled_plugins")),
        ("RABBITMQ_CONF_ENV_FILE", format!("{home}/rabbitmq-env.conf")),
        ("RABBITMQ_PID_FILE", format!("{home}/pid")),
        ("RABBITMQ_DIST_PORT", ports.dist.to_string()),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", erl),
        ("RABBITMQ_SERVER_ERL_ARGS", "+S 2:2 +A 4 +P 65536 +t 1048576 +sbwt none".to_owned()),
    ];
    let program = program(
        "rabbitmq-server",
        &[
            "/usr/lib/rabbitmq/bin/rabbitmq-server",
            "/opt/homebrew/sbin/rabbitmq-server",
            "/usr/local/sbin/rabbitmq-server",
        ],
    );
    Spec {
        name: "rabbitmq-server".to_owned(),
        program,
        args: Vec::new(),
        env: env.into_iter().map(|(name, value)| (name.to_owned(), OsString::from(value))).collect(),
        log: folder.join("rabbitmq.log"),
        folder: Some(folder.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_at_a_time_killed_and_started_again() {
        let (mut one, other) = tokio::join!(Rabbit::start(), Rabbit::start());
        one.make_vhost("kept").await;
        one.set_disk_alarm(true);
        one.kill9();
        assert!(one.try_api("GET", "/api/overview", None).await.is_err());
        assert_eq!(
            other.api("GET", "/api/overview", None).await["rabbitmq_version"].as_str().map(|v| v.len() > 3),
            Some(true)
        );
        one.restart().await;
        one.api("GET", "/api/vhosts/kept", None).await;
    }
}
