//! The command line of the program under test, as a person would use it: asked again when the process that should answer
//! has just been killed.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use checkmate_domain::ScanId;
use checkmate_store::ScanRecord;
use serde::de::DeserializeOwned;
use tokio::process::Command;

/// For one command.
const PATIENCE: Duration = Duration::from_secs(20);
/// A server that was killed may take so long to come back.
const AWAY: Duration = Duration::from_secs(120);
/// Before a command that failed is given again.
const AGAIN: Duration = Duration::from_millis(200);

/// The program and its configuration.
#[derive(Debug, Clone)]
pub struct CommandLine {
    /// `node`.
    pub node: PathBuf,
    /// Its configuration.
    pub config: PathBuf,
    /// Environment on top of our own.
    pub env: Vec<(String, OsString)>,
}

impl CommandLine {
    /// Gives one command.
    ///
    /// # Errors
    /// When it cannot be started or takes too long; a failing command is an [`Output`].
    pub async fn give(&self, args: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(&self.node);
        command.arg("--config").arg(&self.config).args(args);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        output
            .with_context(|| format!("'{}' took longer than {PATIENCE:?}", args.join(" ")))?
            .map_err(Into::into)
    }

    /// Gives a command and reads its JSON.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub async fn json<T: DeserializeOwned>(&self, args: &[&str]) -> anyhow::Result<T> {
        let output = self.give(args).await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("'{}' failed ({}): {}", args.join(" "), output.status, said.trim());
        }
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("'{}' printed no JSON", args.join(" ")))
    }

    /// Asks for a scan, again and again until it is certain that it is recorded. It may be recorded twice then.
    ///
    /// # Errors
    /// When it was not to be had until then, with the last reason.
    pub async fn scan(&self, export: &str, bulk: bool, until: Instant) -> anyhow::Result<ScanId> {
        let scope = format!("export:{export}");
        let mut args = vec!["scan", &scope, "--no-wait", "--format", "json"];
        args.extend(bulk.then_some("--bulk"));
        let scan: ScanRecord = self.until(&args, until).await?;
        Ok(scan.id)
    }

    /// All scans, newest first.
    ///
    /// # Errors
    /// When they were not told until then, with the last reason.
    pub async fn scans(&self, until: Instant) -> anyhow::Result<Vec<ScanRecord>> {
        self.until(&["scans", "list", "--limit", "100000", "--format", "json"], until).await
    }

    /// Waits until every scan is over and its end was told; hands back those that were not in time.
    ///
    /// # Errors
    /// When no answer could be had.
    pub async fn until_over(&self, until: Instant) -> anyhow::Result<Vec<ScanRecord>> {
        loop {
            let mut scans = self.scans(until + AWAY).await?;
            scans.retain(|scan| !scan.state.is_final() || !scan.announced);
            if scans.is_empty() || Instant::now() > until {
                return Ok(scans);
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn until<T: DeserializeOwned>(&self, args: &[&str], until: Instant) -> anyhow::Result<T> {
        loop {
            match self.json(args).await {
                Ok(answer) => return Ok(answer),
                Err(error) if Instant::now() > until => return Err(error),
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }
}
