//! Token exchange runs an Action that is there.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::bindings;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.apis.token-exchange",
        title: "Token exchange runs an Action that is there",
        severity: Severity::High,
        exposure: Exposure::Authenticated,
        rationale: "The Action of this profile decides which token of another system becomes a login of whom. If it is \
                     missing, or not deployed, nobody checks that token as it was meant.",
        fix: "Deploy the Action, and have it verify signature, issuer, audience and expiry of the token.",
        steps: &["Dashboard: Actions > Library > the Action."],
        references: &[("Custom token exchange", "https://auth0.com/docs/authenticate/custom-token-exchange")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::TokenExchangeProfiles, ask),
};

fn ask(profile: &Item, tenant: &TenantSnapshot) -> Answer {
    let named = match profile.text("action_id")? {
        Some(id) => Some(id),
        None => profile.text("action")?,
    };
    let Some(named) = named else { return Err(profile.not_stated("action_id")) };
    let actions = tenant.all(Collection::Actions)?;
    let Some(action) = actions.iter().find(|action| action.id.as_str() == named || action.name == named)
    else {
        let title = "The Action of a token exchange is missing";
        return failed(
            Severity::High,
            title,
            &profile.pointer("action_id"),
            named,
            "an Action that is deployed",
        );
    };
    match bindings::is_deployed(action)? {
        true => Ok(Verdict::Passed),
        false => failed(
            Severity::High,
            "The Action of a token exchange is not deployed",
            &action.pointer("deployed"),
            "false",
            "deployed",
        ),
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
                ("failed high", "tokenExchangeProfiles: [{name: P, action: gone}]\nactions: []"),
                (
                    "failed high",
                    "tokenExchangeProfiles: [{name: P, action: a}]\nactions: [{name: a, deployed: false}]",
                ),
                (
                    "passed",
                    "tokenExchangeProfiles: [{name: P, action: a}]\nactions: [{name: a, deployed: true}]",
                ),
                ("not-assessed", "tokenExchangeProfiles: [{name: P, action: a}]"),
                ("not-applicable", "tokenExchangeProfiles: []"),
            ],
        );
    }
}
