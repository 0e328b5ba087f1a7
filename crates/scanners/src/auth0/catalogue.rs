//! The rules as a reader wants them: what is looked at, and by which ways it is changed.

use checkmate_domain::Rule;
use checkmate_domain::id::IdError;
use serde::Serialize;

use super::all::ALL;
use super::check::{Ask, Check};
use super::source::Collection::{self, self as C};

/// A rule with what is said of it beside a report.
#[derive(Clone, Debug, Serialize)]
pub struct RuleDoc {
    /// As reports carry it.
    #[serde(flatten)]
    pub rule: Rule,
    /// What it is asked of.
    pub looks_at: String,
    /// Ways to change it besides those of the rule: the Management API, Terraform, auth0-deploy-cli.
    pub changed_by: Vec<String>,
    /// Controls of other catalogues, each with who says so.
    pub mappings: Vec<String>,
}

/// A way to change something: call of the Management API, Terraform resource, section of auth0-deploy-cli; empty where there is
/// none, or none is known.
type Ways = (&'static str, &'static str, &'static str);

/// Of the objects of a collection.
#[allow(clippy::match_same_arms, reason = "a line for each collection")]
const fn ways(collection: Collection) -> Option<Ways> {
    Some(match collection {
        C::Clients => ("PATCH /api/v2/clients/{id}", "auth0_client", "clients"),
        C::Databases => ("PATCH /api/v2/connections/{id}", "auth0_connection", "databases"),
        C::Connections => ("PATCH /api/v2/connections/{id}", "auth0_connection", "connections"),
        C::ResourceServers => {
            ("PATCH /api/v2/resource-servers/{id}", "auth0_resource_server", "resourceServers")
        }
        C::ClientGrants => ("PATCH /api/v2/client-grants/{id}", "auth0_client_grant", "clientGrants"),
        C::TokenExchangeProfiles => (
            "PATCH /api/v2/token-exchange-profiles/{id}",
            "auth0_token_exchange_profile",
            "tokenExchangeProfiles",
        ),
        C::Actions => ("PATCH /api/v2/actions/actions/{id}", "auth0_action", "actions"),
        C::ActionModules => ("PATCH /api/v2/actions/modules/{id}", "", "actionModules"),
        C::Rules => ("DELETE /api/v2/rules/{id}", "", "rules"),
        C::RulesConfigs => ("PUT /api/v2/rules-configs/{key}", "", "rulesConfigs"),
        C::Hooks => ("DELETE /api/v2/hooks/{id}", "", "hooks"),
        C::EmailTemplates => {
            ("PATCH /api/v2/email-templates/{name}", "auth0_email_template", "emailTemplates")
        }
        C::LogStreams => ("PATCH /api/v2/log-streams/{id}", "auth0_log_stream", "logStreams"),
        C::Organizations => ("PATCH /api/v2/organizations/{id}", "auth0_organization", "organizations"),
        C::CustomDomains => ("PATCH /api/v2/custom-domains/{id}", "auth0_custom_domain", "customDomains"),
        C::EventStreams => ("PATCH /api/v2/event-streams/{id}", "auth0_event_stream", "eventStreams"),
        C::NetworkAcls => ("PATCH /api/v2/network-acls/{id}", "auth0_network_acl", "networkACLs"),
        C::Roles => ("PATCH /api/v2/roles/{id}", "auth0_role", "roles"),
        C::SelfServiceProfiles => {
            ("PATCH /api/v2/self-service-profiles/{id}", "auth0_self_service_profile", "selfServiceProfiles")
        }
        C::GuardianFactors => ("PUT /api/v2/guardian/factors/{name}", "auth0_guardian", "guardianFactors"),
        C::PhoneProviders => {
            ("PATCH /api/v2/branding/phone/providers/{id}", "auth0_phone_provider", "phoneProviders")
        }
        // Settings of the tenant are told by the rule's group.
        _ => return None,
    })
}

/// Settings that auth0-deploy-cli shows and does not write (8.44.0).
const SHOWN_ONLY: [&str; 1] = ["auth0.applications.privileged-worker"];

/// Group, call of the Management API, Terraform resource, section of an export.
const WAYS: [(&str, &str, &str, &str); 15] = [
    (
        "apis",
        "PATCH /api/v2/resource-servers/{id} or /api/v2/client-grants/{id}",
        "auth0_resource_server, auth0_client_grant",
        "resourceServers, clientGrants",
    ),
    ("applications", "PATCH /api/v2/clients/{id}", "auth0_client", "clients"),
    (
        "attack-protection",
        "PATCH /api/v2/attack-protection/...",
        "auth0_attack_protection",
        "attackProtection",
    ),
    ("connections", "PATCH /api/v2/connections/{id}", "auth0_connection", "connections"),
    ("databases", "PATCH /api/v2/connections/{id}", "auth0_connection", "databases"),
    ("domains", "PATCH /api/v2/custom-domains/{id}", "auth0_custom_domain", "customDomains"),
    ("extensibility", "PATCH /api/v2/actions/actions/{id}", "auth0_action", "actions"),
    ("keys", "POST /api/v2/keys/signing/rotate", "", ""),
    ("logs", "PATCH /api/v2/log-streams/{id}", "auth0_log_stream", "logStreams"),
    (
        "messaging",
        "PATCH /api/v2/emails/provider or /api/v2/email-templates/{name}",
        "auth0_email_provider, auth0_email_template",
        "emailProvider, emailTemplates",
    ),
    (
        "mfa",
        "PUT /api/v2/guardian/factors/{name} or /api/v2/guardian/policies",
        "auth0_guardian",
        "guardianFactors, guardianPolicies",
    ),
    ("network", "POST or PATCH /api/v2/network-acls", "auth0_network_acl", "networkACLs"),
    ("organizations", "PATCH /api/v2/organizations/{id}", "auth0_organization", "organizations"),
    ("pages", "PATCH /api/v2/tenants/settings", "auth0_pages", "pages"),
    ("tenant", "PATCH /api/v2/tenants/settings", "auth0_tenant", "tenant"),
];

/// Beginning of a rule's id, and the controls that the guide names for its topic.
const MAPPINGS: [(&str, &str); 14] = [
    ("auth0.attack-protection.brute-force", "CIS Controls v8 4.10, NIST 800-53 AC-7 and SI-4, SOC 2 CC6.2"),
    ("auth0.attack-protection.suspicious-ip", "CIS Controls v8 4.10, NIST 800-53 SI-4, SOC 2 CC6.2"),
    ("auth0.attack-protection.throttling", "CIS Controls v8 4.10, NIST 800-53 SI-4, SOC 2 CC6.2"),
    ("auth0.attack-protection.breached", "CIS Controls v8 5.2, NIST 800-53 IA-5, SOC 2 CC6.2"),
    ("auth0.attack-protection.bot", "CIS Controls v8 4.10, NIST 800-53 SI-4, SOC 2 CC6.2"),
    ("auth0.databases.password", "CIS Controls v8 5.2, NIST 800-53 IA-5"),
    ("auth0.mfa.", "CIS Controls v8 6.5, NIST 800-53 IA-2(1), SOC 2 CC6.1"),
    ("auth0.attack-protection.risk-assessment", "NIST 800-53 IA-2(6), SOC 2 CC6.1"),
    ("auth0.applications.private-key-jwt", "CIS Controls v8 3.11, NIST 800-53 SC-12"),
    ("auth0.applications.credential-age", "CIS Controls v8 3.11, NIST 800-53 SC-12"),
    ("auth0.connections.", "CIS Controls v8 3.10, NIST 800-53 SC-8"),
    ("auth0.applications.", "CIS Controls v8 4.1, NIST 800-53 CM-7"),
    ("auth0.extensibility.", "CIS Controls v8 16.1, NIST 800-53 SA-15"),
    ("auth0.logs.", "CIS Controls v8 8.2, NIST 800-53 AU-2 and AU-6, SOC 2 CC7.2"),
];

/// Every rule, in the order of ids.
///
/// # Errors
/// When a rule has an invalid id, which a test excludes.
pub fn catalogue() -> Result<Vec<RuleDoc>, IdError> {
    ALL.iter().map(|check| doc(check)).collect()
}

fn doc(check: &Check) -> Result<RuleDoc, IdError> {
    let rule = check.meta.rule()?;
    let looks_at = match check.ask {
        Ask::Tenant(_) => "the tenant as a whole".to_owned(),
        Ask::Each(collection, _) => format!("each of the {}", collection.source().words),
    };
    let changed_by = changed_by(check);
    let mapping = MAPPINGS.iter().find(|(start, _)| check.meta.id.starts_with(start));
    let mappings = mapping
        .map(|(_, controls)| format!("{controls} (howtoharden.com Auth0 guide v0.2.0, by topic)"))
        .into_iter();
    Ok(RuleDoc { rule, looks_at, changed_by, mappings: mappings.collect() })
}

/// By which ways it is changed; the rule's own steps come before, and are not said twice.
fn changed_by(check: &Check) -> Vec<String> {
    let group = check.meta.id.split('.').nth(1).unwrap_or_default();
    let of_collection = match check.ask {
        Ask::Each(collection, _) => ways(collection),
        Ask::Tenant(_) => None,
    };
    let of_group = || WAYS.iter().find(|(of, ..)| *of == group).map(|(_, a, t, e)| (*a, *t, *e));
    let Some((api, terraform, export)) = of_collection.or_else(of_group) else { return Vec::new() };
    let export =
        if SHOWN_ONLY.contains(&check.meta.id) { "shows this setting and does not write it" } else { export };
    let said = |way: &str| check.meta.steps.iter().any(|step| step.starts_with(way));
    let ways =
        [("Management API", api), ("Terraform (auth0/auth0)", terraform), ("auth0-deploy-cli", export)];
    let told = ways.iter().filter(|(way, text)| !text.is_empty() && !said(way));
    told.map(|(way, text)| format!("{way}: {text}")).collect()
}
