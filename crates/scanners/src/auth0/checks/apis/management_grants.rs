//! No application may change the tenant beyond its need through the Management API.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

/// With any of these an application can give itself, or anybody, everything else.
const POWERFUL: [&str; 12] = [
    "create:client_grants",
    "update:clients",
    "create:clients",
    "update:connections",
    "create:users",
    "update:users",
    "read:client_keys",
    "update:tenant_settings",
    "create:actions",
    "update:actions",
    "create:user_tickets",
    "update:attack_protection",
];
const MANY: usize = 40;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.management-grants",
        aliases: &[],
        title: "Management API grants are narrow",
        severity: Severity::High,
        exposure: Exposure::Authenticated,
        rationale: "An application with these scopes can read client secrets, change login code, or make itself an \
                    administrator. Its credential is then worth as much as the whole tenant, and is guarded less.",
        fix: "Take away the Management API scopes that the application does not use.",
        steps: &[
            "Dashboard: Applications > APIs > Auth0 Management API > Machine to Machine Applications.",
            "Clear the scopes it does not need; split what remains over applications with one task each.",
        ],
        references: &[(
            "Management API access tokens",
            "https://auth0.com/docs/secure/tokens/access-tokens/management-api-access-tokens",
        )],
        checkmate: &[],
    },
    ask: Ask::Each(Collection::ClientGrants, ask),
};

fn ask(grant: &Item, _: &TenantSnapshot) -> Answer {
    if !management::is_management_api(grant)? {
        return Ok(Verdict::NotApplicable("no grant is for the Management API"));
    }
    let problem = |path: &str, title: &str, seen: &str| {
        failed(
            Severity::High,
            title,
            &grant.pointer(path),
            seen,
            "only the scopes in use, none of the powerful ones",
        )
    };
    if grant.flag("allow_all_scopes") == Ok(Some(true)) {
        return problem("allow_all_scopes", "Every scope of the Management API is granted", "true");
    }
    if grant.text("subject_type") == Ok(Some("user")) {
        return problem("subject_type", "Users get Management API tokens through this application", "user");
    }
    let scopes = grant.stated_texts("scope")?;
    let powerful: Vec<&str> = scopes.known.iter().filter(|scope| POWERFUL.contains(scope)).copied().collect();
    if !powerful.is_empty() {
        return problem("scope", "Powerful scopes of the Management API are granted", &first_few(&powerful));
    }
    if scopes.known.len() > MANY {
        let seen = format!("{} scopes", scopes.known.len());
        return problem("scope", "Very many scopes of the Management API are granted", &seen);
    }
    scopes.all_known()?;
    grant.flag("allow_all_scopes")?;
    grant.text("subject_type")?;
    Ok(Verdict::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |audience: &str, more: &str| {
            format!("clientGrants: [{{client_id: Job, audience: '{audience}', {more}}}]")
        };
        let api = "https://acme.eu.auth0.com/api/v2/";
        let many: Vec<String> = (0..41).map(|n| format!("'read:thing{n}'")).collect();
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with(api, "scope: ['read:users', 'update:clients', '##MORE##']")),
                ("failed high", &with("https://##AUTH0_DOMAIN##/api/v2/", "scope: ['create:users']")),
                ("failed high", &with(api, "scope: [], allow_all_scopes: true")),
                ("failed high", &with(api, "scope: [], subject_type: user")),
                ("failed high", &with(api, &format!("scope: [{}]", many.join(", ")))),
                ("passed", &with(api, "scope: ['read:users'], subject_type: client")),
                ("not-assessed", &with(api, "scope: ['read:users', '##MORE##']")),
                ("not-assessed", &with(api, "scope: @@SCOPES@@")),
                ("not-assessed", &with(api, "scope: [], allow_all_scopes: ##ALL##")),
                ("not-assessed", &with(api, "subject_type: client")),
                ("not-assessed", &with("##AUDIENCE##", "scope: ['update:clients']")),
                ("not-assessed", "clientGrants: [{client_id: Job, scope: []}]"),
                ("not-assessed", "tenant: {}"),
                ("not-applicable", &with("https://api.example.com/api/v2/", "scope: ['update:clients']")),
                ("not-applicable", &with("https://##ENV##.example.com/api/v2/", "scope: ['update:clients']")),
                ("not-applicable", &with("https://##ENV##.example.com/orders", "scope: ['update:clients']")),
                ("not-applicable", "clientGrants: []"),
            ],
        );
    }
}
