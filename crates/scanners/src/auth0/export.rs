//! The scanner of `export:NAME`: a tenant that auth0-deploy-cli exported, in YAML or as a directory, or a folder of them.
//!
//! Next on the way of a finding: `crates/scanners/src/auth0/checks/applications/grant_types.rs`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use checkmate_domain::id::IdError;
use checkmate_domain::{Part, ScanReport, Scope, TargetId, Timestamp};
use tokio_util::sync::CancellationToken;

use super::assess::assess;
use super::files::Stopped;
use super::locate::{self, Layout, Place};
use super::snapshot::TenantSnapshot;
use super::{directory, import, scripts, yaml};
use crate::contract::{Discovery, ScanContext, ScanError, Scanned, Scanner, no_parts};

/// Where the exports lie, by the names that travel. Asked at every scan, off the async threads, so that a name registered
/// while the process runs is found.
pub trait Exports: Send + Sync {
    /// The folder, or the `tenant.yaml`, of a name.
    fn path(&self, name: &str) -> Option<PathBuf>;
}

impl Exports for BTreeMap<String, PathBuf> {
    fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).cloned()
    }
}

/// Scans exported tenants.
#[derive(Clone)]
pub struct ExportScanner {
    exports: Arc<dyn Exports>,
}

impl ExportScanner {
    /// Scans what these names stand for.
    #[must_use]
    pub fn new(exports: Arc<dyn Exports>) -> Self {
        Self { exports }
    }

    /// Runs blocking work off the async threads; it hears the stop token by itself, between files.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Exports) -> Result<T, ScanError> + Send + 'static,
    ) -> Result<T, ScanError> {
        let exports = Arc::clone(&self.exports);
        tokio::task::spawn_blocking(move || work(&*exports)).await.unwrap_or_else(|error| {
            Err(ScanError::Permanent(format!("reading the export broke off: {error}")))
        })
    }
}

#[async_trait]
impl Scanner for ExportScanner {
    async fn discover(&self, scope: &Scope, ctx: &ScanContext) -> Result<Discovery, ScanError> {
        let Scope::Export(name) = scope.clone() else {
            return Err(ScanError::Permanent(format!("{scope} is not an export: write export:NAME")));
        };
        let stop = ctx.stop.clone();
        self.blocking(move |exports| discover(exports, &name, &stop)).await
    }

    async fn scan(
        &self,
        target: &TargetId,
        part: Option<&Part>,
        ctx: &ScanContext,
    ) -> Result<Scanned, ScanError> {
        no_parts(target, part, "an export is scanned as a whole")?;
        let (target, ctx) = (target.clone(), ctx.clone());
        let report = self.blocking(move |exports| scan(exports, &target, &ctx)).await?;
        Ok(Scanned::Report(Box::new(report)))
    }
}

fn discover(exports: &dyn Exports, name: &str, stop: &CancellationToken) -> Result<Discovery, ScanError> {
    let place = locate::configured(exports, name, stop)?;
    if place.layout()?.is_some() {
        let target = TargetId::new(format!("export:{name}"))?;
        return Ok(Discovery { targets: vec![target], complete: true });
    }
    let inside = locate::exports_inside(&place, name)?;
    if inside.targets.is_empty() && inside.complete {
        return Err(place.not_an_export());
    }
    Ok(inside)
}

fn scan(exports: &dyn Exports, target: &TargetId, ctx: &ScanContext) -> Result<ScanReport, ScanError> {
    let began = Instant::now();
    let mut place = locate::target(exports, target, &ctx.stop)?;
    let mut report = match place.layout()? {
        Some(Layout::Report(file)) => imported(&mut place, &file, ctx)?,
        Some(layout) => assess(&read(&mut place, layout)?, target, &ctx.key)?,
        None => return Err(place.not_an_export()),
    };
    report.stats.reads = place.tree.reads;
    report.stats.bytes = place.tree.bytes;
    report.stats.millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(
        scan.target = target.as_str(),
        scan.files = report.stats.reads,
        scan.findings = report.findings.len(),
        "read an export"
    );
    Ok(report)
}

/// A report of the reference tool: its findings are the tenant's, whatever the file is called here.
fn imported(place: &mut Place, file: &str, ctx: &ScanContext) -> Result<ScanReport, ScanError> {
    let cannot = |why: String| ScanError::Permanent(format!("{file} cannot be imported: {why}"));
    let target = import::target(file).map_err(|why| cannot(why.to_string()))?;
    let text = place.tree.yaml(file)?.map_err(|why| cannot(why.to_string()))?;
    let text = text.ok_or_else(|| ScanError::Missing(format!("{file} is not there any more")))?;
    import::read(text.as_bytes(), &target, &ctx.key).map_err(|why| cannot(why.to_string()))
}

fn read(place: &mut Place, layout: Layout) -> Result<TenantSnapshot, ScanError> {
    let now = Timestamp::now();
    let mut snapshot = match layout {
        Layout::Yaml(file) => match place.tree.yaml(&file)? {
            Ok(Some(text)) => yaml::read(&text, now),
            Ok(None) => return Err(place.not_an_export()),
            Err(reason) => TenantSnapshot::unreadable(&reason, now),
        },
        Layout::Directory => directory::read(&mut place.tree, now)?,
        Layout::Report(_) => return Err(place.not_an_export()),
    };
    scripts::load(&mut place.tree, &mut snapshot)?;
    Ok(snapshot)
}

impl From<IdError> for ScanError {
    fn from(error: IdError) -> Self {
        Self::Permanent(error.to_string())
    }
}

impl From<Stopped> for ScanError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}
