//! Wishes in the words of each vendor; pure. What stands in a finding comes from outside: it is text wherever it lands, never
//! markup, a mention or a link, and it is bounded.

pub mod adf;
pub mod confluence;
pub mod csv;
pub mod jira;
pub mod teams;
pub mod webhook;

#[cfg(test)]
pub(crate) mod tests;

use crate::policy::{News, Outcome};

/// One line of at most so many characters, without control characters and without marks that turn text around.
pub(crate) fn line(text: &str, most: usize) -> String {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{061C}' | '\u{FEFF}')
    };
    let mut line: String = text.chars().map(|c| if harmful(c) { ' ' } else { c }).take(most).collect();
    if text.chars().nth(most).is_some() {
        line.pop();
        line.push('…');
    }
    line.trim().to_owned()
}

/// A text from outside, fit for any page: control characters, and marks that break lines, turn the order of text around or
/// are not seen at all, become visible.
#[must_use]
pub fn clean(text: &str) -> String {
    let harmful = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                    | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            )
    };
    text.chars().map(|c| if harmful(c) { '\u{FFFD}' } else { c }).collect()
}

pub(crate) fn as_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// How much was answered, where some of it was not: nobody takes it for fine then.
pub(crate) fn unanswered(outcome: &Outcome) -> Option<String> {
    let (none, all) = (outcome.unanswered, outcome.checks);
    (none > 0).then(|| format!("{none} of {all} checks got no answer, wholly or in part."))
}

/// Which findings are told, where that is not all of them.
pub(crate) fn only(outcome: &Outcome) -> Option<String> {
    outcome.only.as_ref().map(|words| format!("Only some findings are told here: {words}."))
}

/// `3 findings`, `1 finding`.
pub(crate) fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// What a finding is called where there is one line for it.
pub(crate) fn headline(news: &News, most: usize) -> String {
    let finding = &news.record.finding;
    let words = [finding.title.as_str(), &finding.resource_name].map(|text| line(text, most));
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    match words.as_slice() {
        [] => line(finding.rule.as_str(), most),
        words => line(&words.join(": "), most),
    }
}

/// Findings of one rule that say the same, worst first: what one thing mends.
pub(crate) struct Problem<'a> {
    /// Each of its findings; never empty.
    pub(crate) places: Vec<&'a News>,
}

impl<'a> Problem<'a> {
    /// Its worst finding.
    pub(crate) fn worst(&self) -> Option<&'a News> {
        self.places.first().copied()
    }
}

/// What is told once instead of once for each place, in the order in which it first comes.
pub(crate) fn problems<'a>(findings: &[&'a News]) -> Vec<Problem<'a>> {
    let mut seen = std::collections::HashMap::new();
    let mut problems: Vec<Problem<'a>> = Vec::new();
    for news in findings.iter().copied() {
        let finding = &news.record.finding;
        let at = *seen.entry((finding.rule.as_str(), finding.title.as_str())).or_insert(problems.len());
        match problems.get_mut(at) {
            Some(problem) => problem.places.push(news),
            None => problems.push(Problem { places: vec![news] }),
        }
    }
    problems
}

/// What it is called; its rule where it says nothing.
pub(crate) fn name(news: &News, most: usize) -> String {
    let finding = &news.record.finding;
    match line(&finding.title, most) {
        title if title.is_empty() => line(finding.rule.as_str(), most),
        title => title,
    }
}

/// Where it is, in one line.
#[must_use]
pub fn place(news: &News) -> String {
    let place = &news.record.finding.place;
    match line(&news.record.finding.resource_name, 200) {
        name if name.is_empty() => line(&format!("{} in {}", place.resource, place.target), 300),
        name => line(&format!("{name} in {}", place.target), 300),
    }
}
