//! E-mail addresses are verified by a code.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.databases.email-verification",
        title: "E-mail addresses are verified by a code",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "A link is followed by scanners of mail and can be sent on; a code shows that the person at the screen \
                     has the mailbox.",
        fix: "Set the verification method of the e-mail attribute to a one-time code.",
        steps: &["Dashboard: Authentication > Database > the connection > Attributes > Email: Verification."],
        references: &[("Verify emails", "https://auth0.com/docs/manage-users/user-accounts/verify-emails")],
        checkmate: &["checkEmailAttributeVerification"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Databases, ask),
};

fn ask(database: &Item, _: &TenantSnapshot) -> Answer {
    question::one_of(
        database,
        "options/attributes/email/verification_method",
        &["code", "otp"],
        Severity::Info,
        "E-mail addresses are not verified by a code",
    )
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
                    "failed info",
                    "databases: [{name: users, options: {attributes: {email: {verification_method: link}}}}]",
                ),
                ("failed info", "databases: [{name: users, options: {}}]"),
                (
                    "passed",
                    "databases: [{name: users, options: {attributes: {email: {verification_method: code}}}}]",
                ),
                (
                    "not-assessed",
                    "databases: [{name: users, options: {attributes: {email: {verification_method: ##X##}}}}]",
                ),
            ],
        );
    }
}
