//! Customers set up only the providers you expect.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const MANY: usize = 5;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.organizations.self-service",
        title: "Customers set up only the providers you expect",
        severity: Severity::Info,
        exposure: Exposure::Authenticated,
        rationale: "A self-service profile lets a customer's administrator set up a connection. The more kinds it allows, \
                     the more of them you have to know how to check.",
        fix: "Keep the allowed strategies to those that customers need.",
        steps: &["Dashboard: Authentication > Enterprise > Self-Service Enterprise Configuration."],
        references: &[(
            "Self-service enterprise configuration",
            "https://auth0.com/docs/authenticate/enterprise-connections/self-service-enterprise-configuration",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::SelfServiceProfiles, ask),
};

fn ask(profile: &Item, _: &TenantSnapshot) -> Answer {
    let path = "allowed_strategies";
    let Some(strategies) = profile.texts(path)? else { return Err(profile.not_stated(path)) };
    if strategies.known.len() > MANY {
        return failed(
            Severity::Info,
            "Customers may set up many kinds of connection",
            &profile.pointer(path),
            &first_few(&strategies.known),
            "at most 5",
        );
    }
    strategies.all_known().map(|()| Verdict::Passed)
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
                    "selfServiceProfiles: [{name: p, allowed_strategies: [oidc, samlp, waad, okta, adfs, pingfederate]}]",
                ),
                ("passed", "selfServiceProfiles: [{name: p, allowed_strategies: [oidc, samlp]}]"),
                ("not-assessed", "selfServiceProfiles: [{name: p, allowed_strategies: @@X@@}]"),
            ],
        );
    }
}
