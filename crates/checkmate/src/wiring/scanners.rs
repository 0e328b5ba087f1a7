//! Which scanners answer for which kind of scope.

use std::sync::Arc;

use checkmate_scanners::Registry;
use checkmate_scanners::auth0::ExportScanner;

use crate::wiring::exports::ExportNames;

/// Makes the list of scanners; the tests have their own.
pub type MakeScanners = fn(Arc<ExportNames>) -> Registry;

/// The scanners of the product.
#[must_use]
pub fn product(exports: Arc<ExportNames>) -> Registry {
    Registry::new().with("export", Arc::new(ExportScanner::new(exports)))
}
