//! What secrets are called, and what stands where a secret will stand.

/// Names of values that are secret, without what stands between their words.
const NAMES: [&str; 25] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "credential",
    "authorization",
    "connectionstring",
    "apikey",
    "privatekey",
    "accesskey",
    "accountkey",
    "authkey",
    "cipherkey",
    "decryptionkey",
    "encryptionkey",
    "hmackey",
    "masterkey",
    "saskey",
    "sessionkey",
    "sharedkey",
    "signingkey",
    "subscriptionkey",
    "writekey",
];

/// Words that are secret only at the end of a name: not of `bypass`, not of `keyboard`.
const LAST_WORDS: [&str; 3] = ["pass", "passcode", "hmac"];

/// Words that stand where a secret will stand.
const STAND_INS: [&str; 7] = ["your", "example", "changeme", "placeholder", "insert", "dummy", "hidden"];

/// What a name says of the value that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Called {
    /// It holds the name of a secret.
    pub(super) holds_one: bool,
    /// The value is the secret, and not a field, an address or a kind of one.
    pub(super) is_one: bool,
    /// It is only `key`, or ends with it: what is called so is often no secret.
    pub(super) is_key: bool,
}

impl Called {
    pub(super) fn by(name: &str) -> Self {
        let (flat, last) = (flat(name), last_word(name));
        let one = flat.strip_suffix('s').unwrap_or(&flat);
        let ends_so = LAST_WORDS.contains(&last.as_str());
        let is_one = NAMES.iter().any(|secret| flat.ends_with(secret) || one.ends_with(secret)) || ends_so;
        let holds_one = is_one || NAMES.iter().any(|secret| flat.contains(secret));
        Self { holds_one, is_one, is_key: last == "key" }
    }
}

/// Whether a name holds that of a secret.
pub(crate) fn names_one(name: &str) -> bool {
    Called::by(name).holds_one
}

/// Whether a name says that its value is the secret, and not a field, an address or a kind of one.
pub(crate) fn is_one(name: &str) -> bool {
    Called::by(name).is_one
}

/// A name without what people put between its words.
fn flat(name: &str) -> String {
    name.to_ascii_lowercase().replace([' ', '_', '-', '.'], "")
}

/// The words of a name: `dbPass`, `DB_PASS` and `db-pass` are all `db`, `pass`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut before) = (String::new(), ' ');
    for c in name.chars() {
        let begins = c.is_ascii_uppercase() && before.is_ascii_lowercase();
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The last of the words of a name.
fn last_word(name: &str) -> String {
    let name = name.trim_end_matches(|c: char| !c.is_alphanumeric());
    let (mut backwards, mut after) = (Vec::new(), ' ');
    for c in name.chars().rev().take_while(|c| c.is_alphanumeric()) {
        if c.is_ascii_lowercase() && after.is_ascii_uppercase() {
            break;
        }
        backwards.push(c.to_ascii_lowercase());
        after = c;
    }
    backwards.into_iter().rev().collect()
}

/// Whether a text only shows where a secret will stand. A random text that happens to hold such a word does not.
pub(crate) fn stands_in(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let begins = ["your", "<", "{{", "${", "process.env"].iter().any(|start| lower.starts_with(start));
    let by_word = words(text).iter().any(|word| STAND_INS.contains(&word.as_str()));
    begins || by_word || is_filled(&lower)
}

/// `xxxx-xxxx`, `HIDDENxxxx`, `sk_test_xxxxxxxx`: what a person or a scrubber wrote for the signs.
fn is_filled(lower: &str) -> bool {
    let same = lower.chars().filter(|c| *c == 'x').count();
    lower.contains("xxxx") && same * 2 >= lower.chars().filter(|c| c.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_others() {
        for (name, expected) in [
            ("pass", true),
            ("dbPass", true),
            ("DB_PASS", true),
            ("bypass", false),
            ("compass", false),
            ("passphrase", true),
            ("encryptionKey", true),
            ("AccountKey", true),
            ("tokenUrl", false),
            ("keyboard", false),
            ("event.secrets.API_KEY", true),
        ] {
            assert_eq!(is_one(name), expected, "{name}");
            assert_eq!(Some(last_word(name)), words(name).pop(), "{name}");
        }
        assert!(names_one("tokenUrl") && !names_one("title"));
    }

    #[test]
    fn stand_ins_are_told_from_random_texts_that_hold_their_words() {
        for (text, expected) in [
            ("your-password-1", true),
            ("YOUR_API_KEY", true),
            ("yourSecretHere", true),
            ("<secret>", true),
            ("xxxx-xxxx-xxxx", true),
            ("HIDDENxxxxxx", true),
            ("q8yourZrT1xWm4Kd", false),
            ("Tr0ub4dorexample9", false),
            ("a1b2xxxxc3d4e5f6g7", false),
        ] {
            assert_eq!(stands_in(text), expected, "{text}");
        }
    }
}
