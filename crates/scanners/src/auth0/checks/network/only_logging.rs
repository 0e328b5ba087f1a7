//! Network access lists do something.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.network.only-logging",
        title: "Network access lists do something",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A list whose action is to log lets everybody pass. It is meant for trying a list out, and is easily left \
                     so.",
        fix: "Change the action to block or allow once the log shows the right requests.",
        steps: &["Dashboard: Security > Tenant Access Control List > the list: Action."],
        references: &[(
            "Tenant access control list",
            "https://auth0.com/docs/secure/tenant-access-control-list",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::NetworkAcls, ask),
};

fn ask(list: &Item, _: &TenantSnapshot) -> Answer {
    if !list.stated_flag("active")? {
        return Ok(Verdict::NotApplicable("the list is off"));
    }
    if !list.has("rule/action")? {
        return Err(list.not_stated("rule/action"));
    }
    question::off(list, "rule/action/log", Severity::Low, "A network access list only logs")
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
                ("failed low", "networkACLs: [{description: a, active: true, rule: {action: {log: true}}}]"),
                ("passed", "networkACLs: [{description: a, active: true, rule: {action: {block: true}}}]"),
                ("not-applicable", "networkACLs: [{description: a, active: false}]"),
                (
                    "not-assessed",
                    "networkACLs: [{description: a, active: true, rule: {action: {log: ##X##}}}]",
                ),
                ("not-assessed", "networkACLs: [{description: a, active: true}]"),
                ("not-assessed", "networkACLs: [{description: a, rule: {action: {log: true}}}]"),
            ],
        );
    }
}
