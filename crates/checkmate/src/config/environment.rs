//! The only place that reads the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// A variable that is set, not empty and text.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Every variable of ours that is set and not empty, by its name.
#[must_use]
pub fn all() -> BTreeMap<String, OsString> {
    let ours = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    let named = ours.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    named.filter(|(name, _)| name.starts_with("CHECKMATE_")).collect()
}
