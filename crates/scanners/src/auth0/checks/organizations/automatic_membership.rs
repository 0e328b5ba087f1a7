//! Nobody becomes a member by logging in.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::connection;
use crate::auth0::item::Item;
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

fn ask(organization: &Item, tenant: &TenantSnapshot) -> Answer {
    let path = "connections";
    let Some(connections) = question::objects(organization, path)? else {
        return Err(organization.not_stated(path));
    };
    question::first_problem(connections.iter().enumerate().map(|(n, value)| {
        let enabled = Item {
            id: organization.id.clone(),
            name: organization.name.clone(),
            at: organization.pointer(&format!("{path}/{n}")),
            value: value.clone(),
        };
        one(&enabled, tenant)
    }))
}

/// One connection as an organization uses it. Without the switch, nobody becomes a member by logging in.
fn one(enabled: &Item, tenant: &TenantSnapshot) -> Answer {
    let path = "assign_membership_on_login";
    if enabled.flag(path)? != Some(true) || !takes_signups(enabled, tenant)? {
        return Ok(Verdict::Passed);
    }
    failed(
        Severity::Moderate,
        "Anybody can become a member",
        &enabled.pointer(path),
        "true, with sign-up",
        "false, or without sign-up",
    )
}

/// Whether anybody can open an account there. Where the organization does not say, the connection does: a database by its
/// sign-up, which is on where it is not turned off.
fn takes_signups(enabled: &Item, tenant: &TenantSnapshot) -> Result<bool, NotAssessed> {
    let path = "is_signup_enabled";
    if let Some(signup) = enabled.flag(path)? {
        return Ok(signup);
    }
    let names = [enabled.text("name")?, enabled.text("connection/name")?];
    let id = enabled.text("connection_id")?;
    let is_it = |item: &&Item| names.contains(&Some(item.name.as_str())) || id == Some(item.id.as_str());
    if let Some(database) = tenant.known(Collection::Databases).iter().find(is_it) {
        let options = "options";
        return match database.has(options)? {
            true => Ok(database.flag("options/disable_signup")? != Some(true)),
            false => Err(database.not_stated(options)),
        };
    }
    match tenant.known(Collection::Connections).iter().find(is_it) {
        // A company says who has an account.
        Some(found) if connection::is_enterprise(found) => Ok(false),
        _ => Err(enabled.not_stated(path)),
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
                (
                    "not-assessed",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true}]}]",
                ),
                (
                    "failed moderate",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true}]}]\ndatabases: [{name: users, options: {disable_signup: false}}]",
                ),
                (
                    "failed moderate",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true}]}]\ndatabases: [{name: users, options: {}}]",
                ),
                (
                    "passed",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true}]}]\ndatabases: [{name: users, options: {disable_signup: true}}]",
                ),
                (
                    "not-assessed",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true}]}]\ndatabases: [{name: users, options: {disable_signup: ##X##}}]",
                ),
                (
                    "not-assessed",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true}]}]\ndatabases: [{name: users}]",
                ),
                (
                    "passed",
                    "organizations: [{name: acme, connections: [{connection: {name: corp}, assign_membership_on_login: true}]}]\nconnections: [{name: corp, strategy: samlp}]",
                ),
                (
                    "not-assessed",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: true, is_signup_enabled: ##X##}]}]",
                ),
                (
                    "not-assessed",
                    "organizations: [{name: acme, connections: [{name: users, assign_membership_on_login: ##X##, is_signup_enabled: true}]}]",
                ),
                ("passed", "organizations: [{name: acme, connections: [{name: users}]}]"),
            ],
        );
    }
}
