//! `scan SCOPE`: ask through the queue like everybody else, then watch.

use checkmate_domain::{Lane, ScanId, Scope, Timestamp, Trigger, TriggerKind};
use checkmate_scheduler::{Planned, request_scan};
use checkmate_store::{NewScan, ScanRecord};

use crate::EXIT_DONE;
use crate::cli::{Format, ScanArgs};
use crate::commands::Out;
use crate::commands::scans::watch;
use crate::config::environment;
use crate::view::{self, Show, approvals_view};
use crate::wiring::parts::Parts;
use crate::wiring::sending;

pub(crate) async fn scan(parts: &Parts, args: &ScanArgs, out: &mut Out) -> anyhow::Result<u8> {
    let scope = resolve(parts, args.scope.as_deref().unwrap_or_default()).await?;
    let lane = if args.bulk { Lane::Bulk } else { Lane::Interactive };
    let scan = ask_for(parts, scope, lane).await?;
    if args.no_wait {
        out.text(&asked(&scan, args.format.format, out.show())?).await?;
        return Ok(EXIT_DONE);
    }
    let code = watch(parts, &scan.id, args.format.format, out).await?;
    tell_waiting(parts, &scan.id, args.format.format, out).await?;
    Ok(code)
}

/// Says what waits for a person now that a scan is over. A process that runs the roles itself does so when all is sent.
pub(crate) async fn tell_waiting(
    parts: &Parts,
    scan: &ScanId,
    format: Format,
    out: &mut Out,
) -> anyhow::Result<()> {
    let runs_roles = parts.embedded && !out.is_remote();
    if runs_roles || matches!(format, Format::Json) {
        return Ok(());
    }
    let number = sending::waiting_after(parts, scan).await?;
    let text = approvals_view::waiting(number, out.show().program);
    if text.is_empty() { Ok(()) } else { out.text(&text).await }
}

/// What is told of a scan that nobody waits for.
pub(crate) fn asked(scan: &ScanRecord, format: Format, show: Show<'_>) -> anyhow::Result<String> {
    let ScanRecord { id, scope, .. } = scan;
    match format {
        Format::Json => view::json(scan),
        Format::Text => {
            Ok(format!("scan {id} of {scope} is asked for; follow it: {} scans watch {id}\n", show.program))
        }
    }
}

/// Records and sends a scan asked for by the person at the command line.
pub(crate) async fn ask_for(parts: &Parts, scope: Scope, lane: Lane) -> anyhow::Result<ScanRecord> {
    let mark: u64 = rand::random();
    let id = ScanId::derived(&["manual", &Timestamp::now().to_string(), &format!("{mark:016x}")]);
    let who = environment::get("USER").unwrap_or_else(|| "command line".to_owned());
    let new = NewScan {
        id,
        scope,
        lane,
        trigger: Trigger { kind: TriggerKind::Manual, who },
        window: parts.config.scan.window,
        time_limit: parts.config.scan.time_limit.0,
        expires_after: parts.config.scan.expires_after.0,
    };
    match request_scan(parts.store.as_ref(), parts.broker.as_ref(), &new).await? {
        Planned::New(scan) | Planned::Same(scan) => Ok(*scan),
    }
}

async fn resolve(parts: &Parts, text: &str) -> anyhow::Result<Scope> {
    if let Some(folder) = text.strip_prefix("path:") {
        if !parts.embedded {
            anyhow::bail!(
                "path: works on one machine only; name the export in the configuration of the workers ([exports]) and scan export:NAME"
            );
        }
        let name = parts.exports.register(parts.store.as_ref(), std::path::Path::new(folder)).await?;
        return Ok(format!("export:{name}").parse()?);
    }
    let scope: Scope = text.parse()?;
    let known = parts.scanners.kinds();
    if !known.contains(&scope.kind()) {
        anyhow::bail!(
            "nothing here scans '{}:' scopes yet; this release knows {} (and path: on the command line)",
            scope.kind(),
            known.join(", ")
        );
    }
    Ok(scope)
}
