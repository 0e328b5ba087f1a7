//! Snapshots of a tenant's API: any bytes are a report or a refusal, and what cannot be read passes nothing.
#![no_main]

use checkmate_domain::{FingerprintKey, TargetId};
use checkmate_scanners::auth0::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let target = TargetId::new("auth0:acme.eu.auth0.com").expect("an id");
    let key = FingerprintKey::new(vec![7; 32]).expect("32 bytes");
    let _ = fuzzing::tenant_snapshot(bytes, &target, &key);
});
