//! Questions that many checks ask in the same way. Each is about one field of one object.

use checkmate_domain::{NotAssessed, Severity};

use super::address::{self, Flaw, flaw, shown};
use super::check::{Answer, Verdict, failed, first_few};
use super::item::{Item, Written};
use super::node::Node;

/// A switch that should be off, and is where it is not written.
pub(crate) fn off(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    match item.flag(path)? {
        Some(true) => failed(severity, title, &item.pointer(path), "true", "false"),
        Some(false) | None => Ok(Verdict::Passed),
    }
}

/// A switch that should be on, and is off where it is not written.
pub(crate) fn on(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    match item.flag(path)? {
        Some(true) => Ok(Verdict::Passed),
        Some(false) => failed(severity, title, &item.pointer(path), "false", "true"),
        None => failed(severity, title, &item.pointer(path), "not set", "true"),
    }
}

/// A switch that should not be off, and is on where it is not written.
pub(crate) fn kept(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    match item.flag(path)? {
        Some(false) => failed(severity, title, &item.pointer(path), "false", "true"),
        Some(true) | None => Ok(Verdict::Passed),
    }
}

/// A number with an upper bound; fine where it is not written.
pub(crate) fn at_most(item: &Item, path: &str, most: f64, severity: Severity, title: &str) -> Answer {
    match item.number(path)? {
        Some(value) if value > most => {
            failed(severity, title, &item.pointer(path), &value.to_string(), &format!("at most {most}"))
        }
        Some(_) | None => Ok(Verdict::Passed),
    }
}

/// A word that should be none of some; fine where it is not written.
pub(crate) fn none_of(
    item: &Item,
    path: &str,
    bad: &[&str],
    severity: Severity,
    title: &str,
    expected: &str,
) -> Answer {
    match item.text(path)? {
        Some(word) if bad.iter().any(|bad| bad.eq_ignore_ascii_case(word)) => {
            failed(severity, title, &item.pointer(path), word, expected)
        }
        Some(_) | None => Ok(Verdict::Passed),
    }
}

/// A word that has to be one of some.
pub(crate) fn one_of(item: &Item, path: &str, good: &[&str], severity: Severity, title: &str) -> Answer {
    let expected = good.join(" or ");
    match item.text(path)? {
        Some(word) if good.contains(&word) => Ok(Verdict::Passed),
        Some(word) => failed(severity, title, &item.pointer(path), word, &expected),
        None => failed(severity, title, &item.pointer(path), "not set", &expected),
    }
}

/// Something that has to be written, whatever it says.
pub(crate) fn written(item: &Item, path: &str, severity: Severity, title: &str, expected: &str) -> Answer {
    match item.written(path)? {
        Some(Written::Known("")) | None => failed(severity, title, &item.pointer(path), "not set", expected),
        Some(_) => Ok(Verdict::Passed),
    }
}

/// Something that should not be written.
pub(crate) fn absent(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    match item.written(path)? {
        Some(Written::Known("")) | None => Ok(Verdict::Passed),
        Some(Written::Known(text)) => failed(severity, title, &item.pointer(path), &shown(text), "not set"),
        Some(Written::Partly(_)) => item.text(path).map(|_| Verdict::Passed),
    }
}

/// A list of objects; `None` when it is not there.
pub(crate) fn objects<'a>(item: &'a Item, path: &str) -> Result<Option<&'a [Node]>, NotAssessed> {
    match item.find(path)? {
        None => Ok(None),
        Some(Node::List(list)) => Ok(Some(list)),
        Some(other) => Err(item.unlike(path, other, "a list")),
    }
}

/// How bad each flaw of an address is; `None` where it is fine.
pub(crate) type Weights = fn(Flaw) -> Option<Severity>;

/// A list of addresses, judged by the worst; fine where there is none.
pub(crate) fn addresses(item: &Item, path: &str, weigh: Weights, title: &str) -> Answer {
    let Some(texts) = item.texts(path)? else { return Ok(Verdict::Passed) };
    let known = texts.known.iter().map(|text| Written::Known(text));
    let partly = texts.unknown.iter().map(|text| Written::Partly(text));
    let (mut bad, mut unknown) = (Vec::new(), false);
    for address in known.chain(partly) {
        match flaw(address) {
            Ok(flaw) => bad.extend(flaw.and_then(weigh).map(|severity| (severity, address))),
            Err(()) => unknown = true,
        }
    }
    let Some(worst) = bad.iter().map(|(severity, _)| *severity).max() else {
        return if unknown { texts.all_known().map(|()| Verdict::Passed) } else { Ok(Verdict::Passed) };
    };
    let worst_ones: Vec<String> = bad
        .iter()
        .filter(|(severity, _)| *severity == worst)
        .map(|(_, Written::Known(text) | Written::Partly(text))| shown(text))
        .collect();
    failed(
        worst,
        title,
        &item.pointer(path),
        &first_few(&worst_ones),
        "https addresses without '*' and localhost",
    )
}

/// One address, which has to be encrypted; fine where it is not written.
pub(crate) fn encrypted(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    match item.written(path)? {
        Some(address @ (Written::Known(text) | Written::Partly(text))) => match flaw(address) {
            Ok(Some(Flaw::Insecure)) => failed(severity, title, &item.pointer(path), &shown(text), "https"),
            Ok(_) => Ok(Verdict::Passed),
            Err(()) if address::is_https(text) => Ok(Verdict::Passed),
            Err(()) => item.text(path).map(|_| Verdict::Passed),
        },
        None => Ok(Verdict::Passed),
    }
}
