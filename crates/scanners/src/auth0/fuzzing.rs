//! Entry points for fuzzing: bytes from outside to a report, without files.

use checkmate_domain::{FingerprintKey, NotAssessed, ScanReport, TargetId, Timestamp};

use super::api::{self, Answers};
use super::assess::assess;
use super::snapshot::{Raw, TenantSnapshot, gather};
use super::source::Collection;
use super::{code, files, parse, scripts, yaml};

const NOW: Timestamp = Timestamp::from_millis(1_795_651_200_000);

/// The report on a tenant whose `tenant.yaml` holds these bytes; `None` only when a check has an invalid id.
#[must_use]
pub fn tenant_yaml(bytes: &[u8], target: &TargetId, key: &FingerprintKey) -> Option<ScanReport> {
    let mut snapshot = match files::utf8("tenant.yaml", bytes) {
        Ok(text) => yaml::read(&text, NOW),
        Err(reason) => TenantSnapshot::unreadable(&reason, NOW),
    };
    scripts::load_inline(&mut snapshot);
    assess(&snapshot, target, key).ok()
}

/// The report on a tenant with one application, whose JSON file holds these bytes.
#[must_use]
pub fn client_json(bytes: &[u8], target: &TargetId, key: &FingerprintKey) -> Option<ScanReport> {
    let parsed: Result<_, NotAssessed> =
        files::utf8("clients/one.json", bytes).and_then(|text| parse::json(&text));
    let raw = Raw { hint: "one".to_owned(), at: "clients/one.json#".to_owned(), parsed };
    let mut snapshot = TenantSnapshot::new(NOW);
    snapshot.put(Collection::Clients, gather(Collection::Clients.source(), vec![raw], true));
    assess(&snapshot, target, key).ok()
}

/// How many things are noted of a script with this text; `None` when it cannot be parsed.
#[must_use]
pub fn script(text: &str) -> Option<usize> {
    let read = code::read_all(vec![text.to_owned()]);
    let facts = read.first()?.facts().ok()?;
    Some(facts.secrets.len() + facts.dangerous.len() + facts.calls.len())
}

/// The report on a tenant whose snapshot holds these bytes; `None` when it is no snapshot.
#[must_use]
pub fn tenant_snapshot(bytes: &[u8], target: &TargetId, key: &FingerprintKey) -> Option<ScanReport> {
    let answers = Answers::from_json(std::str::from_utf8(bytes).ok()?).ok()?;
    api::assess_now(answers, target, key).ok()
}
