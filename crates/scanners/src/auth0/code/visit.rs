//! Walks the syntax tree of a script and notes what checks ask about.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::thread;

use checkmate_domain::NotAssessed;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AssignmentExpression, AssignmentPattern, BinaryExpression, BinaryOperator, CallExpression,
    ComputedMemberExpression, ConditionalExpression, Expression, FormalParameter, IdentifierName,
    IdentifierReference, IfStatement, ImportDeclaration, ImportExpression, LogicalExpression, NewExpression,
    ObjectProperty, Program, PropertyDefinition, Statement, StringLiteral, TemplateLiteral,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{SourceType, Span};

use super::lines::Lines;
use super::texts::{does_nothing, dotted, is_off, is_query, literal, never, operands, piece, target_name};
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
        walker.comments(&parsed.program);
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
    pub(super) text: &'s str,
    lines: Lines,
    /// Bytes that were put before the script.
    before: usize,
    /// What is walked is never reached: it does nothing, and its secrets stand there all the same.
    pub(super) dead: bool,
    /// What is walked is a name: an address there is never fetched.
    naming: bool,
    /// Short texts by the constants that hold them, and variables that hold the beginning of a query.
    pub(super) constants: BTreeMap<String, String>,
    pub(super) queries: BTreeSet<String>,
    pub(super) facts: Facts,
    words: Vec<&'static str>,
    pub(super) places: Places,
}

impl<'s> Walker<'s> {
    fn new(text: &'s str, before: usize) -> Self {
        Self {
            text,
            lines: Lines::of(text),
            before,
            dead: false,
            naming: false,
            constants: BTreeMap::new(),
            queries: BTreeSet::new(),
            facts: Facts::default(),
            words: Vec::new(),
            places: Places::default(),
        }
    }

    pub(super) fn note(&mut self, kept: Kept, at: u32, what: &str) {
        if self.dead {
            return;
        }
        let spot = Spot { line: self.lines.line(place(at)), what: what.to_owned() };
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
        // A call of what a call gives has its name twice.
        if spots.len() < MOST && spots.last() != Some(&spot) {
            spots.push(spot);
        }
    }

    /// A secret at this place.
    pub(super) fn secret(&mut self, span: Span, kind: secret::Kind) {
        self.places.secrets.push(self.range(span));
        self.found(place(span.start), kind);
    }

    pub(super) fn found(&mut self, at: usize, kind: secret::Kind) {
        let line = self.lines.line(at);
        let secrets = &mut self.facts.secrets;
        if secrets.len() < MOST && !secrets.iter().any(|known| known.line == line) {
            secrets.push(Spot { line, what: kind.redacted() });
        }
    }

    /// Secrets in the middle of a literal, `password=...`; what stands around them is a literal of its own.
    fn pairs(&mut self, span: Span) {
        let (mut from, to) = (place(span.start), place(span.end));
        let begin = from;
        for (within, kind) in self.text.get(from..to).map(secret::pairs).unwrap_or_default() {
            let (start, end) = (begin + within.start, begin + within.end);
            self.places.literals.push(self.own(from)..self.own(start));
            self.places.secrets.push(self.own(start)..self.own(end));
            self.found(start, kind);
            from = end;
        }
        self.places.literals.push(self.own(from)..self.own(to));
    }

    /// What is no finding, and is shown to nobody.
    pub(super) fn hide(&mut self, span: Span) {
        self.places.private.push(self.range(span));
    }

    /// Where something stands in the script as it was given.
    fn range(&self, span: Span) -> Range<usize> {
        self.own(place(span.start))..self.own(place(span.end))
    }

    pub(super) fn own(&self, at: usize) -> usize {
        at.saturating_sub(self.before)
    }

    /// A word of the script: a name or a text, never a comment.
    fn word(&mut self, text: &str) {
        if self.dead {
            return;
        }
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
        } else {
            self.pairs(span);
        }
        // The path under which accounts are linked: /api/v2/users/{id}/identities.
        if text.contains("/identities") {
            self.note(Kept::Linking, span.start, "/identities");
        }
        if !self.naming {
            self.address(text, span.start);
        }
    }

    /// A text that is put together: from literals only, which may be a secret as a whole, or from a literal and more, which may
    /// be a query.
    fn sum(&mut self, operands: &[&Expression<'_>], span: Span) {
        let literals: Vec<_> = operands.iter().map_while(|operand| piece(operand)).collect();
        let text = literals.concat();
        if literals.len() < operands.len() {
            self.unfinished(&text, span.start);
        } else if let Some(kind) = secret::in_text(&text) {
            self.secret(span, kind);
        } else if secret::is_opaque(&text) {
            self.places.literals.push(self.range(span));
        }
    }

    /// The beginning of a text that goes on with a value.
    fn unfinished(&mut self, text: &str, at: u32) {
        if text.trim().eq_ignore_ascii_case("http://") {
            self.note(Kept::Insecure, at, "http:// and a host that is put in");
        }
        self.query(text, at);
    }

    pub(super) fn query(&mut self, text: &str, at: u32) {
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
        self.alias(value, at);
        self.keep(name, value);
    }

    /// Walks a name: of a claim, of a field.
    fn name(&mut self, walk: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.naming, true);
        walk(self);
        self.naming = before;
    }

    /// Walks what is never reached.
    fn unreached(&mut self, walk: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.dead, true);
        walk(self);
        self.dead = before;
    }

    /// Statements up to the one after which none is reached. Functions are, from above.
    fn reached<'a>(&mut self, statements: &oxc_allocator::Vec<'a, Statement<'a>>) {
        let mut over = false;
        for statement in statements {
            if !over || matches!(statement, Statement::FunctionDeclaration(_)) {
                self.visit_statement(statement);
            } else {
                self.unreached(|walker| walker.visit_statement(statement));
            }
            over |= matches!(statement, Statement::ReturnStatement(_) | Statement::ThrowStatement(_));
        }
    }
}

pub(super) fn place(at: u32) -> usize {
    usize::try_from(at).unwrap_or(0)
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
        self.unreached(|walker| walker.visit_statement(&it.consequent));
        if let Some(otherwise) = &it.alternate {
            self.visit_statement(otherwise);
        }
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        if never(&it.test) {
            self.unreached(|walker| walker.visit_expression(&it.consequent));
            return self.visit_expression(&it.alternate);
        }
        walk::walk_conditional_expression(self, it);
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.visit_expression(&it.left);
        if it.operator.as_str() == "&&" && never(&it.left) {
            self.unreached(|walker| walker.visit_expression(&it.right));
        } else {
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
        self.text_at(it.value.as_str(), it.span);
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        let whole: Vec<&str> = it.quasis.iter().map(|part| part.value.raw.as_str()).collect();
        for (text, part) in whole.iter().zip(&it.quasis) {
            let span = if it.expressions.is_empty() { it.span } else { part.span };
            self.text_at(text, span);
        }
        if !it.expressions.is_empty() {
            self.query(&whole.join(" "), it.span.start);
            let only_scheme = whole.first().filter(|first| first.ends_with("//"));
            only_scheme.into_iter().for_each(|first| self.unfinished(first, it.span.start));
        }
        walk::walk_template_literal(self, it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        if it.operator.is_equality() {
            self.compared(&it.left, &it.right);
        }
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
        let Some(name) = dotted(&it.callee) else { return walk::walk_call_expression(self, it) };
        self.call(&name, it);
        let claims = name.ends_with("setCustomClaim");
        // What is only logged or told decides about nothing.
        let before = (claims || name.starts_with("console.")).then(|| self.words.clone());
        if self.facts.calls.len() < 500 && name.len() < 200 && !self.dead {
            self.facts.calls.insert(name);
        }
        self.visit_expression(&it.callee);
        for (place, argument) in it.arguments.iter().enumerate() {
            if claims && place == 0 {
                self.name(|walker| walker.visit_argument(argument));
            } else {
                self.visit_argument(argument);
            }
        }
        if let Some(words) = before {
            self.words = words;
        }
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        self.visit_expression(&it.object);
        self.name(|walker| walker.visit_expression(&it.expression));
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        if matches!(
            dotted(&it.callee).as_deref(),
            Some("Function" | "globalThis.Function" | "global.Function")
        ) {
            self.note(Kept::Dangerous, it.span.start, "makes a function of a text");
        }
        self.made(it);
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
        self.name(|walker| walker.visit_property_key(&it.key));
        self.visit_expression(&it.value);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if let (Some(name), Some(value)) = (it.key.static_name(), &it.value) {
            self.set(&name, value, it.span.start);
        }
        walk::walk_property_definition(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let Some(name) = target_name(&it.left) {
            self.added(&name, it);
            self.set(&name, &it.right, it.span.start);
        }
        walk::walk_assignment_expression(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let (Some(name), Some(value)) = (it.id.get_identifier_name(), &it.init) {
            self.set(name.as_str(), value, it.span.start);
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_assignment_pattern(&mut self, it: &AssignmentPattern<'a>) {
        if let Some(name) = it.left.get_identifier_name() {
            self.set(name.as_str(), &it.right, it.span.start);
        }
        walk::walk_assignment_pattern(self, it);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if let (Some(name), Some(value)) = (it.pattern.get_identifier_name(), &it.initializer) {
            self.set(name.as_str(), value, it.span.start);
        }
        walk::walk_formal_parameter(self, it);
    }
}
