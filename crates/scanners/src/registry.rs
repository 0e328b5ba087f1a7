//! Who answers for which kind of scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use checkmate_domain::{Scope, TargetId};

use crate::contract::Scanner;

/// The scanners of this process by the word before the colon in a scope or target: `export`, `auth0`, `github`.
#[derive(Clone, Default)]
pub struct Registry {
    by_kind: BTreeMap<String, Arc<dyn Scanner>>,
}

impl Registry {
    /// No scanners.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the scanner for a kind; a second one for the same kind replaces the first.
    #[must_use]
    pub fn with(mut self, kind: &str, scanner: Arc<dyn Scanner>) -> Self {
        self.by_kind.insert(kind.to_owned(), scanner);
        self
    }

    /// The scanner for a scope.
    #[must_use]
    pub fn for_scope(&self, scope: &Scope) -> Option<Arc<dyn Scanner>> {
        self.by_kind.get(scope.kind()).cloned()
    }

    /// The scanner for a target.
    #[must_use]
    pub fn for_target(&self, target: &TargetId) -> Option<Arc<dyn Scanner>> {
        let kind = target.as_str().split(':').next().unwrap_or_default();
        self.by_kind.get(kind).cloned()
    }

    /// The kinds of scope somebody answers for.
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        self.by_kind.keys().map(String::as_str).collect()
    }
}
