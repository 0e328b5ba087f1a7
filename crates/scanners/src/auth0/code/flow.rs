//! What goes from one place of a script to another: names of functions, constants, queries that grow. Only what is written in
//! one step is followed.

use oxc_ast::ast::{Argument, AssignmentExpression, CallExpression, Expression};
use oxc_span::GetSpan as _;
use url::{Host, Url};

use super::texts::{dotted, is_query, literal};
use super::visit::{Kept, Walker};

/// Constants and queries that are kept.
const MOST: usize = 500;
/// Names of algorithms are shorter.
const LONGEST: usize = 64;

/// Words at the end of the names of values that hold a password.
const PASSWORDS: [&str; 5] = ["password", "passwd", "pwd", "pass", "passphrase"];

impl Walker<'_> {
    /// `const run = eval`: under another name it does the same.
    pub(super) fn alias(&mut self, value: &Expression<'_>, at: u32) {
        let name = matches!(
            value,
            Expression::Identifier(_)
                | Expression::StaticMemberExpression(_)
                | Expression::ComputedMemberExpression(_)
        );
        let named = || dotted(value).unwrap_or_default();
        if name
            && matches!(
                named().as_str(),
                "eval"
                    | "Function"
                    | "globalThis.eval"
                    | "global.eval"
                    | "globalThis.Function"
                    | "global.Function"
            )
        {
            self.note(Kept::Dangerous, at, "another name for what runs a text as code");
        }
    }

    /// Keeps what a name stands for.
    pub(super) fn keep(&mut self, name: &str, value: &Expression<'_>) {
        let Some(text) = literal(value) else { return };
        if is_query(&text) && self.queries.len() < MOST {
            self.queries.insert(name.to_owned());
        } else if text.len() <= LONGEST && self.constants.len() < MOST {
            self.constants.insert(name.to_owned(), text.into_owned());
        }
    }

    /// An address that a script talks to.
    pub(super) fn address(&mut self, text: &str, at: u32) {
        let Some(url) = text
            .get(..8)
            .filter(|start| start.to_ascii_lowercase().starts_with("http"))
            .and_then(|_| Url::parse(text).ok())
        else {
            return;
        };
        let Some(host) = url.host() else { return };
        let loopback = match &host {
            Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        };
        // `http://` names are not only addresses: namespaces of claims and schemas are never fetched.
        let name = host.to_string();
        let namespace = ["schemas.", "www.w3.org", "auth0.com"].iter().any(|known| name.starts_with(known));
        if loopback || namespace {
            return;
        }
        if url.scheme() == "http" {
            self.note(Kept::Insecure, at, &format!("http://{name}"));
        }
        if self.facts.hosts.len() < super::MOST && !self.dead {
            self.facts.hosts.insert(name);
        }
    }

    /// The text of an argument, also of a constant.
    pub(super) fn text_of(&self, value: &Expression<'_>) -> Option<String> {
        match value {
            Expression::Identifier(name) => self.constants.get(name.name.as_str()).cloned(),
            value => literal(value).map(std::borrow::Cow::into_owned),
        }
    }

    /// `query += value`.
    pub(super) fn added(&mut self, name: &str, it: &AssignmentExpression<'_>) {
        if it.operator.as_str() == "+=" && self.queries.contains(name) && literal(&it.right).is_none() {
            self.note(Kept::Query, it.span.start, "a query is put together from texts");
        }
    }

    /// Queries that are put together by a call: `util.format('SELECT ...', x)`, `'SELECT ...'.concat(x)`,
    /// `['SELECT ...', x].join('')`.
    pub(super) fn formatted(&mut self, last: &str, call: &CallExpression<'_>) {
        let open = |value: &Expression<'_>| literal(value).is_none();
        let arguments = || call.arguments.iter().filter_map(Argument::as_expression);
        let object = match &call.callee {
            Expression::StaticMemberExpression(member) => Some(&member.object),
            _ => None,
        };
        let text = match (last, object) {
            ("format" | "sprintf" | "vsprintf", _) if arguments().skip(1).any(open) => {
                arguments().next().and_then(literal)
            }
            ("concat", Some(object)) if arguments().any(open) => literal(object),
            ("replace" | "replaceAll", Some(object)) if arguments().nth(1).is_some_and(open) => {
                literal(object)
            }
            ("join", Some(Expression::ArrayExpression(list))) => {
                let mut parts = list.elements.iter().take(MOST).filter_map(|one| one.as_expression());
                let first = parts.next().and_then(literal);
                first.filter(|_| parts.any(open))
            }
            _ => None,
        };
        if let Some(text) = text {
            self.query(&text, call.span.start);
        }
    }

    /// `createHash('sha256').update(password)`: made to be fast, which is what a guesser needs.
    pub(super) fn fast_hash(&mut self, name: &str, last: &str, call: &CallExpression<'_>) {
        let hashes = (last == "update" && name.contains("createHash"))
            || matches!(last, "sha256" | "SHA256" | "sha512" | "SHA512" | "sha224" | "sha384");
        let password = |value: &Expression<'_>| {
            dotted(value).is_some_and(|name| {
                let words = crate::auth0::secret::words(name.rsplit('.').next().unwrap_or_default());
                words.last().is_some_and(|last| PASSWORDS.contains(&last.as_str()))
            })
        };
        let first = call.arguments.first().and_then(Argument::as_expression);
        if hashes && first.is_some_and(password) {
            let at = first.map_or(call.span.start, |first| first.span().start);
            self.note(Kept::WeakHash, at, "a fast hash of a password");
        }
    }
}
