//! A tenant, a folder that leads to it, and all roles of the real binary.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use checkmate_sandbox::{Example, Sandbox, Tenant};
use checkmate_testkit::process::free_port;
use checkmate_testkit::rabbit::{ADMIN, PASSWORD, Rabbit};
use checkmate_testkit::redis::Redis;

use crate::collector::Collector;
use crate::home::{Home as Program, PATIENCE, Said};

/// In the memory of the process for certain: its environment.
pub(crate) const CANARY: &str = "canary_5eN0wY0uSeeMe0123456789abcdefghijklmn";

/// How a site is set up.
pub(crate) struct Plan {
    /// The worker's client, the one that looks, and the terminal's.
    pub(crate) clients: [String; 3],
    /// Where a browser comes back to.
    pub(crate) port: u16,
    /// Configuration of broker and store; files when empty.
    pub(crate) servers: String,
    /// Configuration after the rest.
    pub(crate) more: String,
    /// What the roles log.
    pub(crate) log: &'static str,
    /// The environment of the roles.
    pub(crate) settings: Vec<(&'static str, &'static str)>,
}

impl Default for Plan {
    fn default() -> Self {
        let clients = ["worker", "management", "terminal"].map(str::to_owned);
        let (servers, more) = (String::new(), String::new());
        Self { clients, port: 8976, servers, more, log: "trace", settings: Vec::new() }
    }
}

pub(crate) struct Site {
    pub(crate) sandbox: Sandbox,
    pub(crate) collector: Collector,
    home: Home,
    up: Up,
}

/// The roles in one process, which ends with the test at the latest.
struct Up(Child);

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The folder of a site whose process has ended.
pub(crate) struct Home(Program);

impl Home {
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.0.path("")
    }

    pub(crate) fn checkmate(&self, args: &[&str]) -> Said {
        self.0.run(args)
    }
}

impl Site {
    pub(crate) async fn embedded() -> Self {
        Self::start(Plan::default()).await
    }

    pub(crate) async fn distributed(rabbit: &Rabbit, redis: &Redis) -> Self {
        Self::start(Plan { servers: Self::servers(rabbit, redis), ..Plan::default() }).await
    }

    /// The configuration of these servers.
    pub(crate) fn servers(rabbit: &Rabbit, redis: &Redis) -> String {
        format!(
            "[broker]\nurl = \"{}\"\npassword_file = \"password\"\nmanagement_url = \"{}\"\n\
             management_password_file = \"password\"\npublishers = [\"{ADMIN}\"]\n\
             [broker.role_password_files]\nscheduler = \"password\"\nworker = \"password\"\nnotifier = \"password\"\n\
             [store]\nurl = \"{}\"\n",
            rabbit.url_of(ADMIN, "%2F"),
            rabbit.management_url(),
            redis.url()
        )
    }

    async fn start(plan: Plan) -> Self {
        let (mut tenant, example) = Tenant::example();
        let port = free_port();
        tenant.client_mut("terminal").unwrap().callbacks = vec![format!("http://127.0.0.1:{port}/callback")];
        let sandbox = Sandbox::start(tenant).await.unwrap();
        Self::of(sandbox, &example, &Plan { port, ..plan })
    }

    /// With a tenant that is there.
    pub(crate) fn of(sandbox: Sandbox, example: &Example, plan: &Plan) -> Self {
        let collector = Collector::start();
        let program = Program::new();
        let text = configuration(plan, &sandbox.base(), &collector.address);
        write(&program, "checkmate.toml", &text);
        keys(&program, example);
        let home = Home(program);
        let distributed = !plan.servers.is_empty();
        let up = tokio::task::block_in_place(|| {
            if distributed {
                home.checkmate(&["broker", "setup"]).fine();
            }
            let log = fs::File::create(home.0.path("up.log")).unwrap();
            let mut command = home.0.command(&["--log", plan.log, "up"]);
            command
                .env("CANARY", CANARY)
                .envs(plan.settings.iter().copied())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .unwrap()
        });
        let site = Self { sandbox, collector, home, up: Up(up) };
        tokio::task::block_in_place(|| site.wait_until_ready());
        site
    }

    pub(crate) fn pid(&self) -> u32 {
        self.up.0.id()
    }

    /// Where the configuration and all files are.
    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.home.path()
    }

    /// A command, beside the roles; waits for it.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.home.checkmate(args)
    }

    /// A command, beside the roles.
    pub(crate) async fn checkmate(&self, args: &[&str]) -> Said {
        tokio::task::block_in_place(|| self.home.checkmate(args))
    }

    /// A command that waits for a browser, and the address it shows.
    pub(crate) fn begin(&self, args: &[&str]) -> (Process, String) {
        let shown = self.home.0.path("shown");
        let mut command = self.home.0.command(args);
        let child =
            command.stdout(fs::File::create(&shown).unwrap()).stderr(Stdio::inherit()).spawn().unwrap();
        let process = Process { child, shown: shown.clone() };
        let until = Instant::now() + PATIENCE;
        loop {
            let text = fs::read_to_string(&shown).unwrap();
            if let Some((_, rest)) = text.split_once("http://") {
                let url = format!("http://{}", rest.split_whitespace().next().unwrap());
                return (process, url);
            }
            assert!(Instant::now() < until, "no address: {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Connections that are well.
    pub(crate) async fn check(&self, names: &[&str]) {
        let said = self.checkmate(&[&["connections", "check"], names].concat()).await;
        assert_eq!(said.code, Some(0), "{said:?}\n{}", self.log());
    }

    pub(crate) fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.address().unwrap()).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Ends the roles in order.
    pub(crate) fn stop(self) -> Home {
        self.stop_roles().0
    }

    /// Ends the roles in order; the tenant stays.
    pub(crate) fn stop_roles(mut self) -> (Home, Sandbox) {
        let pid = self.up.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.up.0.wait().unwrap();
        assert!(status.success(), "{status}\n{}", self.log());
        (self.home, self.sandbox)
    }

    fn wait_until_ready(&self) {
        let until = Instant::now() + PATIENCE;
        while !self.log().contains("ready") || self.address().is_none() {
            assert!(Instant::now() < until, "never ready:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.0.path("up.log")).unwrap_or_default()
    }

    fn address(&self) -> Option<String> {
        let log = self.log();
        let (_, rest) = log.split_once("admin.address")?;
        let found = rest
            .split(|c: char| !(c.is_ascii_digit() || ".:".contains(c)))
            .find(|word| word.contains("127."))?;
        Some(found.to_owned())
    }
}

/// A command that goes on.
pub(crate) struct Process {
    child: Child,
    shown: std::path::PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Waits for its end and what it said.
    pub(crate) fn said(mut self) -> Said {
        let code = self.child.wait().unwrap().code();
        Said { out: fs::read_to_string(&self.shown).unwrap(), err: String::new(), code }
    }
}

fn keys(program: &Program, example: &Example) {
    write(program, "client.pem", &example.worker.private_pem);
    write(program, "subject.pem", &example.subject.private_pem);
    write(program, "management.pem", &example.management.private_pem);
    write(program, "password", PASSWORD);
    let key: String = "07".repeat(32);
    write(program, "fingerprint.key", &key);
    let made =
        aws_lc_rs::signature::Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
    let hex = made.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    write(program, "audit.key", &hex);
}

fn write(program: &Program, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = program.path(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(Path::new(&path), fs::Permissions::from_mode(0o600)).unwrap();
}

fn configuration(plan: &Plan, base: &str, collector: &str) -> String {
    let Plan { clients: [worker, management, terminal], port, servers, more, .. } = plan;
    let mut text = format!(
        "data_dir = \"data\"\nfingerprint_key_file = \"fingerprint.key\"\ngrace = \"5s\"\n{servers}\n\
         [telemetry]\notlp_endpoint = \"{collector}\"\n[admin]\nlisten = \"127.0.0.1:0\"\n\
         [worker]\nretry_first = \"50ms\"\nretry_most = \"200ms\"\n\
         [auth0]\ndomain = \"acme.eu.auth0.com\"\nbase_url = \"{base}\"\nclient_id = \"{worker}\"\n\
         client_key_file = \"client.pem\"\nmanagement_client_id = \"{management}\"\n\
         management_key_file = \"management.pem\"\nterminal_client_id = \"{terminal}\"\n\
         callback_port = {port}\n[vault]\nsubject_key_file = \"subject.pem\"\n\
         [vendors]\ngithub_url = \"{base}/provider/github\"\natlassian_url = \"{base}/provider/atlassian\"\n\
         graph_url = \"{base}/provider/graph\"\n[audit]\ncheckpoint_every = \"1s\"\n\
         checkpoint_key_file = \"audit.key\"\n"
    );
    for (name, provider, scopes) in [
        ("github", "github", ""),
        ("jira", "atlassian", "read:jira-work write:jira-work"),
        ("teams", "microsoft-teams", "User.Read ChannelMessage.Send"),
    ] {
        writeln!(text, "[connections.{name}]\nprovider = \"{provider}\"\nuser = \"auth0|checkmate\"")
            .unwrap();
        if !scopes.is_empty() {
            writeln!(text, "scopes = \"{scopes}\"").unwrap();
        }
    }
    text.push_str(more);
    text
}
