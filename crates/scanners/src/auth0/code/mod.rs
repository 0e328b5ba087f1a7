//! What a script of a tenant does, as far as its text shows: parsed, never run.
//!
//! The text is dropped after reading. What is kept of a literal is where it stands and of what kind it is.

mod calls;
mod flow;
mod guard;
mod lines;
mod named;
mod texts;
mod visit;

use std::collections::BTreeSet;
use std::ops::Range;

use checkmate_domain::{NotAssessed, Severity};

use super::check::{Answer, Verdict, failed, first_few};
use super::item::Item;
use super::snapshot::TenantSnapshot;

pub(crate) use visit::{places, read_all};

/// Auth0 takes scripts of 100 kB; more than this is not one.
const LARGEST: usize = 256 << 10;
/// Spots kept of a kind: the first few are shown.
const MOST: usize = 20;

/// A place in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) line: usize,
    /// What stands there, redacted.
    pub(crate) what: String,
}

/// What a script does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Literals that look like secrets.
    pub(crate) secrets: Vec<Spot>,
    /// MD5 and SHA-1.
    pub(crate) weak_hashes: Vec<Spot>,
    /// The other side's certificate is not looked at.
    pub(crate) tls_off: Vec<Spot>,
    /// Text that is run as code, programs that are started.
    pub(crate) dangerous: Vec<Spot>,
    /// Addresses that are not encrypted.
    pub(crate) insecure: Vec<Spot>,
    /// Passwords, tokens or whole events that are written to the log.
    pub(crate) logging: Vec<Spot>,
    /// Queries made by putting texts together.
    pub(crate) sql: Vec<Spot>,
    /// Personal data in claims.
    pub(crate) claims: Vec<Spot>,
    /// Accounts are linked.
    pub(crate) linking: Vec<Spot>,
    /// Hosts that are talked to.
    pub(crate) hosts: BTreeSet<String>,
    /// Names that are called: `api.access.deny`.
    pub(crate) calls: BTreeSet<String>,
}

/// Where literals stand in a script, in bytes, with their quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// Those that look like secrets.
    pub(crate) secrets: Vec<Range<usize>>,
    /// Those that are called by the name of a secret, and look like none.
    pub(crate) private: Vec<Range<usize>>,
    /// All of them.
    pub(crate) literals: Vec<Range<usize>>,
    /// Comments, without their signs.
    pub(crate) comments: Vec<Range<usize>>,
}

/// A script as it was read: its facts, and which of the words that checks look for its code holds. Comments and what is never
/// reached are no code.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Script {
    pub(crate) facts: Result<Facts, NotAssessed>,
    words: Vec<&'static str>,
}

/// The words that checks look for in scripts.
const WORDS: [&str; 5] = ["multifactor", "authentication", "email_verified", "code_challenge", "email"];

impl Script {
    /// A script of which nothing is known, for this reason.
    pub(crate) fn unreadable(reason: NotAssessed) -> Self {
        Self { facts: Err(reason), words: Vec::new() }
    }

    /// What it does; an error when it cannot be parsed.
    pub(crate) fn facts(&self) -> Result<&Facts, NotAssessed> {
        self.facts.as_ref().map_err(Clone::clone)
    }

    /// Whether its code holds a word of [`WORDS`]; an error when it cannot be parsed.
    pub(crate) fn mentions(&self, word: &'static str) -> Result<bool, NotAssessed> {
        self.facts().map(|_| self.words.contains(&word))
    }
}

/// A question about the script at a field of an object: a problem where it has such spots.
pub(crate) fn spots(
    item: &Item,
    field: &str,
    tenant: &TenantSnapshot,
    which: fn(&Facts) -> &Vec<Spot>,
    problem: (Severity, &str, &str),
) -> Answer {
    let Some(script) = script(item, field, tenant)? else {
        return Ok(Verdict::NotApplicable("it has no code"));
    };
    let found = which(script.facts()?);
    if found.is_empty() {
        return Ok(Verdict::Passed);
    }
    let (severity, title, expected) = problem;
    failed(severity, title, &item.pointer(field), &shown(found), expected)
}

/// The same of several fields: the first that has a problem; an error when one of the others cannot be read.
pub(crate) fn spots_in(
    item: &Item,
    fields: &[&str],
    tenant: &TenantSnapshot,
    which: fn(&Facts) -> &Vec<Spot>,
    problem: (Severity, &str, &str),
) -> Answer {
    let (mut unknown, mut passed) = (None, false);
    for field in fields {
        match spots(item, field, tenant, which, problem) {
            Ok(Verdict::Failed(problem)) => return Ok(Verdict::Failed(problem)),
            Ok(Verdict::Passed) => passed = true,
            Ok(Verdict::NotApplicable(_)) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    match unknown {
        Some(reason) => Err(reason),
        None if passed => Ok(Verdict::Passed),
        None => Ok(Verdict::NotApplicable("it has no code")),
    }
}

/// Whether the script at a field links accounts without ever looking whether their addresses are verified.
pub(crate) fn links_unverified(item: &Item, field: &str, tenant: &TenantSnapshot, title: &str) -> Answer {
    let Some(script) = script(item, field, tenant)? else {
        return Ok(Verdict::NotApplicable("it has no code"));
    };
    let linking = &script.facts()?.linking;
    if linking.is_empty() || script.mentions("email_verified")? {
        return Ok(Verdict::Passed);
    }
    failed(Severity::High, title, &item.pointer(field), &shown(linking), "a look at email_verified")
}

/// The script at a field of an object; `None` when there is none.
pub(crate) fn script<'a>(
    item: &Item,
    field: &str,
    tenant: &'a TenantSnapshot,
) -> Result<Option<&'a Script>, NotAssessed> {
    match item.written(field)? {
        None => Ok(None),
        Some(_) => tenant.script(&item.pointer(field)).map(Some),
    }
}

/// Places, as a person reads them.
pub(crate) fn shown(spots: &[Spot]) -> String {
    let words: Vec<String> = spots.iter().map(|spot| format!("line {}: {}", spot.line, spot.what)).collect();
    first_few(&words)
}

/// A version of Node, as `node18` or `18`: whether it still gets fixes.
pub(crate) fn runtime(version: &str, pointer: &str) -> Answer {
    let number = version.trim_start_matches("node").split(['.', '-']).next().unwrap_or_default();
    let expected = "Node 22";
    match number.parse::<u32>() {
        Ok(old) if old < 18 => failed(
            Severity::High,
            "The Node version is long past its end of life",
            pointer,
            version,
            expected,
        ),
        Ok(old) if old < 22 => {
            failed(Severity::Moderate, "The Node version is past its end of life", pointer, version, expected)
        }
        Ok(_) => Ok(Verdict::Passed),
        Err(_) => Err(NotAssessed::Unknown(format!("{pointer} is no version of Node"))),
    }
}

/// The field of a connection that holds the script which fetches a profile.
pub(crate) const PROFILE_SCRIPT: &str = "options/scripts/fetchUserProfile";

/// The fields of a database that hold scripts.
pub(crate) const DATABASE_SCRIPTS: [&str; 8] = [
    "options/customScripts/login",
    "options/customScripts/get_user",
    "options/customScripts/create",
    "options/customScripts/verify",
    "options/customScripts/change_password",
    "options/customScripts/change_email",
    "options/customScripts/change_username",
    "options/customScripts/delete",
];

#[cfg(test)]
mod tests;
