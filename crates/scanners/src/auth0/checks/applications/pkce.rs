//! Public applications must use a proof key.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action;
use crate::auth0::bindings;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::client;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.pkce",
        title: "Public applications must use a proof key",
        severity: Severity::Low,
        exposure: Exposure::Public,
        rationale: "A browser or mobile application without PKCE can have its code taken on the way and used. Auth0 takes \
                     logins without it unless an Action refuses them.",
        fix: "Refuse logins of public applications without code_challenge in a post-login Action.",
        steps: &["Dashboard: Actions > Triggers > post-login."],
        references: &[(
            "Authorization code flow with PKCE",
            "https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow-with-pkce",
        )],
        checkmate: &["checkPKCEEnforcement"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let mut public = None;
    for application in tenant.all(Collection::Clients)? {
        if matches!(application.text("app_type")?, Some("spa" | "native"))
            && client::has_grant(application, "authorization_code")?
        {
            public = Some(application);
            break;
        }
    }
    let Some(application) = public else {
        return Ok(Verdict::NotApplicable("no public application uses the code grant"));
    };
    for action in bindings::running(tenant, "post-login")? {
        let Some((_, script)) = action::script(action, tenant)? else { continue };
        if script.mentions("code_challenge")?
            && script.facts()?.calls.contains("api.access.deny")
            && bindings::is_deployed(action)?
        {
            return Ok(Verdict::Passed);
        }
    }
    failed(
        Severity::Low,
        "Logins without a proof key are taken",
        &application.pointer("grant_types"),
        "no Action refuses them",
        "an Action that does",
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
                    "failed low",
                    "clients: [{name: A, app_type: spa, grant_types: [authorization_code]}]\ntriggers: {post-login: []}",
                ),
                (
                    "passed",
                    r#"clients: [{name: A, app_type: spa, grant_types: [authorization_code]}]
triggers: {post-login: [{action_name: a}]}
actions: [{name: a, deployed: true, code: "exports.x = (event, api) => { if (!event.request.query.code_challenge) api.access.deny('no'); };\n"}]"#,
                ),
                (
                    "not-applicable",
                    "clients: [{name: A, app_type: regular_web, grant_types: [authorization_code]}]",
                ),
                ("not-assessed", "clients: [{name: A, app_type: spa, grant_types: [authorization_code]}]"),
            ],
        );
    }
}
