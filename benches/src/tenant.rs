//! What a scan of a tenant costs: the real program against the stand-in, which answers after 50 ms.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use checkmate_sandbox::{Sandbox, Tenant, WORLD};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::size::{beside, memory};
use crate::table::{Bar, Row};
use crate::turns::{Size, count, median};

const LATENCY: Duration = Duration::from_millis(50);
const DOMAIN: &str = "acme.eu.auth0.com";

/// A run of the program.
struct Run {
    seconds: f64,
    cpu_ms: f64,
    peak_mb: f64,
}

/// By the API with and without pacing, by an export, and a large one.
///
/// # Errors
/// When nothing answers.
pub async fn measure(size: Size) -> anyhow::Result<Vec<Row>> {
    let hundred = Site::start(100).await?;
    let runs = hundred.runs(&["--plan", "unlimited"], size.pick(7, 1)).await?;
    let of = |field: fn(&Run) -> f64| median(&runs.iter().map(field).collect::<Vec<_>>());
    let calls = hundred.calls() / runs.len();
    let mut rows = vec![
        Row::new("tenant of 100 applications, wall", of(|run| run.seconds), "s", Bar::AtMost(0.4))
            .told(format!("{calls} calls, 50 ms each, no pacing")),
        // Each is counted in steps of 10 ms, their sum is not: what a step cuts off the next one has.
        Row::new("tenant of 100 applications, CPU", mean(&runs, |run| run.cpu_ms), "ms", Bar::AtMost(45.0)),
        Row::new("tenant of 100 applications, peak", of(|run| run.peak_mb), "MB", Bar::AtMost(40.0)),
    ];
    if !size.short {
        rows.push(hundred.paced().await?);
    }
    let export = hundred.export()?;
    let arguments = ["scan", "auth0", "--export", &export, "--fail-on", "never", "--min-coverage", "0"];
    let mut walls = Vec::new();
    for _ in 0..size.pick(15, 1) {
        walls.push(hundred.run(&arguments).await?.seconds * 1e3);
    }
    rows.push(Row::new("export of 100 applications, wall", median(&walls), "ms", Bar::AtMost(50.0)));
    let large = Site::start(size.pick(10_000, 200)).await?;
    let run = large.runs(&["--plan", "unlimited"], 1).await?;
    let peak = run.first().map_or(0.0, |run| run.peak_mb);
    rows.push(Row::new("tenant of 10,000 applications, peak", peak, "MB", Bar::AtMost(150.0)));
    drop(large);
    let all = Site::of(size.pick(10_000, 200), size.pick(5_000, 100), size.pick(1_000, 20)).await?;
    let run = all.runs(&["--plan", "unlimited"], 1).await?;
    let (peak, seconds) = run.first().map_or((0.0, 0.0), |run| (run.peak_mb, run.seconds));
    rows.push(
        Row::new("and 5,000 connections and 1,000 Actions, peak", peak, "MB", Bar::None).told(format!(
            "{} calls in {seconds:.1} s; {}",
            all.calls(),
            all.coverage()?
        )),
    );
    Ok(rows)
}

struct Site {
    sandbox: Sandbox,
    folder: TempDir,
    clients: Vec<Value>,
}

impl Site {
    async fn start(count: usize) -> anyhow::Result<Self> {
        Self::of(count, 0, 0).await
    }

    /// With so many applications, connections and Actions; as the example has them where it is none.
    async fn of(clients: usize, connections: usize, actions: usize) -> anyhow::Result<Self> {
        let (mut tenant, keys) = Tenant::example_of(DOMAIN, WORLD);
        let clients: Vec<Value> = (0..clients).map(client).collect();
        tenant.api.insert("clients".to_owned(), json!(clients));
        if connections > 0 {
            tenant.api.insert("connections".to_owned(), (0..connections).map(connection).collect());
        }
        if actions > 0 {
            tenant.api.insert("actions/actions".to_owned(), (0..actions).map(action).collect());
        }
        let sandbox = Sandbox::start(tenant).await?;
        sandbox.delay(LATENCY);
        let folder = tempfile::tempdir()?;
        let key = folder.path().join("key.pem");
        fs::write(&key, &keys.management.private_pem)?;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
        Ok(Self { sandbox, folder, clients })
    }

    async fn runs(&self, more: &[&str], count: usize) -> anyhow::Result<Vec<Run>> {
        let base = self.sandbox.base();
        let reach =
            ["scan", "auth0", "--domain", DOMAIN, "--client-id", "scanner", "--private-key-file", "key.pem"];
        let judge = [
            "--base-url",
            &base,
            "--fail-on",
            "never",
            "--min-coverage",
            "0",
            "--format",
            "json",
            "-o",
            "out.json",
        ];
        let arguments: Vec<&str> = reach.iter().chain(&judge).chain(more).copied().collect();
        let mut runs = Vec::new();
        for _ in 0..count {
            runs.push(self.run(&arguments).await?);
        }
        Ok(runs)
    }

    /// Runs the program in the folder, which it keeps for its data.
    async fn run(&self, arguments: &[&str]) -> anyhow::Result<Run> {
        let (folder, arguments) =
            (self.folder.path().to_owned(), arguments.iter().map(|one| (*one).to_owned()).collect());
        tokio::task::spawn_blocking(move || run(&folder, arguments)).await?
    }

    /// Calls of the Management API so far.
    fn calls(&self) -> usize {
        self.sandbox.said().iter().filter(|said| said.path.starts_with("/api/v2/")).count()
    }

    /// What the last report says it looked at.
    fn coverage(&self) -> anyhow::Result<String> {
        let report: Value = serde_json::from_slice(&fs::read(self.folder.path().join("out.json"))?)?;
        let of = |what: &str| report["coverage"][what].as_u64().unwrap_or_default();
        Ok(format!("{} checks assessed, {} not", of("assessed"), of("not_assessed")))
    }

    /// With the numbers of the Essentials plan: beside the least that they allow.
    async fn paced(&self) -> anyhow::Result<Row> {
        let before = self.sandbox.said().len();
        let run = self.runs(&["--plan", "essentials"], 1).await?;
        let said = self.sandbox.said();
        let paths: Vec<&str> =
            said.iter().skip(before).filter_map(|said| said.path.strip_prefix("/api/v2/")).collect();
        let least = least(&paths);
        let seconds = run.first().map_or(0.0, |run| run.seconds);
        let told = format!("{} calls in {seconds:.1} s; the limits allow {least:.1} s", paths.len());
        Ok(Row::new("tenant of 100 applications, Essentials pacing", seconds / least, "x", Bar::AtMost(1.1))
            .told(told))
    }

    fn export(&self) -> anyhow::Result<String> {
        let export = self.folder.path().join("export");
        fs::create_dir_all(export.join("clients"))?;
        fs::write(export.join("tenant.json"), "{\"flags\": {}}")?;
        for (n, client) in self.clients.iter().enumerate() {
            fs::write(export.join(format!("clients/{n}.json")), client.to_string())?;
        }
        Ok(export.display().to_string())
    }
}

/// An application as tenants have them.
fn client(n: usize) -> Value {
    json!({
        "client_id": format!("application{n:021}"), "name": format!("Application {n}"), "tenant": "acme", "global": false,
        "description": "An application of the example tenant, as the API tells it", "app_type": "regular_web",
        "is_first_party": true, "oidc_conformant": true, "callbacks": [format!("https://app{n}.example.com/callback")],
        "allowed_logout_urls": [format!("https://app{n}.example.com/")], "web_origins": [], "allowed_origins": [],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "client_secret_post",
        "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000, "secret_encoded": false},
        "refresh_token": {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0, "token_lifetime": 2_592_000,
            "idle_token_lifetime": 1_296_000, "infinite_token_lifetime": false, "infinite_idle_token_lifetime": false},
        "sso_disabled": false, "cross_origin_authentication": false, "custom_login_page_on": true,
    })
}

fn connection(n: usize) -> Value {
    json!({"id": format!("con_{n:016}"), "name": format!("company-{n}"), "strategy": "oidc", "options": {
        "issuer": format!("https://login.company{n}.example"), "client_id": format!("checkmate-{n}"),
        "scope": "openid profile email", "type": "back_channel",
    }})
}

/// With code of a page.
fn action(n: usize) -> Value {
    let line =
        "  if (event.user.app_metadata.plan === 'gold') { api.idToken.setCustomClaim('plan', 'gold'); }\n";
    let code = format!("exports.onExecutePostLogin = async (event, api) => {{\n{}}};\n", line.repeat(30));
    json!({
        "id": format!("00000000-0000-4000-8000-{n:012}"), "name": format!("Claims {n}"), "status": "built",
        "runtime": "node22", "supported_triggers": [{"id": "post-login", "version": "v3", "status": "current"}],
        "code": code, "dependencies": [], "secrets": [], "all_changes_deployed": true,
        "deployed_version": {"deployed": true, "code": code, "dependencies": [], "runtime": "node22"},
    })
}

fn mean(runs: &[Run], field: fn(&Run) -> f64) -> f64 {
    runs.iter().map(field).sum::<f64>() / count(runs.len())
}

/// The least time that the vendor's numbers allow for these calls, in seconds: Essentials, burst and rate by kind.
fn least(paths: &[&str]) -> f64 {
    let kinds: [(&str, f64, f64); 5] = [
        ("clients", 5.0, 100.0),
        ("connections", 5.0, 50.0),
        ("organizations", 5.0, 50.0),
        ("email-templates", 10.0, 50.0),
        ("logs", 10.0, 100.0),
    ];
    let of = |path: &str, start: &str| path == start || path.starts_with(&format!("{start}/"));
    let count = |wanted: &dyn Fn(&str) -> bool| {
        f64::from(u32::try_from(paths.iter().filter(|path| wanted(path)).count()).unwrap_or(u32::MAX))
    };
    let time = |calls: f64, burst: f64, a_minute: f64| ((calls - burst) * 60.0 / a_minute).max(0.0);
    let known = kinds.iter().map(|(start, burst, rate)| time(count(&|path| of(path, start)), *burst, *rate));
    let others = count(&|path| path != "emails/provider" && !kinds.iter().any(|(start, ..)| of(path, start)));
    known.fold(time(others, 10.0, 150.0), f64::max)
}

fn run(folder: &Path, arguments: Vec<String>) -> anyhow::Result<Run> {
    let before = children_cpu()?;
    let began = Instant::now();
    let mut command = Command::new(beside("checkmate")?);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().context("the program does not start: build it first")?;
    let mut peak_mb = 0.0_f64;
    let code = loop {
        // While it ends there is nothing to read.
        peak_mb = peak_mb.max(memory(child.id(), "VmHWM:").unwrap_or(0.0));
        match child.try_wait()? {
            Some(code) => break code,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    ensure!(code.success(), "the scan ended with {code}");
    Ok(Run { seconds, cpu_ms: children_cpu()? - before, peak_mb })
}

/// CPU time of children that have ended, in milliseconds; counted in steps of 10.
fn children_cpu() -> anyhow::Result<f64> {
    const TICK_MS: f64 = 10.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().context("no stat")?.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|text| text.parse::<f64>().ok()).context("no times");
    Ok((ticks(13)? + ticks(14)?) * TICK_MS)
}
