//! What brute-force protection and suspicious-IP throttling have in common: a switch, shields, and exceptions.

use checkmate_domain::{NotAssessed, Severity};

use super::allowlist;
use super::check::{Answer, failed, first_few};
use super::item::Item;
use super::node::Node;
use super::snapshot::TenantSnapshot;
use super::source::Collection;

/// Second factors that go over a telephone number.
pub(crate) const PHONE_FACTORS: [&str; 3] = ["sms", "phone", "voice"];

/// The settings of one protection. Auth0 always tells some: an empty object says nothing, not even that defaults hold.
pub(crate) fn settings<'a>(tenant: &'a TenantSnapshot, id: &str) -> Result<&'a Item, NotAssessed> {
    let item = tenant.one(Collection::AttackProtection, id)?;
    match &item.value {
        Node::Map(entries) if entries.is_empty() => {
            Err(NotAssessed::Unknown(format!("{} holds nothing", item.at)))
        }
        _ => Ok(item),
    }
}

/// All second factors, on or off. Every tenant has some: an empty list is not the whole one.
pub(crate) fn factors(tenant: &TenantSnapshot) -> Result<&[Item], NotAssessed> {
    match tenant.all(Collection::GuardianFactors)? {
        [] => Err(NotAssessed::Unknown("the list of MFA factors is empty; every tenant has some".to_owned())),
        factors => Ok(factors),
    }
}

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
