//! Runs what the README shows, command by command, and compares what comes with what stands there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::home::{Home, program};

const HEADING: &str = "\n## What becomes of a finding\n";
/// Stands for lines that are left out.
const GAP: &str = "…";

/// A command and what is shown of its answer.
#[derive(Debug)]
struct Step {
    command: String,
    shown: Vec<String>,
}

fn steps(readme: &str) -> Vec<Step> {
    let section = readme.split_once(HEADING).expect("the README has the section").1;
    let section = section.split("\n## ").next().unwrap();
    let mut steps: Vec<Step> = Vec::new();
    let blocks = section.split("```").skip(1).step_by(2);
    for line in blocks.flat_map(|block| block.lines().skip(1)) {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command: command.to_owned(), shown: Vec::new() }),
            None => steps.last_mut().expect("a command comes first").shown.push(line.to_owned()),
        }
    }
    steps
}

/// Keys of tickets differ from run to run: each of the README is one of ours, the same every time.
#[derive(Default)]
struct Keys(BTreeMap<String, String>);

impl Keys {
    fn fit(&mut self, shown: &str, said: &str) -> bool {
        let (shown, said): (Vec<&str>, Vec<&str>) =
            (shown.split_whitespace().collect(), said.split_whitespace().collect());
        let mut known = self.0.clone();
        let fits = shown.len() == said.len()
            && shown.iter().zip(&said).all(|(shown, said)| {
                match (shown.strip_prefix("SEC-"), said.strip_prefix("SEC-")) {
                    (Some(_), Some(_)) => {
                        let ours = known.entry((*shown).to_owned()).or_insert_with(|| (*said).to_owned());
                        ours == said
                    }
                    _ => shown == said,
                }
            });
        if fits {
            self.0 = known;
        }
        fits
    }

    /// Finds the lines one after the other; where lines are left out, the next one may come later.
    fn hold(&mut self, step: &Step, said: &str) {
        let said: Vec<&str> = said.lines().collect();
        let (mut at, mut gap) = (0, false);
        for shown in &step.shown {
            if shown == GAP {
                gap = true;
                continue;
            }
            let found = said.iter().skip(at).position(|said| self.fit(shown, said));
            let found = found.filter(|found| gap || *found == 0).unwrap_or_else(|| {
                panic!(
                    "the README shows {shown:?} of {:?}, which said:\n{}",
                    step.command,
                    said[at.min(said.len())..].join("\n")
                )
            });
            (at, gap) = (at + found + 1, false);
        }
        assert!(
            gap || at == said.len(),
            "the README leaves out the end of {:?} without saying so: {:?}",
            step.command,
            &said[at..]
        );
    }
}

#[test]
fn the_readme_shows_what_comes() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("README.md");
    let steps = steps(&fs::read_to_string(readme).unwrap());
    assert!(steps.iter().filter(|step| step.command.contains(" sandbox --scan ")).count() >= 4, "{steps:?}");
    let home = Home::new();
    // Its own configuration counts, not one of the folder.
    fs::remove_file(home.path("checkmate.toml")).unwrap();
    fs::create_dir_all(home.path("target/debug")).unwrap();
    std::os::unix::fs::symlink(program(), home.path("target/debug/checkmate")).unwrap();
    let mut keys = Keys::default();
    for step in &steps {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &step.command]).current_dir(home.path("")).env_clear();
        shell.env("HOME", home.path("")).env("USER", "tester").env("PATH", "/usr/bin:/bin");
        let output = shell.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{:?} failed: {said}\n{told}", step.command);
        keys.hold(step, &said);
    }
    assert!(!keys.0.is_empty(), "no ticket is followed by its key");
}

#[test]
fn a_line_that_differs_is_noticed() {
    let step = |shown: &[&str]| Step {
        command: "x".to_owned(),
        shown: shown.iter().map(|line| (*line).to_owned()).collect(),
    };
    let holds = |keys: &mut Keys, shown: &[&str], said: &str| {
        let step = step(shown);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| keys.hold(&step, said))).is_ok()
    };
    let mut keys = Keys::default();
    assert!(holds(&mut keys, &[GAP, "new SEC-1 a", GAP], "x\nnew  SEC-7 a\ny"));
    assert!(holds(&mut keys, &["closed SEC-1 a"], "closed SEC-7 a"));
    assert!(!holds(&mut keys, &["closed SEC-1 a"], "closed SEC-8 a"), "another ticket");
    assert!(!holds(&mut keys, &["a"], "b\na"), "no gap is shown");
    assert!(!holds(&mut keys, &["a"], "a\nb"), "the end is left out");
}
