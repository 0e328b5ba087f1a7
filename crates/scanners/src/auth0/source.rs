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
    /// APIs.
    ResourceServers,
    /// Which application may have which scopes of which API.
    ClientGrants,
    /// Brute force, breached passwords, suspicious addresses, ...; one object each.
    AttackProtection,
    /// Second factors and whether they are on.
    GuardianFactors,
    /// When a second factor is asked for; one object.
    GuardianPolicies,
    /// Actions.
    Actions,
    /// Which Actions run when; one object.
    Triggers,
    /// Rules, the predecessors of Actions.
    Rules,
}

/// How a collection lies in a directory export.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Files {
    /// One file holds one object.
    One(&'static str),
    /// A folder of JSON files, one object each.
    Each(&'static str),
    /// A folder with a folder for each object, whose settings are in this file.
    Folders(&'static str, &'static str),
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

const SOURCES: [Source; 11] = [
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
        Collection::AttackProtection,
        "attack-protection",
        "attack protection settings",
        Files::Each("attack-protection"),
        "attackProtection",
        Shape::Named,
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
    source(Collection::Actions, "actions", "Actions", Files::Each("actions"), "actions", Shape::List),
    source(
        Collection::Triggers,
        "triggers",
        "Action bindings",
        Files::One("triggers/triggers.json"),
        "triggers",
        Shape::Object,
    ),
    source(Collection::Rules, "rules", "rules", Files::Each("rules"), "rules", Shape::List),
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
