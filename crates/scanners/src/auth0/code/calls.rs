//! What a call does.

use oxc_ast::ast::CallExpression;

use super::texts::{personal, tells};
use super::visit::{Kept, Walker};

/// Modules that start programs or run texts as code.
const DANGEROUS_MODULES: [&str; 4] = ["child_process", "node:child_process", "vm", "node:vm"];
/// Functions that run a text as code, wherever they are taken from.
const RUNS_TEXT: [&str; 2] = ["eval", "execScript"];
/// What holds the functions that are everywhere.
const GLOBALS: [&str; 5] = ["globalThis", "global", "window", "self", "this"];

impl Walker<'_> {
    pub(super) fn call(&mut self, name: &str, call: &CallExpression<'_>) {
        let at = call.span.start;
        let first = call.arguments.first().and_then(|argument| argument.as_expression());
        let first_text = first.and_then(|first| self.text_of(first)).map(|text| text.to_ascii_lowercase());
        let last = name.rsplit('.').next().unwrap_or(name);
        match (last, first_text.as_deref()) {
            ("createHash" | "createHmac", Some(weak @ ("md5" | "sha1" | "md4"))) => {
                self.note(Kept::WeakHash, at, weak);
            }
            ("hash", Some(weak @ ("md5" | "sha1" | "md4"))) if name.starts_with("crypto.") => {
                self.note(Kept::WeakHash, at, weak);
            }
            ("constructor", _) if name.ends_with(".constructor.constructor") => {
                self.note(Kept::Dangerous, at, "makes a function of a text");
            }
            ("md5" | "MD5" | "sha1" | "SHA1", _) => self.note(Kept::WeakHash, at, last),
            ("require", Some(module)) => self.module(module, at),
            ("require", None) if name == "require" && first.is_some() => {
                self.note(Kept::Dangerous, at, "loads a module whose name is made up");
            }
            ("Function", _) if is_global(name) => {
                self.note(Kept::Dangerous, at, "makes a function of a text");
            }
            (last, _) if RUNS_TEXT.contains(&last) && is_global(name) => {
                self.note(Kept::Dangerous, at, "runs a text as code");
            }
            _ => {}
        }
        self.told_or_claimed(name, last, call);
        self.keyed(name, call);
        self.formatted(last, call);
        self.fast_hash(name, last, call);
        let links = matches!(last, "linkUsers" | "linkAccounts" | "linkUser")
            || (last == "link" && name.contains("users"))
            || name.ends_with("identities.link");
        if links {
            self.note(Kept::Linking, at, name);
        }
    }

    /// A module that is loaded, in either way.
    pub(super) fn module(&mut self, name: &str, at: u32) {
        if DANGEROUS_MODULES.contains(&name) {
            self.note(Kept::Dangerous, at, "starts programs or runs texts as code");
        }
    }

    fn told_or_claimed(&mut self, name: &str, last: &str, call: &CallExpression<'_>) {
        let at = call.span.start;
        let argument = |n: usize| call.arguments.get(n).and_then(|one| one.as_expression());
        if name.starts_with("console.")
            && call.arguments.iter().filter_map(|one| one.as_expression()).any(tells)
        {
            self.note(Kept::Logging, at, name);
        }
        if last == "setCustomClaim"
            && let Some(what) = argument(1).and_then(personal)
        {
            self.note(Kept::Claim, at, &what);
        }
    }
}

/// Whether a name is that of a function that is everywhere: `eval`, `globalThis.eval`.
fn is_global(name: &str) -> bool {
    name.rsplit_once('.').is_none_or(|(holder, _)| GLOBALS.contains(&holder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_are_everywhere_are_told_from_methods() {
        for (name, everywhere) in
            [("eval", true), ("globalThis.eval", true), ("redis.eval", false), ("a.b.eval", false)]
        {
            assert_eq!(is_global(name), everywhere, "{name}");
        }
    }
}
