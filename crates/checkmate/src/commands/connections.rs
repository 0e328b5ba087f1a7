//! `connections list|check`; connecting is in `connect.rs`.

use std::collections::BTreeMap;

use anyhow::bail;
use checkmate_domain::{CheckOutcome, Lane, ScanId, Scope, Timestamp, UserId};
use checkmate_vault::ManagementRequest;
use checkmate_vault::accounts::{self, AccountView, TokensetView};
use checkmate_vault::readiness::readiness;

use crate::cli::{Connections, Format, FormatArg};
use crate::commands::scan::{ask_for, asked};
use crate::commands::scans::watch;
use crate::commands::{Out, connect};
use crate::view::connections_view::{self, ConnectionLine, Seen};
use crate::view::{self, scan_view};
use crate::wiring::parts::Parts;
use crate::wiring::turns::StoreTurns;
use crate::wiring::vault;
use crate::{EXIT_DONE, EXIT_INCOMPLETE};

pub(crate) async fn connections(parts: &Parts, command: &Connections, out: &mut Out) -> anyhow::Result<u8> {
    match command {
        Connections::List { format } => list(parts, format.format, out).await,
        Connections::Connect { name } => connect::connect(parts, name, out).await,
        Connections::Disconnect { name } => connect::disconnect(parts, name, out).await,
        Connections::Check { names, no_wait, format } => check(parts, names, *no_wait, format, out).await,
    }
}

async fn check(
    parts: &Parts,
    names: &[String],
    no_wait: bool,
    format: &FormatArg,
    out: &mut Out,
) -> anyhow::Result<u8> {
    let known = &parts.config.connections;
    if known.is_empty() {
        bail!("no connection is configured: see [connections] in docs/configuration.md");
    }
    let names: Vec<&String> = if names.is_empty() { known.keys().collect() } else { names.iter().collect() };
    if let Some(unknown) = names.iter().find(|name| !known.contains_key(**name)) {
        let all: Vec<&str> = known.keys().map(String::as_str).collect();
        bail!("no connection {unknown} is configured; there are: {}", all.join(", "));
    }
    let mut scans = Vec::new();
    for name in names {
        let scope: Scope = format!("connection:{name}").parse()?;
        scans.push((name, ask_for(parts, scope, Lane::Interactive).await?));
    }
    let mut worst = EXIT_DONE;
    for (name, scan) in scans {
        if no_wait {
            out.text(&asked(&scan, format.format, out.show())?).await?;
            continue;
        }
        worst = worst.max(watch(parts, &scan.id, format.format, out).await?);
        if falls_short(parts, &scan.id).await? {
            worst = worst.max(EXIT_INCOMPLETE);
            if matches!(format.format, Format::Text) {
                let said = connections_view::mend(name, out.show());
                out.text(&said).await?;
            }
        }
    }
    Ok(worst)
}

/// Whether a check found that jobs cannot do with an account what they must.
async fn falls_short(parts: &Parts, scan: &ScanId) -> anyhow::Result<bool> {
    let Some(scan) = parts.store.scan(scan).await? else { return Ok(true) };
    let scanned = scan_view::collect(parts.store.as_ref(), &scan).await?;
    Ok(scanned.checks.iter().any(|check| check.outcome == CheckOutcome::Failed))
}

async fn list(parts: &Parts, format: Format, out: &mut Out) -> anyhow::Result<u8> {
    let shown = match look(parts).await {
        Ok(shown) => shown,
        Err(why) => Err(format!("{why:#}")),
    };
    let now = Timestamp::now();
    let lines: Vec<ConnectionLine> = parts
        .config
        .connections
        .iter()
        .map(|(name, one)| {
            let seen = match &shown {
                Err(why) => Seen::NotLooked { why: why.clone() },
                Ok(shown) => match shown.get(&one.user) {
                    Some(Ok((accounts, tokens))) => {
                        Seen::Looked(readiness(&one.connection, &one.scopes, accounts, tokens, now))
                    }
                    Some(Err(why)) => Seen::NotLooked { why: why.clone() },
                    None => Seen::NotLooked { why: "the user was not looked up".to_owned() },
                },
            };
            ConnectionLine::new(name, one, seen)
        })
        .collect();
    let text = match format {
        Format::Json => view::json(&lines)?,
        Format::Text => connections_view::list(&lines, out.show()),
    };
    out.text(&text).await?;
    let in_vain = !lines.is_empty() && lines.iter().all(ConnectionLine::is_unseen);
    Ok(if in_vain { EXIT_INCOMPLETE } else { EXIT_DONE })
}

/// Of each user what the tenant shows, or why it shows nothing.
type Shown = BTreeMap<UserId, Result<(Vec<AccountView>, Vec<TokensetView>), String>>;

/// What the tenant shows of every user; or why nothing is looked at.
async fn look(parts: &Parts) -> anyhow::Result<Result<Shown, String>> {
    let turns = std::sync::Arc::new(StoreTurns::of(&parts.config, &parts.store, &parts.process));
    let Some(tenant) = vault::management(&parts.config, parts.audit.clone(), turns)? else {
        let section = &parts.config.auth0;
        let missing = match (&section.management_client_id, &section.management_key_file) {
            (Some(_), None) => "auth0.management_key_file",
            _ => "auth0.management_client_id",
        };
        return Ok(Err(format!("{missing} is not set")));
    };
    let client = parts.outbound()?.client()?;
    let request = ManagementRequest {
        job: None,
        scan: None,
        scopes: "read:users".parse().unwrap_or_default(),
        purpose: "connections list".to_owned(),
    };
    let lease = tenant.management(&client, &request).await?;
    let base = &tenant.tenant().base;
    let mut shown = Shown::new();
    for one in parts.config.connections.values() {
        if !shown.contains_key(&one.user) {
            // That one user cannot be seen says nothing of the others.
            let seen = match accounts::connected_accounts(base, &client, &lease, &one.user).await {
                Ok(accounts) => {
                    let tokens = accounts::tokensets(base, &client, &lease, &one.user).await;
                    tokens.map(|tokens| (accounts, tokens))
                }
                Err(error) => Err(error),
            };
            shown.insert(one.user.clone(), seen.map_err(|error| error.to_string()));
        }
    }
    Ok(Ok(shown))
}
