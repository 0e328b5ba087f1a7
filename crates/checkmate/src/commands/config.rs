//! `config check|show|schema|init`: needs neither store nor broker.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context;

use crate::cli::{ConfigCommand, Format};
use crate::commands::Out;
use crate::config::{self, Config, ConfigError};
use crate::view;
use crate::view::config_view::{ConfigView, read_from};
use crate::wiring::{rabbit, vault, ways};
use crate::{EXIT_DONE, EXIT_USAGE};

/// Does it; `named` is the file of `--config`.
pub(crate) async fn config(
    command: &ConfigCommand,
    named: Option<&Path>,
    out: &mut Out,
) -> anyhow::Result<u8> {
    match command {
        ConfigCommand::Check { file } => check(file.as_deref().or(named), out).await,
        ConfigCommand::Show { format } => match config::load_telling(named) {
            Ok(loaded) => {
                let shown = ConfigView::new(&loaded);
                let text = match format.format {
                    Format::Json => view::json(&shown)?,
                    Format::Text => shown.text(out.show()),
                };
                out.text(&text).await?;
                Ok(EXIT_DONE)
            }
            Err(error) => Ok(refused(&error)),
        },
        ConfigCommand::Schema => {
            out.text(&view::json(&config::schema())?).await?;
            Ok(EXIT_DONE)
        }
        ConfigCommand::Init { print: true, .. } => {
            out.text(&config::template()).await?;
            Ok(EXIT_DONE)
        }
        ConfigCommand::Init { force, path, .. } => {
            write(path, *force)?;
            let program = out.show().program.to_owned();
            let path = path.display();
            let said =
                format!("wrote {path}\nnext: set what you need in it, then {program} config check {path}\n");
            out.text(&said).await?;
            Ok(EXIT_DONE)
        }
    }
}

async fn check(file: Option<&Path>, out: &mut Out) -> anyhow::Result<u8> {
    let loaded = match config::load_telling(file) {
        Ok(loaded) => loaded,
        Err(error) => return Ok(refused(&error)),
    };
    let config = &loaded.config;
    let embedded = config.setting()?.is_embedded();
    let mut missing = if embedded { Vec::new() } else { missing_for_many(config) };
    missing.extend(vault::unconfigured(config));
    missing.extend(ways::unconfigured(config));
    if !missing.is_empty() {
        missing.iter().for_each(|why| eprintln!("checkmate: {why}"));
        return Ok(EXIT_USAGE);
    }
    let file = config.file.as_ref().map(|file| file.display().to_string());
    let set = view::count(loaded.given(), "key");
    let schedules = view::count(loaded.config.schedules.len(), "schedule");
    let setting = if embedded { "one machine" } else { "many machines" };
    let from = read_from(file.as_deref());
    let mut text = format!("ok: {from}\n{set} set, {schedules}, for {setting}\n");
    for silent in ways::silent(config) {
        text.push_str(&format!("{silent}; 'notify preview SCAN' shows what it would send\n"));
    }
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

/// What keeps the roles of many machines from starting, as far as the configuration tells.
fn missing_for_many(config: &Config) -> Vec<String> {
    let password = config.broker.password_file.is_none().then(|| {
        "broker.password_file is not set: put the password of the user in broker.url into a file that only you may read"
            .to_owned()
    });
    let limit = rabbit::check_time_limit(config).err().map(|error| format!("{error:#}"));
    password.into_iter().chain(limit).collect()
}

/// Tells what is wrong, as every other command does before it begins.
fn refused(error: &ConfigError) -> u8 {
    eprintln!("checkmate: {error}");
    EXIT_USAGE
}

fn write(path: &Path, force: bool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            anyhow::anyhow!(
                "{} is there already: give another name, or --force to replace it",
                path.display()
            )
        }
        _ => anyhow::Error::from(error).context(format!("cannot write {}", path.display())),
    })?;
    file.write_all(config::template().as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
