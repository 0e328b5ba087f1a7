//! Takes secrets out of what a tenant says, as soon as it is read. What stands in their place has their length.

use crate::auth0::node::Node;
use crate::auth0::secret::{self, mark};

/// Ends of names whose values are secret.
const ENDS: [&str; 26] = [
    "secret",
    "password",
    "passwd",
    "token",
    "apikey",
    "privatekey",
    "authorization",
    "writekey",
    "decryptionkey",
    "pass",
    "accesskey",
    "secretaccesskey",
    "connectionstring",
    "saskey",
    "sharedkey",
    "sourceaddress",
    "cookie",
    "passphrase",
    "signingkey",
    "encryptionkey",
    "hmackey",
    "masterkey",
    "tokens",
    "apikeys",
    "skey",
    "pfx",
];

/// Objects that are called like secrets and hold settings, which checks read.
const SETTINGS: [&str; 6] = [
    "refreshtoken",
    "sessioncookie",
    "subjecttypeauthorization",
    "changepassword",
    "prechangepassword",
    "password",
];

/// What of an entry of the log is looked at. The rest tells who did what from where.
const OF_LOG_ENTRIES: [&str; 3] = ["type", "date", "hostname"];

/// Objects that hold credentials by their nature: all of their texts are secret but those with these names.
const GUARDED: [(&str, &[&str]); 11] = [
    (
        "credentials",
        &[
            "id",
            "name",
            "kid",
            "alg",
            "credentialtype",
            "subjectdn",
            "createdat",
            "updatedat",
            "expiresat",
            "region",
            "smtphost",
            "domain",
        ],
    ),
    (
        "sink",
        &[
            "awsregion",
            "azureregion",
            "datadogregion",
            "httpcontentformat",
            "httpcontenttype",
            "httpendpoint",
            "mixpanelregion",
            "splunkdomain",
            "splunkport",
        ],
    ),
    (
        "addons",
        &[
            "audience",
            "authncontextclassref",
            "binding",
            "destination",
            "digestalgorithm",
            "issuer",
            "nameidentifierformat",
            "recipient",
            "signaturealgorithm",
        ],
    ),
    ("configuration", &["awsregion", "webhookendpoint"]),
    ("httpcustomheaders", &["header", "name"]),
    ("customheaders", &["header", "name"]),
    ("headers", &[]),
    ("auth", &[]),
    ("metadata", &[]),
    ("upstreamparams", &["alias"]),
    ("secrets", &["name", "createdat", "updatedat"]),
];

/// Takes out of one answer what nobody needs to see.
pub(super) fn answer(path: &str, body: &mut Node) {
    if path == "logs" {
        log_entries(body);
    }
    by_name(body);
}

fn log_entries(body: &mut Node) {
    match body {
        Node::List(entries) => entries.iter_mut().for_each(|entry| {
            if let Node::Map(fields) = entry {
                fields.retain(|name, _| OF_LOG_ENTRIES.contains(&name.as_str()));
            }
        }),
        Node::Map(fields) => fields.get_mut("logs").into_iter().for_each(log_entries),
        _ => {}
    }
}

/// Replaces every value that its name or its place says is secret.
fn by_name(node: &mut Node) {
    match node {
        Node::Map(entries) => {
            let named = entries.iter().any(|(name, value)| says_secret(name, value));
            for (name, value) in entries {
                let flat = flat(name);
                let guarded = GUARDED.iter().find(|(guarded, _)| *guarded == flat);
                match guarded {
                    Some((_, open)) => texts_but(value, "", open),
                    None if is_secret(&flat) || (named && flat == "value") => hide(&flat, value),
                    None if flat.contains("webhook") || flat.contains("hookurl") => {
                        texts_but(value, &flat, &[&flat]);
                    }
                    None => by_name(value),
                }
            }
        }
        Node::List(items) => items.iter_mut().for_each(by_name),
        _ => {}
    }
}

/// `{"name": "Authorization", "value": ...}`: whether a field says that the value beside it is secret.
fn says_secret(name: &str, value: &Node) -> bool {
    const LONGEST: usize = "header_name".len();
    let Node::Text(text) = value else { return false };
    // Asked of every field of a tenant: most are longer.
    name.len() <= LONGEST
        && matches!(flat(name).as_str(), "name" | "key" | "header" | "headername")
        && (is_secret(&flat(text)) || secret::is_one(text))
}

/// Replaces a secret, and all that lies below it.
fn hide(name: &str, value: &mut Node) {
    match value {
        Node::Map(_) if SETTINGS.contains(&name) => by_name(value),
        Node::Number(number) => *value = Node::Text(mark(&number.to_string())),
        value => texts_but(value, "", &[]),
    }
}

fn is_secret(flat: &str) -> bool {
    ENDS.iter().any(|end| flat.ends_with(end))
}

fn flat(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '-'], "")
}

/// Replaces every text but those with these names; of an address its path goes also there, which may be all of the secret.
fn texts_but(node: &mut Node, name: &str, open: &[&str]) {
    match node {
        Node::Text(text) | Node::Unknown(text) if open.contains(&flat(name).as_str()) => *text = bare(text),
        Node::Text(text) | Node::Unknown(text) => *text = mark(text),
        Node::Number(number) if open.is_empty() => {
            *node = Node::Text(mark(&number.to_string()));
        }
        Node::Map(entries) => entries.iter_mut().for_each(|(name, value)| texts_but(value, name, open)),
        Node::List(items) => items.iter_mut().for_each(|item| texts_but(item, name, open)),
        _ => {}
    }
}

/// An address of which only scheme and host can be read; another text as it is.
fn bare(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host_start = rest[..host_end].rfind('@').map_or(0, |at| at + 1);
    let hidden = |part: &str| part.replace(|c: char| c.is_alphanumeric(), "x");
    format!(
        "{scheme}://{}{}{}",
        hidden(&rest[..host_start]),
        &rest[host_start..host_end],
        hidden(&rest[host_end..])
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::parse;

    fn told(json: &str) -> String {
        let mut node = parse::json(json).expect("valid");
        answer("x", &mut node);
        serde_json::to_string(&node).expect("serialises")
    }

    #[test]
    fn secrets_go_and_their_length_stays() {
        let text = told(
            r#"{"options": {"client_secret": "0123456789abcdef", "client_id": "x", "configuration": {"PG": "p"}},
            "token_endpoint_auth_method": "none", "sink": {"httpAuthorization": "Bearer abc"}}"#,
        );
        assert!(text.contains("REDACTED********") && text.contains("\"REDACTED**\""), "{text}");
        for secret in ["0123456789", "Bearer abc", "\"p\""] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("\"none\"") && text.contains("\"x\""));
    }

    #[test]
    fn what_lies_below_a_secret_is_secret_and_settings_stay() {
        let text = told(
            r#"{"options": {"decryptionKey": {"key": "PLANTED1", "cert": "PLANTED2"}, "customHeaders": [{"name": "x", "value": "PLANTED3"}],
            "upstream_params": {"p": {"value": "PLANTED4"}, "q": {"alias": "login_hint"}}, "hmac_key": "PLANTED5", "auth": {"u": "PLANTED6"}},
            "headers": {"X-Key": "PLANTED7"}, "metadata": {"iban": "PLANTED8"}, "passphrase": "PLANTED9", "secret": 71234567,
            "more": [{"name": "Authorization", "value": "PLANTED10"}, {"name": "color", "value": "red"}], "tokens": {"a": ["PLANTED11"]},
            "refresh_token": {"rotation_type": "rotating"}, "subject_type_authorization": {"user": {"policy": "deny_all"}},
            "slack_webhook_url": "https://hooks.example.com/PLANTED12"}"#,
        );
        assert!(!text.contains("PLANTED") && !text.contains("71234567"), "{text}");
        for kept in ["rotating", "deny_all", "login_hint", "red", "https://hooks.example.com/"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
    }

    #[test]
    fn of_the_log_only_what_is_looked_at_is_kept() {
        for (body, kept) in [
            (
                r#"[{"type": "s", "hostname": "h", "user_name": "PLANTED", "ip": "PLANTED", "details": {"a": "PLANTED"}}]"#,
                "\"h\"",
            ),
            (r#"{"logs": [{"date": "d", "user_id": "PLANTED"}], "total": 1}"#, "\"d\""),
        ] {
            let mut node = parse::json(body).expect("valid");
            answer("logs", &mut node);
            let text = serde_json::to_string(&node).expect("serialises");
            assert!(!text.contains("PLANTED") && text.contains(kept), "{text}");
        }
    }

    #[test]
    fn what_holds_credentials_by_its_nature_is_shown_only_where_listed() {
        let text = told(
            r###"{"credentials": {"connectionString": "PLANTED1", "accessKeyId": "PLANTED2", "region": "eu-west-1", "smtp_host": "mail.example.com", "smtp_port": 587},
            "sink": {"sumoSourceAddress": "https://collect.example.com/PLANTED3", "httpEndpoint": "https://log.example.com/in/PLANTED4?api_key=PLANTED5", "awsRegion": "eu"},
            "addons": {"azure_sb": {"sasKey": "PLANTED6", "any": ["PLANTED7"]}, "samlp": {"signatureAlgorithm": "rsa-sha1", "signResponse": false}},
            "destination": {"type": "webhook", "configuration": {"webhook_endpoint": "https://e.example.com/PLANTED8", "webhook_authorization": {"token": "PLANTED9"}}},
            "auth_token": "##PLANTED10##"}"###,
        );
        assert!(!text.contains("PLANTED"), "{text}");
        for kept in [
            "eu-west-1",
            "mail.example.com",
            "587",
            "https://log.example.com/xx/",
            "rsa-sha1",
            "https://e.example.com/",
            "webhook",
        ] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
    }
}
