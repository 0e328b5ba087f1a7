//! No role holds very many permissions.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

const MANY: usize = 100;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.organizations.broad-roles",
        title: "No role holds very many permissions",
        severity: Severity::Low,
        exposure: Exposure::Authenticated,
        rationale: "A role with everything is given for one task and brings all others along.",
        fix: "Split the role by task.",
        steps: &["Dashboard: User Management > Roles > the role > Permissions."],
        references: &[(
            "Role-based access control",
            "https://auth0.com/docs/manage-users/access-control/rbac",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Roles, ask),
};

fn ask(role: &Item, _: &TenantSnapshot) -> Answer {
    let path = "permissions";
    let Some(permissions) = question::objects(role, path)? else { return Err(role.not_stated(path)) };
    if permissions.len() > MANY {
        let seen = format!("{} permissions", permissions.len());
        return failed(
            Severity::Low,
            "A role holds very many permissions",
            &role.pointer(path),
            &seen,
            "at most 100",
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
        let permissions: Vec<String> = (0..=MANY).map(|n| format!("{{permission_name: p{n}}}")).collect();
        let many = format!("roles: [{{name: r, permissions: [{}]}}]", permissions.join(", "));
        fixture::holds(
            &CHECK,
            &[
                ("passed", "roles: [{name: r, permissions: [{permission_name: a}]}]"),
                ("not-assessed", "roles: [{name: r}]"),
                ("not-applicable", "roles: []"),
                ("failed low", &many),
            ],
        );
    }
}
