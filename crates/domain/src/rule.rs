//! A rule: one question asked of a target, with everything a reader of its findings needs. Results carry a snapshot of
//! the rules they used, so nobody downstream asks the scanner.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::RuleId;

/// How bad a failed check is by itself, before exposure is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is open.
    Info,
    /// A small weakness or missing hygiene.
    Low,
    /// A weakness that needs another one to be used.
    Moderate,
    /// Usable by an attacker as it is.
    High,
    /// Being usable now by anybody, with full effect.
    Critical,
}

impl Severity {
    /// All severities, least first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Moderate, Self::High, Self::Critical];

    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| format!("'{text}' is not a severity: use info, low, moderate, high or critical"))
    }
}

/// A page that says more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// What the page is.
    pub title: String,
    /// Where it is; `https` only.
    pub url: String,
}

/// How to mend what a rule finds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediation {
    /// The action in one sentence.
    pub summary: String,
    /// The steps, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// One question asked of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id now.
    pub id: RuleId,
    /// Ids it had before, oldest first: its findings keep their fingerprints over a rename.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<RuleId>,
    /// One line, said as what should be.
    pub title: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// Why it matters, for somebody who does not know the product.
    pub rationale: String,
    /// How to mend it.
    pub remediation: Remediation,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Names other tools have for it, as `auth0-checkmate/checkBruteForce`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equivalents: Vec<String>,
}

impl Rule {
    /// The id that goes into fingerprints: the first the rule ever had.
    #[must_use]
    pub fn identity(&self) -> &RuleId {
        self.aliases.first().unwrap_or(&self.id)
    }
}
