//! Atlassian's document format, version 1, as much of it as pages and tickets of ours take.
//!
//! Format: the schema of Atlassian's own editor. Text in it is text: a mention or a link is a node or a mark of its own, and
//! links are made of our rules' references only.

use serde_json::{Value, json};

use super::line;

/// The longest text of one node, in characters.
const LONGEST: usize = 2_000;

/// A document.
#[must_use]
pub fn doc(content: &[Value]) -> Value {
    json!({"type": "doc", "version": 1, "content": content})
}

/// A heading of level 1 to 6.
#[must_use]
pub fn heading(level: u8, text: &str) -> Value {
    json!({"type": "heading", "attrs": {"level": level}, "content": texts(vec![plain(text)])})
}

/// A paragraph.
#[must_use]
pub fn paragraph(content: Vec<Option<Value>>) -> Value {
    json!({"type": "paragraph", "content": texts(content)})
}

/// A list, each item a line; nothing where there is no item, as an empty list is no node.
#[must_use]
pub fn list(items: Vec<Vec<Option<Value>>>) -> Option<Value> {
    let items: Vec<Value> =
        items.into_iter().map(|item| json!({"type": "listItem", "content": [paragraph(item)]})).collect();
    (!items.is_empty()).then(|| json!({"type": "bulletList", "content": items}))
}

/// A table: each column with its name and its width, each cell with its blocks, of which there is one at least.
#[must_use]
pub fn table(head: &[(&str, u16)], rows: Vec<Vec<Vec<Value>>>) -> Value {
    let cell = |kind: &str, width: u16, blocks: Vec<Value>| json!({"type": kind, "attrs": {"colwidth": [width]}, "content": blocks});
    let row = |cells: Vec<Value>| json!({"type": "tableRow", "content": cells});
    let names =
        head.iter().map(|(name, width)| cell("tableHeader", *width, vec![paragraph(vec![plain(name)])]));
    let mut all = vec![row(names.collect())];
    all.extend(rows.into_iter().map(|cells| {
        row(cells
            .into_iter()
            .zip(head)
            .map(|(blocks, (_, width))| cell("tableCell", *width, blocks))
            .collect())
    }));
    json!({"type": "table", "content": all})
}

/// Text; nothing where there is none, as an empty text is no node.
#[must_use]
pub fn plain(text: &str) -> Option<Value> {
    let text = line(text, LONGEST);
    (!text.is_empty()).then(|| json!({"type": "text", "text": text}))
}

/// Text that stands out.
#[must_use]
pub fn strong(text: &str) -> Option<Value> {
    marked(text, json!([{"type": "strong"}]))
}

/// Text as it stands in a file.
#[must_use]
pub fn code(text: &str) -> Option<Value> {
    marked(text, json!([{"type": "code"}]))
}

/// A link of our own; text where the address is not `https`.
#[must_use]
pub fn link(text: &str, url: &str) -> Option<Value> {
    let href = line(url, LONGEST);
    if !href.starts_with("https://") || href.contains(char::is_whitespace) {
        return plain(text);
    }
    marked(text, json!([{"type": "link", "attrs": {"href": href}}]))
}

fn marked(text: &str, marks: Value) -> Option<Value> {
    let mut node = plain(text)?;
    node["marks"] = marks;
    Some(node)
}

/// Texts one after the other, a blank between them.
fn texts(content: Vec<Option<Value>>) -> Vec<Value> {
    let mut texts: Vec<Value> = Vec::new();
    for node in content.into_iter().flatten() {
        if !texts.is_empty() {
            texts.push(json!({"type": "text", "text": " "}));
        }
        texts.push(node);
    }
    texts
}
