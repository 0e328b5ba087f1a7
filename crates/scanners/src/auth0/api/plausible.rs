//! Which answers can be believed. A proxy, a wrong address or a changed API answers too: what has not the form of the
//! vendor's contract is no answer, so that nothing counts as empty or missing that was not said to be. Pure.

use super::answers::Answered;
use super::endpoints::{self, DETAILS, Paging};
use super::fetch::list;
use crate::auth0::node::Node;

/// What tenants are documented to answer with 404: they do not have it. Of everything else a 404 is a failure.
const MAY_LACK: [&str; 8] = [
    "attack-protection/bot-detection",
    "attack-protection/captcha",
    "emails/provider",
    "hooks",
    "network-acls",
    "risk-assessments/settings",
    "rules",
    "supplemental-signals",
];
/// A template that was never changed is not there.
const TEMPLATES: &str = "email-templates/";
/// What every tenant has: who denies it is no tenant.
const SETTINGS: &str = "tenants/settings";

/// Fields of which each of these objects has one at least, by the end of its path; something else has answered without.
const SAYS: [(&str, &[&str]); 10] = [
    (
        SETTINGS,
        &[
            "flags",
            "friendly_name",
            "session_lifetime",
            "idle_session_lifetime",
            "enabled_locales",
            "sandbox_version",
        ],
    ),
    ("attack-protection/brute-force-protection", &["enabled"]),
    ("attack-protection/suspicious-ip-throttling", &["enabled"]),
    ("attack-protection/breached-password-detection", &["enabled"]),
    (
        "attack-protection/bot-detection",
        &["bot_detection_level", "challenge_password_policy", "challenge_passwordless_policy", "allowlist"],
    ),
    (
        "attack-protection/captcha",
        &[
            "active_provider_id",
            "arkose",
            "auth_challenge",
            "friendly_captcha",
            "hcaptcha",
            "recaptcha_enterprise",
            "recaptcha_v2",
            "simple_captcha",
        ],
    ),
    ("risk-assessments/settings", &["enabled"]),
    ("supplemental-signals", &["akamai_enabled"]),
    ("guardian/factors/phone/selected-provider", &["provider"]),
    ("emails/provider", &["name"]),
];

/// What a path answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// An object that says something.
    Object,
    /// A list by itself, though it is one object in an export.
    Policies,
    /// A list by itself or, where this is not empty, under this key.
    List(&'static str),
}

/// Turns answers that cannot be believed into none, with the reason.
pub(super) fn sift(answers: &mut [Answered]) {
    let denied = answers.iter().any(|one| path(one) == SETTINGS && one.status == 404);
    for answer in answers {
        let path = path(answer).to_owned();
        let why = match answer.status {
            404 if denied => {
                "HTTP 404, as of everything a tenant has: this is not its Management API".to_owned()
            }
            404 if !may_lack(&path) => "HTTP 404, which no tenant answers to this".to_owned(),
            200 => match form(&path).and_then(|form| unlike(form, &path, &answer.body)) {
                Some(why) => why,
                None => continue,
            },
            _ => continue,
        };
        answer.status = 0;
        answer.why = Some(why);
        answer.body = Node::Null;
    }
}

fn path(answer: &Answered) -> &str {
    let path = answer.path.split('?').next().unwrap_or_default();
    path.strip_prefix("/api/v2/").unwrap_or(path)
}

fn may_lack(path: &str) -> bool {
    MAY_LACK.contains(&path) || path.starts_with(TEMPLATES)
}

fn form(path: &str) -> Option<Form> {
    if let Some(endpoint) = endpoints::all().find(|endpoint| endpoint.path == path) {
        return Some(match endpoint.paging {
            Paging::One if path == "guardian/policies" => Form::Policies,
            Paging::One => Form::Object,
            _ => Form::List(endpoint.key),
        });
    }
    if path == "logs" {
        return Some(Form::List("logs"));
    }
    if path.starts_with(TEMPLATES) {
        return Some(Form::Object);
    }
    if path.starts_with("actions/triggers/") {
        return Some(Form::List("bindings"));
    }
    let of_object = |pattern: &str| {
        let (before, after) = pattern.split_once("{}").unwrap_or((pattern, ""));
        path.strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
    };
    DETAILS.iter().find(|detail| of_object(detail.path)).map(|detail| Form::List(detail.key))
}

/// Why a body is no answer to this path; `None` where it is one.
fn unlike(form: Form, path: &str, body: &Node) -> Option<String> {
    let says = SAYS.iter().find(|(of, _)| *of == path).map_or(&[] as &[&str], |(_, fields)| fields);
    match (form, body) {
        (Form::Object, Node::Map(entries))
            if entries.is_empty()
                || !(says.is_empty() || says.iter().any(|field| entries.contains_key(*field))) =>
        {
            Some("the answer says nothing of what was asked".to_owned())
        }
        (Form::Object, Node::Map(_)) | (Form::Policies, Node::List(_)) => None,
        (Form::List(key), body) => match list(body, key) {
            Some(_) => None,
            None if matches!(body, Node::Map(_)) => Some(format!("the answer holds no list '{key}'")),
            None => Some(format!("the answer is {} and no list", body.kind())),
        },
        (_, other) => Some(format!("the answer is {} and no object", other.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::parse;

    fn sifted(answers: &[(&str, u16, &str)]) -> Vec<Option<String>> {
        let mut answers: Vec<Answered> = answers
            .iter()
            .map(|(path, status, body)| Answered {
                path: format!("/api/v2/{path}"),
                status: *status,
                why: None,
                body: parse::json(body).expect("valid"),
            })
            .collect();
        sift(&mut answers);
        answers.into_iter().map(|one| one.why.filter(|_| one.status == 0)).collect()
    }

    #[test]
    fn a_404_is_believed_only_of_what_a_tenant_may_lack() {
        let told = sifted(&[
            ("tenants/settings", 200, r#"{"flags": {}}"#),
            ("emails/provider", 404, "{}"),
            ("email-templates/welcome_email", 404, "{}"),
            ("network-acls?page=0", 404, "{}"),
            ("clients?take=100", 404, "{}"),
            ("log-streams", 404, "{}"),
        ]);
        assert_eq!(
            told.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, false, false, false, true, true]
        );
    }

    #[test]
    fn who_denies_the_settings_is_believed_in_nothing() {
        let told =
            sifted(&[("tenants/settings", 404, "{}"), ("emails/provider", 404, "{}"), ("hooks", 404, "{}")]);
        assert!(told.iter().all(|why| why.as_ref().is_some_and(|why| why.contains("HTTP 404"))), "{told:?}");
    }

    #[test]
    fn an_answer_without_its_list_is_none() {
        for (path, body, fine) in [
            ("clients?take=100", r#"{"clients": []}"#, true),
            ("clients?take=100", "[]", true),
            ("clients?take=100", "{}", false),
            ("clients?take=100", "null", false),
            ("clients?take=100", r#"{"clients": null}"#, false),
            ("log-streams", "[]", true),
            ("log-streams", "{}", false),
            ("actions/triggers/post-login/bindings?page=0", "{}", false),
            ("actions/triggers/post-login/bindings?page=0", r#"{"bindings": []}"#, true),
            ("connections/con_1/clients", r#"{"clients": []}"#, true),
            ("connections/con_1/clients", "{}", false),
            ("clients/abc/credentials", "[]", true),
            ("clients/abc/credentials", "null", false),
            ("logs?per_page=1", "[]", true),
            ("logs?per_page=1", "{}", false),
            ("tenants/settings", "{}", false),
            ("tenants/settings", r#"{"message": "welcome"}"#, false),
            ("tenants/settings", r#"{"flags": {}}"#, true),
            ("guardian/policies", r#"{"message": "welcome"}"#, false),
            ("tenants/settings", "[]", false),
            ("guardian/policies", "[]", true),
            ("guardian/policies", "{}", false),
            ("email-templates/welcome_email", "null", false),
        ] {
            assert_eq!(sifted(&[(path, 200, body)])[0].is_none(), fine, "{path}: {body}");
        }
    }
}
