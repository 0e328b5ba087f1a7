//! Verdicts stand at the position of their findings.
#![allow(clippy::expect_used, reason = "a test that cannot build its input must fail")]

use checkmate_domain::{
    Evidence, Exposure, Finding, FingerprintKey, Place, ResourceId, RuleId, ScanReport, Severity, TargetId,
};
use checkmate_triage::{score, triage};
use proptest::prelude::*;

fn finding(n: usize, severity: Severity, exposure: Exposure) -> Finding {
    let key = FingerprintKey::new(vec![7; 32]).expect("32 bytes");
    let rule = RuleId::new("auth0.group.name").expect("id");
    let target = TargetId::new("export:acme").expect("id");
    let resource = ResourceId::new(format!("r{n}")).expect("id");
    Finding {
        fingerprint: key.fingerprint(&rule, &target, &resource, ""),
        place: Place { rule: rule.clone(), target, resource, discriminator: String::new() },
        rule,
        resource_name: format!("r{n}"),
        title: "a problem".to_owned(),
        severity,
        exposure,
        evidence: Evidence::default(),
    }
}

proptest! {
    #[test]
    fn every_finding_gets_its_own_verdict(
        cells in prop::collection::vec((prop::sample::select(&Severity::ALL[..]), prop::sample::select(&Exposure::ALL[..])), 0..20)
    ) {
        let mut report = ScanReport::target_gone(TargetId::new("export:acme").expect("id"));
        report.findings =
            cells.iter().enumerate().map(|(n, (severity, exposure))| finding(n, *severity, *exposure)).collect();
        triage(&mut report);
        let once = report.triage.clone();
        prop_assert_eq!(once.len(), cells.len());
        for (verdict, (severity, exposure)) in once.iter().zip(&cells) {
            prop_assert_eq!(verdict, &score(*severity, *exposure));
        }
        triage(&mut report);
        prop_assert_eq!(report.triage, once);
    }
}
