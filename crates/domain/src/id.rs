//! Identifiers as types. Each is bounded and printable, so that it can stand in a key, a header, a log line and a file name.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::approval::Ask;
use crate::delivery::Subject;
use crate::hash::derive;

/// The longest identifier accepted from outside, in bytes.
pub const MAX_ID_LEN: usize = 512;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {problem}")]
pub struct IdError {
    kind: &'static str,
    problem: &'static str,
}

fn check(kind: &'static str, text: &str) -> Result<(), IdError> {
    let problem = if text.is_empty() {
        "is empty"
    } else if text.len() > MAX_ID_LEN {
        "is longer than 512 bytes"
    } else if text.chars().any(char::is_control) {
        "holds a control character"
    } else {
        return Ok(());
    };
    Err(IdError { kind, problem })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks that the text is not empty, not longer than 512 bytes and without control characters.
            ///
            /// # Errors
            /// Says which of these it is.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                check($kind, &text)?;
                Ok(Self(text))
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        // By hand, as `into = "String"` would make a copy for each that is written.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> { Self::new(text) }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self { id.0 }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> { Self::new(text) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str { &self.0 }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str { &self.0 }
        }
    )+};
}

ids! {
    /// One run over a scope.
    ScanId = "scan id";
    /// One unit of work; the same (scan, kind, target, part) has the same id.
    JobId = "job id";
    /// One Auth0 tenant, repository or export, written like the scope that names it: `export:acme`.
    TargetId = "target id";
    /// A share of a large target, named by the ids sealed in it.
    PartId = "part id";
    /// One question asked of a target: `auth0.attack-protection.breached-password`.
    RuleId = "rule id";
    /// The immutable id of a thing inside a target; in an export its name.
    ResourceId = "resource id";
    /// A list of resources of one kind in a target: `clients`, `connections`, `tenant`.
    CollectionId = "collection id";
    /// One event; derived from what it tells, so that a repeat has the same id.
    EventId = "event id";
    /// A configured schedule by its name.
    ScheduleName = "schedule name";
    /// An Auth0 connection by its name: `github`, `atlassian`, `microsoft-teams`.
    ConnectionName = "connection name";
    /// An Auth0 user: `auth0|…`, `waad|…`.
    UserId = "user id";
    /// One attempt to get a credential; never used twice.
    LeaseId = "lease id";
    /// One root cause over many findings.
    GroupId = "group id";
    /// One effect on the outside.
    DeliveryId = "delivery id";
    /// One question to a person.
    ApprovalId = "approval id";
    /// One process start of a role; never used twice.
    WorkerId = "worker id";
}

impl ScanId {
    /// The id for a request that must not run twice: the same label and fields give the same scan.
    #[must_use]
    pub fn derived(fields: &[&str]) -> Self {
        Self(derive("checkmate.scan.v1", fields, 20))
    }
}

impl JobId {
    /// The deterministic id of a job.
    #[must_use]
    pub fn derived(scan: &ScanId, kind: &str, target: &str, part: Option<&PartId>) -> Self {
        let part = part.map_or("", PartId::as_str);
        Self(derive("checkmate.job.v1", &[scan.as_str(), kind, target, part], 32))
    }
}

impl GroupId {
    /// The group of a rule in an organisation, whoever its members are.
    #[must_use]
    pub fn derived(rule: &RuleId, organisation: &str) -> Self {
        Self(derive("checkmate.group.v1", &[rule.as_str(), organisation], 32))
    }
}

impl DeliveryId {
    /// The id of the one effect on a subject by a route: the same whoever asks, and however often.
    #[must_use]
    pub fn derived(route: &str, subject: &Subject) -> Self {
        let (kind, id) = subject.words();
        Self(derive("checkmate.delivery.v1", &[route, kind, &id], 32))
    }
}

impl ApprovalId {
    /// The id of what is asked for a route: about a project once, about what a scan brings once for the scan.
    #[must_use]
    pub fn derived(route: &str, ask: &Ask, scan: &ScanId) -> Self {
        let about = match ask {
            Ask::FirstUse { project } => project.as_str(),
            Ask::ManyNew { .. } | Ask::ManyClosing { .. } => scan.as_str(),
        };
        Self(derive("checkmate.approval.v1", &[route, ask.word(), about], 32))
    }
}

impl PartId {
    /// Named by what is in it and not by a page number: the same ids are the same part.
    #[must_use]
    pub fn derived(rules: &[&RuleId], resources: &[&ResourceId]) -> Self {
        let fields: Vec<&str> = rules
            .iter()
            .map(|id| id.as_str())
            .chain(std::iter::once("\u{1f}"))
            .chain(resources.iter().map(|id| id.as_str()))
            .collect();
        Self(derive("checkmate.part.v1", &fields, 20))
    }
}

impl EventId {
    /// The id of the event that tells these facts.
    #[must_use]
    pub fn derived(fields: &[&str]) -> Self {
        Self(derive("checkmate.event.v1", fields, 32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_cannot_stand_in_a_key() {
        for bad in ["", "a\nb", "\u{7}", &"x".repeat(513)] {
            assert!(RuleId::new(bad).is_err(), "{bad:?}");
        }
        assert!(serde_json::from_str::<JobId>("\"\"").is_err());
    }

    #[test]
    fn job_ids_depend_on_every_field() {
        let scan = ScanId::derived(&["a"]);
        let part = PartId::new("p").ok();
        let ids = [
            JobId::derived(&scan, "scan", "export:a", None),
            JobId::derived(&scan, "discover", "export:a", None),
            JobId::derived(&scan, "scan", "export:b", None),
            JobId::derived(&scan, "scan", "export:a", part.as_ref()),
            JobId::derived(&ScanId::derived(&["b"]), "scan", "export:a", None),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }
}
