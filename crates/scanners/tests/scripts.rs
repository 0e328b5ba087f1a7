//! Scripts made of every operator and every form that JavaScript has: read or refused, and the process goes on.
//!
//! A reader that runs round in circles fills its stack, and that ends the process without a word. The script that is read at
//! the moment stands in `last-script.js` in the folder for the tests' files, below `target/tmp`.

#![allow(clippy::expect_used, reason = "a test that cannot build its input must fail")]

use std::fs;
use std::path::Path;

use checkmate_scanners::auth0::fuzzing;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const SCRIPTS: usize = 500;

/// Names and values that checks ask for, and some that they do not.
const LEAVES: [&str; 22] = [
    "event",
    "event.user.email",
    "event.secrets.KEY",
    "user.password",
    "configuration.apiKey",
    "context",
    "api.access",
    "password",
    "eval",
    "process.env.NODE_TLS_REJECT_UNAUTHORIZED",
    "require('child_process').exec",
    "'http://example.com/'",
    "'SELECT * FROM users WHERE id = '",
    "'sk_live_4eC39HqLyjWDarjtT1zdp7dc'",
    "\"a\\u0062\"",
    "`plain`",
    "60",
    "0x1F",
    "null",
    "true",
    "/a[b]+/g",
    "this",
];

const OPERATORS: [&str; 26] = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "==",
    "!=",
    "===",
    "!==",
    "<",
    "<=",
    ">",
    ">=",
    "<<",
    ">>",
    ">>>",
    "&",
    "|",
    "^",
    "&&",
    "||",
    " in ",
    " instanceof ",
    ", ",
    " ?? ",
];

/// An expression; what is put together stands in brackets, so that it parses.
fn expression() -> impl Strategy<Value = String> {
    let leaf = select(LEAVES.as_slice()).prop_map(str::to_owned);
    leaf.prop_recursive(5, 24, 3, |inner| {
        let three = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            4 => (inner.clone(), select(OPERATORS.as_slice()), inner.clone())
                .prop_map(|(left, sign, right)| format!("({left}{sign}{right})")),
            2 => prop::collection::vec(inner.clone(), 2..6).prop_map(|terms| format!("({})", terms.join(" + "))),
            1 => (select(["!", "-", "+", "~", "typeof ", "void ", "await "].as_slice()), inner)
                .prop_map(|(sign, of)| format!("({sign}{of})")),
            4 => (three, select(FORMS.as_slice())).prop_map(|((a, b, c), form)| filled(form, &a, &b, &c)),
        ]
    })
}

/// Forms of up to three expressions.
const FORMS: [&str; 22] = [
    "(A ? B : C)",
    "(A).member",
    "(A)[B]",
    "(A)?.member?.[B]",
    "(A)(B, ...[C])",
    "(A).concat(B, C)",
    "[A, B, ...[C]].join(B)",
    "`text ${A} and ${B}`",
    "tag`text ${A}`",
    "[A, , B]",
    "({ key: A, [B]: C, ...A, 'quoted key': B })",
    "(() => A)",
    "(async ({ one = A }) => { return B; })",
    "(function named(x) { return A; })",
    "new (A)(B)",
    "(name = A)",
    "(name.password = A)",
    "(name += A)",
    "crypto.createHash(A).update(B)",
    "JSON.stringify(A, B)",
    "(class { #secret = A; get x() { return B; } })",
    "axios.get(A, { headers: B, httpsAgent: C })",
];

const STATEMENTS: [&str; 16] = [
    "const name = A;",
    "let { apiKey = A, ...rest } = B;",
    "console.log(A, B);",
    "if (A) { api.access.deny(B); } else { C; }",
    "while (A) break;",
    "for (const one of [A]) { B; }",
    "for (let i = A; B; i++) continue;",
    "try { A; } catch (error) { console.error(B); } finally { C; }",
    "switch (A) { case B: C; break; default: }",
    "api.idToken.setCustomClaim(A, B);",
    "api.authentication.challengeWithAny([A]);",
    "label: { A; break label; }",
    "throw new Error(A);",
    "return A;",
    "var key = A; key = B; use(key);",
    "if (false) { A; }",
];

fn filled(form: &str, a: &str, b: &str, c: &str) -> String {
    let piece = |sign: char| match sign {
        'A' => a.to_owned(),
        'B' => b.to_owned(),
        'C' => c.to_owned(),
        other => other.to_string(),
    };
    // A sign stands alone: `challengeWithAny` keeps its letters.
    let signs: Vec<char> = form.chars().collect();
    let letter = |at: Option<&char>| at.is_some_and(char::is_ascii_alphanumeric);
    let alone = |at: usize| {
        !letter(at.checked_sub(1).and_then(|before| signs.get(before))) && !letter(signs.get(at + 1))
    };
    signs
        .iter()
        .enumerate()
        .map(|(at, sign)| if alone(at) { piece(*sign) } else { sign.to_string() })
        .collect()
}

fn statement() -> impl Strategy<Value = String> {
    (select(STATEMENTS.as_slice()), expression(), expression(), expression())
        .prop_map(|(form, a, b, c)| filled(form, &a, &b, &c))
}

/// An Action or a rule.
fn script() -> impl Strategy<Value = String> {
    let around = select(
        [
            "exports.onExecutePostLogin = async (event, api) => {\nBODY\n};",
            "async function rule(user, context, callback) {\nBODY\n}",
        ]
        .as_slice(),
    );
    (around, prop::collection::vec(statement(), 1..6))
        .prop_map(|(around, body)| around.replace("BODY", &body.join("\n")))
}

/// The text with something cut out of it.
fn cut(text: &str, runner: &mut TestRunner) -> String {
    let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let mut place = || bounds[(0..bounds.len()).new_tree(runner).expect("a place").current()];
    let (one, other) = (place(), place());
    format!("{}{}", &text[..one.min(other)], &text[one.max(other)..])
}

fn read(text: &str, note: &Path) -> Option<usize> {
    fs::write(note, text).expect("written");
    let noted = fuzzing::script(text);
    assert_eq!(noted, fuzzing::script(text), "read twice: {text}");
    noted
}

#[test]
fn scripts_of_every_form_are_read_or_refused() {
    let note = Path::new(env!("CARGO_TARGET_TMPDIR")).join("last-script.js");
    let mut runner = TestRunner::deterministic();
    let (mut parsed, mut telling) = (0, 0);
    for _ in 0..SCRIPTS {
        let text = script().new_tree(&mut runner).expect("a script").current();
        let noted = read(&text, &note);
        parsed += usize::from(noted.is_some());
        telling += usize::from(noted.is_some_and(|many| many > 0));
        read(&cut(&text, &mut runner), &note);
    }
    fs::remove_file(&note).expect("removed");
    assert!(parsed > SCRIPTS * 8 / 10, "{parsed} of {SCRIPTS} parsed: they test little");
    assert!(telling > SCRIPTS / 2, "of {telling} of {SCRIPTS} something was noted");
}
