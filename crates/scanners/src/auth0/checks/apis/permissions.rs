//! An API with scopes checks who may have them.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::management;
use crate::auth0::node::Node;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.permissions",
        title: "An API with scopes checks who may have them",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "Without RBAC every user gets each scope that an application asks for, and consent is the only limit: \
                     with one's own application there is none.",
        fix: "Turn on RBAC and have permissions added to the access token.",
        steps: &["Dashboard: Applications > APIs > the API > Settings: RBAC Settings."],
        references: &[("API settings", "https://auth0.com/docs/get-started/apis/api-settings")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::ResourceServers, ask),
};

fn ask(api: &Item, _: &TenantSnapshot) -> Answer {
    if management::is_system(api)? {
        return Ok(Verdict::NotApplicable("it is one of Auth0's own"));
    }
    if question::objects(api, "scopes")?.is_none_or(<[Node]>::is_empty) {
        return Ok(Verdict::NotApplicable("the API has no scopes"));
    }
    match question::on(
        api,
        "enforce_policies",
        Severity::Moderate,
        "Every user may have every scope of this API",
    )? {
        Verdict::Passed => {}
        other => return Ok(other),
    }
    let path = "token_dialect";
    match api.text(path)? {
        Some(dialect) if !dialect.ends_with("_authz") => failed(
            Severity::Low,
            "Permissions are not in the token",
            &api.pointer(path),
            dialect,
            "access_token_authz",
        ),
        Some(_) => Ok(Verdict::Passed),
        None => Err(api.not_stated(path)),
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
                    "resourceServers: [{name: A, identifier: 'urn:a', scopes: [{value: 'read:a'}]}]",
                ),
                (
                    "failed low",
                    "resourceServers: [{name: A, identifier: 'urn:a', scopes: [{value: 'read:a'}], enforce_policies: true, token_dialect: access_token}]",
                ),
                (
                    "passed",
                    "resourceServers: [{name: A, identifier: 'urn:a', scopes: [{value: 'read:a'}], enforce_policies: true, token_dialect: access_token_authz}]",
                ),
                ("not-applicable", "resourceServers: [{name: A, identifier: 'urn:a', scopes: []}]"),
                ("not-assessed", "resourceServers: [{name: A, identifier: 'urn:a', scopes: @@X@@}]"),
                (
                    "not-assessed",
                    "resourceServers: [{name: A, identifier: 'urn:a', scopes: [{value: 'read:a'}], enforce_policies: true}]",
                ),
                (
                    "not-applicable",
                    "resourceServers: [{name: A, identifier: 'https://acme.eu.auth0.com/me/', scopes: [{value: 'read:me'}]}]",
                ),
            ],
        );
    }
}
