//! E-mail comes from a domain of your own.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const FREE: [&str; 10] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "icloud.com",
    "gmx.de",
    "proton.me",
    "aol.com",
];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.messaging.email-sender",
        title: "E-mail comes from a domain of your own",
        severity: Severity::Moderate,
        exposure: Exposure::Public,
        rationale: "Mail about passwords from an address at a free mail service looks like a fraud, teaches people to trust \
                     frauds, and cannot be protected by your DNS.",
        fix: "Set a sender at a domain of your own, with SPF, DKIM and DMARC.",
        steps: &["Dashboard: Branding > Email Provider: From."],
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
    let path = "default_from_address";
    let Some(from) = provider.text(path)? else { return Err(provider.not_stated(path)) };
    let address = from.trim_end_matches('>');
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
    if FREE.contains(&domain.as_str()) {
        return failed(
            Severity::Moderate,
            "E-mail comes from a free mail service",
            &provider.pointer(path),
            &domain,
            "a domain of your own",
        );
    }
    Ok(Verdict::Passed)
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
                    "emailProvider: {name: smtp, default_from_address: 'Acme <acme.shop@gmail.com>'}",
                ),
                ("passed", "emailProvider: {name: smtp, default_from_address: 'no-reply@example.com'}"),
                ("not-assessed", "emailProvider: {name: smtp}"),
            ],
        );
    }
}
