//! Where in an export each collection lies, in both layouts.

/// The kinds of object that checks ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Collection {
    /// The settings of the tenant; one object.
    Tenant,
    /// Applications.
    Clients,
    /// Database connections.
    Databases,
    /// Connections to other identity providers, and passwordless ones.
    Connections,
    /// APIs.
    ResourceServers,
    /// Which application may have which scopes of which API.
    ClientGrants,
    /// Tokens of others that Actions turn into logins.
    TokenExchangeProfiles,
    /// Brute force, breached passwords, suspicious addresses, ...; one object each.
    AttackProtection,
    /// Whether logins get a risk score; one object.
    RiskAssessment,
    /// Signals of a proxy in front; one object.
    SupplementalSignals,
    /// Second factors and whether they are on.
    GuardianFactors,
    /// When a second factor is asked for; one object.
    GuardianPolicies,
    /// Who sends codes to phones; one object.
    GuardianPhone,
    /// Actions.
    Actions,
    /// Code that Actions share.
    ActionModules,
    /// Which Actions run when; one object.
    Triggers,
    /// Rules, the predecessors of Actions.
    Rules,
    /// Values that rules read.
    RulesConfigs,
    /// Hooks, other predecessors of Actions.
    Hooks,
    /// Who sends e-mail; one object, or none.
    EmailProvider,
    /// The e-mails that are sent.
    EmailTemplates,
    /// Who sends text messages and calls.
    PhoneProviders,
    /// Classic pages: login, password reset, MFA, errors.
    Pages,
    /// Domains of the tenant's own.
    CustomDomains,
    /// Who may reach the tenant from where.
    NetworkAcls,
    /// Where the log is sent.
    LogStreams,
    /// Where events about users are sent.
    EventStreams,
    /// Organizations: the customers of a business.
    Organizations,
    /// Roles and their permissions.
    Roles,
    /// What customers may set up by themselves.
    SelfServiceProfiles,
    /// Keys that sign tokens. Never in an export.
    SigningKeys,
    /// The newest login on the tenant's own host. Never in an export.
    Logins,
}

/// How a collection lies in a directory export.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Files {
    /// One file holds one object.
    One(&'static str),
    /// A folder of JSON files, one object each.
    Each(&'static str),
    /// A folder of JSON files, one object each, but for this one.
    EachBut(&'static str, &'static str),
    /// One file holds a list of objects.
    List(&'static str),
    /// A folder with a folder for each object, whose settings are in this file.
    Folders(&'static str, &'static str),
    /// An export never holds it.
    Nowhere,
}

/// How the section of a YAML export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The section is the object.
    Object,
    /// A list of objects.
    List,
    /// An object of objects; the keys say which.
    Named,
}

/// Everything about a collection that is not its content.
pub(crate) struct Source {
    pub(crate) collection: Collection,
    /// The collection id in coverage.
    pub(crate) id: &'static str,
    /// What a person calls these objects.
    pub(crate) words: &'static str,
    pub(crate) files: Files,
    pub(crate) key: &'static str,
    pub(crate) shape: Shape,
}

const SOURCES: [Source; 32] = [
    source(
        Collection::Tenant,
        "tenant",
        "tenant settings",
        Files::One("tenant.json"),
        "tenant",
        Shape::Object,
    ),
    source(Collection::Clients, "clients", "applications", Files::Each("clients"), "clients", Shape::List),
    source(
        Collection::Databases,
        "databases",
        "database connections",
        Files::Folders("database-connections", "database.json"),
        "databases",
        Shape::List,
    ),
    source(
        Collection::Connections,
        "connections",
        "connections",
        Files::Each("connections"),
        "connections",
        Shape::List,
    ),
    source(
        Collection::ResourceServers,
        "resource-servers",
        "APIs",
        Files::Each("resource-servers"),
        "resourceServers",
        Shape::List,
    ),
    source(
        Collection::ClientGrants,
        "client-grants",
        "client grants",
        Files::Each("grants"),
        "clientGrants",
        Shape::List,
    ),
    source(
        Collection::TokenExchangeProfiles,
        "token-exchange-profiles",
        "token exchange profiles",
        Files::Each("token-exchange-profiles"),
        "tokenExchangeProfiles",
        Shape::List,
    ),
    source(
        Collection::AttackProtection,
        "attack-protection",
        "attack protection settings",
        Files::Each("attack-protection"),
        "attackProtection",
        Shape::Named,
    ),
    source(
        Collection::RiskAssessment,
        "risk-assessment",
        "risk assessment settings",
        Files::One("risk-assessment/settings.json"),
        "riskAssessment",
        Shape::Object,
    ),
    source(
        Collection::SupplementalSignals,
        "supplemental-signals",
        "supplemental signals",
        Files::One("supplemental-signals.json"),
        "supplementalSignals",
        Shape::Object,
    ),
    source(
        Collection::GuardianFactors,
        "guardian-factors",
        "MFA factors",
        Files::Each("guardian/factors"),
        "guardianFactors",
        Shape::List,
    ),
    source(
        Collection::GuardianPolicies,
        "guardian-policies",
        "MFA policy",
        Files::One("guardian/policies.json"),
        "guardianPolicies",
        Shape::Object,
    ),
    source(
        Collection::GuardianPhone,
        "guardian-phone",
        "phone factor provider",
        Files::One("guardian/phoneFactorSelectedProvider.json"),
        "guardianPhoneFactorSelectedProvider",
        Shape::Object,
    ),
    source(Collection::Actions, "actions", "Actions", Files::Each("actions"), "actions", Shape::List),
    source(
        Collection::ActionModules,
        "action-modules",
        "Action modules",
        Files::Each("action-modules"),
        "actionModules",
        Shape::List,
    ),
    source(
        Collection::Triggers,
        "triggers",
        "Action bindings",
        Files::One("triggers/triggers.json"),
        "triggers",
        Shape::Object,
    ),
    source(Collection::Rules, "rules", "rules", Files::Each("rules"), "rules", Shape::List),
    source(
        Collection::RulesConfigs,
        "rules-configs",
        "rule settings",
        Files::Each("rules-configs"),
        "rulesConfigs",
        Shape::List,
    ),
    source(Collection::Hooks, "hooks", "hooks", Files::Each("hooks"), "hooks", Shape::List),
    source(
        Collection::EmailProvider,
        "email-provider",
        "e-mail provider",
        Files::One("emails/provider.json"),
        "emailProvider",
        Shape::Object,
    ),
    source(
        Collection::EmailTemplates,
        "email-templates",
        "e-mail templates",
        Files::EachBut("emails", "provider.json"),
        "emailTemplates",
        Shape::List,
    ),
    source(
        Collection::PhoneProviders,
        "phone-providers",
        "phone providers",
        Files::List("phone-providers/provider.json"),
        "phoneProviders",
        Shape::List,
    ),
    source(Collection::Pages, "pages", "classic pages", Files::Each("pages"), "pages", Shape::List),
    source(
        Collection::CustomDomains,
        "custom-domains",
        "custom domains",
        Files::List("custom-domains/custom-domains.json"),
        "customDomains",
        Shape::List,
    ),
    source(
        Collection::NetworkAcls,
        "network-acls",
        "network access lists",
        Files::Each("network-acls"),
        "networkACLs",
        Shape::List,
    ),
    source(
        Collection::LogStreams,
        "log-streams",
        "log streams",
        Files::Each("log-streams"),
        "logStreams",
        Shape::List,
    ),
    source(
        Collection::EventStreams,
        "event-streams",
        "event streams",
        Files::Each("event-streams"),
        "eventStreams",
        Shape::List,
    ),
    source(
        Collection::Organizations,
        "organizations",
        "organizations",
        Files::Each("organizations"),
        "organizations",
        Shape::List,
    ),
    source(Collection::Roles, "roles", "roles", Files::Each("roles"), "roles", Shape::List),
    source(
        Collection::SelfServiceProfiles,
        "self-service-profiles",
        "self-service profiles",
        Files::Each("self-service-profiles"),
        "selfServiceProfiles",
        Shape::List,
    ),
    source(
        Collection::SigningKeys,
        "signing-keys",
        "signing keys",
        Files::Nowhere,
        "signingKeys",
        Shape::List,
    ),
    source(Collection::Logins, "logins", "log of logins", Files::Nowhere, "logins", Shape::List),
];

const fn source(
    collection: Collection,
    id: &'static str,
    words: &'static str,
    files: Files,
    key: &'static str,
    shape: Shape,
) -> Source {
    Source { collection, id, words, files, key, shape }
}

/// All of them.
pub(crate) const fn sources() -> &'static [Source] {
    &SOURCES
}

/// Whether a section of a `tenant.yaml` is one of them.
pub(crate) fn is_read(key: &str) -> bool {
    SOURCES.iter().any(|source| source.key == key)
}

impl Collection {
    /// Everything about it.
    pub(crate) const fn source(self) -> &'static Source {
        // The table is written in the order of the enum; a test holds it to that.
        &SOURCES[self as usize]
    }
}

/// The id of a `Named` object: `breachedPasswordDetection` in YAML is `breached-password-detection` in a directory.
pub(crate) fn kebab(camel: &str) -> String {
    let mut kebab = String::with_capacity(camel.len() + 4);
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for source in sources() {
            assert_eq!(source.collection.source().collection, source.collection);
        }
    }

    #[test]
    fn keys_of_yaml_become_names_of_files() {
        assert_eq!(kebab("suspiciousIpThrottling"), "suspicious-ip-throttling");
        assert_eq!(kebab("captcha"), "captcha");
    }
}
