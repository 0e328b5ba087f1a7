//! The vendors' own contracts, which lie outside of the tree.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A contract of a vendor, by its folder and the name of its file; nothing, with a line that says so, where it is not.
///
/// # Panics
/// When it is no JSON.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "tests find the contracts by a variable")]
pub fn of(vendor: &str, name: &str) -> Option<Value> {
    let folder = std::env::var("CHECKMATE_CONTRACTS_DIR").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/contracts"),
        PathBuf::from,
    );
    let path = folder.join(vendor).join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no contract at {}, set CHECKMATE_CONTRACTS_DIR", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).expect("a contract is JSON"))
}

/// A contract of Auth0.
#[must_use]
pub fn auth0(name: &str) -> Option<Value> {
    of("auth0", name)
}
