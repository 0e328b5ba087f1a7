//! The checks: one file each, `<group>/<name>.rs` for `auth0.<group>.<name>`. A new one is a file, a `mod` line and a line
//! in [`super::all::ALL`]; a test fails when one of them is missing.

pub(crate) mod apis {
    pub(crate) mod all_scopes;
    pub(crate) mod any_organization;
    pub(crate) mod consent;
    pub(crate) mod default_grants;
    pub(crate) mod ephemeral_sessions;
    pub(crate) mod identifier;
    pub(crate) mod machine_access;
    pub(crate) mod management_grants;
    pub(crate) mod management_user_access;
    pub(crate) mod offline_access;
    pub(crate) mod permissions;
    pub(crate) mod sender_constraining;
    pub(crate) mod sender_constraining_required;
    pub(crate) mod signing_algorithm;
    pub(crate) mod token_encryption;
    pub(crate) mod token_exchange;
    pub(crate) mod token_lifetime;
    pub(crate) mod user_access;
    pub(crate) mod web_token_lifetime;
}
pub(crate) mod applications {
    pub(crate) mod addons;
    pub(crate) mod allowed_origins;
    pub(crate) mod backchannel_logout;
    pub(crate) mod callbacks;
    pub(crate) mod credential_age;
    pub(crate) mod cross_origin_authentication;
    pub(crate) mod cross_origin_fallback;
    pub(crate) mod custom_login_page;
    pub(crate) mod custom_token_exchange;
    pub(crate) mod default_app;
    pub(crate) mod grant_types;
    pub(crate) mod id_token_lifetime;
    pub(crate) mod id_token_signature;
    pub(crate) mod login_uri;
    pub(crate) mod logout_urls;
    pub(crate) mod management_secret;
    pub(crate) mod metadata_secrets;
    pub(crate) mod native_social_login;
    pub(crate) mod oidc_conformant;
    pub(crate) mod organization_usage;
    pub(crate) mod pkce;
    pub(crate) mod private_key_jwt;
    pub(crate) mod privileged_worker;
    pub(crate) mod public_client_credentials;
    pub(crate) mod pushed_requests;
    pub(crate) mod redirection_policy;
    pub(crate) mod refresh_token_audiences;
    pub(crate) mod refresh_token_expiry;
    pub(crate) mod refresh_token_leeway;
    pub(crate) mod refresh_token_rotation;
    pub(crate) mod saml_addon;
    pub(crate) mod self_registered;
    pub(crate) mod sender_constraining;
    pub(crate) mod session_transfer;
    pub(crate) mod signed_requests;
    pub(crate) mod third_party_security;
    pub(crate) mod token_endpoint_ip_header;
    pub(crate) mod token_vault_rotation;
    pub(crate) mod web_origins;
}
pub(crate) mod attack_protection {
    pub(crate) mod bot_allowlist;
    pub(crate) mod bot_detection;
    pub(crate) mod bot_level;
    pub(crate) mod bot_monitoring;
    pub(crate) mod breached_method;
    pub(crate) mod breached_password;
    pub(crate) mod breached_stages;
    pub(crate) mod brute_force;
    pub(crate) mod brute_force_attempts;
    pub(crate) mod brute_force_mode;
    pub(crate) mod brute_force_notice;
    pub(crate) mod captcha;
    pub(crate) mod phone_toll_fraud;
    pub(crate) mod risk_assessment;
    pub(crate) mod supplemental_signals;
    pub(crate) mod suspicious_ip_throttling;
    pub(crate) mod throttling_notice;
    pub(crate) mod throttling_stages;
}
pub(crate) mod connections {
    pub(crate) mod connected_accounts;
    pub(crate) mod development_keys;
    pub(crate) mod domain_level;
    pub(crate) mod email_trust;
    pub(crate) mod endpoints;
    pub(crate) mod entra_any_tenant;
    pub(crate) mod entra_old_protocol;
    pub(crate) mod google_social_accounts;
    pub(crate) mod google_workspace;
    pub(crate) mod oauth_proof_key;
    pub(crate) mod oidc_algorithms;
    pub(crate) mod oidc_client_authentication;
    pub(crate) mod oidc_front_channel;
    pub(crate) mod orphan;
    pub(crate) mod passwordless_brute_force;
    pub(crate) mod passwordless_codes;
    pub(crate) mod passwordless_signup;
    pub(crate) mod saml_algorithm;
    pub(crate) mod saml_certificate;
    pub(crate) mod saml_debug;
    pub(crate) mod saml_encryption;
    pub(crate) mod saml_idp_initiated;
    pub(crate) mod saml_signed_requests;
    pub(crate) mod script_dangerous_calls;
    pub(crate) mod script_email;
    pub(crate) mod script_secrets;
    pub(crate) mod script_tls;
    pub(crate) mod sms_gateway;
    pub(crate) mod upstream_secrets;
}
pub(crate) mod databases {
    pub(crate) mod brute_force;
    pub(crate) mod custom_database;
    pub(crate) mod domain_connection;
    pub(crate) mod email_verification;
    pub(crate) mod mfa_enrolment;
    pub(crate) mod orphan;
    pub(crate) mod passkeys;
    pub(crate) mod password_dictionary;
    pub(crate) mod password_history;
    pub(crate) mod password_length;
    pub(crate) mod password_options;
    pub(crate) mod password_personal_info;
    pub(crate) mod password_policy;
    pub(crate) mod public_signup;
    pub(crate) mod script_dangerous_calls;
    pub(crate) mod script_hashes;
    pub(crate) mod script_logging;
    pub(crate) mod script_secrets;
    pub(crate) mod script_sql;
    pub(crate) mod script_tls;
    pub(crate) mod shared_database;
}
pub(crate) mod domains {
    pub(crate) mod canonical_logins;
    pub(crate) mod certificate;
    pub(crate) mod client_ip_header;
    pub(crate) mod custom_domain;
    pub(crate) mod domain_state;
    pub(crate) mod tls_policy;
}
pub(crate) mod extensibility {
    pub(crate) mod action_addresses;
    pub(crate) mod action_claims;
    pub(crate) mod action_dangerous_calls;
    pub(crate) mod action_hashes;
    pub(crate) mod action_hosts;
    pub(crate) mod action_linking;
    pub(crate) mod action_logging;
    pub(crate) mod action_pinned_dependencies;
    pub(crate) mod action_runtime;
    pub(crate) mod action_secrets;
    pub(crate) mod action_sql;
    pub(crate) mod action_tls;
    pub(crate) mod action_unbound;
    pub(crate) mod action_undeployed;
    pub(crate) mod action_vulnerable_dependencies;
    pub(crate) mod hook_dangerous_calls;
    pub(crate) mod hook_secrets;
    pub(crate) mod hook_tls;
    pub(crate) mod hooks;
    pub(crate) mod legacy_extensions;
    pub(crate) mod module_dangerous_calls;
    pub(crate) mod module_hashes;
    pub(crate) mod module_logging;
    pub(crate) mod module_secrets;
    pub(crate) mod module_tls;
    pub(crate) mod rule_dangerous_calls;
    pub(crate) mod rule_hashes;
    pub(crate) mod rule_linking;
    pub(crate) mod rule_logging;
    pub(crate) mod rule_secrets;
    pub(crate) mod rule_settings;
    pub(crate) mod rule_tls;
    pub(crate) mod rules;
    pub(crate) mod signup_enumeration;
}
pub(crate) mod keys {
    pub(crate) mod next_key;
    pub(crate) mod previous_key;
    pub(crate) mod signing_key_age;
}
pub(crate) mod logs {
    pub(crate) mod event_stream_state;
    pub(crate) mod event_stream_transport;
    pub(crate) mod stream_filters;
    pub(crate) mod stream_state;
    pub(crate) mod stream_transport;
    pub(crate) mod streams;
}
pub(crate) mod messaging {
    pub(crate) mod email_provider;
    pub(crate) mod email_sender;
    pub(crate) mod email_templates;
    pub(crate) mod email_transport;
    pub(crate) mod phone_provider;
    pub(crate) mod template_lifetime;
    pub(crate) mod template_redirect;
}
pub(crate) mod mfa {
    pub(crate) mod factors;
    pub(crate) mod password_reset;
    pub(crate) mod phishing_resistant;
    pub(crate) mod phone_provider;
    pub(crate) mod policy;
    pub(crate) mod recovery_code;
}
pub(crate) mod network {
    pub(crate) mod access_list;
    pub(crate) mod canonical_host;
    pub(crate) mod inactive_list;
    pub(crate) mod management_api;
    pub(crate) mod only_logging;
    pub(crate) mod registration;
}
pub(crate) mod organizations {
    pub(crate) mod automatic_membership;
    pub(crate) mod broad_roles;
    pub(crate) mod self_service;
}
pub(crate) mod pages {
    pub(crate) mod classic_pages;
    pub(crate) mod error_page;
    pub(crate) mod foreign_scripts;
}
pub(crate) mod tenant {
    pub(crate) mod adfs_email_trust;
    pub(crate) mod callback_confirmation;
    pub(crate) mod clickjacking;
    pub(crate) mod client_id_metadata;
    pub(crate) mod consent_descriptions;
    pub(crate) mod default_audience;
    pub(crate) mod default_directory;
    pub(crate) mod dynamic_client_registration;
    pub(crate) mod enterprise_disclosure;
    pub(crate) mod grant_revocation;
    pub(crate) mod legacy_flags;
    pub(crate) mod login_url;
    pub(crate) mod logout_prompt;
    pub(crate) mod logout_urls;
    pub(crate) mod machine_quota;
    pub(crate) mod mfa_in_actions;
    pub(crate) mod node_runtime;
    pub(crate) mod organization_names;
    pub(crate) mod passwordless_clients;
    pub(crate) mod phone_numbers_in_api;
    pub(crate) mod pushed_requests;
    pub(crate) mod response_issuer;
    pub(crate) mod security_headers;
    pub(crate) mod session_cookie;
    pub(crate) mod session_lifetime;
    pub(crate) mod session_metadata_in_logs;
    pub(crate) mod signup_disclosure;
    pub(crate) mod support_email;
    pub(crate) mod support_url;
}

#[cfg(test)]
mod tests {
    use crate::auth0::all::ALL;
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
