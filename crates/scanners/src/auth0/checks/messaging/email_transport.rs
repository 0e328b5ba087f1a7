//! E-mail is handed over encrypted.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.messaging.email-transport",
        title: "E-mail is handed over encrypted",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "On port 25 mail with password links and codes is often handed over in the clear.",
        fix: "Use port 587 or 465 of the mail server, with TLS.",
        steps: &["Dashboard: Branding > Email Provider > SMTP: Port."],
        references: &[(
            "SMTP email providers",
            "https://auth0.com/docs/customize/email/smtp-email-providers",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let Some(provider) = tenant.at_most_one(Collection::EmailProvider)? else {
        return Ok(Verdict::NotApplicable("there is no e-mail provider"));
    };
    if provider.text("name")? != Some("smtp") {
        return Ok(Verdict::NotApplicable("the provider is not a mail server"));
    }
    let path = "credentials/smtp_port";
    match provider.number(path)? {
        Some(25.0) => failed(
            Severity::Moderate,
            "E-mail may be handed over in the clear",
            &provider.pointer(path),
            "25",
            "587 or 465",
        ),
        Some(_) => Ok(Verdict::Passed),
        None => Err(provider.not_stated(path)),
    }
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
                ("failed moderate", "emailProvider: {name: smtp, credentials: {smtp_port: 25}}"),
                ("passed", "emailProvider: {name: smtp, credentials: {smtp_port: 587}}"),
                ("not-applicable", "emailProvider: {name: ses}"),
                ("not-assessed", "emailProvider: {name: smtp, credentials: @@X@@}"),
            ],
        );
    }
}
