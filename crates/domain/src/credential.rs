//! What a credential is asked for: which connection, whose account, which scopes.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{ConnectionName, UserId};

/// The longest scope and the most of them taken from outside.
const MOST: (usize, usize) = (256, 200);

/// A set of OAuth scopes. Written with spaces; read with spaces or commas, as providers answer with either.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(BTreeSet<String>);

/// Why a text is no set of scopes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a list of scopes: words of at most 256 printable ASCII characters, with spaces or commas between them, at most 200"
)]
pub struct ScopesError;

impl Scopes {
    /// Whether nothing is asked for or granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each scope, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether it is among them.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// What of `needed` is not in here.
    #[must_use]
    pub fn missing(&self, needed: &Self) -> Self {
        Self(needed.0.difference(&self.0).cloned().collect())
    }
}

impl FromStr for Scopes {
    type Err = ScopesError;

    fn from_str(text: &str) -> Result<Self, ScopesError> {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let fits = |word: &str| word.len() <= MOST.0 && word.bytes().all(|byte| byte.is_ascii_graphic());
        let mut scopes = BTreeSet::new();
        for word in words {
            if !fits(word) || scopes.len() == MOST.1 {
                return Err(ScopesError);
            }
            scopes.insert(word.to_owned());
        }
        Ok(Self(scopes))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            write!(f, "{}{scope}", if place == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Scopes {
    type Error = ScopesError;
    fn try_from(text: String) -> Result<Self, ScopesError> {
        text.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

/// Whose credential it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Account {
    /// A user's account at a provider, kept by Token Vault.
    Connection {
        /// The Auth0 connection.
        connection: ConnectionName,
        /// The Auth0 user whose account it is.
        user: UserId,
    },
    /// A tenant's Management API, by client credentials.
    Tenant {
        /// The tenant's canonical host.
        host: String,
        /// The client that asks.
        client: String,
    },
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { connection, user } => write!(f, "connection {connection} of {user}"),
            Self::Tenant { host, client } => write!(f, "Management API of {host} as {client}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commas_and_spaces_alike() {
        let scopes: Scopes = "repo, read:org  repo".parse().unwrap();
        assert_eq!(scopes.to_string(), "read:org repo");
        assert_eq!("repo,read:org".parse(), Ok(scopes.clone()));
        assert_eq!(scopes.missing(&"repo admin".parse().unwrap()).to_string(), "admin");
        assert!("".parse::<Scopes>().unwrap().is_empty());
    }

    #[test]
    fn refuses_what_could_leave_its_line() {
        for text in ["a\nb", "ä", &"x".repeat(257)] {
            assert_eq!(text.parse::<Scopes>(), Err(ScopesError), "{text:?}");
        }
    }
}
