//! A phone provider that is set up is on.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.messaging.phone-provider",
        title: "A phone provider that is set up is on",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "With the provider off, codes go through the shared default or nowhere, although somebody set one up.",
        fix: "Turn the provider on, or delete it.",
        steps: &["Dashboard: Branding > Phone Provider."],
        references: &[(
            "Multi-factor authentication",
            "https://auth0.com/docs/secure/multi-factor-authentication",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::PhoneProviders, ask),
};

fn ask(provider: &Item, _: &TenantSnapshot) -> Answer {
    question::stated_off(provider, "disabled", Severity::Info, "A phone provider is off")
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
                ("failed info", "phoneProviders: [{name: twilio, disabled: true}]"),
                ("passed", "phoneProviders: [{name: twilio, disabled: false}]"),
                ("not-assessed", "phoneProviders: [{name: twilio, disabled: ##X##}]"),
                ("not-applicable", "phoneProviders: []"),
                ("not-assessed", "phoneProviders: [{name: twilio}]"),
            ],
        );
    }
}
