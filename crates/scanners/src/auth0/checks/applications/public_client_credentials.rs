//! Tokens for machines are given only to applications that prove who they are.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.public-client-credentials",
        aliases: &[],
        title: "Applications without a secret get no machine tokens",
        severity: Severity::High,
        exposure: Exposure::Public,
        rationale: "The client credentials grant gives a token to whoever shows the application's credentials. An \
                    application that authenticates with none shows only its client id, which everybody can read.",
        fix: "Turn off the client credentials grant, or give the application a credential of its own.",
        steps: &[
            "If a machine uses it: make a separate machine-to-machine application with private_key_jwt.",
            "Dashboard: Applications > the application > Advanced Settings > Grant Types: clear Client Credentials.",
        ],
        references: &[(
            "Confidential and public applications",
            "https://auth0.com/docs/get-started/applications/confidential-and-public-applications",
        )],
        checkmate: &["checkGrantTypes"],
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    const GRANT: &str = "client_credentials";
    let grants = client::grants(application)?;
    if !grants.known.contains(&GRANT) && grants.unknown.is_empty() {
        return Ok(Verdict::Passed);
    }
    if application.text("token_endpoint_auth_method")?.is_some_and(|method| method != "none") {
        return Ok(Verdict::Passed);
    }
    grants.has(GRANT)?;
    if !client::is_public(application)? {
        return Ok(Verdict::Passed);
    }
    let title = "Anybody who knows the client id gets machine tokens";
    let seen = "client_credentials, with the authentication method none";
    let expected = "no client_credentials, or a client that authenticates";
    failed(Severity::High, title, &application.pointer("grant_types"), seen, expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |method: &str, grants: &str| {
            format!("clients: [{{name: Shop, token_endpoint_auth_method: {method}, grant_types: {grants}}}]")
        };
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("none", "[client_credentials, '##MORE##']")),
                ("failed high", "clients: [{name: Shop, app_type: spa, grant_types: [client_credentials]}]"),
                ("passed", &with("none", "[authorization_code]")),
                ("passed", &with("##METHOD##", "[authorization_code]")),
                ("passed", &with("client_secret_post", "['##GRANT##']")),
                (
                    "passed",
                    "clients: [{name: Job, app_type: non_interactive, grant_types: [client_credentials]}]",
                ),
                ("not-assessed", &with("##METHOD##", "[client_credentials]")),
                ("not-assessed", &with("none", "['##GRANT##']")),
                ("not-assessed", "clients: [{name: Shop, grant_types: [client_credentials]}]"),
                ("not-assessed", "clients: [{name: Shop, token_endpoint_auth_method: none}]"),
                ("not-applicable", "clients: []"),
            ],
        );
    }
}
