//! The text of a page: in storage format, as a document of the editor, or as wiki markup.

use roxmltree::{Document, ParsingOptions};
use serde_json::Value;

use super::refuse;
use crate::adf;
use crate::office::said::Answer;

/// Names of HTML that stand in storage format without being declared.
const ENTITIES: &[(&str, u32)] = &[
    ("nbsp", 160),
    ("copy", 169),
    ("reg", 174),
    ("middot", 183),
    ("times", 215),
    ("ndash", 8211),
    ("mdash", 8212),
    ("lsquo", 8216),
    ("rsquo", 8217),
    ("ldquo", 8220),
    ("rdquo", 8221),
    ("bull", 8226),
    ("hellip", 8230),
    ("rarr", 8594),
    ("larr", 8592),
    ("auml", 228),
    ("ouml", 246),
    ("uuml", 252),
    ("szlig", 223),
    ("eacute", 233),
];

/// Format and text of a body that is right.
pub(super) fn checked(body: &Value) -> Result<(String, String), Box<Answer>> {
    let wrong = |why: &str| refuse(400, "INVALID_REQUEST_PARAMETER", why);
    // One format may also be nested under its name.
    let nested = ["storage", "atlas_doc_format", "wiki"].iter().find_map(|name| body.get(*name));
    let body = nested.unwrap_or(body);
    let value = body["value"].as_str().ok_or_else(|| wrong("The body has no value in a string"))?;
    let representation = body["representation"].as_str().unwrap_or_default();
    match representation {
        "storage" => storage(value).map_err(|why| wrong(&format!("Error parsing xhtml: {why}")))?,
        "atlas_doc_format" => {
            let document = serde_json::from_str(value).map_err(|_| wrong("The document is no JSON"))?;
            adf::check(&document).map_err(|why| wrong(&format!("The document is not valid: {why}")))?;
        }
        "wiki" => {}
        _ => return Err(wrong("The representation is not one of storage, atlas_doc_format and wiki")),
    }
    Ok((representation.to_owned(), value.to_owned()))
}

/// Whether it is well-formed between a beginning and an end that it does not see.
fn storage(value: &str) -> Result<(), String> {
    let entities: String =
        ENTITIES.iter().map(|(name, code)| format!("<!ENTITY {name} \"&#{code};\">")).collect();
    let whole = format!(
        "<!DOCTYPE page [{entities}]><page xmlns:ac=\"urn:ac\" xmlns:ri=\"urn:ri\" xmlns:at=\"urn:at\">{value}</page>"
    );
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(&whole, options).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::storage;

    #[test]
    fn storage_is_well_formed_or_refused() {
        let good = [
            "",
            "text &amp; more &nbsp; &#10;",
            "<p>x</p><p/>",
            "<ac:structured-macro ac:name=\"info\"><ac:rich-text-body><p>x</p></ac:rich-text-body></ac:structured-macro>",
            "<ac:link><ri:page ri:content-title=\"x\"/></ac:link>",
            "<![CDATA[<p>]]>",
        ];
        let bad = [
            "<p>",
            "</p>",
            "<p></b></p>",
            "a & b",
            "a < b",
            "&nothing;",
            "</page><page>",
            "<p a=1/>",
            "<p a=\"1\" a=\"2\"/>",
            "<xx:p/>",
            "<!DOCTYPE x>",
            "\u{1}",
        ];
        for text in good {
            assert_eq!(storage(text), Ok(()), "{text}");
        }
        for text in bad {
            assert!(storage(text).is_err(), "{text:?} was taken");
        }
    }
}
