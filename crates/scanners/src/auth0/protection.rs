//! What brute-force protection and suspicious-IP throttling have in common: a switch, shields, and exceptions.

use checkmate_domain::Severity;

use super::allowlist;
use super::check::{Answer, failed, first_few};
use super::item::Item;

/// Second factors that go over a telephone number.
pub(crate) const PHONE_FACTORS: [&str; 3] = ["sms", "phone", "voice"];

/// On, blocking, and without exceptions. `name` begins the title of a problem.
pub(crate) fn ask(item: &Item, name: &str) -> Answer {
    let expected = "enabled, with the shield 'block' and an empty allowlist";
    if !item.stated_flag("enabled")? {
        return failed(
            Severity::High,
            &format!("{name} is off"),
            &item.pointer("enabled"),
            "false",
            expected,
        );
    }
    let shields = item.stated_texts("shields")?;
    if !shields.has("block")? {
        let title = format!("{name} does not block");
        return failed(
            Severity::High,
            &title,
            &item.pointer("shields"),
            &first_few(&shields.known),
            expected,
        );
    }
    allowlist::empty(item, &format!("{name} lets some addresses pass"), expected)
}
