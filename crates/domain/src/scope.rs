//! What a scan covers, as a person writes it: `export:acme`, `auth0:acme.eu.auth0.com`, `github:acme/api`, `org:acme`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::TargetId;

/// What a scan covers. `path:DIR` is a form of the command line only: it becomes an `export:` name before it travels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// All tenants and repositories of a configured organisation.
    Org(String),
    /// One Auth0 tenant by its canonical host name.
    Auth0(String),
    /// All repositories of a GitHub organisation.
    GithubOrg(String),
    /// One GitHub repository: owner and name.
    GithubRepo(String, String),
    /// A tenant export, or a folder of exports, by its configured name.
    Export(String),
    /// One account that credentials are leased from, by its configured name; a scan of it is a connection check.
    Connection(String),
}

/// Why a text is not a scope, with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// No `kind:` in front.
    #[error("'{0}' is not a scope: write KIND:NAME, for example export:acme or path:./my-export")]
    NoKind(String),
    /// A kind nobody knows.
    #[error(
        "'{0}:' is not a kind of scope: use org, auth0, github, export, connection, or path on the command line"
    )]
    UnknownKind(String),
    /// The part after the colon cannot be a name.
    #[error(
        "'{0}' is not a name: use 1 to 200 letters, digits, '.', '_', '-' (and one '/' for a repository)"
    )]
    BadName(String),
    /// `path:` where only a configured name may stand.
    #[error(
        "path: works on the command line only; elsewhere name the export in the configuration and use export:NAME"
    )]
    PathHere,
}

impl Scope {
    /// The target this scope is, when it is exactly one; a folder of exports is found out by `discover`.
    #[must_use]
    pub fn target_id(&self) -> Option<TargetId> {
        match self {
            Self::Org(_) | Self::GithubOrg(_) => None,
            Self::Auth0(_) | Self::GithubRepo(..) | Self::Export(_) | Self::Connection(_) => {
                TargetId::new(self.to_string()).ok()
            }
        }
    }

    /// The word before the colon.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Org(_) => "org",
            Self::Auth0(_) => "auth0",
            Self::GithubOrg(_) | Self::GithubRepo(..) => "github",
            Self::Export(_) => "export",
            Self::Connection(_) => "connection",
        }
    }
}

/// Whether a text can name a scope or an export: bounded, no path tricks, no spaces.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text.len() <= 200 && text.chars().all(plain) && text != "." && text != ".."
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let shown = || text.chars().take(80).collect::<String>();
        let (kind, name) = text.split_once(':').ok_or_else(|| ScopeError::NoKind(shown()))?;
        let named = |make: fn(String) -> Self| {
            if is_name(name) { Ok(make(name.to_owned())) } else { Err(ScopeError::BadName(shown())) }
        };
        match kind {
            "org" => named(Self::Org),
            "auth0" => named(Self::Auth0),
            "export" => named(Self::Export),
            "connection" => named(Self::Connection),
            "path" => Err(ScopeError::PathHere),
            "github" => match name.split_once('/') {
                None => named(Self::GithubOrg),
                Some((owner, repo)) if is_name(owner) && is_name(repo) => {
                    Ok(Self::GithubRepo(owner.to_owned(), repo.to_owned()))
                }
                Some(_) => Err(ScopeError::BadName(shown())),
            },
            other => Err(ScopeError::UnknownKind(other.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org(name) => write!(f, "org:{name}"),
            Self::Auth0(host) => write!(f, "auth0:{host}"),
            Self::GithubOrg(owner) => write!(f, "github:{owner}"),
            Self::GithubRepo(owner, repo) => write!(f, "github:{owner}/{repo}"),
            Self::Export(name) => write!(f, "export:{name}"),
            Self::Connection(name) => write!(f, "connection:{name}"),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;
    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in [
            "org:acme",
            "auth0:acme.eu.auth0.com",
            "github:acme",
            "github:acme/api",
            "export:prod-eu",
            "connection:github",
        ] {
            assert_eq!(text.parse::<Scope>().map(|s| s.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn refuses_what_could_leave_its_folder_or_its_line() {
        for text in [
            "acme",
            "export:",
            "export:..",
            "export:a/b",
            "github:a/b/c",
            "ftp:x",
            "export:a b",
            "path:/etc",
            "export:é",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
