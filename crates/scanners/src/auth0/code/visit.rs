//! Walks the syntax tree of a script and notes what checks ask about.

use std::borrow::Cow;
use std::ops::Range;
use std::thread;

use checkmate_domain::NotAssessed;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AssignmentExpression, BinaryExpression, BinaryOperator, CallExpression, ConditionalExpression,
    Expression, IdentifierName, IdentifierReference, IfStatement, ImportDeclaration, ImportExpression,
    LogicalExpression, NewExpression, ObjectProperty, Program, PropertyDefinition, Statement, StringLiteral,
    TemplateLiteral, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan as _, SourceType, Span};
use url::{Host, Url};

use super::texts::{does_nothing, dotted, is_off, is_query, literal, never, operands, target_name};
use super::{Facts, LARGEST, MOST, Places, Script, Spot, WORDS, guard};
use crate::auth0::secret;

/// Room for the deepest nesting that [`guard`] lets through; only what is used is taken from the system.
const STACK: usize = 512 << 20;

/// Reads scripts, all on one thread with a deep stack. Blocking. The texts are dropped.
pub(crate) fn read_all(texts: Vec<String>) -> Vec<Script> {
    if texts.is_empty() {
        return Vec::new();
    }
    let count = texts.len();
    match on_deep_stack(move || texts.iter().map(|text| read(text)).collect::<Vec<_>>()) {
        Ok(scripts) => scripts,
        Err(why) => broken(count, why),
    }
}

/// Where secrets and other literals stand in each of these texts; `None` for one that is no script. Blocking.
pub(crate) fn places(texts: Vec<String>) -> Vec<Option<Places>> {
    let count = texts.len();
    let of = |text: &String| walked(text, |walker| walker.places).ok();
    on_deep_stack(move || texts.iter().map(of).collect()).unwrap_or_else(|_| vec![None; count])
}

fn on_deep_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, &'static str> {
    let working = thread::Builder::new().name("scripts".to_owned()).stack_size(STACK).spawn(work);
    let working = working.map_err(|_| "there was no memory to parse it")?;
    working.join().map_err(|_| "the parser broke off")
}

fn broken(count: usize, why: &str) -> Vec<Script> {
    vec![Script::unreadable(NotAssessed::Unreadable(why.to_owned())); count]
}

fn read(text: &str) -> Script {
    match walked(text, |walker| (walker.facts, walker.words)) {
        Ok((facts, words)) => Script { facts: Ok(facts), words },
        Err(reason) => Script::unreadable(reason),
    }
}

/// Parses a script and walks it.
fn walked<T>(text: &str, of: impl FnOnce(Walker<'_>) -> T) -> Result<T, NotAssessed> {
    if text.len() > LARGEST {
        return Err(NotAssessed::TooLarge(format!("a script of {} kB", text.len() >> 10)));
    }
    if guard::too_deep(text) {
        return Err(NotAssessed::TooLarge("a script that is nested deeper than is read".to_owned()));
    }
    // Rules are functions without a name, which stand in no program by themselves.
    let bare =
        text.trim_start().strip_prefix("function").is_some_and(|rest| rest.trim_start().starts_with('('));
    let wrapped = if bare { Cow::Owned(format!("({text}\n)")) } else { Cow::Borrowed(text) };
    for kind in [SourceType::cjs(), SourceType::mjs()] {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, &wrapped, kind).parse();
        if parsed.panicked || !parsed.diagnostics.is_empty() {
            continue;
        }
        let mut walker = Walker::new(&wrapped, usize::from(bare));
        walker.visit_program(&parsed.program);
        return Ok(of(walker));
    }
    Err(NotAssessed::Unreadable("the script is not valid JavaScript".to_owned()))
}

/// What a spot is kept as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    WeakHash,
    TlsOff,
    Dangerous,
    Insecure,
    Logging,
    Query,
    Claim,
    Linking,
}

pub(super) struct Walker<'s> {
    text: &'s str,
    /// Bytes that were put before the script.
    before: usize,
    facts: Facts,
    words: Vec<&'static str>,
    places: Places,
}

impl<'s> Walker<'s> {
    fn new(text: &'s str, before: usize) -> Self {
        Self { text, before, facts: Facts::default(), words: Vec::new(), places: Places::default() }
    }

    fn spot(&self, at: u32, what: &str) -> Spot {
        let end = usize::try_from(at).unwrap_or(0).min(self.text.len());
        let line = self.text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1;
        Spot { line, what: what.to_owned() }
    }

    pub(super) fn note(&mut self, kept: Kept, at: u32, what: &str) {
        let spot = self.spot(at, what);
        let facts = &mut self.facts;
        let spots = match kept {
            Kept::WeakHash => &mut facts.weak_hashes,
            Kept::TlsOff => &mut facts.tls_off,
            Kept::Dangerous => &mut facts.dangerous,
            Kept::Insecure => &mut facts.insecure,
            Kept::Logging => &mut facts.logging,
            Kept::Query => &mut facts.sql,
            Kept::Claim => &mut facts.claims,
            Kept::Linking => &mut facts.linking,
        };
        if spots.len() < MOST {
            spots.push(spot);
        }
    }

    /// A literal that something is called by: `const apiKey = '...'`, `{password: '...'}`.
    pub(super) fn named(&mut self, name: &str, value: &Expression<'_>) {
        if let Some(text) = literal(value)
            && let Some(kind) = secret::in_value(name, &text)
        {
            self.secret(value.span(), kind);
        }
    }

    fn secret(&mut self, span: Span, kind: secret::Kind) {
        self.places.secrets.push(self.range(span));
        let spot = self.spot(span.start, &kind.redacted());
        if self.facts.secrets.len() < MOST && !self.facts.secrets.iter().any(|known| known.line == spot.line)
        {
            self.facts.secrets.push(spot);
        }
    }

    /// Where something stands in the script as it was given.
    fn range(&self, span: Span) -> Range<usize> {
        let place = |at: u32| usize::try_from(at).unwrap_or(0).saturating_sub(self.before);
        place(span.start)..place(span.end)
    }

    /// A word of the script: a name or a text, never a comment.
    fn word(&mut self, text: &str) {
        for word in WORDS {
            if text.contains(word) && !self.words.contains(&word) {
                self.words.push(word);
            }
        }
    }

    fn text_at(&mut self, text: &str, span: Span) {
        self.word(text);
        if let Some(kind) = secret::in_text(text) {
            self.secret(span, kind);
        }
        // The path under which accounts are linked: /api/v2/users/{id}/identities.
        if text.contains("/identities") {
            self.note(Kept::Linking, span.start, "/identities");
        }
        self.address(text, span.start);
    }

    fn address(&mut self, text: &str, at: u32) {
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
        if self.facts.hosts.len() < MOST {
            self.facts.hosts.insert(name);
        }
    }

    /// A text that is put together: from literals only, which may be a secret as a whole, or from a literal and more, which may
    /// be a query.
    fn sum(&mut self, operands: &[&Expression<'_>], span: Span) {
        let literals: Vec<_> = operands.iter().map_while(|operand| literal(operand)).collect();
        let text = literals.concat();
        if literals.len() < operands.len() {
            self.query(&text, span.start);
        } else if let Some(kind) = secret::in_text(&text) {
            self.secret(span, kind);
        } else if secret::is_opaque(&text) {
            self.places.literals.push(self.range(span));
        }
    }

    fn query(&mut self, text: &str, at: u32) {
        if is_query(text) {
            self.note(Kept::Query, at, "a query is put together from texts");
        }
    }

    /// A field or variable that gets a value: `{rejectUnauthorized: false}`.
    fn set(&mut self, name: &str, value: &Expression<'_>, at: u32) {
        self.named(name, value);
        let off = match name {
            "rejectUnauthorized" | "strictSSL" | "NODE_TLS_REJECT_UNAUTHORIZED" => is_off(value),
            "checkServerIdentity" => is_off(value) || does_nothing(value),
            _ => false,
        };
        if off {
            self.note(Kept::TlsOff, at, name);
        }
    }

    /// Statements up to the one after which none is reached. Functions are, from above.
    fn reached<'a>(&mut self, statements: &oxc_allocator::Vec<'a, Statement<'a>>) {
        let mut over = false;
        for statement in statements {
            if !over || matches!(statement, Statement::FunctionDeclaration(_)) {
                self.visit_statement(statement);
            }
            over |= matches!(statement, Statement::ReturnStatement(_) | Statement::ThrowStatement(_));
        }
    }
}

impl<'a> Visit<'a> for Walker<'_> {
    fn visit_program(&mut self, it: &Program<'a>) {
        self.visit_statements(&it.body);
    }

    fn visit_statements(&mut self, it: &oxc_allocator::Vec<'a, Statement<'a>>) {
        self.reached(it);
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        if !never(&it.test) {
            return walk::walk_if_statement(self, it);
        }
        if let Some(otherwise) = &it.alternate {
            self.visit_statement(otherwise);
        }
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        if never(&it.test) {
            return self.visit_expression(&it.alternate);
        }
        walk::walk_conditional_expression(self, it);
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.visit_expression(&it.left);
        if !(it.operator.as_str() == "&&" && never(&it.left)) {
            self.visit_expression(&it.right);
        }
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.word(it.name.as_str());
    }

    fn visit_identifier_name(&mut self, it: &IdentifierName<'a>) {
        self.word(it.name.as_str());
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.places.literals.push(self.range(it.span));
        self.text_at(it.value.as_str(), it.span);
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        let whole: Vec<&str> = it.quasis.iter().map(|part| part.value.raw.as_str()).collect();
        for (text, part) in whole.iter().zip(&it.quasis) {
            self.places.literals.push(self.range(part.span));
            let span = if it.expressions.is_empty() { it.span } else { part.span };
            self.text_at(text, span);
        }
        if !it.expressions.is_empty() {
            self.query(&whole.join(" "), it.span.start);
        }
        walk::walk_template_literal(self, it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        if it.operator != BinaryOperator::Addition {
            return walk::walk_binary_expression(self, it);
        }
        // All of a sum at once: part by part each would be read again for every sign.
        let operands = operands(it);
        self.sum(&operands, it.span);
        for operand in operands {
            self.visit_expression(operand);
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Some(name) = dotted(&it.callee) {
            self.call(&name, it);
            // What is only logged or told decides about nothing.
            let only_told = name.starts_with("console.") || name.ends_with("setCustomClaim");
            let before = only_told.then(|| self.words.clone());
            if self.facts.calls.len() < 500 && name.len() < 200 {
                self.facts.calls.insert(name);
            }
            walk::walk_call_expression(self, it);
            if let Some(words) = before {
                self.words = words;
            }
            return;
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        if matches!(
            dotted(&it.callee).as_deref(),
            Some("Function" | "globalThis.Function" | "global.Function")
        ) {
            self.note(Kept::Dangerous, it.span.start, "makes a function of a text");
        }
        walk::walk_new_expression(self, it);
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        self.module(it.source.value.as_str(), it.span.start);
        walk::walk_import_declaration(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        match literal(&it.source) {
            Some(name) => self.module(&name, it.span.start),
            None => self.note(Kept::Dangerous, it.span.start, "loads a module whose name is made up"),
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        if let Some(name) = it.key.static_name() {
            self.word(&name);
            self.set(&name, &it.value, it.span.start);
        }
        walk::walk_object_property(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if let (Some(name), Some(value)) = (it.key.static_name(), &it.value) {
            self.set(&name, value, it.span.start);
        }
        walk::walk_property_definition(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let Some(name) = target_name(&it.left) {
            self.set(&name, &it.right, it.span.start);
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
