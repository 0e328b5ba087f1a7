//! Authorization requests are pushed.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::client;
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.pushed-requests",
        title: "Authorization requests are pushed",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "What is asked for travels through the browser, where it can be read and changed. Pushed requests go \
                     straight from the application to the tenant.",
        fix: "Require pushed authorization requests for confidential applications.",
        steps: &["Dashboard: Applications > the application: Require Pushed Authorization Requests."],
        references: &[(
            "Authorization code flow with PAR",
            "https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow/authorization-code-flow-with-par",
        )],
        checkmate: &["checkPAR"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if client::is_public(application)? || !client::has_grant(application, "authorization_code")? {
        return Ok(Verdict::NotApplicable(
            "only confidential applications with the code grant push requests",
        ));
    }
    question::on(
        application,
        "require_pushed_authorization_requests",
        Severity::Info,
        "Authorization requests need not be pushed",
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
                    "failed info",
                    "clients: [{name: Shop, app_type: regular_web, grant_types: [authorization_code]}]",
                ),
                (
                    "passed",
                    "clients: [{name: Shop, app_type: regular_web, grant_types: [authorization_code], require_pushed_authorization_requests: true}]",
                ),
                (
                    "not-applicable",
                    "clients: [{name: Shop, app_type: spa, grant_types: [authorization_code]}]",
                ),
                ("not-assessed", "clients: [{name: Shop, app_type: regular_web}]"),
            ],
        );
    }
}
