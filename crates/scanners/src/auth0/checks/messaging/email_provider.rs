//! E-mail goes through a provider of your own.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, failed};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.messaging.email-provider",
        title: "E-mail goes through a provider of your own",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "The built-in provider is for trying out: few messages, a sender that is not yours, no templates. \
                     Password resets end in the spam folder, or nowhere.",
        fix: "Set up an e-mail provider.",
        steps: &["Dashboard: Branding > Email Provider."],
        references: &[(
            "SMTP email providers",
            "https://auth0.com/docs/customize/email/smtp-email-providers",
        )],
        checkmate: &["checkEmailProvider"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let Some(provider) = tenant.at_most_one(Collection::EmailProvider)? else {
        return failed(
            Severity::Moderate,
            "There is no e-mail provider",
            "email-provider",
            "none",
            "one that is on",
        );
    };
    question::kept(provider, "enabled", Severity::Moderate, "The e-mail provider is off")
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
                ("failed moderate", "emailProvider: {name: smtp, enabled: false}"),
                ("passed", "emailProvider: {name: ses, enabled: true}"),
                ("not-assessed", "emailProvider: {name: ses, enabled: ##X##}"),
                ("not-assessed", "tenant: {}"),
            ],
        );
    }
}
