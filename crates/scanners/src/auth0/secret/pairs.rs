//! Secrets in the middle of a text: `Server=a;Password=...`, `https://a.example.com/?token=...`, `apiKey = '...'`.

use std::ops::Range;

use super::names::{is_one, stands_in};
use super::{Kind, in_text, in_value};

/// More of a quoted value than this is not looked at: what is longer is a secret by its form or none.
const LONGEST: usize = 512;
/// More of a name is not needed.
const LONGEST_NAME: usize = 100;
const QUOTES: [char; 3] = ['\'', '"', '`'];

/// The values of `name=value` whose name says that they are secret.
pub(crate) fn pairs(text: &str) -> Vec<(Range<usize>, Kind)> {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, ';' | '&' | '?' | ',' | '<' | '>') || QUOTES.contains(&c);
    // A connection string says itself what its parts are, so any value counts there.
    let several = text.matches(';').count() > 0 && text.matches('=').count() > 1;
    let mut found = Vec::new();
    let mut start = 0;
    for end in text
        .char_indices()
        .filter(|(_, c)| ends(*c))
        .map(|(at, c)| (at, at + c.len_utf8()))
        .chain([(text.len(), text.len())])
    {
        let part = &text[start..end.0];
        if let Some((name, value)) = part.split_once('=')
            && is_one(last(name, LONGEST_NAME))
            && !stands_in(value)
            && let Some(kind) = in_pair(name, value, several)
        {
            found.push((end.0 - value.len()..end.0, kind));
        }
        start = end.1;
    }
    found
}

fn in_pair(name: &str, value: &str, several: bool) -> Option<Kind> {
    let spoken = value.len() >= 4 && value.starts_with(|c: char| c.is_alphanumeric());
    let any = || (several && spoken).then(|| Kind::named(value));
    in_value(last(name, LONGEST_NAME), value).or_else(any)
}

/// Quoted values behind names of secrets, in what is no code: `password: 'x'`, `"apiKey" = "x"`. Reads the text once.
pub(crate) fn quoted(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(quote_at) = text[at..].find(QUOTES).map(|place| at + place) {
        let start = quote_at + 1;
        at = start;
        let name = name_before(&text[..quote_at]);
        if !super::names::names_one(name) {
            continue;
        }
        let quote = text[quote_at..].chars().next().unwrap_or('"');
        let value = &text[start..start + end_of(&text[start..], quote)];
        if let Some(kind) = in_value(name, value) {
            at = start + value.len();
            found.push((start..at, kind));
        }
    }
    found
}

/// Words that are secrets by their form alone, and private keys.
pub(crate) fn by_form(text: &str) -> Vec<(Range<usize>, Kind)> {
    if text.contains("-----BEGIN") {
        return in_text(text).map(|kind| (0..text.len(), kind)).into_iter().collect();
    }
    let mut found = Vec::new();
    let mut start = 0;
    let ends = text.char_indices().filter(|(_, c)| ends_word(*c)).map(|(at, c)| (at, at + c.len_utf8()));
    for (end, next) in ends.chain([(text.len(), text.len())]) {
        if let Some(kind) = in_text(&text[start..end]) {
            found.push((start..end, kind));
        }
        start = next;
    }
    found
}

/// What stands between words that may be secrets.
pub(crate) fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '<' | '>' | ',' | ';' | '(' | ')')
}

/// Where a quoted text ends: at its quote, its line, or where it is longer than is looked at.
fn end_of(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return at,
            _ if at >= LONGEST => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at,
            _ => {}
        }
    }
    text.len()
}

/// The name that a value is called by: the word before `=` or `:`.
fn name_before(text: &str) -> &str {
    let text = last(text, 2 * LONGEST_NAME);
    let text =
        text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '=' | ':' | '\'' | '"' | ']'));
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    &text[text.rfind(|c| !word(c)).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))..]
}

/// The end of a text.
fn last(text: &str, most: usize) -> &str {
    let mut from = text.len().saturating_sub(most);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn shown(text: &str, found: Vec<(Range<usize>, Kind)>) -> Vec<&str> {
        found.into_iter().map(|(place, _)| &text[place]).collect()
    }

    #[test]
    fn values_behind_their_names_are_found() {
        for (text, expected) in [
            ("Server=db.example.com;User=app;Password=hunter2;", &["hunter2"][..]),
            ("AccountName=a;AccountKey=q8ZrT1xWm4Kd9LpVb2Nc==;X=y", &["q8ZrT1xWm4Kd9LpVb2Nc=="]),
            ("https://a.example.com/?x=1&token=q8ZrT1xWm4Kd&y=2", &["q8ZrT1xWm4Kd"]),
            ("https://a.example.com/?token={{token}}&api_key=YOUR_KEY", &[]),
            ("UPDATE users SET password=? WHERE id=1;", &[]),
            ("a=b", &[]),
        ] {
            assert_eq!(shown(text, pairs(text)), expected, "{text}");
        }
        let text = "it's apiKey = 'q8ZrT1xWm4Kd9LpVb2Nc', title: 'q8ZrT1xWm4Kd9LpVb2Nc'";
        assert_eq!(shown(text, quoted(text)), ["q8ZrT1xWm4Kd9LpVb2Nc"]);
    }

    #[test]
    fn what_is_made_to_be_slow_is_read_once() {
        let began = Instant::now();
        for hostile in ["\\'", "password='", "password=\\'", "password='\\'", "'", "token=", "é'"] {
            let text = hostile.repeat(256 * 1_024 / hostile.len());
            quoted(&text);
            pairs(&text);
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
