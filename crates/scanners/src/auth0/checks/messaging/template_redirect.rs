//! Links in e-mails lead to encrypted addresses and carry no address.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::{Item, Written};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.messaging.template-redirect",
        title: "Links in e-mails lead to encrypted addresses and carry no address",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "After the click the person is sent on to this address. Without encryption it can be changed on the way; \
                     with the e-mail address in it, it tells servers and logs who that was.",
        fix: "Use https, and turn off the e-mail address in the redirect.",
        steps: &["Dashboard: Branding > Email Templates > the template: Redirect To."],
        references: &[("Email templates", "https://auth0.com/docs/customize/email/email-templates")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::EmailTemplates, ask),
};

fn ask(template: &Item, _: &TenantSnapshot) -> Answer {
    let address = "resultUrl";
    match question::encrypted(
        template,
        address,
        Severity::Moderate,
        "A link in an e-mail leads to an address that is not encrypted",
    )? {
        Verdict::Passed => told(template, address),
        other => Ok(other),
    }
}

/// These two tell the address unless they are told not to, to whom they lead.
fn told(template: &Item, address: &str) -> Answer {
    let path = "includeEmailInRedirect";
    let tells = matches!(template.name.as_str(), "reset_email" | "verify_email");
    let leads = !matches!(template.written(address)?, Some(Written::Known("")) | None);
    let title = "A link in an e-mail tells the address on";
    if tells && leads {
        return question::turned_off(template, path, Severity::Low, title);
    }
    question::off(template, path, Severity::Low, title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        fixture::holds(
            &CHECK,
            &[
                (
                    "failed moderate",
                    "emailTemplates: [{template: reset_email, resultUrl: 'http://example.com'}]",
                ),
                ("failed low", "emailTemplates: [{template: reset_email, includeEmailInRedirect: true}]"),
                (
                    "passed",
                    "emailTemplates: [{template: reset_email, resultUrl: 'https://example.com', includeEmailInRedirect: false}]",
                ),
                ("passed", "emailTemplates: [{template: reset_email, resultUrl: ''}]"),
                ("not-assessed", "emailTemplates: [{template: reset_email, resultUrl: ##X##}]"),
                (
                    "failed low",
                    "emailTemplates: [{template: verify_email, resultUrl: 'https://example.com'}]",
                ),
                ("passed", "emailTemplates: [{template: welcome_email, resultUrl: 'https://example.com'}]"),
            ],
        );
    }
}
