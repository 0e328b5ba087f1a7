//! The way of one finding is nine files. ARCHITECTURE.md lists them, each names the next, and each stays short.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::fs;
use std::path::Path;

/// The longest a file on the way may be, in lines.
const LONGEST: usize = 200;

#[test]
fn nine_short_files_each_naming_the_next() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let section = page.split("## The way of one finding").nth(1).expect("the section on the way is there");
    let section = section.split("\n## ").next().unwrap();
    let way: Vec<&str> = section
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| line.split('`').nth(1).expect("each step names its file in backquotes"))
        .collect();
    assert_eq!(way.len(), 9, "the way is {way:?}");
    for (position, file) in way.iter().enumerate() {
        let text = fs::read_to_string(root.join(file))
            .unwrap_or_else(|_| panic!("{file} is on the way and not there"));
        let lines = text.lines().count();
        assert!(lines < LONGEST, "{file} has {lines} lines: move something out of the way");
        let doc: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        if let Some(next) = way.get(position + 1) {
            assert!(
                doc.contains(&format!("Next on the way of a finding: `{next}`")),
                "{file} does not name {next}"
            );
        }
    }
}
