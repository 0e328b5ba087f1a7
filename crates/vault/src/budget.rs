//! What calls to one tenant share: a limit that one of them meets holds for all, in every process.

use checkmate_outbound::{BaseUrl, BudgetKey};

/// Of the tenant's APIs, whoever asks them: the scanners use the same key.
pub(crate) fn api(base: &BaseUrl) -> BudgetKey {
    BudgetKey::of("auth0", base)
}

/// Of its token endpoint, which has a limit of its own.
pub(crate) fn tokens(domain: &str) -> BudgetKey {
    BudgetKey::new(format!("auth0-token:{domain}"))
}
