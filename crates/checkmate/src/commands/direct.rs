//! `scan auth0` and `snapshot auth0`: the scanner in this process, without queue and lifecycle.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use checkmate_domain::{FingerprintKey, NotAssessed, ScanReport, Scope, TargetId, Timestamp};
use checkmate_scanners::auth0::api::{assess_answers, fetch_answers, unassessed};
use checkmate_scanners::auth0::{Answers, ExportScanner, Plan};
use checkmate_scanners::{ScanContext, ScanError, Scanned, Scanner};
use checkmate_worker::JobLeases;

use crate::cli::{Auth0Args, ReachArgs, ReportFormat};
use crate::commands::Out;
use crate::config::{self, Config, ConfigError, ON_COMMAND_LINE, TenantConfig, is_host};
use crate::control;
use crate::view::plain;
use crate::view::report::{self, Told};
use crate::wiring::open::Opener;
use crate::wiring::parts::Parts;
use crate::wiring::scanners::MakeScanners;
use crate::wiring::turns::StoreTurns;
use crate::wiring::vault;
use crate::{EXIT_DONE, EXIT_INCOMPLETE};

/// The largest snapshot that is read, in bytes.
const LARGEST: u64 = 512 << 20;
/// Whose rate limits are kept to when nobody says.
const PLAN: &str = "essentials";

pub(crate) async fn scan_auth0(
    args: &Auth0Args,
    config: Config,
    scanners: MakeScanners,
    out: &mut Out,
) -> anyhow::Result<u8> {
    let baseline = args.baseline.as_deref().map(known).transpose()?;
    let started_at = Timestamp::now();
    if args.export.is_some() || args.snapshot.is_some() {
        of_nobody_asked(&args.reach)?;
    }
    let scanned = match (&args.export, &args.snapshot) {
        (Some(path), _) => keyed(&config, |key| export(path, key)).await,
        (_, Some(file)) => keyed(&config, |key| snapshot(file, key)).await,
        (None, None) => live(&args.reach, config, scanners).await,
    };
    let (mut report, key_id) = match scanned {
        Ok((report, key)) => (report, Some(key.id().clone())),
        Err(error) => (nothing_of(error, args)?, None),
    };
    let unlike = |before: &report::Baseline| before.unlike(report.target.as_str(), key_id.as_ref());
    if let (Some(file), Some(why)) = (&args.baseline, baseline.as_ref().and_then(unlike)) {
        return Err(usage(format!("{} cannot be compared with: {why}", file.display())));
    }
    if let Err(unknown) = report::narrow(&mut report, &args.only, &args.skip) {
        let words: Vec<String> = unknown.iter().map(|word| format!("'{word}'")).collect();
        return Err(usage(format!(
            "no rule is called {}: 'checkmate rules list' shows what --only and --skip take",
            words.join(", ")
        )));
    }
    if report.checks.is_empty() {
        return Err(usage(
            "no rule is left: look at --only and --skip, and at 'checkmate rules list'".to_owned(),
        ));
    }
    let (fail_on, min_coverage) = (args.fail_on.0, args.min_coverage);
    let told = Told {
        report: &report,
        key_id,
        started_at,
        finished_at: Timestamp::now(),
        baseline,
        fail_on,
        min_coverage,
    };
    tell(&told, args, out).await?;
    Ok(told.exit_code())
}

async fn tell(told: &Told<'_>, args: &Auth0Args, out: &mut Out) -> anyhow::Result<()> {
    let text = match (args.format, &args.output) {
        (ReportFormat::Json, Some(file)) => {
            return write_with(file, |to| report::write_json(told, BufWriter::new(to)));
        }
        (ReportFormat::Json, None) => {
            let mut text = Vec::new();
            report::write_json(told, &mut text)?;
            String::from_utf8(text)?
        }
        (ReportFormat::Table, _) => report::table(told, out.show()),
        (ReportFormat::Sarif, _) => report::sarif(told)?,
        (ReportFormat::Html, _) => report::html(told),
        (ReportFormat::Csv, _) => report::csv(told),
    };
    match &args.output {
        Some(file) => write(file, &text),
        None => out.text(&text).await,
    }
}

pub(crate) async fn snapshot_auth0(
    reach: &ReachArgs,
    output: &Path,
    config: Config,
    scanners: MakeScanners,
    out: &mut Out,
) -> anyhow::Result<u8> {
    let answers = match reached(reach, config, scanners, ask).await {
        Ok((answers, _)) => answers,
        Err(error) => return not_scanned(error),
    };
    let told = format!("{} answers of {} are in {}", answers.calls(), answers.domain, output.display());
    write(output, &answers.into_json()?)?;
    out.text(&format!("{told}, secrets replaced\n")).await?;
    Ok(EXIT_DONE)
}

/// The report on a tenant that could not be asked: every check is there and none has an answer.
///
/// # Errors
/// When it is the command that has to be changed.
fn nothing_of(error: anyhow::Error, args: &Auth0Args) -> anyhow::Result<ScanReport> {
    let why = match error.downcast::<ScanError>()? {
        ScanError::Missing(text) | ScanError::Permanent(text) => return Err(usage(text)),
        ScanError::NotAssessed(why) => why,
        other => NotAssessed::Failed(other.to_string()),
    };
    eprintln!("checkmate: nothing could be looked at: {why}");
    let name = args.reach.domain.as_deref().or(args.reach.tenant.as_deref()).unwrap_or("tenant");
    let target = TargetId::new(format!("auth0:{name}")).map_err(|error| usage(error.to_string()))?;
    Ok(unassessed(&target, &why)?)
}

/// What could not be looked at is no error of the program, and not fine either.
fn not_scanned(error: anyhow::Error) -> anyhow::Result<u8> {
    match error.downcast::<ScanError>() {
        Ok(ScanError::Missing(text) | ScanError::Permanent(text)) => Err(usage(text)),
        Ok(other) => {
            eprintln!("checkmate: nothing could be looked at: {other}");
            Ok(EXIT_INCOMPLETE)
        }
        Err(error) => Err(error),
    }
}

/// An error that ends with another code than findings do: whoever reads the code takes it for no verdict.
pub(super) fn no_finding(error: anyhow::Error) -> anyhow::Error {
    if error.is::<super::Unread>() || error.is::<ConfigError>() { error } else { usage(format!("{error:#}")) }
}

fn usage(text: String) -> anyhow::Error {
    ConfigError::Asked(text).into()
}

fn key(config: &Config) -> anyhow::Result<Arc<FingerprintKey>> {
    let embedded = config.setting()?.is_embedded();
    Ok(Arc::new(config::fingerprint_key(&config.fingerprint_key_path(), embedded)?))
}

/// A report, and the key that its fingerprints are made with.
async fn keyed(
    config: &Config,
    scan: impl AsyncFnOnce(Arc<FingerprintKey>) -> anyhow::Result<ScanReport>,
) -> anyhow::Result<(ScanReport, Arc<FingerprintKey>)> {
    let key = key(config)?;
    Ok((scan(Arc::clone(&key)).await?, key))
}

async fn export(path: &Path, key: Arc<FingerprintKey>) -> anyhow::Result<ScanReport> {
    let name = path
        .canonicalize()
        .ok()
        .and_then(|full| full.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    let name =
        name.filter(|name| checkmate_domain::scope::is_name(name)).unwrap_or_else(|| "export".to_owned());
    let exports: BTreeMap<String, PathBuf> = [(name.clone(), path.to_owned())].into();
    let (scanner, ctx) = (ExportScanner::new(Arc::new(exports)), ScanContext::new(key));
    let found = scanner.discover(&Scope::Export(name), &ctx).await?;
    let target = match found.targets.as_slice() {
        [target] => target,
        several => {
            let names: Vec<&str> =
                several.iter().filter_map(|target| target.as_str().split('/').nth(1)).collect();
            bail!(ScanError::Permanent(format!(
                "{} holds several exports: name one of them: {}",
                path.display(),
                names.join(", ")
            )));
        }
    };
    match scanner.scan(target, None, &ctx).await? {
        Scanned::Report(report) => Ok(*report),
        Scanned::Split(_) => bail!(ScanError::Permanent("an export has no parts".to_owned())),
    }
}

async fn snapshot(file: &Path, key: Arc<FingerprintKey>) -> anyhow::Result<ScanReport> {
    let shown = file.display();
    let size =
        std::fs::metadata(file).map_err(|error| usage(format!("{shown} cannot be read ({error})")))?.len();
    if size > LARGEST {
        return Err(usage(format!("{shown} is larger than {} MiB", LARGEST >> 20)));
    }
    let text =
        std::fs::read_to_string(file).map_err(|error| usage(format!("{shown} cannot be read ({error})")))?;
    let answers = Answers::from_json(&text).map_err(|error| usage(format!("{shown}: {error}")))?;
    drop(text);
    let target = TargetId::new(format!("auth0:{}", answers.domain))
        .map_err(|error| usage(format!("{shown}: {error}")))?;
    Ok(assess_answers(answers, target, key).await?)
}

async fn live(
    reach: &ReachArgs,
    config: Config,
    scanners: MakeScanners,
) -> anyhow::Result<(ScanReport, Arc<FingerprintKey>)> {
    let began = std::time::Instant::now();
    let (answers, key) = reached(reach, config, scanners, ask).await?;
    let target = TargetId::new(format!("auth0:{}", answers.domain))?;
    let mut report = assess_answers(answers, target, Arc::clone(&key)).await?;
    report.stats.millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok((report, key))
}

/// Opens the store, whose audit trail every credential is written to, and asks the tenant.
async fn reached(
    reach: &ReachArgs,
    mut config: Config,
    scanners: MakeScanners,
    ask: impl AsyncFnOnce(&Parts, &str) -> anyhow::Result<Answers>,
) -> anyhow::Result<(Answers, Arc<FingerprintKey>)> {
    let domain = tenant(reach, &mut config)?;
    let owned = || {
        usage(format!(
            "another checkmate process has {} in use: ask it with 'checkmate scan auth0:{domain}', or give this one a \
             folder of its own with the setting data_dir",
            config.data_dir.display()
        ))
    };
    let parts = match control::open_or_ask(&config, Opener::Command, scanners).await? {
        Ok(parts) => parts,
        Err(_owner) => return Err(owned()),
    };
    let answers = ask(&parts, &domain).await;
    parts.close().await;
    Ok((answers?, Arc::clone(&parts.key)))
}

async fn ask(parts: &Parts, domain: &str) -> anyhow::Result<Answers> {
    let lessor = match &parts.lessor {
        Some(lessor) => Arc::clone(lessor),
        None => {
            let turns = Arc::new(StoreTurns::of(&parts.config, &parts.store, &parts.process));
            let lessor = vault::lessor(&parts.config, &parts.store, parts.audit.clone(), turns)?;
            Arc::new(lessor.context("no tenant is configured")?)
        }
    };
    let specs = vault::tenants(&parts.config)?;
    let spec = specs.get(domain).context("the tenant is not configured")?;
    let mut ctx = ScanContext::new(Arc::clone(&parts.key));
    ctx.credentials = Arc::new(JobLeases::of_a_person(lessor));
    Ok(fetch_answers(domain, spec, &ctx).await?)
}

/// Puts the tenant of the command line into the configuration; answers its host.
fn tenant(reach: &ReachArgs, config: &mut Config) -> anyhow::Result<String> {
    if let Some(file) = &reach.ca_file {
        config.outbound.ca_file = Some(file.clone());
    }
    if let Some(name) = &reach.tenant {
        of_direct_tenants_only(reach)?;
        let known: Vec<&str> = config.tenants.keys().map(String::as_str).collect();
        let unknown = || usage(format!("no tenant is called {name}; there are: {}", known.join(", ")));
        return Ok(config.tenants.get(name).ok_or_else(unknown)?.domain.clone());
    }
    let missing = || usage("give --domain and --client-id, or --tenant".to_owned());
    let (domain, client_id) =
        (reach.domain.clone().ok_or_else(missing)?, reach.client_id.clone().ok_or_else(missing)?);
    if !is_host(&domain) {
        return Err(usage(format!(
            "'{}' is no host name: --domain takes one such as acme.eu.auth0.com",
            plain(&domain, 100)
        )));
    }
    let word = reach.plan.as_deref().unwrap_or(PLAN);
    let plan = Plan::from_word(word)
        .ok_or_else(|| usage(format!("'{word}' is no plan: use {}", Plan::WORDS.join(", "))))?;
    if reach.private_key_file.is_none() && reach.client_secret_file.is_none() {
        return Err(usage("give --private-key-file or --client-secret-file".to_owned()));
    }
    // Only this tenant is asked, so that nobody else's keys are read.
    config.tenants = BTreeMap::new();
    config.connections = BTreeMap::new();
    config.auth0.domain = None;
    let one = TenantConfig {
        domain: domain.clone(),
        base_url: reach.base_url.clone(),
        client_id,
        client_key_file: reach.private_key_file.clone(),
        client_key_id: None,
        algorithm: "RS256".to_owned(),
        client_secret_file: reach.client_secret_file.clone(),
        plan,
        organisation: None,
    };
    config.tenants.insert(ON_COMMAND_LINE.to_owned(), one);
    Ok(domain)
}

/// What a tenant of the configuration says of itself is not said again: somebody who names another address means it.
fn of_direct_tenants_only(reach: &ReachArgs) -> anyhow::Result<()> {
    match given(reach) {
        Some(option) => Err(usage(format!(
            "{option} does not go with --tenant: set it in [tenants.NAME] of the configuration, or give --domain and --client-id"
        ))),
        None => Ok(()),
    }
}

/// A file is read, and no tenant is asked: how to reach one is a mistake there.
fn of_nobody_asked(reach: &ReachArgs) -> anyhow::Result<()> {
    let option = given(reach).or_else(|| reach.ca_file.is_some().then_some("--ca-file"));
    option.map_or(Ok(()), |option| {
        Err(usage(format!("{option} is about a tenant that is asked, and here a file is read")))
    })
}

/// The first option that says how a tenant is reached.
fn given(reach: &ReachArgs) -> Option<&'static str> {
    let options = [
        ("--base-url", reach.base_url.is_some()),
        ("--plan", reach.plan.is_some()),
        ("--private-key-file", reach.private_key_file.is_some()),
        ("--client-secret-file", reach.client_secret_file.is_some()),
    ];
    options.iter().find(|(_, given)| *given).map(|(option, _)| *option)
}

fn known(file: &Path) -> anyhow::Result<report::Baseline> {
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| usage(format!("{shown} cannot be read ({error})")))?;
    report::Baseline::read(&text).map_err(|error| usage(format!("{shown}: {error}")))
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    write_with(file, |mut to| Ok(to.write_all(text.as_bytes())?))
}

/// Written whole or not at all: a reader never sees half of it. What is no file, a pipe or a device, is written to as it is.
fn write_with(file: &Path, with: impl FnOnce(File) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let there = std::fs::metadata(file).ok();
    let written = if there.is_some_and(|there| !there.is_file()) {
        File::options().write(true).open(file).map_err(anyhow::Error::from).and_then(with)
    } else {
        replace(file, with)
    };
    written.map_err(|error| {
        usage(format!("{} cannot be written ({error:#}): give another --output", file.display()))
    })
}

/// Puts a file in place of the one before, which a link may lead to.
fn replace(file: &Path, with: impl FnOnce(File) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let name = file.file_name().context("it names no file")?.to_string_lossy();
    // A name of this process only: others may write beside it.
    let beside = file.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = File::create(&beside).map_err(anyhow::Error::from).and_then(with);
    let written = written.and_then(|()| Ok(std::fs::rename(&beside, &file)?));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}
