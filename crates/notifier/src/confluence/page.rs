//! How one page should look; pure.

use checkmate_domain::{DeliveryId, Subject, hash};
use serde_json::{Value, json};

use crate::policy::{Outcome, Pages, Shape};
use crate::render::{adf, confluence};
use crate::sender::File;

/// The property that holds our id.
pub(super) const PROPERTY: &str = "checkmate.delivery";

/// What is kept of a title that was cut, in characters.
const CUT: usize = 240;

/// A page as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub(super) id: DeliveryId,
    /// The delivery of the page it is under.
    pub(super) under: Option<DeliveryId>,
    pub(super) content: confluence::Page,
    pub(super) file: Option<File>,
    look: String,
}

impl Page {
    /// The page that a wish of a route asks for; nothing when it asks for something else.
    #[must_use]
    pub fn of(
        route: &str,
        pages: Pages,
        id: &DeliveryId,
        outcome: &Outcome,
        shape: &Shape<'_>,
    ) -> Option<Self> {
        let (under, content, file) = match shape {
            Shape::Posture(findings) => (None, confluence::posture(outcome, findings), None),
            Shape::ScanPage(findings) => {
                let scope = DeliveryId::derived(route, &Subject::Posture(outcome.scope.clone()));
                let (content, file) = confluence::scan(outcome, findings, pages);
                (Some(scope), content, file)
            }
            _ => return None,
        };
        let content = signed(content, id);
        let look = look(&content, file.as_ref());
        Some(Self { id: id.clone(), under, content, file, look })
    }

    /// With a file on it.
    #[must_use]
    pub fn with_file(self, file: File) -> Self {
        let look = look(&self.content, Some(&file));
        Self { file: Some(file), look, ..self }
    }

    /// A hash of how it should look: what `look` of its row in the ledger is set to.
    #[must_use]
    pub fn look(&self) -> &str {
        &self.look
    }

    /// What is said of the version that has this content. It tells whoever reads the page that the content is there.
    pub(super) fn message(&self) -> String {
        format!("CheckMate {}", self.look)
    }
}

/// Our id stands in the text too: a page has it from its first moment, and a property only after that. A title that was cut
/// may be that of another page, so it has a part of our id in place of its end.
fn signed(mut page: confluence::Page, id: &DeliveryId) -> confluence::Page {
    if page.title.ends_with('…') {
        let begin: String = page.title.chars().take(CUT).collect();
        let end: String = id.as_str().chars().take(12).collect();
        page.title = format!("{begin}… {end}");
    }
    let line = adf::paragraph(vec![
        adf::plain("Kept by CheckMate, which writes over changes made by hand. Delivery"),
        adf::code(id.as_str()),
    ]);
    if let Some(content) = page.document["content"].as_array_mut() {
        content.push(line);
    }
    page
}

fn look(page: &confluence::Page, file: Option<&File>) -> String {
    let document = page.document.to_string();
    let (name, kind, bytes) = file.map_or(("", "", String::new()), |file| {
        let bytes = hash::mac(b"checkmate.file.v1", &[&file.bytes]);
        (file.name.as_str(), file.media_type.as_str(), format!("{bytes:?}"))
    });
    hash::derive("checkmate.page-look.v1", &[&page.title, &document, name, kind, &bytes], 32)
}

/// What a page carries of ours: whose it is, and how far it was brought.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Mark {
    /// The delivery.
    pub(super) id: String,
    /// The look it has.
    #[serde(default)]
    pub(super) look: String,
}

impl Mark {
    pub(super) fn of(page: &Page) -> Self {
        Self { id: page.id.to_string(), look: page.look.clone() }
    }

    pub(super) fn json(&self) -> Value {
        json!(self)
    }
}

#[cfg(test)]
mod tests {
    use checkmate_testkit::contracts;

    use super::*;
    use crate::render::tests::{news, outcome};

    #[test]
    fn a_scan_is_under_its_scope_and_both_carry_their_ids() {
        let outcome = outcome(vec![]);
        let scope = DeliveryId::derived("pages", &Subject::Posture(outcome.scope.clone()));
        let scan = DeliveryId::derived("pages", &Subject::Scan(outcome.scan.clone()));
        let one = news("auth0.a.b", "c", "Shop", None);
        let posture =
            Page::of("pages", Pages::default(), &scope, &outcome, &Shape::Posture(vec![&one])).unwrap();
        let page =
            Page::of("pages", Pages::default(), &scan, &outcome, &Shape::ScanPage(vec![&one])).unwrap();
        assert_eq!((posture.under, page.under.as_ref()), (None, Some(&scope)));
        assert!(page.content.document.to_string().contains(scan.as_str()));
        if let Some(schema) = contracts::of("adf", "adf-v1-full.schema.json") {
            assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&page.content.document));
        }
        assert_eq!(Page::of("pages", Pages::default(), &scan, &outcome, &Shape::Digest(vec![])), None);
    }

    #[test]
    fn titles_that_are_too_long_stay_apart() {
        let title = |scan: &str| {
            let mut outcome = outcome(vec![]);
            outcome.scope = format!("github:{}/{}", "a".repeat(190), "b".repeat(190)).parse().unwrap();
            outcome.scan = checkmate_domain::ScanId::new(scan).unwrap();
            let id = DeliveryId::derived("pages", &Subject::Scan(outcome.scan.clone()));
            Page::of("pages", Pages::default(), &id, &outcome, &Shape::ScanPage(vec![]))
                .unwrap()
                .content
                .title
        };
        assert_ne!(title("one"), title("two"));
        assert!(title("one").chars().count() <= 255);
    }

    #[test]
    fn a_file_is_part_of_the_look() {
        let outcome = outcome(vec![]);
        let id = DeliveryId::derived("pages", &Subject::Scan(outcome.scan.clone()));
        let page = Page::of("pages", Pages::default(), &id, &outcome, &Shape::ScanPage(vec![])).unwrap();
        let with = |bytes: &[u8]| {
            let (name, media_type) = ("r.json".to_owned(), "application/json".to_owned());
            page.clone().with_file(File { name, media_type, bytes: bytes.to_vec() }).look().to_owned()
        };
        assert_eq!(with(b"a"), with(b"a"));
        assert_ne!(with(b"a"), with(b"b"));
        assert_ne!(with(b"a"), page.look());
    }
}
