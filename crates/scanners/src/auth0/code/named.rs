//! Secrets that stand in a script: by their form, by what they are called, by the call that they are handed to.

use oxc_ast::ast::{
    Argument, ArrayExpression, CallExpression, Expression, NewExpression, Program, TemplateLiteral,
};
use oxc_span::GetSpan as _;

use super::texts::{dotted, joined_list, literal, target_name};
use super::visit::{Walker, place};
use crate::auth0::secret;

/// Values looked at behind one name, and how deep.
const MOST_VALUES: usize = 64;
const DEEPEST: usize = 16;

/// Calls one of whose arguments is a key: the end of their name, and which argument.
const KEYED: [(&str, usize); 13] = [
    ("jwt.sign", 1),
    ("jwt.verify", 1),
    ("jsonwebtoken.sign", 1),
    ("jsonwebtoken.verify", 1),
    ("createHmac", 1),
    ("createCipheriv", 1),
    ("createDecipheriv", 1),
    ("createCipher", 1),
    ("createDecipher", 1),
    ("HmacSHA256", 1),
    ("HmacSHA1", 1),
    ("AES.encrypt", 1),
    ("AES.decrypt", 1),
];

/// Clients of vendors that are made with a key.
const CLIENTS: [&str; 11] = [
    "stripe",
    "twilio",
    "openai",
    "mailgun",
    "mixpanel",
    "amplitude",
    "analytics",
    "algoliasearch",
    "sendgrid",
    "intercom",
    "anthropic",
];

/// Beginnings of names that take a secret to keep it: `setPassword('...')`.
const SETTERS: [&str; 5] = ["set", "with", "use", "add", "put"];

impl Walker<'_> {
    /// A value that something is called by: `const apiKey = '...'`, `{password: a || '...'}`.
    pub(super) fn named(&mut self, name: &str, value: &Expression<'_>) {
        if !secret::may_be_called_so(name) {
            return;
        }
        let mut values = Vec::new();
        may_be(value, &mut values, 0);
        for value in values {
            match value {
                Expression::TemplateLiteral(template) if !template.expressions.is_empty() => {
                    self.named_parts(name, template);
                }
                value => self.called(name, value),
            }
        }
    }

    fn called(&mut self, name: &str, value: &Expression<'_>) {
        let text = match value {
            Expression::CallExpression(call) => joined_list(call),
            value => literal(value).map(std::borrow::Cow::into_owned),
        };
        let Some(text) = text else { return };
        match secret::in_value(name, &text) {
            Some(kind) => self.secret(value.span(), kind),
            // Too short or too plain for a finding, and still nobody's business.
            None if secret::is_one(name) && text.len() > 3 => self.hide(value.span()),
            None => {}
        }
    }

    fn named_parts(&mut self, name: &str, template: &TemplateLiteral<'_>) {
        for part in &template.quasis {
            if let Some(kind) = secret::in_value(name, part.value.raw.as_str()) {
                self.secret(part.span, kind);
            }
        }
    }

    /// Secrets that stand in comments: whoever can read the script has them too.
    pub(super) fn comments(&mut self, program: &Program<'_>) {
        for comment in &program.comments {
            let (mut from, to) = (place(comment.content_span().start), place(comment.content_span().end));
            let Some(text) = self.text.get(from..to) else { continue };
            let start = from;
            let mut found = secret::quoted(text);
            found.extend(secret::pairs(text));
            found.extend(secret::by_form(text));
            found.sort_by_key(|(within, _)| within.start);
            for (within, kind) in found {
                let (begin, end) = (start + within.start, start + within.end);
                if begin >= from {
                    self.places.comments.push(self.own(from)..self.own(begin));
                    self.places.secrets.push(self.own(begin)..self.own(end));
                    self.found(begin, kind);
                    from = end;
                }
            }
            self.places.comments.push(self.own(from)..self.own(to));
        }
    }

    /// `token === '...'` names a value as an assignment does.
    pub(super) fn compared(&mut self, one: &Expression<'_>, other: &Expression<'_>) {
        for (named, value) in [(one, other), (other, one)] {
            if literal(value).is_some()
                && let Some(name) = dotted(named)
            {
                self.named(name.rsplit('.').next().unwrap_or_default(), value);
            }
        }
    }

    /// Arguments that are keys.
    pub(super) fn keyed(&mut self, name: &str, call: &CallExpression<'_>) {
        for (end, place) in KEYED {
            if name.ends_with(end) {
                self.argument("secret", call.arguments.get(place));
            }
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let sets = secret::words(last).first().is_some_and(|first| SETTERS.contains(&first.as_str()));
        if sets && secret::is_one(last) {
            self.argument(last, call.arguments.first());
        }
        // `headers.set('x-api-key', '...')` names a value as a field does.
        let pair =
            matches!(last, "set" | "setHeader" | "header" | "append" | "field" | "put" | "basic" | "auth");
        if pair
            && let Some(named) = call.arguments.first().and_then(Argument::as_expression).and_then(literal)
        {
            self.argument(&named, call.arguments.get(1));
        }
        self.client(last, &call.arguments);
        // `require('stripe')('...')`.
        if let Expression::CallExpression(made) = &call.callee
            && let Some(module) = made.arguments.first().and_then(Argument::as_expression).and_then(literal)
        {
            self.client(&module, &call.arguments);
        }
    }

    pub(super) fn made(&mut self, call: &NewExpression<'_>) {
        if let Some(name) = dotted(&call.callee) {
            self.client(name.rsplit('.').next().unwrap_or(&name), &call.arguments);
        }
    }

    fn client(&mut self, name: &str, arguments: &[Argument<'_>]) {
        if secret::words(name).iter().any(|word| CLIENTS.contains(&word.as_str())) {
            for argument in arguments.iter().take(4) {
                self.argument("secret", Some(argument));
            }
        }
    }

    fn argument(&mut self, name: &str, argument: Option<&Argument<'_>>) {
        if let Some(value) = argument.and_then(Argument::as_expression) {
            self.named(name, value);
        }
    }
}

/// The values that an expression may have which are written in it: of `a || 'x'`, `c ? 'x' : 'y'`, `['x']`,
/// `Buffer.from('x')`.
fn may_be<'e, 'a>(value: &'e Expression<'a>, into: &mut Vec<&'e Expression<'a>>, depth: usize) {
    if depth > DEEPEST || into.len() >= MOST_VALUES {
        return;
    }
    let mut deeper = |value: &'e Expression<'a>| may_be(value, into, depth + 1);
    match value {
        Expression::ParenthesizedExpression(inner) => deeper(&inner.expression),
        Expression::LogicalExpression(either) => {
            deeper(&either.left);
            deeper(&either.right);
        }
        Expression::ConditionalExpression(either) => {
            deeper(&either.consequent);
            deeper(&either.alternate);
        }
        Expression::AssignmentExpression(set) if target_name(&set.left).is_some() => deeper(&set.right),
        Expression::SequenceExpression(several) => several.expressions.last().into_iter().for_each(deeper),
        Expression::ArrayExpression(list) => elements(list).for_each(deeper),
        Expression::CallExpression(call) if joined_list(call).is_some() => into.push(value),
        Expression::CallExpression(call) => inside(call).into_iter().for_each(deeper),
        Expression::TemplateLiteral(_) => into.push(value),
        value if literal(value).is_some() => into.push(value),
        _ => {}
    }
}

fn elements<'e, 'a>(list: &'e ArrayExpression<'a>) -> impl Iterator<Item = &'e Expression<'a>> {
    list.elements.iter().filter_map(|element| element.as_expression()).take(MOST_VALUES)
}

/// What a call only puts in another form: `Buffer.from('x')`, `'x'.trim()`.
fn inside<'e, 'a>(call: &'e CallExpression<'a>) -> Option<&'e Expression<'a>> {
    const FORMS: [&str; 7] = [
        "Buffer.from",
        "atob",
        "btoa",
        "String",
        "encodeURIComponent",
        "decodeURIComponent",
        "TextEncoder.encode",
    ];
    match &call.callee {
        Expression::StaticMemberExpression(member) if literal(&member.object).is_some() => {
            Some(&member.object)
        }
        callee => {
            let name = dotted(callee)?;
            FORMS.contains(&name.as_str()).then(|| call.arguments.first()?.as_expression()).flatten()
        }
    }
}
