//! E-mails that people act on are in use and yours.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.messaging.email-templates",
        title: "E-mails that people act on are in use and yours",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "A template that is off is sent in Auth0's words, or not at all: people cannot tell it from a fraud.",
        fix: "Turn on the templates for what the tenant uses.",
        steps: &["Dashboard: Branding > Email Templates."],
        references: &[("Email templates", "https://auth0.com/docs/customize/email/email-templates")],
        checkmate: &["checkEmailTemplates"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::EmailTemplates, ask),
};

fn ask(template: &Item, _: &TenantSnapshot) -> Answer {
    question::on(template, "enabled", Severity::Info, "An e-mail template is off")
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
                ("failed info", "emailTemplates: [{template: reset_email, enabled: false}]"),
                ("passed", "emailTemplates: [{template: reset_email, enabled: true}]"),
                ("not-assessed", "emailTemplates: [{template: reset_email, enabled: ##X##}]"),
                ("not-applicable", "emailTemplates: []"),
            ],
        );
    }
}
