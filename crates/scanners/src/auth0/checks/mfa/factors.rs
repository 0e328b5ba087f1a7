//! There is a second factor, and one that cannot be redirected to somebody else.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::protection;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

/// Codes that travel over a phone number or mailbox, which can be taken over.
const REDIRECTABLE: [&str; 4] = ["sms", "phone", "voice", "email"];
/// A way back in, not a second factor by itself.
const RECOVERY: &str = "recovery-code";

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.mfa.factors",
        aliases: &[],
        title: "A second factor is on that cannot be redirected",
        severity: Severity::High,
        exposure: Exposure::Authenticated,
        rationale: "Whoever has a password has the account, unless a second factor is asked for. Codes by text message, \
                    call or e-mail follow the phone number or mailbox, which attackers take over; one-time-password \
                    apps, push and security keys do not.",
        fix: "Turn on WebAuthn, push or one-time passwords as factors.",
        steps: &[
            "Dashboard: Security > Multi-factor Auth.",
            "Turn on 'WebAuthn with FIDO Security Keys' or 'One-time Password'; keep phone and e-mail as a fallback at most.",
        ],
        references: &[(
            "Multi-factor authentication",
            "https://auth0.com/docs/secure/multi-factor-authentication",
        )],
        checkmate: &["checkGuardianFactors"],
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let factors = tenant.known(Collection::GuardianFactors);
    let (mut on, mut unknown) = (Vec::new(), None);
    for factor in factors {
        match factor.stated_flag("enabled") {
            Ok(true) => on.push(factor.name.as_str()),
            Ok(false) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    if on.iter().any(|name| !REDIRECTABLE.contains(name) && *name != RECOVERY) {
        return Ok(Verdict::Passed);
    }
    // From here on every factor counts that could be on.
    protection::factors(tenant)?;
    if let Some(reason) = unknown {
        return Err(reason);
    }
    let expected = "webauthn-roaming, webauthn-platform, otp or push-notification enabled";
    let pointer = |name: &str| {
        let shown = factors.iter().find(|factor| factor.name == name).or(factors.first());
        shown.map_or_else(String::new, |factor| factor.pointer("enabled"))
    };
    on.retain(|name| *name != RECOVERY);
    match on.first() {
        Some(first) => {
            let title = "Every second factor goes over a phone number or mailbox";
            failed(Severity::Moderate, title, &pointer(first), &first_few(&on), expected)
        }
        None => failed(Severity::High, "No second factor is on", &pointer(""), "none enabled", expected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        let with = |factors: &str| format!("guardianFactors: [{factors}]");
        fixture::holds(
            &CHECK,
            &[
                ("failed high", &with("{name: otp, enabled: false}, {name: sms, enabled: false}")),
                ("failed high", &with("{name: recovery-code, enabled: true}")),
                ("failed moderate", &with("{name: otp, enabled: false}, {name: sms, enabled: true}")),
                ("passed", &with("{name: otp, enabled: true}, {name: sms, enabled: ##SMS##}")),
                ("not-assessed", &with("{name: otp, enabled: ##OTP##}, {name: sms, enabled: true}")),
                ("not-assessed", &with("{name: sms, enabled: true}, 7")),
                ("not-assessed", &with("")),
                ("not-assessed", "clients: []"),
            ],
        );
    }
}
