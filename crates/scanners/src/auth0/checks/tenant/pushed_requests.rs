//! Applications may push their authorization requests.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.tenant.pushed-requests",
        title: "Applications may push their authorization requests",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "Pushed authorization requests keep the details of a login out of the browser, where they can be read and \
                     changed. Financial-grade profiles ask for them.",
        fix: "Turn on pushed_authorization_requests_supported.",
        steps: &["Dashboard: Settings > Advanced: Allow Pushed Authorization Requests."],
        references: &[(
            "Authorization code flow with PAR",
            "https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow/authorization-code-flow-with-par",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let settings = tenant.only(Collection::Tenant)?;
    question::on(
        settings,
        "pushed_authorization_requests_supported",
        Severity::Info,
        "Pushed authorization requests are not offered",
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
                ("failed info", "tenant: {friendly_name: Acme}"),
                ("passed", "tenant: {pushed_authorization_requests_supported: true}"),
                ("not-assessed", "tenant: {pushed_authorization_requests_supported: ##X##}"),
            ],
        );
    }
}
