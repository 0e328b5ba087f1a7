//! Refresh tokens are given only for APIs that need them.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.offline-access",
        title: "Refresh tokens are given only for APIs that need them",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "With offline access an application keeps its access to this API after the person has gone. Where nobody \
                     needs that, it only makes a theft last.",
        fix: "Turn off offline access where no application works without its user.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: Allow Offline Access."],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if management::is_system(api) == Ok(true) {
        return Ok(Verdict::NotApplicable("it is one of Auth0's own"));
    }
    question::stated_off(
        api,
        "allow_offline_access",
        Severity::Low,
        "Applications may keep access to this API",
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
                ("failed low", "resourceServers: [{name: A, allow_offline_access: true}]"),
                ("passed", "resourceServers: [{name: A, allow_offline_access: false}]"),
                ("not-assessed", "resourceServers: [{name: A, allow_offline_access: ##X##}]"),
                ("not-assessed", "resourceServers: [{name: A}]"),
                ("not-applicable", "resourceServers: [{name: M, is_system: true}]"),
            ],
        );
    }
}
