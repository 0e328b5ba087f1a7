//! What expressions of a script are: texts, names, values of a person.

use std::borrow::Cow;

use oxc_ast::ast::{
    ArrayExpressionElement, ArrowFunctionBody, AssignmentTarget, BinaryExpression, BinaryOperator,
    CallExpression, ChainElement, Expression, FunctionBody, ObjectPropertyKind, Statement,
};

/// A text that is put together of literals is read to this depth of brackets, and to this length: nothing that a check asks
/// for is deeper or longer.
const DEEPEST: usize = 32;
const LONGEST: usize = 16 << 10;
/// A longer name is no name that a check knows: its end is kept.
const LONGEST_NAME: usize = 200;

/// The text of a literal, also of one that is put together from several.
pub(super) fn literal<'e>(expression: &'e Expression<'_>) -> Option<Cow<'e, str>> {
    match expression {
        Expression::ParenthesizedExpression(_) | Expression::BinaryExpression(_) => {
            let mut text = String::new();
            joined(expression, &mut text, 0).then(|| text.into())
        }
        single => single_literal(single),
    }
}

/// The text of one literal.
fn single_literal<'e>(expression: &'e Expression<'_>) -> Option<Cow<'e, str>> {
    match expression {
        Expression::StringLiteral(literal) => Some(literal.value.as_str().into()),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            template.quasis.first().map(|part| part.value.raw.as_str().into())
        }
        _ => None,
    }
}

fn digits<'e>(expression: &'e Expression<'_>) -> Option<Cow<'e, str>> {
    match expression {
        Expression::NumericLiteral(number) => Some(number.value.to_string().into()),
        _ => None,
    }
}

/// The text of one operand of a sum: there a number is its digits.
pub(super) fn piece<'e>(operand: &'e Expression<'_>) -> Option<Cow<'e, str>> {
    digits(operand).or_else(|| literal(operand))
}

/// Writes the text of a sum of literals; whether it is one.
fn joined(expression: &Expression<'_>, text: &mut String, depth: usize) -> bool {
    if depth > DEEPEST || text.len() > LONGEST {
        return false;
    }
    match expression {
        Expression::BinaryExpression(sum) if sum.operator == BinaryOperator::Addition => {
            operands(sum).into_iter().all(|operand| joined(operand, text, depth + 1))
        }
        Expression::ParenthesizedExpression(inner) => joined(&inner.expression, text, depth + 1),
        part => digits(part).or_else(|| single_literal(part)).is_some_and(|part| {
            text.push_str(&part);
            true
        }),
    }
}

/// `['a', 'b'].join('')` and `'a'.concat('b')`: the text that comes of it.
pub(super) fn joined_list(call: &CallExpression<'_>) -> Option<String> {
    let Expression::StaticMemberExpression(member) = &call.callee else { return None };
    let first = call.arguments.first().and_then(|one| one.as_expression());
    match (&member.object, member.property.name.as_str()) {
        (Expression::ArrayExpression(list), "join") => {
            let between = first.map_or(Some(Cow::Borrowed(",")), literal)?;
            let parts: Option<Vec<_>> =
                list.elements.iter().map(|one| one.as_expression().and_then(literal)).take(1_000).collect();
            parts.map(|parts| parts.join(&between))
        }
        (object, "concat") => {
            let parts: Option<Vec<_>> =
                call.arguments.iter().map(|one| one.as_expression().and_then(literal)).take(1_000).collect();
            Some(format!("{}{}", literal(object)?, parts?.concat()))
        }
        _ => None,
    }
}

/// The operands of a sum, in order: `a + b + c`.
pub(super) fn operands<'e, 'a>(sum: &'e BinaryExpression<'a>) -> Vec<&'e Expression<'a>> {
    let mut backwards = vec![&sum.right];
    let mut left = &sum.left;
    while let Expression::BinaryExpression(inner) = left
        && inner.operator == BinaryOperator::Addition
    {
        backwards.push(&inner.right);
        left = &inner.left;
    }
    backwards.push(left);
    backwards.reverse();
    backwards
}

/// `api.access.deny` of the expression that says so; the end of it, where it is longer than any name that is asked for.
pub(super) fn dotted(expression: &Expression<'_>) -> Option<String> {
    let mut backwards: Vec<Cow<'_, str>> = Vec::new();
    let (mut at, mut length) = (expression, 0);
    // Steps are counted, for brackets add nothing to the length.
    for _ in 0..LONGEST_NAME {
        let (name, below) = match at {
            Expression::Identifier(name) => (Some(name.name.as_str().into()), None),
            Expression::StaticMemberExpression(member) => {
                (Some(member.property.name.as_str().into()), Some(&member.object))
            }
            Expression::ComputedMemberExpression(member) => {
                (Some(literal(&member.expression)?), Some(&member.object))
            }
            // `(0, eval)` is eval.
            Expression::SequenceExpression(several) => (None, Some(several.expressions.last()?)),
            Expression::ParenthesizedExpression(inner) => (None, Some(&inner.expression)),
            Expression::CallExpression(call) => (None, Some(&call.callee)),
            // `a?.b` is a.b where there is an a.
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => (None, Some(&call.callee)),
                ChainElement::StaticMemberExpression(member) => {
                    (Some(member.property.name.as_str().into()), Some(&member.object))
                }
                ChainElement::ComputedMemberExpression(member) => {
                    (Some(literal(&member.expression)?), Some(&member.object))
                }
                _ => return None,
            },
            _ if backwards.is_empty() => return None,
            // Of what a method is called does not matter.
            _ => (Some("".into()), None),
        };
        if let Some(name) = name {
            length += name.len() + 1;
            backwards.push(name);
        }
        match below {
            Some(below) if length <= LONGEST_NAME => at = below,
            _ => break,
        }
    }
    backwards.reverse();
    Some(backwards.join("."))
}

/// Whether a value that is logged tells a secret or everything about a person.
pub(super) fn tells(expression: &Expression<'_>) -> bool {
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
        Expression::StaticMemberExpression(_)
        | Expression::ComputedMemberExpression(_)
        | Expression::ChainExpression(_) => dotted(expression).is_some_and(|path| {
            let last = path.rsplit('.').next().unwrap_or_default();
            SECRET.contains(&last) || path == "event.user" || path.starts_with("event.secrets")
        }),
        Expression::CallExpression(call) if dotted(&call.callee).as_deref() == Some("JSON.stringify") => {
            call.arguments.first().and_then(|one| one.as_expression()).is_some_and(tells)
        }
        Expression::TemplateLiteral(template) => template.expressions.iter().any(tells),
        Expression::BinaryExpression(sum) => tells(&sum.left) || tells(&sum.right),
        Expression::LogicalExpression(either) => tells(&either.left) || tells(&either.right),
        Expression::ConditionalExpression(either) => tells(&either.consequent) || tells(&either.alternate),
        Expression::ParenthesizedExpression(inner) => tells(&inner.expression),
        Expression::ArrayExpression(list) => list.elements.iter().any(|one| match one {
            ArrayExpressionElement::SpreadElement(spread) => tells(&spread.argument),
            one => one.as_expression().is_some_and(tells),
        }),
        Expression::ObjectExpression(object) => object.properties.iter().any(|one| match one {
            ObjectPropertyKind::SpreadProperty(spread) => tells(&spread.argument),
            ObjectPropertyKind::ObjectProperty(property) => tells(&property.value),
        }),
        _ => false,
    }
}

/// What of a person a claim is made of.
pub(super) fn personal(expression: &Expression<'_>) -> Option<String> {
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
    match expression {
        Expression::LogicalExpression(either) => {
            return personal(&either.left).or_else(|| personal(&either.right));
        }
        Expression::ConditionalExpression(either) => {
            return personal(&either.consequent).or_else(|| personal(&either.alternate));
        }
        Expression::ParenthesizedExpression(inner) => return personal(&inner.expression),
        Expression::TemplateLiteral(template) => return template.expressions.iter().find_map(personal),
        Expression::BinaryExpression(sum) => {
            return personal(&sum.left).or_else(|| personal(&sum.right));
        }
        _ => {}
    }
    let path = dotted(expression)?;
    let last = path.rsplit('.').next().unwrap_or_default();
    (path.contains("user") && FIELDS.contains(&last)).then_some(path)
}

/// Whether a text begins a query that a value follows in.
pub(super) fn is_query(text: &str) -> bool {
    let upper = text.trim_start().to_ascii_uppercase();
    let begins =
        ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().any(|word| upper.starts_with(word));
    begins && [" FROM ", " WHERE ", " VALUES", " SET ", "INTO "].iter().any(|word| upper.contains(word))
}

/// The name of what something is assigned to: `a.b.apiKey` and `a['apiKey']` are both `apiKey`.
pub(super) fn target_name(target: &AssignmentTarget<'_>) -> Option<String> {
    match target {
        AssignmentTarget::AssignmentTargetIdentifier(name) => Some(name.name.to_string()),
        AssignmentTarget::StaticMemberExpression(member) => Some(member.property.name.to_string()),
        AssignmentTarget::ComputedMemberExpression(member) => {
            literal(&member.expression).map(Cow::into_owned)
        }
        _ => None,
    }
}

/// Whether a value switches something off.
pub(super) fn is_off(value: &Expression<'_>) -> bool {
    match value {
        Expression::BooleanLiteral(value) => !value.value,
        Expression::NumericLiteral(number) => number.value == 0.0,
        Expression::StringLiteral(text) => text.value == "0" || text.value == "false",
        Expression::UnaryExpression(not) if not.operator.as_str() == "!" => {
            matches!(&not.argument, Expression::NumericLiteral(one) if one.value != 0.0)
        }
        _ => false,
    }
}

/// Whether a value is a function that does nothing, and so finds nothing wrong.
pub(super) fn does_nothing(value: &Expression<'_>) -> bool {
    match value {
        Expression::ArrowFunctionExpression(function) => match &function.body {
            ArrowFunctionBody::FunctionBody(body) => is_idle(body),
            body => body.as_expression().is_some_and(says_nothing),
        },
        Expression::FunctionExpression(function) => function.body.as_ref().is_some_and(|body| is_idle(body)),
        _ => false,
    }
}

fn is_idle(body: &FunctionBody<'_>) -> bool {
    body.statements.iter().all(|statement| match statement {
        Statement::EmptyStatement(_) => true,
        Statement::ReturnStatement(it) => it.argument.as_ref().is_none_or(says_nothing),
        Statement::ExpressionStatement(it) => says_nothing(&it.expression),
        _ => false,
    })
}

fn says_nothing(value: &Expression<'_>) -> bool {
    match value {
        Expression::NullLiteral(_) | Expression::BooleanLiteral(_) => true,
        Expression::Identifier(name) => name.name == "undefined",
        Expression::UnaryExpression(void) => void.operator.as_str() == "void",
        Expression::ParenthesizedExpression(inner) => says_nothing(&inner.expression),
        Expression::ObjectExpression(object) => object.properties.is_empty(),
        _ => false,
    }
}

/// Whether code behind this condition never runs.
pub(super) fn never(test: &Expression<'_>) -> bool {
    match test {
        Expression::ParenthesizedExpression(inner) => never(&inner.expression),
        Expression::BooleanLiteral(value) => !value.value,
        Expression::NumericLiteral(number) => number.value == 0.0,
        Expression::LogicalExpression(both) => {
            both.operator.as_str() == "&&" && (never(&both.left) || never(&both.right))
        }
        _ => false,
    }
}
