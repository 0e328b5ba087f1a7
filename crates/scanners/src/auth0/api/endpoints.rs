//! What is asked of the Management API, and where each answer belongs.

use super::pace::Class;
use crate::auth0::source::Collection;

/// How a list comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// One object.
    One,
    /// A list, whole.
    Whole,
    /// Pages by number: `page`, `per_page`, `include_totals`. The vendor ends after 1,000 objects.
    Pages,
    /// As [`Paging::Pages`], by an endpoint that always tells totals and does not know the parameter.
    Totals,
    /// Pages by checkpoint: `take`, `from`, until there is no `next`.
    Checkpoints,
}

/// One question.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) collection: Collection,
    /// After `/api/v2/`.
    pub(super) path: &'static str,
    pub(super) paging: Paging,
    /// The field of an answer that holds the list.
    pub(super) key: &'static str,
    /// The field of an object that is its id.
    pub(super) id: &'static str,
    /// What the token must be allowed.
    pub(super) scope: &'static str,
    pub(super) class: Class,
    /// Fields that are left out: secrets, and what nobody asks about.
    pub(super) without: &'static str,
}

const fn one(collection: Collection, path: &'static str, scope: &'static str) -> Endpoint {
    Endpoint {
        collection,
        path,
        paging: Paging::One,
        key: "",
        id: "",
        scope,
        class: Class::Other,
        without: "",
    }
}

const fn list(
    collection: Collection,
    path: &'static str,
    paging: Paging,
    key: &'static str,
    id: &'static str,
    scope: &'static str,
) -> Endpoint {
    Endpoint { collection, path, paging, key, id, scope, class: Class::Other, without: "" }
}

use Collection as C;
use Paging::{Checkpoints, Pages, Totals, Whole};

/// Everything that is asked once.
pub(super) static ENDPOINTS: [Endpoint; 28] = [
    one(C::Tenant, "tenants/settings", "read:tenant_settings"),
    Endpoint {
        class: Class::Clients,
        without: "client_secret,signing_keys,encryption_key,description,logo_uri,tenant,sso_disabled,mobile,form_template",
        ..list(C::Clients, "clients", Checkpoints, "clients", "client_id", "read:clients")
    },
    Endpoint {
        class: Class::Connections,
        ..list(C::Connections, "connections", Checkpoints, "connections", "id", "read:connections")
    },
    list(C::ResourceServers, "resource-servers", Pages, "resource_servers", "id", "read:resource_servers"),
    list(C::ClientGrants, "client-grants", Checkpoints, "client_grants", "id", "read:client_grants"),
    list(
        C::TokenExchangeProfiles,
        "token-exchange-profiles",
        Checkpoints,
        "token_exchange_profiles",
        "id",
        "read:token_exchange_profiles",
    ),
    one(C::AttackProtection, "attack-protection/brute-force-protection", "read:attack_protection"),
    one(C::AttackProtection, "attack-protection/suspicious-ip-throttling", "read:attack_protection"),
    one(C::AttackProtection, "attack-protection/breached-password-detection", "read:attack_protection"),
    one(C::AttackProtection, "attack-protection/bot-detection", "read:attack_protection"),
    one(C::AttackProtection, "attack-protection/captcha", "read:attack_protection"),
    one(C::RiskAssessment, "risk-assessments/settings", "read:attack_protection"),
    one(C::SupplementalSignals, "supplemental-signals", "read:attack_protection"),
    list(C::GuardianFactors, "guardian/factors", Whole, "", "name", "read:guardian_factors"),
    one(C::GuardianPolicies, "guardian/policies", "read:mfa_policies"),
    one(C::GuardianPhone, "guardian/factors/phone/selected-provider", "read:guardian_factors"),
    list(C::Actions, "actions/actions", Totals, "actions", "id", "read:actions"),
    list(C::ActionModules, "actions/modules", Totals, "modules", "id", "read:actions"),
    list(C::Rules, "rules", Pages, "rules", "id", "read:rules"),
    list(C::RulesConfigs, "rules-configs", Whole, "", "key", "read:rules_configs"),
    list(C::Hooks, "hooks", Pages, "hooks", "id", "read:hooks"),
    Endpoint {
        class: Class::EmailProvider,
        ..one(C::EmailProvider, "emails/provider", "read:email_provider")
    },
    list(C::PhoneProviders, "branding/phone/providers", Whole, "providers", "id", "read:phone_providers"),
    list(
        C::CustomDomains,
        "custom-domains",
        Whole,
        "custom_domains",
        "custom_domain_id",
        "read:custom_domains",
    ),
    list(C::NetworkAcls, "network-acls", Pages, "network_acls", "id", "read:network_acls"),
    list(C::LogStreams, "log-streams", Whole, "", "id", "read:log_streams"),
    list(C::EventStreams, "event-streams", Checkpoints, "eventStreams", "id", "read:event_streams"),
    list(C::SigningKeys, "keys/signing", Whole, "", "kid", "read:signing_keys"),
];

/// Lists whose objects have lists of their own.
pub(super) static WITH_OBJECTS: [Endpoint; 3] = [
    Endpoint {
        class: Class::Organizations,
        ..list(C::Organizations, "organizations", Checkpoints, "organizations", "id", "read:organizations")
    },
    list(C::Roles, "roles", Pages, "roles", "id", "read:roles"),
    list(
        C::SelfServiceProfiles,
        "self-service-profiles",
        Pages,
        "self_service_profiles",
        "id",
        "read:self_service_profiles",
    ),
];

/// All lists and objects that are asked for by one path.
pub(super) fn all() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().chain(&WITH_OBJECTS)
}

/// The templates that a tenant may change.
pub(super) const TEMPLATES: [&str; 10] = [
    "verify_email",
    "verify_email_by_code",
    "welcome_email",
    "enrollment_email",
    "reset_email",
    "reset_email_by_code",
    "blocked_account",
    "stolen_credentials",
    "mfa_oob_code",
    "user_invitation",
];

/// A list that belongs to each object of another.
#[derive(Debug)]
pub(super) struct Detail {
    /// Whose.
    pub(super) collection: Collection,
    /// `{}` stands for the id.
    pub(super) path: &'static str,
    pub(super) paging: Paging,
    pub(super) key: &'static str,
    /// The field of the object that it becomes.
    pub(super) field: &'static str,
    pub(super) scope: &'static str,
    pub(super) class: Class,
}

/// One more call for each object.
pub(super) static DETAILS: [Detail; 4] = [
    Detail {
        collection: C::Connections,
        path: "connections/{}/clients",
        paging: Checkpoints,
        key: "clients",
        field: "enabled_clients",
        scope: "read:connections",
        class: Class::Connections,
    },
    Detail {
        collection: C::Clients,
        path: "clients/{}/credentials",
        paging: Whole,
        key: "",
        field: "credentials",
        scope: "read:client_credentials",
        class: Class::Clients,
    },
    Detail {
        collection: C::Organizations,
        path: "organizations/{}/enabled_connections",
        paging: Pages,
        key: "enabled_connections",
        field: "connections",
        scope: "read:organization_connections",
        class: Class::Organizations,
    },
    Detail {
        collection: C::Roles,
        path: "roles/{}/permissions",
        paging: Pages,
        key: "permissions",
        field: "permissions",
        scope: "read:roles",
        class: Class::Other,
    },
];

/// Every scope that a scan makes use of.
pub(super) fn scopes() -> Vec<&'static str> {
    let mut scopes: Vec<&str> =
        all().map(|one| one.scope).chain(DETAILS.iter().map(|one| one.scope)).collect();
    scopes.extend(["read:email_templates", "read:logs"]);
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}
