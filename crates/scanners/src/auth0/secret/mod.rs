//! Whether a text looks like a secret. What is kept of it is its kind and its length.

mod names;
mod pairs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use names::Called;
pub(crate) use names::{is_one, names_one, stands_in, words};
pub(crate) use pairs::{by_form, ends_word, pairs, quoted};

/// A text that looks like a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    name: &'static str,
    length: usize,
}

impl Kind {
    /// A text that is called by the name of a secret.
    fn named(text: &str) -> Self {
        Self { name: "a text called by the name of a secret", length: text.chars().count() }
    }

    /// What may be shown: `a GitHub token (40 characters)`.
    pub(crate) fn redacted(&self) -> String {
        format!("{} ({} characters)", self.name, self.length)
    }
}

/// How a redacted text begins; it stands for a secret of its length.
pub(crate) const MARK: &str = "REDACTED";

/// A text of the same length and lines that says what it is. It ends with a star, so that nobody's own `REDACTED` is one.
pub(crate) fn mark(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let signs = MARK.chars().chain(std::iter::repeat('*'));
    let sign = |at: usize, sign: char| if at == last { '*' } else { sign };
    text.chars()
        .zip(signs)
        .enumerate()
        .map(|(at, (c, it))| if c == '\n' { c } else { sign(at, it) })
        .collect()
}

/// Whether a text is the mark of one.
pub(crate) fn is_mark(text: &str) -> bool {
    text.len() >= MARK.len() && text.starts_with(&MARK[..MARK.len() - 1]) && mark(text) == text
}

/// Forms that vendors document: a beginning, the fewest characters after it, and what it is.
const FORMS: [(&str, usize, &str); 28] = [
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 36, "a GitHub token"),
    ("gho_", 36, "a GitHub token"),
    ("ghs_", 36, "a GitHub token"),
    ("ghu_", 36, "a GitHub token"),
    ("ghr_", 36, "a GitHub token"),
    ("github_pat_", 22, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("xoxa-", 20, "a Slack token"),
    ("xapp-", 20, "a Slack token"),
    ("sk_live_", 16, "a Stripe key"),
    ("rk_live_", 16, "a Stripe key"),
    ("sk_test_", 16, "a Stripe key"),
    ("whsec_", 16, "a Stripe key"),
    ("SG.", 40, "a SendGrid key"),
    ("AIza", 35, "a Google API key"),
    ("ya29.", 20, "a Google token"),
    ("npm_", 36, "an npm token"),
    ("shpat_", 32, "a Shopify token"),
    ("sk-ant-", 20, "an Anthropic key"),
    ("sk-proj-", 20, "an OpenAI key"),
    ("dop_v1_", 40, "a DigitalOcean token"),
    ("EAACEdEose0cBA", 10, "a Facebook token"),
    ("sq0csp-", 20, "a Square secret"),
    ("key-", 32, "a Mailgun key"),
];

/// A secret by the form of the text alone.
pub(crate) fn in_text(text: &str) -> Option<Kind> {
    let length = text.chars().count();
    let found = |name| Some(Kind { name, length });
    if is_mark(text) {
        return found("a redacted secret");
    }
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return found("a private key");
    }
    if let Some(form) = text.split(|c: char| !is_of_token(c)).find_map(form) {
        return found(form);
    }
    if text.split(|c: char| !is_of_token(c)).any(is_jwt) {
        return found("a signed token");
    }
    if let Some(scheme) = presented(text) {
        return found(scheme);
    }
    if is_hex_key(text) {
        return found("a key in hexadecimal digits");
    }
    if has_login(text) {
        return found("a login in an address");
    }
    if text.contains("hooks.slack.com/services/") || text.contains("webhook.office.com/") {
        return found("the address of a webhook");
    }
    None
}

/// Whether what is called so may be a secret.
pub(crate) fn may_be_called_so(name: &str) -> bool {
    let called = Called::by(name);
    called.holds_one || called.is_key
}

/// A secret by its form, or by what it is called and how random it looks.
pub(crate) fn in_value(name: &str, text: &str) -> Option<Kind> {
    in_text(text).or_else(|| {
        let called = Called::by(name);
        let looks_so = if called.is_one {
            looks_random(text) || looks_chosen(text)
        } else {
            // `tokenUrl` and `secretArn` hold the word and no secret, most often.
            called.holds_one && is_random_key(text)
        };
        (looks_so || (called.is_key && is_random_key(text))).then(|| Kind::named(text))
    })
}

/// A secret anywhere in a value: as a whole, or in the middle of it.
pub(crate) fn anywhere(name: &str, text: &str) -> Option<Kind> {
    let within = || pairs(text).into_iter().chain(by_form(text)).chain(quoted(text)).next();
    in_value(name, text).or_else(|| within().map(|(_, kind)| kind))
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn form(word: &str) -> Option<&'static str> {
    // A sentence and a row of names end with a dot, and no token does.
    let word = word.trim_end_matches('.');
    let token = is_of_token;
    FORMS.iter().find_map(|(start, least, name)| {
        let rest = word.strip_prefix(start)?;
        (rest.len() >= *least && rest.chars().all(token)).then_some(*name)
    })
}

/// Three parts of base64url, the first two of which are JSON.
fn is_jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let base64 = |part: &&str| {
        part.len() > 8 && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    parts.len() == 3 && parts.iter().all(base64) && parts.iter().take(2).all(|part| part.starts_with("eyJ"))
}

/// `scheme://user:password@host`.
fn has_login(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(login, _)| {
        login.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !stands_in(password))
    })
}

/// The same address with its password hidden; nothing where there is none. Stars would stand for any host.
pub(crate) fn without_login(text: &str) -> Option<String> {
    if !has_login(text) || text.contains(char::is_whitespace) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let at = rest[..end].rfind('@')?;
    let (user, password) = rest[..at].split_once(':')?;
    let hidden: String = MARK.chars().cycle().take(password.chars().count()).collect();
    let user: String = user.chars().map(|_| 'x').collect();
    Some(format!("{scheme}://{user}:{hidden}{}", &rest[at..]))
}

/// `Bearer ...` and `Basic ...`, as they stand in a header.
fn presented(text: &str) -> Option<&'static str> {
    let (scheme, rest) = text.trim().split_once(char::is_whitespace)?;
    let rest = rest.trim();
    if rest.len() < 8 || rest.contains(char::is_whitespace) || stands_in(rest) {
        return None;
    }
    let told = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '/' | '=');
    let mixed = rest.chars().any(|c| c.is_ascii_digit())
        || (rest.chars().any(|c| c.is_ascii_uppercase())
            && rest.chars().any(|c| c.is_ascii_lowercase())
            && rest.len() >= 16);
    let is = |name: &str| scheme.eq_ignore_ascii_case(name);
    if is("bearer") && mixed && rest.chars().all(told) {
        return Some("a bearer token");
    }
    let login = || STANDARD.decode(rest).is_ok_and(|login| login.contains(&b':'));
    (is("basic") && login()).then_some("a login in a header")
}

/// 256 or 512 bits as digits, which are a key more often than anything else that stands in code.
fn is_hex_key(text: &str) -> bool {
    matches!(text.len(), 64 | 128) && text.chars().all(|c| c.is_ascii_hexdigit()) && entropy(text) >= 3.0
}

/// One word that is neither an address nor a stand-in.
fn is_word(text: &str) -> bool {
    (8..=4_096).contains(&text.len())
        && !text.contains(char::is_whitespace)
        && !["http", "urn:", "arn:"].iter().any(|start| text.to_ascii_lowercase().starts_with(start))
        && !stands_in(text)
        && !is_name(text)
        && !is_time(text)
}

/// `STRIPE_KEY_V2`, `app_session_v2`: words, numbers and versions with signs between them; random texts mix them.
fn is_name(text: &str) -> bool {
    let plain = |word: &str| {
        let digits = word.strip_prefix(['v', 'V']).unwrap_or(word);
        !word.is_empty()
            && (word.chars().all(|c| c.is_ascii_alphabetic())
                || (digits.len() <= 4 && digits.chars().all(|c| c.is_ascii_digit())))
    };
    let mut words = text.split(['_', '-', '.', ':']);
    text.contains(['_', '-', '.', ':'])
        && words.all(plain)
        && text.contains(|c: char| c.is_ascii_alphabetic())
}

/// `2026-12-31T00:00:00Z`.
fn is_time(text: &str) -> bool {
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    [0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(digit)
        && text.get(4..5) == Some("-")
        && text.get(7..8) == Some("-")
}

fn looks_random(text: &str) -> bool {
    is_word(text) && text.chars().any(|c| c.is_ascii_digit()) && entropy(text) >= 2.5
}

/// A secret without a digit, as people choose them; names of fields, which stand in the same places, are none.
fn looks_chosen(text: &str) -> bool {
    let signs = text.chars().any(|c| c.is_ascii_punctuation() && !matches!(c, '_' | '.' | '/' | ':' | '-'));
    let mixed = text.chars().any(|c| c.is_ascii_uppercase()) && text.chars().any(|c| c.is_ascii_lowercase());
    let long = text.len() >= 16 || (text.len() >= 10 && (signs || mixed));
    is_word(text) && !names_one(text) && long && !text.contains(['.', '/', ':']) && entropy(text) >= 3.0
}

/// A key, where the name says no more than that: names and ids of objects are called so too.
fn is_random_key(text: &str) -> bool {
    let kinds = [char::is_uppercase, char::is_lowercase, char::is_numeric as fn(char) -> bool];
    is_word(text) && is_opaque(text) && kinds.iter().all(|kind| text.contains(*kind))
}

/// Whether a text is long and random, as keys and hashes are, and names seldom.
pub(crate) fn is_opaque(text: &str) -> bool {
    let told = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=' | '.' | '~');
    text.len() >= 20
        && text.chars().all(told)
        && text.chars().filter(char::is_ascii_digit).count() >= 3
        && text.chars().any(|c| c.is_ascii_alphabetic())
        && !text.contains(MARK)
        && !text.starts_with(['/', '.'])
        && entropy(text) >= 3.3
}

/// Bits of information in a character, by how often each occurs.
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_insert(0_u32) += 1;
    }
    let all = f64::from(counts.values().sum::<u32>());
    counts.values().map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_other_texts() {
        let cases = [
            ("x", "AKIAIOSFODNN7EXAMPLE", true),
            ("x", "Bearer ghp_abcdefghijklmnopqrstuvwxyz0123456789", true),
            ("x", "-----BEGIN RSA PRIVATE KEY-----\nabc", true),
            ("x", "postgres://app:Tr0ub4dor@db.example.com/app", true),
            ("x", "https://example.com/a:b@c", false),
            (
                "x",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
                true,
            ),
            ("apiKey", "q8ZrT1xWm4Kd9LpVb2Nc", true),
            ("client_secret", "9f8e7d6c5b4a", true),
            ("password", "your-password-1", false),
            ("password", "${PASSWORD1}", false),
            ("tokenUrl", "https://example.com/oauth/token1", false),
            ("title", "q8ZrT1xWm4Kd9LpVb2Nc", false),
            ("secret", "short1", false),
            ("secret", "REDACTED************", true),
            ("x", "REDACTED", false),
            ("tokenUrl", "${base}/oauth2/v2.0/token", false),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:saml2", false),
            ("secretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a1b2", false),
            ("TOKEN_COOKIE_NAME", "app_session_v2", false),
            ("tokenExpiry", "2026-12-31T00:00:00Z", false),
            ("secretKeyName", "STRIPE_KEY_V2", false),
            ("x", "token:ghp_abcdefghijklmnopqrstuvwxyz0123456789", true),
            ("x", "(ghp_abcdefghijklmnopqrstuvwxyz0123456789); rotate", true),
            ("x", "https://ghp_abcdefghijklmnopqrstuvwxyz0123456789@github.com/a", true),
            ("x", "Bearer q8ZrT1xWm4Kd9LpV", true),
            ("Authorization", "bearer abcdef-123456", true),
            ("x", "Basic YXBwOlRyMHViNGRvcg==", true),
            ("x", "Basic authentication", false),
            ("x", "Bearer authentication", false),
            ("x", "Bearer ${token}", false),
            ("x", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", true),
            ("x", "0000000000000000000000000000000000000000000000000000000000000000", false),
            ("password", "correcthorsebattery", true),
            ("dbPassword", "Tr!ceratops-Walk", true),
            ("grant", "password", false),
            ("token", "authorization_code", false),
            ("passwordField", "userCredentials", false),
            ("tokenName", "currentUserSession", false),
        ];
        for (name, text, expected) in cases {
            assert_eq!(in_value(name, text).is_some(), expected, "{name}: {text}");
        }
        let shown = in_value("apiKey", "q8ZrT1xWm4Kd9LpVb2Nc").map(|kind| kind.redacted());
        assert_eq!(shown.as_deref(), Some("a text called by the name of a secret (20 characters)"));
    }
}
