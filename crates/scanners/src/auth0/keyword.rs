//! The placeholders of auth0-deploy-cli, `##KEY##` and `@@KEY@@`: what they stand for is decided at deployment, so here
//! their values are unknown. They are text replacements, so a file need not be valid JSON or YAML before them: both
//! readers make it so first, and [`is_unknown`] recognises the placeholder in the parsed text.

use std::ops::Range;

/// What the tool writes in place of a secret.
const MASKED: &str = "_VALUE_NOT_SHOWN_";
const LONGEST_KEY: usize = 200;
/// Characters that are plain text anywhere in YAML stand in for the marks, which would begin a comment or an error.
const HIDDEN: [(&str, char); 2] = [("##", '\u{E000}'), ("@@", '\u{E001}')];

/// Whether the value of this text is not what it says: it holds a placeholder, or a secret was masked.
pub(crate) fn is_unknown(text: &str) -> bool {
    text == MASKED || next(text, 0).is_some()
}

/// The placeholders of a text, and nothing of what stands around them, which may be a secret.
pub(crate) fn named(text: &str) -> String {
    const MOST: usize = 3;
    let (mut names, mut at) = (Vec::new(), 0);
    while names.len() < MOST
        && let Some(keyword) = next(text, at)
    {
        at = keyword.end;
        names.push(&text[keyword]);
    }
    if names.is_empty() { MASKED.to_owned() } else { names.join(", ") }
}

/// Makes JSON valid: a placeholder outside of a string becomes a string.
pub(crate) fn quote_in_json(text: &str) -> String {
    let mut valid = String::with_capacity(text.len());
    let (mut in_string, mut at) = (false, 0);
    while let Some(c) = text[at..].chars().next() {
        let keyword = if in_string { None } else { at_position(text, at) };
        let step = match (c, keyword) {
            (_, Some(keyword)) => {
                valid.push('"');
                valid.push_str(&text[keyword.clone()]);
                valid.push('"');
                at = keyword.end;
                continue;
            }
            ('\\', None) if in_string => text[at..].chars().take(2).map(char::len_utf8).sum(),
            _ => c.len_utf8(),
        };
        in_string ^= c == '"';
        valid.push_str(&text[at..at + step]);
        at += step;
    }
    valid
}

/// Makes YAML valid: hides the marks of every placeholder, except where one fills a line from its first column, which
/// can only be a comment. [`show`] brings them back.
pub(crate) fn hide_in_yaml(text: &str) -> String {
    replace(text, |at, word| {
        let starts_line = at == 0 || text[..at].ends_with('\n');
        if starts_line { word.to_owned() } else { hidden(word) }
    })
}

/// Hides the marks of every placeholder; [`show`] brings them back.
pub(crate) fn hide(text: &str) -> String {
    replace(text, |_, word| hidden(word))
}

/// Replaces every placeholder, by position and text.
pub(crate) fn replace(text: &str, with: impl Fn(usize, &str) -> String) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    while let Some(keyword) = next(text, copied) {
        replaced.push_str(&text[copied..keyword.start]);
        replaced.push_str(&with(keyword.start, &text[keyword.clone()]));
        copied = keyword.end;
    }
    replaced.push_str(&text[copied..]);
    replaced
}

fn hidden(word: &str) -> String {
    HIDDEN
        .iter()
        .fold(word.to_owned(), |word, (mark, stand_in)| word.replace(mark, stand_in.encode_utf8(&mut [0; 4])))
}

/// The text as it was written, after [`hide_in_yaml`].
pub(crate) fn show(text: String) -> String {
    HIDDEN.iter().fold(
        text,
        |text, (mark, stand_in)| {
            if text.contains(*stand_in) { text.replace(*stand_in, mark) } else { text }
        },
    )
}

/// The first placeholder that begins at `from` or later.
fn next(text: &str, from: usize) -> Option<Range<usize>> {
    let marks = text[from..].match_indices(['#', '@']);
    marks.map(|(offset, _)| from + offset).find_map(|at| at_position(text, at))
}

/// The placeholder that begins exactly here.
fn at_position(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let mark = HIDDEN.iter().map(|(mark, _)| *mark).find(|mark| rest.starts_with(mark))?;
    let key = rest[mark.len()..]
        .bytes()
        .take(LONGEST_KEY + 1)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        .count();
    let whole = (1..=LONGEST_KEY).contains(&key) && rest[mark.len() + key..].starts_with(mark);
    whole.then(|| at..at + key + 2 * mark.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn knows_a_placeholder_and_a_masked_secret() {
        for (text, unknown) in [
            ("##ENV##", true),
            ("https://##ENV##.example.com", true),
            ("@@LIST@@", true),
            ("_VALUE_NOT_SHOWN_", true),
            ("#### heading ####", false),
            ("## not a key ##", false),
            ("##@@", false),
            ("###KEY##", true),
            ("a@@b", false),
        ] {
            assert_eq!(is_unknown(text), unknown, "{text}");
        }
    }

    #[test]
    fn quotes_in_json_only_outside_of_strings() {
        let text = r###"{"a": @@LIST@@, "b": ["x\"", ##N##], "c": "##IN##", "\\": "@@q@@"}"###;
        let expected = r###"{"a": "@@LIST@@", "b": ["x\"", "##N##"], "c": "##IN##", "\\": "@@q@@"}"###;
        assert_eq!(quote_in_json(text), expected);
    }

    #[test]
    fn hides_in_yaml_what_would_be_a_comment_or_an_error() {
        let hidden = hide_in_yaml("##Section##\na: ##N##\nb: @@L@@\n");
        assert!(hidden.starts_with("##Section##\n"));
        assert!(!hidden["##Section##".len()..].contains(['#', '@']));
        assert_eq!(show(hidden), "##Section##\na: ##N##\nb: @@L@@\n");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_in_hiding(text in "[#@ab\":\\n ]{0,40}") {
            prop_assert_eq!(show(hide_in_yaml(&text)), text);
        }

        #[test]
        fn json_without_placeholders_stays_as_it_is(text in "[\"\\\\{}a:é ]{0,40}") {
            prop_assert_eq!(quote_in_json(&text), text);
        }
    }
}
