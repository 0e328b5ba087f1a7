//! Entry points for fuzzing: bytes from outside to a report, without files.

use checkmate_domain::{FingerprintKey, NotAssessed, ScanReport, TargetId};

use super::assess::assess;
use super::snapshot::{Raw, TenantSnapshot, gather};
use super::source::Collection;
use super::{files, parse, yaml};

/// The report on a tenant whose `tenant.yaml` holds these bytes; `None` only when a check has an invalid id.
#[must_use]
pub fn tenant_yaml(bytes: &[u8], target: &TargetId, key: &FingerprintKey) -> Option<ScanReport> {
    let snapshot = match files::utf8("tenant.yaml", bytes) {
        Ok(text) => yaml::read(&text),
        Err(reason) => TenantSnapshot::unreadable(&reason),
    };
    assess(&snapshot, target, key).ok()
}

/// The report on a tenant with one application, whose JSON file holds these bytes.
#[must_use]
pub fn client_json(bytes: &[u8], target: &TargetId, key: &FingerprintKey) -> Option<ScanReport> {
    let parsed: Result<_, NotAssessed> =
        files::utf8("clients/one.json", bytes).and_then(|text| parse::json(&text));
    let raw = Raw { hint: "one".to_owned(), at: "clients/one.json#".to_owned(), parsed };
    let mut snapshot = TenantSnapshot::default();
    snapshot.put(Collection::Clients, gather(Collection::Clients.source(), vec![raw], true));
    assess(&snapshot, target, key).ok()
}
