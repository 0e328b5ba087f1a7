//! A session moves to the browser of the same device only.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.session-transfer",
        title: "A session moves to the browser of the same device only",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "A session transfer token opens a web session from a native application. Without binding to the device, \
                     whoever catches it opens the session elsewhere.",
        fix: "Set enforce_device_binding to ip or asn.",
        steps: &["Management API: PATCH /api/v2/clients/{id} with session_transfer.enforce_device_binding."],
        references: &[(
            "Native to web SSO",
            "https://auth0.com/docs/authenticate/single-sign-on/native-to-web",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    if application.flag("session_transfer/can_create_session_transfer_token")? != Some(true) {
        return Ok(Verdict::NotApplicable("the application moves no sessions"));
    }
    question::none_of(
        application,
        "session_transfer/enforce_device_binding",
        &["none"],
        Severity::Moderate,
        "A session moves to any device",
        "ip or asn",
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
                    "failed moderate",
                    "clients: [{name: A, session_transfer: {can_create_session_transfer_token: true, enforce_device_binding: none}}]",
                ),
                (
                    "passed",
                    "clients: [{name: A, session_transfer: {can_create_session_transfer_token: true, enforce_device_binding: ip}}]",
                ),
                ("not-applicable", "clients: [{name: A}]"),
                ("not-assessed", "clients: [{name: A, session_transfer: @@X@@}]"),
            ],
        );
    }
}
