//! What several checks ask of a custom domain.

use checkmate_domain::NotAssessed;

use super::item::Item;

/// Whether one can log in there. An export leaves the state out: a domain that is there counts.
pub(crate) fn is_ready(domain: &Item) -> Result<bool, NotAssessed> {
    Ok(matches!(domain.text("status")?, Some("ready") | None))
}
