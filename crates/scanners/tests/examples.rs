//! The example export, and the vendor's own, through the scanner.

#![allow(clippy::expect_used, reason = "a test that cannot build its input must fail")]

mod common;

use std::path::PathBuf;

use common::{root, scan, summary, told};

#[test]
fn the_example_tells_what_there_is_to_tell() {
    let report = scan(&root().join("examples/tenant-export"));
    insta::assert_snapshot!("example", told(&report));
}

/// The vendor's exports, where they are.
fn vendor(layout: &str) -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "tests find reference data outside of the tree")]
    let data =
        std::env::var("CHECKMATE_DATA_DIR").map_or_else(|_| root().join("../shared/data"), PathBuf::from);
    let path = data.join("auth0-exports").join(layout);
    if !path.is_dir() {
        eprintln!("skipped: no reference data at {}, set CHECKMATE_DATA_DIR", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn the_vendors_directory_export() {
    let Some(path) = vendor("directory") else { return };
    let expected = [
        "not-applicable auth0.apis.management-grants",
        "not-assessed auth0.apis.signing-algorithm 1 unseen",
        "not-assessed auth0.applications.callbacks 1 unseen",
        "failed auth0.applications.grant-types 1 high 1 moderate 2 unseen",
        "not-assessed auth0.applications.id-token-signature 4 unseen",
        "not-assessed auth0.applications.public-client-credentials 2 unseen",
        "passed auth0.attack-protection.breached-password",
        "passed auth0.attack-protection.brute-force",
        "failed auth0.attack-protection.suspicious-ip-throttling 1 low",
        "failed auth0.databases.password-policy 1 high",
        "failed auth0.extensibility.rules 1 high",
        "passed auth0.mfa.factors",
        "passed auth0.mfa.policy",
        "not-assessed auth0.tenant.legacy-flags 1 unseen",
        "passed auth0.tenant.session-lifetime",
    ];
    assert_eq!(summary(&scan(&path)), expected);
}

#[test]
fn the_vendors_yaml_export() {
    let Some(path) = vendor("yaml") else { return };
    let expected = [
        "not-applicable auth0.apis.management-grants",
        "not-assessed auth0.apis.signing-algorithm 2 unseen",
        "passed auth0.applications.callbacks",
        "not-assessed auth0.applications.grant-types 7 unseen",
        "not-assessed auth0.applications.id-token-signature 9 unseen",
        "not-assessed auth0.applications.public-client-credentials 7 unseen",
        "passed auth0.attack-protection.breached-password",
        "passed auth0.attack-protection.brute-force",
        "failed auth0.attack-protection.suspicious-ip-throttling 1 low",
        "failed auth0.databases.password-policy 1 high",
        "not-assessed auth0.extensibility.rules",
        "passed auth0.mfa.factors",
        "passed auth0.mfa.policy",
        "not-assessed auth0.tenant.legacy-flags 1 unseen",
        "not-assessed auth0.tenant.session-lifetime 1 unseen",
    ];
    assert_eq!(summary(&scan(&path)), expected);
    assert_eq!(summary(&scan(&path.join("tenant.yaml"))), summary(&scan(&path)));
}
