//! Walks the syntax tree of a script and notes what checks ask about.

use std::thread;

use checkmate_domain::NotAssessed;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AssignmentExpression, BinaryExpression, CallExpression, Expression, NewExpression, ObjectProperty,
    StringLiteral, TemplateLiteral, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::SourceType;
use url::{Host, Url};

use super::{Facts, LARGEST, MOST, Script, Spot, WORDS, guard};
use crate::auth0::secret;

/// Room for the deepest nesting that [`guard`] lets through; only what is used is taken from the system.
const STACK: usize = 512 << 20;

/// Reads scripts, all on one thread with a deep stack. Blocking. The texts are dropped.
pub(crate) fn read_all(texts: Vec<String>) -> Vec<Script> {
    if texts.is_empty() {
        return Vec::new();
    }
    let count = texts.len();
    let reading = move || texts.iter().map(|text| read(text)).collect::<Vec<_>>();
    let read = thread::Builder::new()
        .name("scripts".to_owned())
        .stack_size(STACK)
        .spawn(reading)
        .map(thread::JoinHandle::join);
    match read {
        Ok(Ok(scripts)) => scripts,
        Ok(Err(_)) => broken(count, "the parser broke off"),
        Err(_) => broken(count, "there was no memory to parse it"),
    }
}

fn broken(count: usize, why: &str) -> Vec<Script> {
    vec![Script::unreadable(NotAssessed::Unreadable(why.to_owned())); count]
}

fn read(text: &str) -> Script {
    let words = WORDS.iter().filter(|word| text.contains(**word)).copied().collect();
    Script { facts: facts(text), words }
}

fn facts(text: &str) -> Result<Facts, NotAssessed> {
    if text.len() > LARGEST {
        return Err(NotAssessed::TooLarge(format!("a script of {} kB", text.len() >> 10)));
    }
    if guard::too_deep(text) {
        return Err(NotAssessed::TooLarge("a script that is nested deeper than is read".to_owned()));
    }
    // Rules are functions without a name, which stand in no program by themselves.
    let bare =
        text.trim_start().strip_prefix("function").is_some_and(|rest| rest.trim_start().starts_with('('));
    let wrapped = if bare { format!("({text}\n)") } else { text.to_owned() };
    for kind in [SourceType::cjs(), SourceType::mjs()] {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, &wrapped, kind).parse();
        if parsed.panicked || !parsed.diagnostics.is_empty() {
            continue;
        }
        let mut walker = Walker { text: &wrapped, facts: Facts::default() };
        walker.visit_program(&parsed.program);
        return Ok(walker.facts);
    }
    Err(NotAssessed::Unreadable("the script is not valid JavaScript".to_owned()))
}

struct Walker<'s> {
    text: &'s str,
    facts: Facts,
}

impl Walker<'_> {
    fn spot(&self, at: u32, what: &str) -> Spot {
        let end = usize::try_from(at).unwrap_or(0).min(self.text.len());
        let line = self.text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1;
        Spot { line, what: what.to_owned() }
    }

    /// A literal that something is called by: `const apiKey = '...'`, `{password: '...'}`.
    fn named(&mut self, name: &str, value: &Expression<'_>) {
        if let Some((text, at)) = literal(value)
            && let Some(kind) = secret::in_value(name, text)
        {
            self.secret(at, kind);
        }
    }

    fn secret(&mut self, at: u32, kind: secret::Kind) {
        let spot = self.spot(at, &kind.redacted());
        if !self.facts.secrets.iter().any(|known| known.line == spot.line) {
            push(&mut self.facts.secrets, spot);
        }
    }

    fn text_at(&mut self, text: &str, at: u32) {
        if let Some(kind) = secret::in_text(text) {
            self.secret(at, kind);
        }
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
            let spot = self.spot(at, &format!("http://{name}"));
            push(&mut self.facts.insecure, spot);
        }
        if self.facts.hosts.len() < MOST {
            self.facts.hosts.insert(name);
        }
    }

    fn call(&mut self, name: &str, call: &CallExpression<'_>) {
        let at = call.span.start;
        let first = call.arguments.first().and_then(|argument| argument.as_expression());
        let first_text = first.and_then(literal).map(|(text, _)| text.to_ascii_lowercase());
        let last = name.rsplit('.').next().unwrap_or(name);
        match (last, first_text.as_deref()) {
            ("createHash" | "createHmac", Some(weak @ ("md5" | "sha1" | "md4"))) => {
                let spot = self.spot(at, weak);
                push(&mut self.facts.weak_hashes, spot);
            }
            ("md5" | "MD5" | "sha1" | "SHA1", _) => {
                let spot = self.spot(at, last);
                push(&mut self.facts.weak_hashes, spot);
            }
            ("require", Some("child_process" | "node:child_process" | "vm" | "node:vm")) => {
                let spot = self.spot(at, "starts programs or runs texts as code");
                push(&mut self.facts.dangerous, spot);
            }
            ("require", None) if name == "require" && first.is_some() => {
                let spot = self.spot(at, "loads a module whose name is made up");
                push(&mut self.facts.dangerous, spot);
            }
            ("eval" | "execScript", _) if !name.contains('.') => {
                let spot = self.spot(at, "runs a text as code");
                push(&mut self.facts.dangerous, spot);
            }
            _ => {}
        }
        if name.starts_with("console.")
            && call.arguments.iter().filter_map(|one| one.as_expression()).any(tells)
        {
            let spot = self.spot(at, name);
            push(&mut self.facts.logging, spot);
        }
        if last == "setCustomClaim"
            && let Some(value) = call.arguments.get(1).and_then(|one| one.as_expression())
            && let Some(what) = personal(value)
        {
            let spot = self.spot(at, &what);
            push(&mut self.facts.claims, spot);
        }
        let links = matches!(last, "linkUsers" | "linkAccounts" | "linkUser")
            || (last == "link" && name.contains("users"))
            || name.ends_with("identities.link");
        if links {
            let spot = self.spot(at, name);
            push(&mut self.facts.linking, spot);
        }
    }

    fn query(&mut self, text: &str, at: u32) {
        if is_query(text) {
            let spot = self.spot(at, "a query is put together from texts");
            push(&mut self.facts.sql, spot);
        }
    }
}

impl<'a> Visit<'a> for Walker<'_> {
    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.text_at(it.value.as_str(), it.span.start);
        // The path under which accounts are linked: /api/v2/users/{id}/identities.
        if it.value.as_str().contains("/identities") {
            let spot = self.spot(it.span.start, "/identities");
            push(&mut self.facts.linking, spot);
        }
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        let whole: Vec<&str> = it.quasis.iter().map(|part| part.value.raw.as_str()).collect();
        for part in &whole {
            self.text_at(part, it.span.start);
        }
        if whole.iter().any(|part| part.contains("/identities")) {
            let spot = self.spot(it.span.start, "/identities");
            push(&mut self.facts.linking, spot);
        }
        if !it.expressions.is_empty() {
            self.query(&whole.join(" "), it.span.start);
        }
        walk::walk_template_literal(self, it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        if it.operator.as_str() == "+"
            && let Some((text, at)) = literal(&it.left)
            && literal(&it.right).is_none()
        {
            self.query(text, at);
        }
        walk::walk_binary_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Some(name) = dotted(&it.callee) {
            self.call(&name, it);
            if self.facts.calls.len() < 500 && name.len() < 200 {
                self.facts.calls.insert(name);
            }
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        if dotted(&it.callee).as_deref() == Some("Function") {
            let spot = self.spot(it.span.start, "makes a function of a text");
            push(&mut self.facts.dangerous, spot);
        }
        walk::walk_new_expression(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        if let Some(name) = it.key.static_name() {
            self.named(&name, &it.value);
            let off = matches!(&it.value, Expression::BooleanLiteral(value) if !value.value);
            if off && matches!(&*name, "rejectUnauthorized" | "strictSSL" | "checkServerIdentity") {
                let spot = self.spot(it.span.start, &name);
                push(&mut self.facts.tls_off, spot);
            }
        }
        walk::walk_object_property(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let Some(name) = it.left.get_identifier_name() {
            self.named(name, &it.right);
            if name == "NODE_TLS_REJECT_UNAUTHORIZED" {
                let spot = self.spot(it.span.start, name);
                push(&mut self.facts.tls_off, spot);
            }
        }
        walk::walk_assignment_expression(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let (Some(name), Some(value)) = (it.id.get_identifier_name(), &it.init) {
            self.named(name.as_str(), value);
        }
        walk::walk_variable_declarator(self, it);
    }
}

fn push(spots: &mut Vec<Spot>, spot: Spot) {
    if spots.len() < MOST {
        spots.push(spot);
    }
}

/// The text of a literal, and where it begins.
fn literal<'e>(expression: &'e Expression<'_>) -> Option<(&'e str, u32)> {
    match expression {
        Expression::StringLiteral(literal) => Some((literal.value.as_str(), literal.span.start)),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            template.quasis.first().map(|part| (part.value.raw.as_str(), template.span.start))
        }
        Expression::ParenthesizedExpression(inner) => literal(&inner.expression),
        _ => None,
    }
}

/// `api.access.deny` of the expression that says so.
fn dotted(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::Identifier(name) => Some(name.name.to_string()),
        Expression::StaticMemberExpression(member) => {
            let below = dotted(&member.object).unwrap_or_default();
            Some(format!("{below}.{}", member.property.name))
        }
        Expression::ParenthesizedExpression(inner) => dotted(&inner.expression),
        Expression::CallExpression(call) => dotted(&call.callee),
        _ => None,
    }
}

/// Whether a value that is logged tells a secret or everything about a person.
fn tells(expression: &Expression<'_>) -> bool {
    const WHOLE: [&str; 4] = ["event", "user", "context", "configuration"];
    const SECRET: [&str; 8] = [
        "password",
        "secret",
        "token",
        "access_token",
        "refresh_token",
        "id_token",
        "secrets",
        "newPassword",
    ];
    match expression {
        Expression::Identifier(name) => {
            WHOLE.contains(&name.name.as_str()) || SECRET.contains(&name.name.as_str())
        }
        Expression::StaticMemberExpression(_) => dotted(expression).is_some_and(|path| {
            let last = path.rsplit('.').next().unwrap_or_default();
            SECRET.contains(&last) || path == "event.user" || path.starts_with("event.secrets")
        }),
        Expression::CallExpression(call) if dotted(&call.callee).as_deref() == Some("JSON.stringify") => {
            call.arguments.first().and_then(|one| one.as_expression()).is_some_and(tells)
        }
        Expression::TemplateLiteral(template) => template.expressions.iter().any(tells),
        Expression::BinaryExpression(sum) => tells(&sum.left) || tells(&sum.right),
        Expression::ObjectExpression(object) => object
            .properties
            .iter()
            .any(|one| one.as_property().is_some_and(|property| tells(&property.value))),
        _ => false,
    }
}

/// What of a person a claim is made of.
fn personal(expression: &Expression<'_>) -> Option<String> {
    const FIELDS: [&str; 8] = [
        "email",
        "phone_number",
        "name",
        "given_name",
        "family_name",
        "birthdate",
        "address",
        "user_metadata",
    ];
    let path = dotted(expression)?;
    let last = path.rsplit('.').next().unwrap_or_default();
    (path.contains("user") && FIELDS.contains(&last)).then_some(path)
}

/// Whether a text begins a query that a value follows in.
fn is_query(text: &str) -> bool {
    let upper = text.trim_start().to_ascii_uppercase();
    let begins =
        ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().any(|word| upper.starts_with(word));
    begins && [" FROM ", " WHERE ", " VALUES", " SET ", "INTO "].iter().any(|word| upper.contains(word))
}
