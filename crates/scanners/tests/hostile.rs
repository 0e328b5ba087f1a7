//! Exports that were cut, mixed up or made to break: no panic, and nothing that was found passes for mended.

#![allow(clippy::expect_used, reason = "a test that cannot build its input must fail")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use checkmate_domain::{CheckOutcome, ScanReport, Statement};
use checkmate_scanners::auth0::fuzzing;
use common::{key, root, scan, target};
use proptest::prelude::*;

/// Every section that is read, as the tool writes it: block style, several objects each, something wrong everywhere.
const TENANT: &str = include_str!("data/tenant.yaml");
const CLIENT: &str = include_str!("../../../examples/tenant-export/clients/Halden Shop.json");

fn from_yaml(bytes: &[u8]) -> ScanReport {
    fuzzing::tenant_yaml(bytes, &target("export:acme"), &key()).expect("valid ids")
}

fn from_client(bytes: &[u8]) -> ScanReport {
    fuzzing::client_json(bytes, &target("export:acme"), &key()).expect("valid ids")
}

/// What holds of every report.
fn is_sound(report: &ScanReport) {
    assert_eq!(report.rules.len(), report.checks.len());
    assert_eq!(report.coverage.rules.len(), report.checks.len());
    let fingerprints: BTreeSet<_> = report.findings.iter().map(|finding| &finding.fingerprint).collect();
    assert_eq!(fingerprints.len(), report.findings.len(), "a fingerprint is there twice");
    for finding in &report.findings {
        let place = &finding.place;
        let said = report.coverage.statement(&place.rule, &place.resource);
        assert_eq!(said, Statement::Ran, "{} at {} is not covered", place.rule, place.resource);
        for text in
            [&finding.title, &finding.evidence.pointer, &finding.evidence.seen, &finding.resource_name]
        {
            assert!(text.chars().count() <= 300 && !text.chars().any(char::is_control), "{text:?}");
        }
    }
    for check in &report.checks {
        let failed = report.findings.iter().any(|finding| finding.rule == check.rule);
        assert_eq!(failed, check.outcome == CheckOutcome::Failed, "{}", check.rule);
        assert!(check.unseen.len() <= 100);
        assert!(
            check.outcome != CheckOutcome::Passed || check.unseen.is_empty(),
            "{} passed unseen",
            check.rule
        );
    }
    let again: ScanReport =
        serde_json::from_slice(&serde_json::to_vec(report).expect("serialises")).expect("parses");
    assert_eq!(&again, report);
}

/// Nothing of `whole` is taken back by `less`: each finding is still there, or nothing is said of it.
fn takes_nothing_back(whole: &ScanReport, less: &ScanReport, how: &str) {
    for finding in &whole.findings {
        let place = &finding.place;
        let there = less.findings.iter().any(|other| other.fingerprint == finding.fingerprint);
        let said = less.coverage.statement(&place.rule, &place.resource);
        assert!(there || said == Statement::Unknown, "{how}: {} at {}: {said:?}", place.rule, place.resource);
    }
}

#[test]
fn a_tenant_yaml_cut_anywhere_takes_no_finding_back() {
    let whole = from_yaml(TENANT.as_bytes());
    let failing = whole.checks.iter().filter(|check| check.outcome == CheckOutcome::Failed).count();
    assert!(failing >= 15, "many checks should have something to lose: {:#?}", whole.checks);
    for end in 0..TENANT.len() {
        let less = from_yaml(&TENANT.as_bytes()[..end]);
        if end % 8 == 0 {
            is_sound(&less);
        }
        takes_nothing_back(&whole, &less, &format!("cut at {end}"));
    }
}

#[test]
fn a_client_cut_anywhere_takes_no_finding_back() {
    let whole = from_client(CLIENT.as_bytes());
    assert!(whole.findings.len() >= 2);
    // Of the whole only the last line end may be missing.
    for end in 0..CLIENT.trim_end().len() {
        let less = from_client(&CLIENT.as_bytes()[..end]);
        assert!(less.findings.is_empty(), "cut at {end}");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("listed").map(|entry| entry.expect("entry").path()) {
        if entry.is_dir() { files.extend(files_below(&entry)) } else { files.push(entry) }
    }
    files.sort();
    files
}

#[test]
fn a_directory_with_any_one_file_cut_takes_no_finding_back() {
    let example = root().join("examples/tenant-export");
    let copy = tempfile::tempdir().expect("folder");
    let files = files_below(&example);
    let place = |file: &Path| copy.path().join(file.strip_prefix(&example).expect("below"));
    for file in &files {
        fs::create_dir_all(place(file).parent().expect("parent")).expect("made");
        fs::copy(file, place(file)).expect("copied");
    }
    let whole = scan(copy.path());
    assert!(whole.findings.len() >= 10);
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let bytes = fs::read(file).expect("read");
        for end in [0, 1, bytes.len() / 2, bytes.len() - 3] {
            fs::write(place(file), &bytes[..end]).expect("written");
            let less = scan(copy.path());
            is_sound(&less);
            takes_nothing_back(&whole, &less, &format!("{} cut at {end}", file.display()));
        }
        fs::write(place(file), &bytes).expect("written");
    }
    assert_eq!(scan(copy.path()).findings, whole.findings);
}

/// Edits of a text: at a position, some bytes replaced by others.
fn edited(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let edit = (0..text.len(), 0..12usize, "[-a-z0-9 :#@\\[\\]{}\"'&*!|>%\n\t,.?]{0,8}");
    prop::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, length, with) in edits {
            let at = at.min(bytes.len());
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, with.bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edited_tenant_yaml_gives_a_sound_report(bytes in edited(TENANT)) {
        let report = from_yaml(&bytes);
        is_sound(&report);
        prop_assert_eq!(report, from_yaml(&bytes));
    }

    #[test]
    fn an_edited_client_gives_a_sound_report(bytes in edited(CLIENT)) {
        is_sound(&from_client(&bytes));
    }

    #[test]
    fn garbage_gives_a_sound_report(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        is_sound(&from_yaml(&bytes));
        is_sound(&from_client(&bytes));
    }

    #[test]
    fn objects_in_any_order_give_the_same_report(order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle()) {
        let client = |n: &usize| format!("  - name: app{n}\n    grant_types: [implicit]\n");
        let text = |order: &[usize]| format!("clients:\n{}...\n", order.iter().map(client).collect::<String>());
        let sorted: Vec<usize> = (0..6).collect();
        let (shuffled, plain) = (from_yaml(text(&order).as_bytes()), from_yaml(text(&sorted).as_bytes()));
        let places = |report: &ScanReport| report.findings.iter().map(|f| f.place.clone()).collect::<Vec<_>>();
        prop_assert_eq!(places(&shuffled), places(&plain));
        prop_assert_eq!(shuffled.coverage, plain.coverage);
    }
}
