//! `rescan SCOPE`: once more what was scanned before, at once.

use anyhow::bail;
use checkmate_domain::{Lane, Scope};
use checkmate_store::ScopeHistory;

use crate::EXIT_DONE;
use crate::cli::RescanArgs;
use crate::commands::Out;
use crate::commands::scan::{ask_for, asked, tell_waiting};
use crate::commands::scans::watch;
use crate::wiring::parts::Parts;

/// Scans searched for the scope when no list of it was ever sealed.
const SEARCHED: u64 = 5_000;

pub(crate) async fn rescan(parts: &Parts, args: &RescanArgs, out: &mut Out) -> anyhow::Result<u8> {
    let scope: Scope = args.scope.parse()?;
    if !was_scanned(parts, &scope).await? {
        let program = out.show().program;
        bail!(
            "{scope} was never scanned here: scan it with '{program} scan {scope}'; what was scanned shows '{program} scans list'"
        );
    }
    let scan = ask_for(parts, scope, Lane::Interactive).await?;
    if args.no_wait {
        out.text(&asked(&scan, args.format.format, out.show())?).await?;
        return Ok(EXIT_DONE);
    }
    let code = watch(parts, &scan.id, args.format.format, out).await?;
    tell_waiting(parts, &scan.id, args.format.format, out).await?;
    Ok(code)
}

async fn was_scanned(parts: &Parts, scope: &Scope) -> anyhow::Result<bool> {
    if parts.store.scope_history(scope).await? != ScopeHistory::default() {
        return Ok(true);
    }
    let scans = parts.store.scans(0, SEARCHED).await?;
    Ok(scans.iter().any(|scan| scan.scope == *scope))
}
