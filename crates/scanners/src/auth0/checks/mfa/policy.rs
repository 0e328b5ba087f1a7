//! A second factor is asked for, by policy or by an Action.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

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
    if !policies.known.is_empty() {
        return Ok(Verdict::Passed);
    }
    policies.all_known()?;
    let bound = bound_after_login(tenant.only(Collection::Triggers)?)?;
    for name in &bound {
        cannot_ask(tenant, name)?;
    }
    let title = "Nobody is asked for a second factor";
    let seen = "policy 'Never', and no Action that runs after login can ask";
    failed(Severity::Moderate, title, &item.pointer("policies"), seen, "all-applications or confidence-score")
}

/// The names of the Actions that run after login.
fn bound_after_login(triggers: &Item) -> Result<Vec<&str>, NotAssessed> {
    const PATH: &str = "post-login";
    let unclear = || NotAssessed::Unknown(format!("{} does not name its Actions", triggers.pointer(PATH)));
    match triggers.find(PATH)? {
        None => Err(triggers.not_stated(PATH)),
        Some(Node::List(bindings)) => bindings
            .iter()
            .map(|binding| match binding.get("action_name") {
                Some(Node::Text(name)) => Ok(name.as_str()),
                _ => Err(unclear()),
            })
            .collect(),
        Some(_) => Err(unclear()),
    }
}

/// An error unless the code of the Action shows that it cannot ask for a second factor.
fn cannot_ask(tenant: &TenantSnapshot, name: &str) -> Result<(), NotAssessed> {
    let maybe =
        |why: &str| NotAssessed::Unknown(format!("the Action {name} may ask for a second factor: {why}"));
    let action = tenant.one(Collection::Actions, name).map_err(|reason| maybe(&reason.to_string()))?;
    match action.find("modules")? {
        None => {}
        Some(Node::List(modules)) if modules.is_empty() => {}
        Some(_) => return Err(maybe("it uses modules")),
    }
    let reference = action.text("code")?.ok_or_else(|| action.not_stated("code"))?;
    let code = tenant.script(reference).map_err(|reason| maybe(&reason.to_string()))?;
    if ASKING.iter().any(|word| code.contains(word)) {
        return Err(maybe("read its code"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
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
            let mut snapshot = yaml::read(text);
            let missing = || NotAssessed::Unreadable("missing".to_owned());
            snapshot.put_script("./a.js".to_owned(), code.map(str::to_owned).ok_or_else(missing));
            assert_eq!(matches!(ask(&snapshot), Ok(Verdict::Failed(_))), fails, "{code:?}");
        }
    }
}
