//! What Atlassian's editor takes as a document: its nodes, what stands in what, and their attributes.
//!
//! Format: the schema of Atlassian's own editor, version 1. Nodes of media, extensions and layouts are known by name only.

use serde_json::{Map, Value};

/// A node: what stands in it, how much at least, and its attributes.
struct Node {
    name: &'static str,
    holds: &'static [&'static str],
    /// Whether it must have content, and how many nodes at least.
    least: Option<usize>,
    attributes: &'static [Attribute],
}

/// An attribute: its name, what it may be, and whether it must be there.
type Attribute = (&'static str, Kind, bool);

/// What an attribute may be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    Number,
    Between(f64, f64),
    OneOf(&'static [&'static str]),
    Numbers,
    Anything,
}

const INLINE: &[&str] = &[
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "inlineCard",
    "placeholder",
    "mediaInline",
    "inlineExtension",
];
/// Nodes that are known by name only.
const OPAQUE: &[&str] = &[
    "bodiedExtension",
    "bodiedSyncBlock",
    "embedCard",
    "extension",
    "inlineExtension",
    "layoutSection",
    "mediaGroup",
    "mediaInline",
    "mediaSingle",
    "syncBlock",
];
const DOCUMENT: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "decisionList",
    "codeBlock",
    "blockquote",
    "panel",
    "rule",
    "table",
    "expand",
    "blockCard",
    "embedCard",
    "mediaGroup",
    "mediaSingle",
    "extension",
    "bodiedExtension",
    "layoutSection",
    "syncBlock",
    "bodiedSyncBlock",
];
const CELL: &[&str] = &[
    "paragraph",
    "panel",
    "blockquote",
    "orderedList",
    "bulletList",
    "rule",
    "heading",
    "codeBlock",
    "mediaSingle",
    "mediaGroup",
    "decisionList",
    "taskList",
    "blockCard",
    "embedCard",
    "extension",
    "nestedExpand",
];
const PANEL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "blockCard",
    "mediaGroup",
    "mediaSingle",
    "codeBlock",
    "taskList",
    "rule",
    "decisionList",
    "extension",
];
const EXPAND: &[&str] = &[
    "paragraph",
    "panel",
    "blockquote",
    "orderedList",
    "bulletList",
    "rule",
    "heading",
    "codeBlock",
    "mediaGroup",
    "mediaSingle",
    "decisionList",
    "taskList",
    "table",
    "blockCard",
    "embedCard",
    "extension",
    "nestedExpand",
];
const ITEM: &[&str] =
    &["paragraph", "bulletList", "orderedList", "taskList", "mediaSingle", "codeBlock", "extension"];
const QUOTE: &[&str] =
    &["paragraph", "orderedList", "bulletList", "codeBlock", "mediaSingle", "mediaGroup", "extension"];
const ID: Attribute = ("localId", Kind::Text, false);
const CELLS: &[Attribute] = &[
    ("colspan", Kind::Number, false),
    ("rowspan", Kind::Number, false),
    ("colwidth", Kind::Numbers, false),
    ("background", Kind::Text, false),
    ("valign", Kind::OneOf(&["top", "middle", "bottom"]), false),
    ID,
];
const CARD: &[Attribute] =
    &[("url", Kind::Text, false), ("data", Kind::Anything, false), ("datasource", Kind::Anything, false), ID];
const LAYOUTS: &[&str] = &["wide", "full-width", "center", "align-end", "align-start", "default"];
const PANELS: &[&str] = &["info", "note", "tip", "warning", "error", "success", "custom"];

const fn node(
    name: &'static str,
    holds: &'static [&'static str],
    least: Option<usize>,
    attributes: &'static [Attribute],
) -> Node {
    Node { name, holds, least, attributes }
}

const NODES: &[Node] = &[
    node("paragraph", INLINE, None, &[ID]),
    node("heading", INLINE, None, &[("level", Kind::Between(1.0, 6.0), true), ID]),
    node("bulletList", &["listItem"], Some(1), &[ID]),
    node("orderedList", &["listItem"], Some(1), &[("order", Kind::Between(0.0, f64::MAX), false), ID]),
    node("listItem", ITEM, Some(1), &[ID]),
    node("taskList", &["taskItem", "taskList"], Some(1), &[("localId", Kind::Text, true)]),
    node(
        "taskItem",
        INLINE,
        None,
        &[("localId", Kind::Text, true), ("state", Kind::OneOf(&[concat!("TO", "DO"), "DONE"]), true)],
    ),
    node("decisionList", &["decisionItem"], Some(1), &[("localId", Kind::Text, true)]),
    node("decisionItem", INLINE, None, &[("localId", Kind::Text, true), ("state", Kind::Text, true)]),
    node(
        "codeBlock",
        &["text"],
        None,
        &[
            ("language", Kind::Text, false),
            ("uniqueId", Kind::Text, false),
            ("wrap", Kind::Flag, false),
            ("hideLineNumbers", Kind::Flag, false),
            ID,
        ],
    ),
    node("blockquote", QUOTE, Some(1), &[ID]),
    node(
        "panel",
        PANEL,
        Some(1),
        &[
            ("panelType", Kind::OneOf(PANELS), true),
            ("panelIcon", Kind::Text, false),
            ("panelIconId", Kind::Text, false),
            ("panelIconText", Kind::Text, false),
            ("panelColor", Kind::Text, false),
            ID,
        ],
    ),
    node("rule", &[], None, &[ID]),
    node(
        "table",
        &["tableRow"],
        Some(1),
        &[
            ("displayMode", Kind::OneOf(&["default", "fixed"]), false),
            ("isNumberColumnEnabled", Kind::Flag, false),
            ("layout", Kind::OneOf(LAYOUTS), false),
            ("width", Kind::Number, false),
            ID,
        ],
    ),
    node("tableRow", &["tableCell", "tableHeader"], Some(0), &[ID]),
    node("tableCell", CELL, Some(1), CELLS),
    node("tableHeader", CELL, Some(1), CELLS),
    node("expand", EXPAND, Some(1), &[("title", Kind::Text, false), ID]),
    node("nestedExpand", CELL, Some(1), &[("title", Kind::Text, false), ID]),
    node("blockCard", &[], None, CARD),
    node("inlineCard", &[], None, CARD),
    node("hardBreak", &[], None, &[("text", Kind::OneOf(&["\n"]), false), ID]),
    node(
        "mention",
        &[],
        None,
        &[
            ("id", Kind::Text, true),
            ("text", Kind::Text, false),
            ("accessLevel", Kind::Text, false),
            ("userType", Kind::OneOf(&["DEFAULT", "SPECIAL", "APP"]), false),
            ID,
        ],
    ),
    node(
        "emoji",
        &[],
        None,
        &[("shortName", Kind::Text, true), ("id", Kind::Text, false), ("text", Kind::Text, false), ID],
    ),
    node("date", &[], None, &[("timestamp", Kind::Text, true), ID]),
    node(
        "status",
        &[],
        None,
        &[("text", Kind::Text, true), ("color", Kind::Text, true), ("style", Kind::Text, false), ID],
    ),
    node("placeholder", &[], None, &[("text", Kind::Text, true), ID]),
];

/// Marks on text: the attributes each has.
const MARKS: &[(&str, &[Attribute])] = &[
    ("strong", &[]),
    ("em", &[]),
    ("strike", &[]),
    ("underline", &[]),
    ("code", &[]),
    (
        "link",
        &[
            ("href", Kind::Text, true),
            ("title", Kind::Text, false),
            ("id", Kind::Text, false),
            ("collection", Kind::Text, false),
            ("occurrenceKey", Kind::Text, false),
        ],
    ),
    ("subsup", &[("type", Kind::OneOf(&["sub", "sup"]), true)]),
    ("textColor", &[("color", Kind::Text, true)]),
    ("backgroundColor", &[("color", Kind::Text, true)]),
    ("annotation", &[("id", Kind::Text, true), ("annotationType", Kind::OneOf(&["inlineComment"]), true)]),
];
/// What stands beside `code` on a text.
const WITH_CODE: &[&str] = &["code", "link", "annotation"];

/// What is wrong with a document: where, and why.
pub(crate) fn check(document: &Value) -> Result<(), String> {
    let entries = document.as_object().ok_or("a document is an object")?;
    if document["type"] != "doc" || document["version"].as_u64() != Some(1) {
        return Err("a document has type 'doc' and version 1".to_owned());
    }
    only(entries, &["type", "version", "content"], "doc")?;
    let content = document["content"].as_array().ok_or("a document has content")?;
    content.iter().try_for_each(|child| child_of("doc", DOCUMENT, child))
}

fn child_of(parent: &str, holds: &[&str], child: &Value) -> Result<(), String> {
    let entries = child.as_object().ok_or_else(|| format!("{parent}: a node is an object"))?;
    let name = child["type"].as_str().ok_or_else(|| format!("{parent}: a node has a type"))?;
    if !holds.contains(&name) {
        return Err(format!("{parent}: no {name} may stand in it"));
    }
    if name == "text" {
        return text_node(parent, entries);
    }
    if OPAQUE.contains(&name) {
        return Ok(());
    }
    let node = NODES.iter().find(|node| node.name == name).ok_or_else(|| format!("{name} is not known"))?;
    only(entries, &["type", "attrs", "content", "marks"], name)?;
    attributes(name, node.attributes, entries.get("attrs"))?;
    if name.ends_with("Card")
        && ["url", "data", "datasource"].iter().all(|key| child["attrs"].get(key).is_none())
    {
        return Err(format!("{name}: it shows nothing"));
    }
    content(node, entries.get("content"))
}

fn content(node: &Node, content: Option<&Value>) -> Result<(), String> {
    let Some(content) = content else {
        return if node.least.is_some() { Err(format!("{}: content is missing", node.name)) } else { Ok(()) };
    };
    let children = content.as_array().ok_or_else(|| format!("{}: content is a list", node.name))?;
    if node.holds.is_empty() {
        return Err(format!("{}: it has no content", node.name));
    }
    if children.len() < node.least.unwrap_or(0) {
        return Err(format!("{}: content is empty", node.name));
    }
    for child in children {
        if node.name == "codeBlock" && child["marks"].as_array().is_some_and(|marks| !marks.is_empty()) {
            return Err("codeBlock: its text has no marks".to_owned());
        }
        child_of(node.name, node.holds, child)?;
    }
    Ok(())
}

fn text_node(parent: &str, entries: &Map<String, Value>) -> Result<(), String> {
    only(entries, &["type", "text", "marks"], "text")?;
    if entries.get("text").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(format!("{parent}: a text is empty"));
    }
    let Some(marks) = entries.get("marks") else { return Ok(()) };
    let marks = marks.as_array().ok_or("text: marks are a list")?;
    let names: Vec<&str> = marks.iter().filter_map(|mark| mark["type"].as_str()).collect();
    for mark in marks {
        let name = mark["type"].as_str().ok_or("text: a mark has a type")?;
        let (_, known) =
            MARKS.iter().find(|(known, _)| *known == name).ok_or_else(|| format!("text: no mark {name}"))?;
        only(mark.as_object().ok_or("text: a mark is an object")?, &["type", "attrs"], name)?;
        attributes(name, known, mark.get("attrs"))?;
    }
    if names.contains(&"code") && names.iter().any(|name| !WITH_CODE.contains(name)) {
        return Err("text: code goes with links only".to_owned());
    }
    Ok(())
}

fn attributes(name: &str, known: &[Attribute], attributes: Option<&Value>) -> Result<(), String> {
    let none = Map::new();
    let attributes = match attributes {
        None => &none,
        Some(some) => some.as_object().ok_or_else(|| format!("{name}: attrs are an object"))?,
    };
    let names: Vec<&str> = known.iter().map(|(name, ..)| *name).collect();
    only(attributes, &names, name)?;
    for (attribute, kind, required) in known {
        match attributes.get(*attribute) {
            None if *required => return Err(format!("{name}: {attribute} is missing")),
            Some(value) if !fits(*kind, value) => return Err(format!("{name}: {attribute} is wrong")),
            _ => {}
        }
    }
    Ok(())
}

fn fits(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Text => value.is_string(),
        Kind::Flag => value.is_boolean(),
        Kind::Number => value.is_number(),
        Kind::Between(least, most) => value.as_f64().is_some_and(|number| (least..=most).contains(&number)),
        Kind::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Kind::Numbers => value.as_array().is_some_and(|list| list.iter().all(Value::is_number)),
        Kind::Anything => true,
    }
}

fn only(entries: &Map<String, Value>, known: &[&str], name: &str) -> Result<(), String> {
    match entries.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{name}: {key} is not known")),
        None => Ok(()),
    }
}
