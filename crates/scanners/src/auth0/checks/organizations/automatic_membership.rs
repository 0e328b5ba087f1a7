//! Nobody becomes a member by logging in.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.organizations.automatic-membership",
        title: "Nobody becomes a member by logging in",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "With automatic membership everybody who can log in through this connection belongs to the organization. \
                     Where the connection is open to the public, so is the organization.",
        fix: "Turn off automatic membership for connections with open sign-up, and invite members.",
        steps: &["Dashboard: Organizations > the organization > Connections > the connection."],
        references: &[("Organizations", "https://auth0.com/docs/manage-users/organizations")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Organizations, ask),
};

fn ask(organization: &Item, _: &TenantSnapshot) -> Answer {
    let path = "connections";
    let Some(connections) = question::objects(organization, path)? else {
        return Err(organization.not_stated(path));
    };
    for (n, connection) in connections.iter().enumerate() {
        if connection.get("assign_membership_on_login") == Some(&Node::Bool(true))
            && connection.get("is_signup_enabled") == Some(&Node::Bool(true))
        {
            let pointer = organization.pointer(&format!("{path}/{n}/assign_membership_on_login"));
            return failed(
                Severity::Moderate,
                "Anybody can become a member",
                &pointer,
                "true, with sign-up",
                "false, or without sign-up",
            );
        }
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
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true, is_signup_enabled: true}]}]",
                ),
                (
                    "passed",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true, is_signup_enabled: false}]}]",
                ),
                ("not-assessed", "organizations: [{name: acme}]"),
                ("not-applicable", "organizations: []"),
            ],
        );
    }
}
