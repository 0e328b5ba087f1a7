//! Takes what only looks like a secret out of what is written to a file: out of values, code, pages and addresses.
//!
//! It hides more than is reported: what is long and random is replaced wherever it stands. Only what would be a finding gets
//! the mark of one, so that a file tells the same as the tenant.

use std::ops::Range;

use crate::auth0::code::{self, Places};
use crate::auth0::node::Node;
use crate::auth0::secret::{self, Kind, MARK, ends_word, is_mark, is_opaque, mark};

/// How private keys begin and end.
const PEM: (&str, &str) = ("-----BEGIN", "-----END");

/// Scrubs every text. Blocking.
pub(super) fn all(bodies: &mut [&mut Node]) {
    let mut scripts = Vec::new();
    for body in bodies.iter_mut() {
        texts("", body, &mut |_, text| {
            if is_script(text) {
                scripts.push(text.clone());
            }
        });
    }
    let mut places = code::places(scripts).into_iter();
    for body in bodies.iter_mut() {
        texts("", body, &mut |name, text| {
            let of_script = if is_script(text) { places.next().flatten() } else { None };
            *text = scrubbed(name, text, of_script.as_ref());
        });
    }
}

/// Calls with the name and text of every text.
fn texts(name: &str, node: &mut Node, each: &mut impl FnMut(&str, &mut String)) {
    match node {
        Node::Text(text) | Node::Unknown(text) => each(name, text),
        Node::Map(entries) => entries.iter_mut().for_each(|(name, value)| texts(name, value, each)),
        Node::List(items) => items.iter_mut().for_each(|item| texts(name, item, each)),
        _ => {}
    }
}

/// Whether a text may be code: it has what no name, address or sentence has.
fn is_script(text: &str) -> bool {
    let address = text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
            && !rest.contains(char::is_whitespace)
    });
    text.contains(['\n', ';', '{', '=']) && !address
}

fn scrubbed(name: &str, text: &str, places: Option<&Places>) -> String {
    if secret::in_value(name, text).is_some() && !text.contains(['\n', ';']) {
        return marked(text);
    }
    let told = match places {
        // What is hidden though no check finds it gets no mark: a file is to tell the same as the tenant.
        Some(places) => at(&paired(&literals(text, places)), secret::quoted, veil_unmarked),
        None => at(&paired(&queries(text)), secret::quoted, mark),
    };
    let told = words(&queries(&keys(&told)));
    // Ids of objects are long and random too; in code and pages none is needed.
    let code = text.contains('\n') || (is_script(text) && text.contains([' ', '(']));
    if places.is_some() || code { opaque(&told) } else { told }
}

/// Hides what is found at places of a text.
fn at(text: &str, find: impl Fn(&str) -> Vec<(Range<usize>, Kind)>, hide: fn(&str) -> String) -> String {
    let (mut out, mut copied) = (String::with_capacity(text.len()), 0);
    for (place, _) in find(text) {
        out.push_str(&text[copied..place.start]);
        out.push_str(&hide(&text[place.clone()]));
        copied = place.end;
    }
    out.push_str(&text[copied..]);
    out
}

/// Hides values behind names of secrets: `Password=...;`.
fn paired(text: &str) -> String {
    at(text, secret::pairs, mark)
}

/// Hides private keys, whose lines are no words.
fn keys(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(PEM.0) {
        let end = rest[at..].find(PEM.1).map_or(rest.len(), |end| at + end);
        let private = rest[at..end].contains("PRIVATE KEY");
        out.push_str(&rest[..at]);
        let block = &rest[at..end];
        out.push_str(&if private { kept_breaks(block, mark) } else { block.to_owned() });
        rest = &rest[end..];
        if let Some(after) = rest.strip_prefix(PEM.1) {
            out.push_str(PEM.1);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Replaces each line, so that what follows stays on its line.
fn kept_breaks(text: &str, with: impl Fn(&str) -> String) -> String {
    text.split('\n').map(with).collect::<Vec<_>>().join("\n")
}

/// The mark of a secret; of an address with a login only that is hidden, for its host is looked at.
fn marked(text: &str) -> String {
    secret::without_login(text).unwrap_or_else(|| mark(text))
}

/// How a place of a script is hidden. What comes first goes before what comes later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hiding {
    /// A finding: marked as one.
    Secret,
    /// Called by the name of a secret.
    Private,
    /// What in it is random.
    Literal,
    /// The same, of words without quotes.
    Comment,
}

/// Hides what stands in code and looks like secrets.
fn literals(text: &str, places: &Places) -> String {
    let mut spans: Vec<(&Range<usize>, Hiding)> = Vec::new();
    let kinds = [
        (&places.secrets, Hiding::Secret),
        (&places.private, Hiding::Private),
        (&places.literals, Hiding::Literal),
        (&places.comments, Hiding::Comment),
    ];
    spans.extend(kinds.into_iter().flat_map(|(spans, hiding)| spans.iter().map(move |span| (span, hiding))));
    // Outer ones first, secrets before others: what lies within one that is hidden is hidden with it.
    spans.sort_by_key(|(span, hiding)| (span.start, *hiding, std::cmp::Reverse(span.end)));
    let (mut out, mut copied) = (String::with_capacity(text.len()), 0);
    for (span, hiding) in spans {
        let Some(inside) = text.get(span.clone()).filter(|_| span.start >= copied) else { continue };
        out.push_str(&text[copied..span.start]);
        out.push_str(&match hiding {
            Hiding::Secret => sum(inside, marked),
            Hiding::Private => sum(inside, veil),
            Hiding::Literal => literal(inside),
            Hiding::Comment => suspicious(inside),
        });
        copied = span.end;
    }
    out.push_str(&text[copied..]);
    out
}

/// A secret as it stands in code: one literal, or several with signs between them, which are hidden as the one text they are.
fn sum(written: &str, hide: fn(&str) -> String) -> String {
    let inside = contents(written);
    // A part of a template and a word of a comment have no quotes of their own.
    if inside.is_empty() {
        return hide(written);
    }
    let whole: String = inside.iter().map(|place| &written[place.clone()]).collect();
    let hidden: Vec<char> = hide(&whole).chars().collect();
    let (mut out, mut copied, mut taken) = (String::with_capacity(written.len()), 0, 0);
    for place in inside {
        out.push_str(&written[copied..place.start]);
        let length = written[place.clone()].chars().count();
        out.extend(hidden.iter().skip(taken).take(length));
        taken += length;
        copied = place.end;
    }
    out.push_str(&written[copied..]);
    out
}

/// What stands between the quotes of each literal.
fn contents(written: &str) -> Vec<Range<usize>> {
    let quotes = ['\'', '"', '`'];
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = written[at..].find(quotes).map(|place| at + place + 1) {
        let quote = written[start - 1..].chars().next().unwrap_or('"');
        let end = start + end_of(&written[start..], quote);
        found.push(start..end);
        at = (end + 1).min(written.len());
    }
    found
}

fn end_of(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at,
            _ => {}
        }
    }
    text.len()
}

fn literal(written: &str) -> String {
    let quote = |c: char| matches!(c, '\'' | '"' | '`');
    let bare: String = written.split(quote).filter(|part| part.trim() != "+").collect();
    let address = bare.starts_with("http://") || bare.starts_with("https://");
    match (is_opaque(&bare), written.contains(quote)) {
        (true, true) => sum(written, veil),
        (true, false) => veil(written),
        // Hosts are looked at, and are no secrets.
        (false, _) if address => written.to_owned(),
        (false, _) => suspicious(written),
    }
}

/// Words with digits that scripts are full of.
const PLAIN: [&str; 22] = [
    "auth0", "oauth1", "oauth2", "saml2", "base64", "base32", "utf8", "utf16", "sha1", "sha224", "sha256",
    "sha384", "sha512", "md5", "rs256", "hs256", "es256", "ps256", "aes128", "aes256", "http2", "node18",
];

/// Hides words that hold letters and digits: random ones are, and a script loses little with the others.
fn suspicious(text: &str) -> String {
    let sign = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '!' | '#' | '$' | '%'));
    each_word(text, sign, |word| {
        let lower = PLAIN.iter().fold(word.to_ascii_lowercase(), |word, plain| word.replace(plain, ""));
        let mixed =
            lower.contains(|c: char| c.is_ascii_digit()) && lower.contains(|c: char| c.is_ascii_alphabetic());
        (lower.len() >= 6 && mixed && !word.contains(MARK)).then(|| veil(word))
    })
}

/// Hides the values of queries and fragments in addresses; signs stay, for what stands for any text is judged.
fn queries(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '<' | '>' | ')' | '\\');
    each_word(text, ends, |word| {
        let (address, query) =
            word.split_at_checked(word.find(['?', '#'])?).filter(|(address, _)| address.contains("://"))?;
        let parts = query.split_inclusive(['?', '#', '&']).map(|part| match part.split_once('=') {
            Some((name, value)) => format!("{name}={}", veil_signs(value)),
            None => part.to_owned(),
        });
        Some(format!("{address}{}", parts.collect::<String>()))
    })
}

/// Hides words that are secrets by their form: in a comment, in a page, in a value.
fn words(text: &str) -> String {
    let secrets = each_word(text, ends_word, |word| secret::in_text(word).is_some().then(|| mark(word)));
    after_schemes(&secrets)
}

/// Hides what is long and random, whatever it is.
fn opaque(text: &str) -> String {
    let sign = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    each_word(text, sign, |word| is_opaque(word).then(|| veil(word)))
}

/// Hides what follows `Bearer` and `Basic`.
fn after_schemes(text: &str) -> String {
    let mut expected = false;
    each_word(text, ends_word, |word| {
        let scheme = word.trim_end_matches(':');
        let is_scheme = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic");
        let follows = std::mem::replace(&mut expected, is_scheme);
        let secret = follows && secret::in_text(&format!("bearer {word}")).is_some();
        secret.then(|| mark(word))
    })
}

/// Replaces words between signs; what `with` answers nothing for stays.
fn each_word(
    text: &str,
    sign: impl Fn(char) -> bool,
    mut with: impl FnMut(&str) -> Option<String>,
) -> String {
    let (mut out, mut start) = (String::with_capacity(text.len()), 0);
    let mut put = |out: &mut String, word: &str| {
        if !word.is_empty() {
            out.push_str(&with(word).unwrap_or_else(|| word.to_owned()));
        }
    };
    for (at, c) in text.char_indices().filter(|(_, c)| sign(*c)) {
        put(&mut out, &text[start..at]);
        out.push(c);
        start = at + c.len_utf8();
    }
    put(&mut out, &text[start..]);
    out
}

/// A text of the same length and lines, of letters only: in code it may be a name.
fn veil(text: &str) -> String {
    let signs = "HIDDEN".chars().chain(std::iter::repeat('x'));
    text.chars().zip(signs).map(|(c, sign)| if c == '\n' { c } else { sign }).collect()
}

fn veil_unmarked(text: &str) -> String {
    if is_mark(text) { text.to_owned() } else { veil(text) }
}

fn veil_signs(text: &str) -> String {
    if is_mark(text) { text.to_owned() } else { text.replace(|c: char| c.is_alphanumeric(), "x") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::auth0::parse;

    proptest! {
        #[test]
        fn any_text_keeps_its_lines_and_is_hidden_once(text in "[a-z0-9'\"`$({;=:?&/ \\\\\n-]{0,60}|(\\PC|\n){0,40}") {
            let once = |text: &str| {
                let mut node = Node::Text(text.to_owned());
                all(&mut [&mut node]);
                match node { Node::Text(text) => text, _ => String::new() }
            };
            let told = once(&text);
            prop_assert_eq!(told.matches('\n').count(), text.matches('\n').count());
            prop_assert_eq!(told.chars().count(), text.chars().count());
            prop_assert_eq!(once(&told), told);
        }
    }

    /// The secrets begin so: no file may hold it.
    const PLANTED: &str = "Pl4nt";

    fn file(json: &str) -> String {
        let mut node = parse::json(json).expect("valid");
        all(&mut [&mut node]);
        serde_json::to_string(&node).expect("serialises")
    }

    fn of_code(code: &str) -> String {
        let body = serde_json::json!({ "code": code });
        file(&body.to_string())
    }

    #[test]
    fn code_keeps_no_secret_however_it_is_written() {
        for code in [
            "const apiKey = 'Pl4ntZrT1xWm4Kd9LpVb2Nc';",
            "// don't touch\nconst apiKey = 'Pl4ntZrT1xWm4Kd9LpVb2Nc';\n",
            "/* it's */ const apiKey = 'Pl4ntZrT1xWm4Kd9LpVb2Nc'",
            "fetch(u, {headers: {Authorization: 'Bearer Pl4ntZrT1xWm4Kd9'}});",
            "h['x-api-key']='Pl4ntZrT1xWm4Kd9LpVb2Nc';",
            "x.set('x-api-key', \"Pl4ntZrT1xWm4Kd9LpVb2Nc\");",
            "const o = {['api-key']: `Pl4ntZrT1xWm4Kd9LpVb2Nc`};",
            "const password = 'Pl4nt-horse-battery';",
            "const key = 'Pl4ntZrT1xWm' + '4Kd9LpVb2NcZZZ0123';\nconst secret = 'Pl4ntZrT1xWm' + '4Kd9LpVb2Nc';",
            "// the old one was Pl4ntZrT1xWm4Kd9LpVb2Nc00\nx();\n",
            "const u = `https://a.example.com/x?sig=Pl4ntZrT&t=${t}`;",
            "const k = '-----BEGIN PRIVATE KEY-----\\nPl4nt\\n-----END PRIVATE KEY-----';",
            "function (user, context, callback) { const token = 'Pl4ntZrT1xWm4Kd9LpVb2Nc'; callback(null, user); }",
            "function ( { broken\n const token = 'Pl4ntZrT1xWm4Kd9LpVb2Nc';",
            "-----BEGIN RSA PRIVATE KEY-----\nPl4ntMIIE\n-----END RSA PRIVATE KEY-----\n",
            "exports.f = () => { return 1; const password = 'Pl4nt-horse'; }",
            "if (false) { const k = 'Pl4ntZrT1xWm4Kd9LpVb2Nc'; }\nconst x = false && 'Pl4ntZrT1xWm4Kd9LpVb2Nc';",
            "const pass = 'Pl4nt2x';",
            "const c = 'Server=a;User=b;Password=Pl4nt;';",
            "const c = 'AccountName=a;AccountKey=Pl4ntZrT1xWm4Kd9LpVb2Nc==;';",
            "jwt.sign(p, 'Pl4nt-horse');",
            "crypto.createHmac('sha256', 'Pl4nt-horse');",
            "const s = new Stripe('Pl4nt-horse');",
            "db.setPassword('Pl4nt-horse');",
            "const secret = Buffer.from('Pl4nt-horse');",
            "const token = event.secrets.T || 'Pl4nt-horse';",
            "const token = a ? 'Pl4nt-horse' : 'Pl4nt-house';",
            "const {password = 'Pl4nt-horse'} = x; function f(token = 'Pl4nt-horse') {}",
            "const token = `Pl4nt-horse-${x}`;",
            "const token = 'Pl4' + 9 + 'nt' + 'Pl4ntZ';\n",
            "const token = ['Pl4ntZrT1x', 'Wm4Kd9LpVb2Nc'].join('');",
            "if (token === 'Pl4nt-horse') {}",
            "const passwords = ['Pl4nt-horse', 'Pl4nt-house'];",
            "// password = 'Pl4nt-horse'\n/* password: Pl4nt-horse */ x();",
            "const password = 'Pl4ntyourZrT1xWm4Kd9';",
            "const password = 'Pl4nt REDACTED Kd9LpVb2Nc';",
            "function({const token='Pl4ntZrT1xWm4Kd9LpVb2Nc'",
            "const o = {[`api${x}key`]: 'Pl4ntZrT1xWm4Kd9LpVb2Nc'};",
            "const v = 'Pl4nt-horse';",
        ] {
            let told = of_code(code);
            assert!(!told.contains(PLANTED), "{code}\n{told}");
        }
    }

    #[test]
    fn values_keep_no_secret() {
        let told = file(
            r#"{"client_metadata": {"note": "Bearer Pl4ntZrT1xWm4Kd9", "more": "use Bearer Pl4ntZrT1xWm4Kd9 there"},
            "callbacks": ["https://a.example.com/cb?token=Pl4ntZrT&x=*", "https://a.example.com/cb#access_token=Pl4ntZrT&b=1"], "db": "postgres://app:Pl4nt@db.example.com/a",
            "client_id": "q8ZrT1xWm4Kd9LpVb2NcAAAA00000001", "name": "it's a shop"}"#,
        );
        assert!(!told.contains(PLANTED), "{told}");
        assert!(told.contains("https://a.example.com/cb?token=xxxxxxxx&x=*"), "{told}");
        assert!(told.contains("https://a.example.com/cb#access_token=xxxxxxxx&b=x"), "{told}");
        assert!(told.contains("q8ZrT1xWm4Kd9LpVb2NcAAAA00000001") && told.contains("it's a shop"), "{told}");
    }

    #[test]
    fn a_script_that_is_made_to_be_slow_is_scrubbed_in_time() {
        let began = std::time::Instant::now();
        for hostile in ["\\'", "f('", "const password='\\'", "a().b", "('a'+", "x=eval;"] {
            of_code(&hostile.repeat((100 << 10) / hostile.len()));
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        for code in [
            "exports.onExecutePostLogin = async (event, api) => { if (!event.user.email_verified) api.access.deny('x'); };",
            "const title = \"Shop\"; // it's open\nrequire('lodash');\n",
            "<p>{{ error_description | escape }}</p>\n<script src='https://cdn.example.com/a.js'></script>",
        ] {
            assert_eq!(of_code(code), serde_json::json!({ "code": code }).to_string());
        }
        let marked = of_code("const apiKey = 'q8ZrT1xWm4Kd9LpVb2Nc';\n");
        assert!(marked.contains("const apiKey = 'REDACTED************';"), "{marked}");
    }
}
