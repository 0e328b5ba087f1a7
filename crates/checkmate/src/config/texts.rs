//! Texts of a certain form: URLs, addresses, cron expressions, time zones, scopes, and lists of texts.

use std::net::SocketAddr;
use std::path::Path;

use checkmate_domain::{Scope, ScopeError};
use checkmate_outbound::{BaseUrl, BaseUrlError};
use checkmate_scheduler::cron::{CronExpr, ZoneError, zone as zone_of};
use toml::de::DeValue;

use super::key::Read;
use super::kind::{Given, Wrong};

/// As much of a text as a message shows.
pub(super) fn shown(text: &str) -> String {
    crate::view::plain(text, 60)
}

/// The texts of a list: an array in the file, separated by commas in the environment.
pub(super) fn list(given: Given<'_>) -> Option<Vec<&str>> {
    match given {
        Given::Text(text) => Some(text.split(',').map(str::trim).collect()),
        Given::Toml(DeValue::Array(values)) => values.iter().map(|value| value.get_ref().as_str()).collect(),
        Given::Toml(_) => None,
    }
}

/// Each text of a list, and whether it is a scope where only scopes may stand.
pub(super) fn each(path: &str, list: Vec<&str>, scopes: bool) -> Result<Vec<String>, Wrong> {
    let mut texts = Vec::new();
    for text in list {
        if text.is_empty() {
            return Err(Wrong::new(format!("{path} holds an empty text"), "take it out"));
        }
        texts.push(if scopes { scope(path, text)? } else { text.to_owned() });
    }
    Ok(texts)
}

/// A URL; an SQLite file in it is meant from `base`.
pub(super) fn url(path: &str, text: &str, schemes: &[&str], write: &str, base: &Path) -> Result<Read, Wrong> {
    let unclear = || Wrong::new(format!("{path} is not understood"), format!("use {write}"));
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).ok_or_else(unclear)?;
    if rest.is_empty() {
        return Err(unclear());
    }
    if let Some(file) = text.strip_prefix("sqlite:") {
        return Ok(Read::Text(format!("sqlite:{}", base.join(file).display())));
    }
    if rest.chars().any(char::is_whitespace) {
        return Err(unclear());
    }
    if rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
        return Err(Wrong::new(
            format!("{path} holds a password"),
            "take it out, and put it into a file of its own that password_file names",
        ));
    }
    // Several hosts with commas between them are no URL for anybody else.
    if text.starts_with("http") && url::Url::parse(text).is_err() {
        return Err(unclear());
    }
    Ok(Read::Text(text.to_owned()))
}

/// The address of an API that credentials are sent to.
pub(super) fn api(path: &str, text: &str) -> Result<Read, Wrong> {
    match text.parse::<BaseUrl>() {
        Ok(_) => Ok(Read::Text(text.to_owned())),
        Err(BaseUrlError::NotAUrl) => {
            Err(Wrong::new(format!("{path} is not understood"), "write it like https://api.example.com"))
        }
        Err(BaseUrlError::Plain(host)) => Err(Wrong::new(
            format!("{path}: {} would be sent credentials in the open", shown(&host)),
            "use https; plain http is for this machine only (127.0.0.1, ::1, localhost)",
        )),
        Err(BaseUrlError::Extra(_)) => {
            Err(Wrong::new(format!("{path} holds more than an address"), "leave user, password, ? and # out"))
        }
    }
}

/// `127.0.0.1:9600`.
pub(super) fn address(path: &str, text: &str) -> Result<Read, Wrong> {
    match text.parse::<SocketAddr>() {
        Ok(address) => Ok(Read::Text(address.to_string())),
        Err(_) => Err(Wrong::new(
            format!("{path}: '{}' is not an address with a port", shown(text)),
            "write it in numbers, such as 127.0.0.1:9600, or 0.0.0.0:9600 for every network",
        )),
    }
}

/// A cron expression; what is wrong with it has its place in the text.
pub(super) fn cron(path: &str, text: &str) -> Result<Read, Wrong> {
    match text.parse::<CronExpr>() {
        Ok(_) => Ok(Read::Text(text.to_owned())),
        Err(error) => {
            let field = error.field.map_or_else(String::new, |field| format!(", {field}"));
            let what = format!("{path}{field}: '{}' {}", shown(&error.found), error.mistake);
            Err(Wrong { what, then: error.instead, within: error.column.saturating_sub(1) })
        }
    }
}

/// The name of a time zone.
pub(super) fn zone(path: &str, text: &str) -> Result<Read, Wrong> {
    match zone_of(text) {
        Ok(zone) => Ok(Read::Zone(zone)),
        Err(error) => {
            let ZoneError { name, near } = &error;
            let then = match near[..] {
                [] => "write a place of the IANA list, such as Europe/Berlin or America/New_York, or UTC"
                    .to_owned(),
                _ => format!("did you mean {}?", near.join(" or ")),
            };
            Err(Wrong::new(format!("{path}: '{}' is not a time zone", shown(name)), then))
        }
    }
}

/// What to scan.
pub(super) fn scope(path: &str, text: &str) -> Result<String, Wrong> {
    match text.parse::<Scope>() {
        Ok(scope) => Ok(scope.to_string()),
        Err(ScopeError::PathHere) => Err(Wrong::new(
            format!("{path} names a folder"),
            "path: works on the command line only; name the folder under [exports] and write export:NAME",
        )),
        Err(error) => {
            let told = crate::view::plain(&error.to_string(), 200);
            let (what, then) = told.rsplit_once(": ").unwrap_or((told.as_str(), "write KIND:NAME"));
            Err(Wrong::new(format!("{path}: {what}"), then))
        }
    }
}
