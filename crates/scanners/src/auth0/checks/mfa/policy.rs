//! A second factor is asked for, by policy or by an Action.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::action::{self, Running};
use crate::auth0::address::shown;
use crate::auth0::bindings;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::node::Node;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

/// The policies that ask.
const POLICIES: [&str; 2] = ["all-applications", "confidence-score"];
/// Without one of these words in its code an Action cannot ask for a second factor.
const ASKING: [&str; 2] = ["multifactor", "authentication"];

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.mfa.policy",
        aliases: &[],
        title: "A second factor is asked for at login",
        severity: Severity::Moderate,
        exposure: Exposure::Authenticated,
        rationale: "A factor that nobody is asked for protects nobody. With the policy 'Never' and no Action that asks, \
                    a stolen password is enough for every account.",
        fix: "Ask for a second factor: by policy, or in an Action where only some logins need it.",
        steps: &[
            "Dashboard: Security > Multi-factor Auth > Define policies: choose 'Use Adaptive MFA' or 'Always'.",
            "Applications that use Token Vault do not work with 'Always': ask in a post-login Action for the others.",
        ],
        references: &[(
            "Customize multi-factor authentication",
            "https://auth0.com/docs/secure/multi-factor-authentication/customize-mfa",
        )],
        checkmate: &["checkGuardianPolicy"],
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let item = tenant.only(Collection::GuardianPolicies)?;
    let policies = item.stated_texts("policies")?;
    if policies.known.iter().any(|policy| POLICIES.contains(policy)) {
        return Ok(Verdict::Passed);
    }
    policies.all_known()?;
    if let Some(policy) = policies.known.first() {
        let place = item.pointer("policies");
        return Err(NotAssessed::Unknown(format!(
            "{place} holds {}, which is no policy known here",
            shown(policy)
        )));
    }
    let bound = bindings::bound(tenant, "post-login")?;
    for name in &bound {
        cannot_ask(tenant, name)?;
    }
    let title = "Nobody is asked for a second factor";
    let seen = "policy 'Never', and no Action that runs after login can ask";
    failed(Severity::Moderate, title, &item.pointer("policies"), seen, "all-applications or confidence-score")
}

/// An error unless the code of the Action shows that it cannot ask for a second factor.
fn cannot_ask(tenant: &TenantSnapshot, name: &str) -> Result<(), NotAssessed> {
    let maybe =
        |why: &str| NotAssessed::Unknown(format!("the Action {name} may ask for a second factor: {why}"));
    let action = tenant.one(Collection::Actions, name).map_err(|reason| maybe(&reason.to_string()))?;
    // Modules belong to a version, as its packages do: those of the draft say nothing about what runs.
    match action::running(action, "code")? {
        Running::Nothing => return Ok(()),
        Running::At(code) => {
            let modules = code.strip_suffix("code").map(|version| format!("{version}modules"));
            match action.find(modules.as_deref().unwrap_or("modules"))? {
                None => {}
                Some(Node::List(modules)) if modules.is_empty() => {}
                Some(_) => return Err(maybe("it uses modules")),
            }
        }
    }
    let (_, script) = action::script(action, tenant)?.ok_or_else(|| action.not_stated("code"))?;
    for word in ASKING {
        if script.mentions(word).map_err(|reason| maybe(&reason.to_string()))? {
            return Err(maybe(&format!("its code mentions {word}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::code::Script;
    use crate::auth0::{fixture, yaml};

    #[test]
    fn answers() {
        let with = |policies: &str, triggers: &str| {
            format!("guardianPolicies: {{policies: {policies}}}\ntriggers: {triggers}")
        };
        fixture::holds(
            &CHECK,
            &[
                ("failed moderate", &with("[]", "{post-login: []}")),
                ("passed", &with("[all-applications]", "{}")),
                ("passed", "guardianPolicies: {policies: [confidence-score]}"),
                ("not-assessed", "guardianPolicies: {policies: [never]}"),
                ("not-assessed", "guardianPolicies: {policies: []}"),
                ("not-assessed", &with("@@POLICIES@@", "{post-login: []}")),
                ("not-assessed", &with("[]", "{}")),
                ("not-assessed", &with("[]", "{post-login: [{action_name: x}]}")),
                ("not-assessed", "clients: []"),
            ],
        );
    }

    #[test]
    fn an_action_counts_as_asking_until_its_code_shows_that_it_cannot() {
        let text = "guardianPolicies: {policies: []}\ntriggers: {post-login: [{action_name: a}]}\n\
                    actions: [{name: a, code: ./a.js}]\n...\n";
        for (code, fails) in [
            (Some("exports.onExecutePostLogin = async () => {};"), true),
            (Some("api.multifactor.enable('any')"), false),
            (Some("api.authentication.challengeWith({type: 'otp'})"), false),
            (None, false),
        ] {
            let mut snapshot = yaml::read(text, fixture::NOW);
            let missing = || Script::unreadable(NotAssessed::Unreadable("missing".to_owned()));
            let script = code
                .map_or_else(missing, |code| crate::auth0::code::read_all(vec![code.to_owned()]).remove(0));
            snapshot.put_script("tenant.yaml#/actions/0/code".to_owned(), script);
            assert_eq!(matches!(ask(&snapshot), Ok(Verdict::Failed(_))), fails, "{code:?}");
        }
    }
}
