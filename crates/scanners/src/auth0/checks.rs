//! The checks: one file each, `<group>/<name>.rs` for `auth0.<group>.<name>`. A new one is a file, a `mod` line and a line
//! in [`ALL`]; a test fails when one of them is missing.

use super::check::Check;

mod apis {
    pub(super) mod management_grants;
    pub(super) mod signing_algorithm;
}
mod applications {
    pub(super) mod callbacks;
    pub(super) mod grant_types;
    pub(super) mod id_token_signature;
    pub(super) mod public_client_credentials;
}
mod attack_protection {
    pub(super) mod breached_password;
    pub(super) mod brute_force;
    pub(super) mod suspicious_ip_throttling;
}
mod databases {
    pub(super) mod password_policy;
}
mod extensibility {
    pub(super) mod rules;
}
mod mfa {
    pub(super) mod factors;
    pub(super) mod policy;
}
mod tenant {
    pub(super) mod legacy_flags;
    pub(super) mod session_lifetime;
}

/// Every check, in the order of ids.
pub(crate) static ALL: &[&Check] = &[
    &apis::management_grants::CHECK,
    &apis::signing_algorithm::CHECK,
    &applications::callbacks::CHECK,
    &applications::grant_types::CHECK,
    &applications::id_token_signature::CHECK,
    &applications::public_client_credentials::CHECK,
    &attack_protection::breached_password::CHECK,
    &attack_protection::brute_force::CHECK,
    &attack_protection::suspicious_ip_throttling::CHECK,
    &databases::password_policy::CHECK,
    &extensibility::rules::CHECK,
    &mfa::factors::CHECK,
    &mfa::policy::CHECK,
    &tenant::legacy_flags::CHECK,
    &tenant::session_lifetime::CHECK,
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// `auth0.group.name` of every file below this module's folder.
    fn files() -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/auth0/checks");
        let mut ids = BTreeSet::new();
        for group in std::fs::read_dir(root).expect("folder").map(|entry| entry.expect("entry").path()) {
            for file in std::fs::read_dir(&group).expect("folder").map(|entry| entry.expect("entry").path()) {
                let stem =
                    |path: &Path| path.file_stem().and_then(|s| s.to_str()).expect("name").replace('_', "-");
                ids.insert(format!("auth0.{}.{}", stem(&group), stem(&file)));
            }
        }
        ids
    }

    #[test]
    fn every_file_is_on_the_list_and_named_like_its_check() {
        let listed: BTreeSet<String> = ALL.iter().map(|check| check.meta.id.to_owned()).collect();
        assert_eq!(files(), listed);
        assert_eq!(listed.len(), ALL.len(), "an id is there twice");
        assert!(ALL.is_sorted_by_key(|check| check.meta.id));
    }

    #[test]
    fn every_check_tells_its_reader_enough() {
        for check in ALL {
            let rule = check.meta.rule().expect("ids are valid");
            assert!(rule.rationale.len() > 60, "{}", rule.id);
            assert!(rule.remediation.summary.ends_with('.'), "{}", rule.id);
            assert!(!rule.title.ends_with('.'), "{}", rule.id);
            assert!(!rule.references.is_empty(), "{}", rule.id);
            assert!(
                rule.references.iter().all(|r| r.url.starts_with("https://auth0.com/docs/")),
                "{}",
                rule.id
            );
        }
    }
}
