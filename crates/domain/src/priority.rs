//! Triage's verdict on a finding.

use std::fmt;

use serde::{Deserialize, Serialize};

/// When somebody should act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Now.
    P1,
    /// This week.
    P2,
    /// This quarter.
    P3,
    /// When there is time.
    P4,
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        })
    }
}

/// Who can reach what a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exposure {
    /// Only people who administer it.
    Internal,
    /// People or systems with an account.
    Authenticated,
    /// Anybody on the internet.
    Public,
}

impl Exposure {
    /// All exposures, least first.
    pub const ALL: [Self; 3] = [Self::Internal, Self::Authenticated, Self::Public];

    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Authenticated => "authenticated",
            Self::Public => "public",
        }
    }
}

/// Priority with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triaged {
    /// When to act.
    pub priority: Priority,
    /// One sentence for a person.
    pub reason: String,
}
