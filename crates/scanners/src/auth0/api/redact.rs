//! Takes secrets out of what a tenant says, as soon as it is read. What stands in their place has their length.

use crate::auth0::node::Node;
use crate::auth0::secret::mark;

/// Ends of names whose values are secret.
const ENDS: [&str; 17] = [
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
];

/// Objects that hold credentials by their nature: all of their texts are secret but those with these names.
const GUARDED: [(&str, &[&str]); 6] = [
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
    ("httpcustomheaders", &[]),
    ("secrets", &["name", "createdat", "updatedat"]),
];

/// Replaces every value that its name or its place says is secret.
pub(super) fn by_name(node: &mut Node) {
    match node {
        Node::Map(entries) => {
            for (name, value) in entries {
                let flat = flat(name);
                let guarded = GUARDED.iter().find(|(guarded, _)| *guarded == flat);
                match (value, guarded) {
                    (value, Some((_, open))) => texts_but(value, "", open),
                    (Node::Text(text) | Node::Unknown(text), None) if is_secret(&flat) => *text = mark(text),
                    (value, None) => by_name(value),
                }
            }
        }
        Node::List(items) => items.iter_mut().for_each(by_name),
        _ => {}
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
        by_name(&mut node);
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
