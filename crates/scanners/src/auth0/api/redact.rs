//! Takes secrets out of what a tenant says, as soon as it is read. What stands in their place has their length.

use crate::auth0::node::Node;
use crate::auth0::secret::{self, MARK};

/// Ends of names whose values are secret.
const ENDS: [&str; 12] = [
    "secret",
    "password",
    "passwd",
    "token",
    "apikey",
    "privatekey",
    "authorization",
    "writekey",
    "decryptionkey",
    "pass",
    "accesskey",
    "secretaccesskey",
];
/// Names of objects all of whose texts are secret.
const WHOLE: [&str; 3] = ["configuration", "httpcustomheaders", "secrets"];

/// Replaces every value that its name says is secret.
pub(super) fn by_name(node: &mut Node) {
    match node {
        Node::Map(entries) => {
            for (name, value) in entries {
                let flat: String = name.to_ascii_lowercase().replace(['_', '-'], "");
                match value {
                    Node::Text(text) if ENDS.iter().any(|end| flat.ends_with(end)) => *text = mark(text),
                    other if WHOLE.contains(&flat.as_str()) => every_text(other),
                    other => by_name(other),
                }
            }
        }
        Node::List(items) => items.iter_mut().for_each(by_name),
        _ => {}
    }
}

/// Replaces what looks like a secret, in values and in code. For what is written to a file.
pub(super) fn by_look(name: &str, node: &mut Node) {
    match node {
        Node::Text(text) if text.trim_start().starts_with("-----BEGIN") && text.contains("PRIVATE KEY") => {
            *text = mark(text);
        }
        Node::Text(text) if text.contains('\n') => *text = words(&code(text)),
        Node::Text(text) if secret::in_value(name, text).is_some() => *text = mark(text),
        Node::Map(entries) => entries.iter_mut().for_each(|(name, value)| by_look(name, value)),
        Node::List(items) => items.iter_mut().for_each(|item| by_look(name, item)),
        _ => {}
    }
}

fn every_text(node: &mut Node) {
    match node {
        Node::Text(text) => *text = mark(text),
        Node::Map(entries) => entries.values_mut().for_each(every_text),
        Node::List(items) => items.iter_mut().for_each(every_text),
        _ => {}
    }
}

/// A text of the same length that says what it is.
fn mark(text: &str) -> String {
    let length = text.chars().count();
    MARK.chars().chain(std::iter::repeat('*')).take(length).collect()
}

/// A text with those of its words replaced that have the form of a secret, wherever they stand: in a comment, in a page.
fn words(text: &str) -> String {
    let each = |word: &str| {
        let bare = word.trim_end();
        let secret = !bare.contains(MARK) && secret::in_text(bare).is_some();
        if secret { format!("{}{}", mark(bare), &word[bare.len()..]) } else { word.to_owned() }
    };
    text.split_inclusive(char::is_whitespace).map(each).collect()
}

/// Code with those of its literals replaced that look like secrets.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"', '`']) {
        let quote = rest[at..].chars().next().unwrap_or('"');
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        out.push_str(before);
        out.push(quote);
        let Some(end) = after.find(quote) else {
            rest = after;
            continue;
        };
        let literal = &after[..end];
        let name: String = before
            .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '=' | ':'))
            .chars()
            .rev()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        let secret = secret::in_value(&name, literal).is_some();
        out.push_str(&if secret { mark(literal) } else { literal.to_owned() });
        out.push(quote);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::parse;

    #[test]
    fn secrets_go_and_their_length_stays() {
        let mut node = parse::json(
            r#"{"options": {"client_secret": "0123456789abcdef", "client_id": "x", "configuration": {"PG": "p"}},
            "token_endpoint_auth_method": "none", "sink": {"httpAuthorization": "Bearer abc"}}"#,
        )
        .expect("valid");
        by_name(&mut node);
        let text = serde_json::to_string(&node).expect("serialises");
        assert!(text.contains("REDACTED********") && text.contains("\"REDACTED**\""), "{text}");
        for secret in ["0123456789", "Bearer abc", "\"p\""] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("\"none\"") && text.contains("\"x\""));
    }

    #[test]
    fn literals_of_code_that_look_like_secrets_go() {
        let before = "const apiKey = 'q8ZrT1xWm4Kd9LpVb2Nc';\nconst title = \"Shop\";\n";
        let after = code(before);
        assert_eq!(after, "const apiKey = 'REDACTED************';\nconst title = \"Shop\";\n");
        assert_eq!(code("it's open"), "it's open");
        let comment = "// ghp_abcdefghijklmnopqrstuvwxyz0123456789 is gone\nx();\n";
        assert_eq!(words(comment), format!("// REDACTED{} is gone\nx();\n", "*".repeat(32)));
        let mut key = Node::Text("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n".to_owned());
        by_look("x", &mut key);
        assert!(matches!(key, Node::Text(text) if !text.contains("MIIE")));
    }
}
