//! The outcome of a run as a person reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::chaos::Outcome;

/// Lines of detail shown of each kind of failure.
const SHOWN: usize = 10;

/// The table.
#[must_use]
pub fn render(outcome: &Outcome) -> String {
    let Outcome { plan, verdict, tally, strikes, counts, took, faults_took, .. } = outcome;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<24} {value}");
    };
    line("setting", format!("{:?}, seed {}", plan.setting, plan.seed).to_lowercase());
    line(
        "took",
        format!("{:.1} s, {:.1} s of it with faults", took.as_secs_f64(), faults_took.as_secs_f64()),
    );
    line("processes killed", format!("{}{}", tally.killed, listed(" · ended by themselves: ", &tally.ended)));
    line("faults", if strikes.is_empty() { "none but kills".to_owned() } else { pairs(strikes) });
    line("scans", pairs(&verdict.scans));
    line("scans never ended", verdict.unended.len().to_string());
    line("jobs in", verdict.jobs.listed.to_string());
    line(
        "jobs done",
        format!("{} ({:.2} % of {} healthy)", verdict.jobs.done, percent(outcome), verdict.healthy),
    );
    line(
        "jobs ended otherwise",
        format!("{}{}", sum(&verdict.jobs.ended), listed(": ", &verdict.jobs.ended)),
    );
    line("jobs lost", verdict.jobs.lost.len().to_string());
    line("transitions expected", verdict.expected.to_string());
    line("transitions in the log", verdict.logged.to_string());
    line("transitions missing", verdict.missing.len().to_string());
    line("transitions repeated", verdict.repeated.len().to_string());
    line("transitions unexpected", verdict.unexpected.len().to_string());
    line("findings misplaced", verdict.misplaced.len().to_string());
    line("handler starts", format!("{} ({} of them repeats)", counts.starts, counts.starts_again));
    line("results", format!("{} ({} of them repeats)", counts.results, counts.results_again));
    line("dead letters", format!("{}{}", sum(&verdict.dead), listed(": ", &verdict.dead)));
    if !tally.stubborn.is_empty() {
        line("did not stop in order", tally.stubborn.join(", "));
    }
    line("verdict", if outcome.passed() { "passed".to_owned() } else { "FAILED".to_owned() });
    text.push_str(&details(outcome));
    text
}

fn details(outcome: &Outcome) -> String {
    let verdict = &outcome.verdict;
    let kinds = [
        ("never ended", &verdict.unended),
        ("lost", &verdict.jobs.lost),
        ("missing", &verdict.missing),
        ("repeated", &verdict.repeated),
        ("unexpected", &verdict.unexpected),
        ("misplaced", &verdict.misplaced),
    ];
    let mut text = String::new();
    for (kind, list) in kinds {
        for one in list.iter().take(SHOWN) {
            let _ = writeln!(text, "  {kind}: {one}");
        }
        if list.len() > SHOWN {
            let _ = writeln!(text, "  {kind}: and {} more", list.len() - SHOWN);
        }
    }
    text
}

fn percent(outcome: &Outcome) -> f64 {
    let part = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    100.0 * part(outcome.verdict.healthy_done) / part(outcome.verdict.healthy).max(1.0)
}

fn sum(counted: &BTreeMap<String, u64>) -> u64 {
    counted.values().sum()
}

fn pairs(counted: &BTreeMap<String, u64>) -> String {
    counted.iter().map(|(what, times)| format!("{what} {times}")).collect::<Vec<_>>().join(", ")
}

fn listed(before: &str, counted: &BTreeMap<String, u64>) -> String {
    if counted.is_empty() { String::new() } else { format!("{before}{}", pairs(counted)) }
}
