//! Links in e-mails end soon.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.messaging.template-lifetime",
        title: "Links in e-mails end soon",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "A link to set a new password lies in a mailbox until it is used or ends. For as long, whoever gets into \
                     the mailbox has the account.",
        fix: "Bring the lifetime of the link down to 86400 seconds or less.",
        steps: &["Dashboard: Branding > Email Templates > the template: URL Lifetime."],
        references: &[("Email templates", "https://auth0.com/docs/customize/email/email-templates")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::EmailTemplates, ask),
};

const DAY_SECONDS: f64 = 86_400.0;
/// Those that carry a link. How long it lasts where nothing is written is not documented.
const WITH_LINK: [&str; 6] = [
    "reset_email",
    "verify_email",
    "blocked_account",
    "user_invitation",
    "change_password",
    "password_reset",
];

fn ask(template: &Item, _: &TenantSnapshot) -> Answer {
    let severity = if template.name.starts_with("reset_email") { Severity::Moderate } else { Severity::Low };
    let path = "urlLifetimeInSeconds";
    if !template.has(path)? && !WITH_LINK.contains(&template.name.as_str()) {
        return Ok(Verdict::NotApplicable("the template has no link that ends"));
    }
    let title = "A link in an e-mail is valid for more than a day";
    question::stated_at_most(template, path, DAY_SECONDS, severity, title)
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
                    "emailTemplates: [{template: reset_email, urlLifetimeInSeconds: 2592000}]",
                ),
                ("failed low", "emailTemplates: [{template: verify_email, urlLifetimeInSeconds: 2592000}]"),
                ("passed", "emailTemplates: [{template: reset_email, urlLifetimeInSeconds: 3600}]"),
                ("not-assessed", "emailTemplates: [{template: reset_email, urlLifetimeInSeconds: ##X##}]"),
                (
                    "failed moderate",
                    "emailTemplates: [{template: reset_email, urlLifetimeInSeconds: 432000}]",
                ),
                ("passed", "emailTemplates: [{template: reset_email, urlLifetimeInSeconds: 86400}]"),
                ("not-assessed", "emailTemplates: [{template: reset_email}]"),
                ("not-applicable", "emailTemplates: [{template: welcome_email}]"),
            ],
        );
    }
}
