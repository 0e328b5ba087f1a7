//! Lists, ordinals and names, as a sentence wants them.

use super::values::Values;

/// How the values of a field lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Every value there is.
    All,
    /// Evenly spread over the whole field and around its end, from the first on: `*/15` of the minutes.
    Even {
        /// From one to the next.
        step: u32,
    },
    /// Without a hole; at least three.
    Range,
    /// With equal holes; at least four.
    Steps {
        /// From one to the next.
        step: u32,
    },
    /// One, or a few that follow no rule.
    Few,
}

/// How values lie in a field that has `size` of them.
pub(super) fn shape(values: Values, size: u32) -> Shape {
    let count = values.count();
    let step = (values.last() - values.first()).checked_div(count - 1).unwrap_or(0);
    let regular = values.each().zip(values.each().skip(1)).all(|(one, next)| next - one == step);
    match (count, step) {
        _ if count == size => Shape::All,
        (2.., _) if regular && step * count == size => Shape::Even { step },
        (3.., 1) if regular => Shape::Range,
        (4.., _) if regular => Shape::Steps { step },
        _ => Shape::Few,
    }
}

/// How far regular values are apart, where there are too many of them for a list.
pub(super) fn steps(values: Values, size: u32) -> Option<u32> {
    match shape(values, size) {
        Shape::Steps { step } => Some(step),
        Shape::Even { step } if values.count() >= 4 => Some(step),
        _ => None,
    }
}

/// The values as words: `9 to 17`, `2, 5 and 7`.
pub(super) fn values(values: Values, size: u32, name: impl Fn(u32) -> String) -> String {
    match shape(values, size) {
        Shape::All | Shape::Range => format!("{} to {}", name(values.first()), name(values.last())),
        _ => list(&values.each().map(name).collect::<Vec<_>>()),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[impl AsRef<str>]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.split_last() {
        None => String::new(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// `1st`, `2nd`, `11th`.
pub(super) fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// The name of month 1 to 12.
pub(super) const fn month(number: u32) -> &'static str {
    match number {
        1 => "January",
        2 => "February",
        3 => "March",
        4 => "April",
        5 => "May",
        6 => "June",
        7 => "July",
        8 => "August",
        9 => "September",
        10 => "October",
        11 => "November",
        _ => "December",
    }
}

/// The name of weekday 0 to 6, from Sunday on.
pub(super) const fn weekday(number: u32) -> &'static str {
    match number {
        0 => "Sunday",
        1 => "Monday",
        2 => "Tuesday",
        3 => "Wednesday",
        4 => "Thursday",
        5 => "Friday",
        _ => "Saturday",
    }
}
