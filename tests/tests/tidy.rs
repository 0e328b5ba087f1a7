//! Rules of the tree that no compiler holds: who may know whom, how long a file may be, where the environment is read and
//! where a secret is opened. Each failure is a sentence that says what to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// Who may know whom (the map in ARCHITECTURE.md): a crate, and those it may use. Arrows go down only, never sideways.
const ARROWS: &[(&str, &[&str])] = &[
    // L0: the words.
    ("domain", &[]),
    // L1: process plumbing; the one owner and writer of an SQLite file, which the embedded queue and store share.
    ("service", &[]),
    ("sqlite", &[]),
    // L1: all calls to the outside.
    ("outbound", &["domain"]),
    // L2: parts; none knows another part.
    ("queue", &["domain", "service", "sqlite"]),
    ("store", &["domain", "sqlite"]),
    ("vault", &["domain", "outbound"]),
    ("scanners", &["domain", "outbound"]),
    ("triage", &["domain"]),
    // L3: roles; none knows another role.
    ("scheduler", &["domain", "service", "queue", "store"]),
    ("worker", &["domain", "service", "outbound", "queue", "store", "vault", "scanners", "triage"]),
    ("notifier", &["domain", "service", "outbound", "queue", "store", "triage"]),
    // L4: the binary; nobody knows it. `sqlite` stays behind queue and store.
    (
        "checkmate",
        &[
            "domain",
            "service",
            "outbound",
            "queue",
            "store",
            "vault",
            "scanners",
            "triage",
            "scheduler",
            "worker",
            "notifier",
            "sandbox",
        ],
    ),
    // A stand-in of the vendors, for the demo and the tests.
    ("sandbox", &["domain"]),
    // Real servers and faults for tests: a dev-dependency of any, knows what it likes but the roles and the binary.
    ("testkit", &["domain", "service", "sqlite", "queue", "store", "scanners", "triage"]),
];

/// A dev-dependency of anybody, never more.
const FOR_TESTS: &str = "testkit";

/// What anybody may use in tests; of it the binary has a command too.
const ALSO_FOR_TESTS: &str = "sandbox";

/// What `domain` may not take in even through others: it has no I/O and nothing asynchronous.
const NOT_IN_DOMAIN: &[&str] = &["tokio", "async-trait", "futures-core", "mio", "rustix"];

/// The crates that may open a secret, and what for.
const OPENS_SECRETS: &[(&str, &str)] = &[
    ("domain", "keys the fingerprints and the marks of found secrets"),
    ("queue", "logs in to the broker"),
    ("store", "logs in to Redis"),
    ("outbound", "writes credentials into the requests of their job"),
    ("vault", "reads the keys that sign and takes the thumbprint of what it leases"),
    ("checkmate", "reads the key that signs checkpoints"),
];

/// The longest a source file may be, in lines.
const LONGEST_FILE: usize = 500;

#[test]
fn every_arrow_between_crates_is_on_the_map() {
    let metadata = metadata();
    let mut broken = Vec::new();
    let crates = own_crates(&metadata);
    for (name, package) in &crates {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| known == name) else {
            broken.push(format!("crates/{name} is not on the map: add it to ARROWS and to ARCHITECTURE.md"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            let to = short(&dependency.name);
            // For its tests a crate may have the test kit, and itself once more with a feature turned on.
            if dependency.kind.as_deref() == Some("dev")
                && (to == FOR_TESTS || to == ALSO_FOR_TESTS || to == *name)
            {
                continue;
            }
            if to == FOR_TESTS {
                broken.push(format!("`{name}` uses `testkit` outside its tests: make it a dev-dependency"));
            } else if !allowed.contains(&to) {
                broken.push(format!(
                    "`{name}` uses `{to}`, and the map has no such arrow: state what `{name}` needs as a trait of its own \
                     and put the adapter into crates/checkmate/src/wiring"
                ));
            }
        }
    }
    for (name, _) in ARROWS {
        if !crates.contains_key(name) {
            broken.push(format!("the map has `{name}`, and there is no crates/{name}: take it off ARROWS"));
        }
    }
    nothing(&broken);
}

#[test]
fn the_domain_does_no_io_and_nothing_asynchronous() {
    let built = built_into("checkmate-domain");
    assert!(built.contains("serde"), "the tree of `domain` was not read: {built:?}");
    let broken: Vec<String> = NOT_IN_DOMAIN
        .iter()
        .filter(|name| built.contains(**name))
        .map(|name| format!("`domain` takes in `{name}`: move what needs it to the crate that does the I/O"))
        .collect();
    nothing(&broken);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace_and_says_what_it_is() {
    let metadata = metadata();
    let mut broken = Vec::new();
    for package in &metadata.packages {
        let manifest: toml::Table = fs::read_to_string(&package.manifest_path).unwrap().parse().unwrap();
        let lints =
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        if lints != Some(true) {
            broken.push(format!("{} has no `[lints] workspace = true`", package.name));
        }
        let description = package.description.as_deref().unwrap_or_default();
        if description.len() < 10 {
            broken.push(format!("{} has no description: say in one line what its one job is", package.name));
        }
    }
    nothing(&broken);
}

#[test]
fn no_source_file_is_longer_than_a_reader_can_hold() {
    let mut broken = Vec::new();
    for file in sources() {
        let lines = file.text.lines().count();
        if lines > LONGEST_FILE {
            broken.push(format!(
                "{} has {lines} lines, more than {LONGEST_FILE}: it wants to be two",
                file.path
            ));
        }
    }
    nothing(&broken);
}

#[test]
fn the_environment_is_read_in_the_binary_only() {
    let mut broken = Vec::new();
    for file in sources().iter().filter(|file| file.krate != "checkmate") {
        for (number, line) in file.code() {
            if line.contains("env::var") && !file.allows("disallowed_methods", number) {
                broken.push(format!(
                    "{}:{number} reads the environment: take the value as an argument, crates/checkmate reads it",
                    file.path
                ));
            }
        }
    }
    nothing(&broken);
}

#[test]
fn secrets_are_opened_only_where_they_are_used() {
    let allowed: Vec<&str> = OPENS_SECRETS.iter().map(|(krate, _)| *krate).collect();
    let mut broken = Vec::new();
    for file in sources() {
        if allowed.contains(&file.krate.as_str()) {
            continue;
        }
        for (number, line) in file.code() {
            if line.contains(".with_bytes(") || line.contains("Secret::with_bytes") {
                broken.push(format!(
                    "{}:{number} opens a secret: hand the `Secret` on to the crate that uses it ({})",
                    file.path,
                    allowed.join(", ")
                ));
            }
        }
    }
    nothing(&broken);
}

#[test]
fn tracked_files_hold_no_loose_ends_and_no_paths_of_a_machine() {
    // Put together here, so that this file does not hold them itself.
    let loose_ends = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let machine_paths =
        [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];
    let mut broken = Vec::new();
    for path in tracked_files() {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            for word in loose_ends.iter().filter(|word| has_word(line, word)) {
                broken.push(format!("{place} says {word}: do it, or open an issue and take the mark out"));
            }
            for prefix in machine_paths.iter().filter(|prefix| starts_a_path(line, prefix)) {
                broken.push(format!("{place} names a path under {prefix} that only one machine has"));
            }
        }
    }
    nothing(&broken);
}

/// Fails with the sentences, all at once.
#[track_caller]
fn nothing(broken: &[String]) {
    assert!(broken.is_empty(), "\n  {}\n", broken.join("\n  "));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What `cargo metadata` says of the workspace, as far as it matters here. (The crate that wraps it turns on a feature of
/// `serde_json` that the product does not use, and everything would be compiled once with it and once without.)
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    description: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or nothing for a normal one.
    kind: Option<String>,
    /// Where it lies, when it is one of ours.
    path: Option<PathBuf>,
}

/// The packages of the workspace; nothing is resolved or fetched.
fn metadata() -> Metadata {
    let words = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    serde_json::from_str(&cargo(&words)).unwrap()
}

/// What cargo answers.
fn cargo(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(words).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The crates under `crates/`, by folder name. Tests and benchmarks beside it may use whom they like.
fn own_crates(metadata: &Metadata) -> BTreeMap<&str, &Package> {
    let inside = root().join("crates");
    let packages = metadata.packages.iter().filter(|package| package.manifest_path.starts_with(&inside));
    packages.map(|package| (short(&package.name), package)).collect()
}

fn short(package: &str) -> &str {
    package.strip_prefix("checkmate-").unwrap_or(package)
}

/// The names of all packages that a build of `package` takes in, on this platform, tests left out.
fn built_into(package: &str) -> BTreeSet<String> {
    let tree = [
        "tree",
        "--offline",
        "--locked",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--package",
        package,
    ];
    let lines = cargo(&tree);
    lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// One source file of a crate.
struct Source {
    krate: String,
    path: String,
    text: String,
}

impl Source {
    /// Numbered lines that are not comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Whether one of the three lines above `number` allows the lint there, with a reason.
    fn allows(&self, lint: &str, number: usize) -> bool {
        let above = self.text.lines().skip(number.saturating_sub(4)).take(3);
        above
            .into_iter()
            .any(|line| line.contains("allow(") && line.contains(lint) && line.contains("reason"))
    }
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for krate in fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path()) {
        let mut files = Vec::new();
        walk(&krate.join("src"), &mut files);
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
            found.push(Source {
                krate: krate.file_name().unwrap().to_str().unwrap().to_owned(),
                path: file.strip_prefix(root()).unwrap().display().to_string(),
                text: fs::read_to_string(file).unwrap(),
            });
        }
    }
    assert!(found.len() > 50, "only {} source files found: the walk looks in the wrong place", found.len());
    found
}

/// What git knows; without git, or outside a checkout, what lies in the tree.
fn tracked_files() -> Vec<PathBuf> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let files: Vec<PathBuf> = match listed {
        Ok(output) if output.status.success() => {
            let names = String::from_utf8(output.stdout).unwrap();
            names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect()
        }
        _ => {
            let mut files = Vec::new();
            walk(&root(), &mut files);
            files.iter().map(|file| file.strip_prefix(root()).unwrap().to_owned()).collect()
        }
    };
    assert!(files.len() > 50, "only {} files found", files.len());
    files
}

/// Every file below `folder`; what git keeps and what a build or a run leaves behind is passed over.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if [".git", "target", ".checkmate"].iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => walk(&entry.path(), files),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}

/// Whether `word` stands in `line` by itself.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(|next| next.is_alphanumeric() || next == '_')
    })
}

/// Whether an absolute path that begins with `prefix` stands in `line`; the path of a URL does not count.
fn starts_a_path(line: &str, prefix: &str) -> bool {
    line.match_indices(prefix).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"._-~$})>]/*".contains(before))
    })
}
