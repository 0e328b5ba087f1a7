//! A finding stands only where a check ran, whatever a tenant.yaml holds.
#![no_main]

use checkmate_domain::{FingerprintKey, Statement, TargetId};
use checkmate_scanners::auth0::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let key = FingerprintKey::new(vec![1; 32]).expect("32 bytes");
    let target = TargetId::new("export:fuzz").expect("an id");
    let report = fuzzing::tenant_yaml(bytes, &target, &key).expect("every check has a valid id");
    for finding in &report.findings {
        let place = &finding.place;
        let statement = report.coverage.statement(&place.rule, &place.resource);
        assert_eq!(statement, Statement::Ran, "a finding where nothing was looked at");
    }
});
