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
    insta::assert_snapshot!("vendor_directory", summary(&scan(&path)).join("\n"));
}

#[test]
fn the_vendors_yaml_export() {
    let Some(path) = vendor("yaml") else { return };
    insta::assert_snapshot!("vendor_yaml", summary(&scan(&path)).join("\n"));
    assert_eq!(summary(&scan(&path.join("tenant.yaml"))), summary(&scan(&path)));
}
