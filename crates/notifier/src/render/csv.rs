//! Tables as CSV (RFC 4180), safe to open in a spreadsheet.

use super::{clean, line};
use crate::policy::News;

/// The largest list of findings, in bytes: what Jira and Confluence take of a file unless somebody set it lower.
const LARGEST: usize = 5_000_000;
/// The longest text of a cell, in characters.
const LONGEST: usize = 2_000;

/// What spreadsheets take for the beginning of a formula, also in the wide form that some of them read as the narrow one.
const FORMULA: [char; 11] =
    ['=', '+', '-', '@', '|', '\u{FFFD}', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}', '%'];
/// What separates cells somewhere in the world, and lines: behind it a reader may see a cell of its own.
const SEPARATES: [char; 4] = [';', '|', ',', '\u{FFFD}'];

/// A line of cells, none of which is ever taken for a formula, whatever separator it is read with.
#[must_use]
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    let clean = clean(text);
    let mut safe = String::with_capacity(clean.len() + 3);
    let mut begins = true;
    for c in clean.chars() {
        if begins && FORMULA.contains(&c) {
            safe.push('\'');
        }
        begins = SEPARATES.contains(&c) || (begins && (c.is_whitespace() || matches!(c, '"' | '\'')));
        safe.push(c);
    }
    format!("\"{}\"", safe.replace('"', "\"\""))
}

/// What stands above findings.
const HEADING: &str = "priority,severity,state,rule,title,target,resource,name,pointer,seen,expected,fix,first seen,fingerprint\r\n";

/// These findings, one a line, as they stand: whichever scan tells of them, the text is the same. What is too much is counted
/// in the last line.
#[must_use]
pub fn findings(findings: &[&News]) -> String {
    let mut text = HEADING.to_owned();
    for (number, news) in findings.iter().enumerate() {
        let one = finding(news);
        if text.len() + one.len() > LARGEST {
            let more = format!("and {} more: checkmate findings list has them all", findings.len() - number);
            return text + &row([more.as_str()]);
        }
        text.push_str(&one);
    }
    text
}

fn finding(news: &News) -> String {
    let (record, finding) = (&news.record, &news.record.finding);
    let (place, evidence) = (&finding.place, &finding.evidence);
    let cells = [
        record.triage.priority.to_string(),
        finding.severity.to_string(),
        state(news),
        finding.rule.to_string(),
        finding.title.clone(),
        place.target.to_string(),
        place.resource.to_string(),
        finding.resource_name.clone(),
        evidence.pointer.clone(),
        evidence.seen.clone(),
        evidence.expected.clone(),
        news.rule.remediation.summary.clone(),
        record.first_seen.to_string(),
        finding.fingerprint.to_string(),
    ];
    let cells = cells.map(|text| line(&text, LONGEST));
    row(cells.iter().map(String::as_str))
}

/// Whether it is to be mended; and until when it is not.
fn state(news: &News) -> String {
    match &news.waiver {
        Some(waiver) if news.record.state.is_open() => {
            format!("{} until {}, {}: {}", waiver.kind.as_str(), waiver.until, waiver.owner, waiver.reason)
        }
        _ => news.record.state.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::news;

    #[test]
    fn no_cell_is_a_formula_whatever_separates_it() {
        for (text, expected) in [
            ("=1+1", "\"'=1+1\""),
            ("  =1", "\"  '=1\""),
            ("a;=cmd|'x'!A1", "\"a;'=cmd|'x'!A1\""),
            ("a|=1", "\"a|'=1\""),
            ("a; \"=1", "\"a; \"\"'=1\""),
            ("\u{FF1D}1", "\"'\u{FF1D}1\""),
            ("a\n=1", "\"a\u{FFFD}'=1\""),
            ("a=b", "\"a=b\""),
            ("clients/Shop.json#/x", "\"clients/Shop.json#/x\""),
        ] {
            assert_eq!(cell(text), expected, "{text}");
        }
    }

    #[test]
    fn findings_stand_one_a_line_whatever_is_in_them() {
        let hostile = [news("a.b", "c", "=cmd|'/c calc'!A1\r\nx", None), news("a.c", "d", "\u{202E}", None)];
        let text = findings(&hostile.iter().collect::<Vec<_>>());
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(
            lines[1].starts_with("\"P1\",\"high\",\"open\",\"a.b\",") && !text.contains('\u{202E}'),
            "{text}"
        );
        assert!(lines[1].contains(",\"'=cmd|'/c calc'!A1  x\","), "{text}");
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let long = "x".repeat(1_900);
        let many: Vec<News> = (0..900).map(|n| news("a.b", &format!("c{n}"), &long, None)).collect();
        let text = findings(&many.iter().collect::<Vec<_>>());
        let last = text.lines().next_back().unwrap();
        let told = text.lines().count() - 2;
        assert!(text.len() < LARGEST + 200 && last.contains(&format!("and {} more", 900 - told)), "{last}");
    }
}
