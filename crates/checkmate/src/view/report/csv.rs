//! The findings as CSV (RFC 4180), safe to open in a spreadsheet.

use super::{Told, clean};

/// The findings, one a line, with a heading.
#[must_use]
pub fn csv(told: &Told<'_>) -> String {
    let mut text = "severity,rule,title,resource,pointer,seen,expected,fix,fingerprint,change\r\n".to_owned();
    for finding in told.findings() {
        let fix = told.rule(&finding.rule).map_or("", |rule| rule.remediation.summary.as_str());
        let cells = [
            finding.severity.to_string(),
            finding.rule.to_string(),
            finding.title.clone(),
            finding.resource_name.clone(),
            finding.evidence.pointer.clone(),
            finding.evidence.seen.clone(),
            finding.evidence.expected.clone(),
            fix.to_owned(),
            finding.fingerprint.to_string(),
            told.change(finding).word().to_owned(),
        ];
        text.push_str(&cells.map(|one| cell(&one)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// What spreadsheets take for the beginning of a formula, also in the wide form that some of them read as the narrow one.
const FORMULA: [char; 11] =
    ['=', '+', '-', '@', '|', '\u{FFFD}', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}', '%'];
/// What separates cells somewhere in the world, and lines: behind it a reader may see a cell of its own.
const SEPARATES: [char; 4] = [';', '|', ',', '\u{FFFD}'];

/// A cell that is never taken for a formula, whatever separator it is read with.
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

#[cfg(test)]
mod tests {
    use super::cell;

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
}
