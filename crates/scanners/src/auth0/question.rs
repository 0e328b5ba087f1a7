//! Questions that many checks ask in the same way. Each is about one field of one object.

use checkmate_domain::{NotAssessed, Severity};

use super::address::{self, Flaw, flaw, shown};
use super::check::{Answer, Verdict, failed, first_few};
use super::item::{Item, Texts, Written};
use super::node::Node;
use super::secret;

/// A switch that should be off, and is where it is not written: only for one whose default is documented to be so.
pub(crate) fn off(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    seen(item, path)?;
    match item.flag(path)? {
        Some(true) => failed(severity, title, &item.pointer(path), "true", "false"),
        Some(false) | None => Ok(Verdict::Passed),
    }
}

/// A switch that should be off, and has to be written: what it is otherwise is not documented.
pub(crate) fn stated_off(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    stated(item, path)?;
    off(item, path, severity, title)
}

/// A switch that should be off, and is on where it is not written: only for one whose default is documented to be so.
pub(crate) fn turned_off(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    seen(item, path)?;
    match item.flag(path)? {
        Some(false) => Ok(Verdict::Passed),
        Some(true) => failed(severity, title, &item.pointer(path), "true", "false"),
        None => failed(severity, title, &item.pointer(path), "not set, which is true", "false"),
    }
}

/// A switch that should be on, and is off where it is not written.
pub(crate) fn on(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    seen(item, path)?;
    match item.flag(path)? {
        Some(true) => Ok(Verdict::Passed),
        Some(false) => failed(severity, title, &item.pointer(path), "false", "true"),
        None => failed(severity, title, &item.pointer(path), "not set", "true"),
    }
}

/// A switch that should not be off, and is on where it is not written: only for one whose default is documented to be so.
pub(crate) fn kept(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    seen(item, path)?;
    match item.flag(path)? {
        Some(false) => failed(severity, title, &item.pointer(path), "false", "true"),
        Some(true) | None => Ok(Verdict::Passed),
    }
}

/// A switch that should not be off, and has to be written: what it is otherwise is not documented.
pub(crate) fn stated_kept(item: &Item, path: &str, severity: Severity, title: &str) -> Answer {
    stated(item, path)?;
    kept(item, path, severity, title)
}

/// A number with an upper bound; fine where it is not written: only for one whose documented default is within it.
pub(crate) fn at_most(item: &Item, path: &str, most: f64, severity: Severity, title: &str) -> Answer {
    seen(item, path)?;
    match item.number(path)? {
        Some(value) if value > most => {
            failed(severity, title, &item.pointer(path), &value.to_string(), &format!("at most {most}"))
        }
        Some(_) | None => Ok(Verdict::Passed),
    }
}

/// A number with an upper bound, which has to be written.
pub(crate) fn stated_at_most(item: &Item, path: &str, most: f64, severity: Severity, title: &str) -> Answer {
    stated(item, path)?;
    at_most(item, path, most, severity, title)
}

/// A word that should be none of some; fine where it is not written: only for one whose documented default is no such word.
pub(crate) fn none_of(
    item: &Item,
    path: &str,
    bad: &[&str],
    severity: Severity,
    title: &str,
    expected: &str,
) -> Answer {
    seen(item, path)?;
    match item.text(path)? {
        Some(word) if bad.iter().any(|bad| bad.eq_ignore_ascii_case(word)) => {
            failed(severity, title, &item.pointer(path), word, expected)
        }
        Some(_) | None => Ok(Verdict::Passed),
    }
}

/// A word that should be none of some, and has to be written.
pub(crate) fn stated_none_of(
    item: &Item,
    path: &str,
    bad: &[&str],
    severity: Severity,
    title: &str,
    expected: &str,
) -> Answer {
    stated(item, path)?;
    none_of(item, path, bad, severity, title, expected)
}

/// A word that has to be one of some.
pub(crate) fn one_of(item: &Item, path: &str, good: &[&str], severity: Severity, title: &str) -> Answer {
    seen(item, path)?;
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

/// The first of several places of one setting that is written; the last of them where none is.
pub(crate) fn first_written<'a>(item: &Item, places: [&'a str; 2]) -> Result<&'a str, NotAssessed> {
    let [first, last] = places;
    seen(item, last)?;
    Ok(if item.has(first)? { first } else { last })
}

fn stated(item: &Item, path: &str) -> Result<(), NotAssessed> {
    if item.has(path)? { Ok(()) } else { Err(item.not_stated(path)) }
}

/// The options of a connection are left out as a whole where they may not be read. Then no default of one is known to
/// hold.
fn seen(item: &Item, path: &str) -> Result<(), NotAssessed> {
    match path.split_once('/') {
        Some((options @ "options", _)) => stated(item, options),
        _ => Ok(()),
    }
}

/// The first problem of several questions; without one, why any of them has no answer.
pub(crate) fn first_problem(answers: impl IntoIterator<Item = Answer>) -> Answer {
    let mut unknown = None;
    for answer in answers {
        match answer {
            Ok(Verdict::Failed(problem)) => return Ok(Verdict::Failed(problem)),
            Ok(_) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or(Ok(Verdict::Passed), Err)
}

/// Whether any object is as one should be; one of which that is not known counts only when no other is.
pub(crate) fn any(
    items: &[Item],
    is: impl Fn(&Item) -> Result<bool, NotAssessed>,
) -> Result<bool, NotAssessed> {
    let mut unknown = None;
    for item in items {
        match is(item) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or(Ok(false), Err)
}

/// An object of named values, none of which should look like a secret. `below`: the field of each that holds the value.
pub(crate) fn no_secrets(
    item: &Item,
    path: &str,
    below: Option<&str>,
    severity: Severity,
    title: &str,
) -> Answer {
    let entries = match item.find(path)? {
        None => return Ok(Verdict::Passed),
        Some(Node::Map(entries)) => entries,
        Some(other) => return Err(item.unlike(path, other, "an object")),
    };
    first_problem(entries.iter().map(|(key, entry)| {
        let (value, below) = match below {
            Some(field) => (entry.get(field), format!("/{field}")),
            None => (Some(entry), String::new()),
        };
        let place = format!("{path}/{key}{below}");
        match value {
            Some(Node::Text(text)) => secret::anywhere(key, text).map_or(Ok(Verdict::Passed), |kind| {
                failed(severity, title, &item.pointer(&place), &kind.redacted(), "no secret")
            }),
            Some(unknown @ Node::Unknown(_)) => Err(item.unlike(&place, unknown, "a text")),
            _ => Ok(Verdict::Passed),
        }
    }))
}

/// A list of objects; `None` when it is not there.
pub(crate) fn objects<'a>(item: &'a Item, path: &str) -> Result<Option<&'a [Node]>, NotAssessed> {
    match item.find(path)? {
        None => Ok(None),
        Some(Node::List(list)) => Ok(Some(list)),
        Some(other) => Err(item.unlike(path, other, "a list")),
    }
}

/// What is expected of addresses that something is sent to.
pub(crate) const SAFE_ADDRESSES: &str = "https addresses without '*' and localhost";

/// What is wrong with the addresses of a list.
pub(crate) struct Flaws<'a> {
    pub(crate) found: Vec<(Flaw, Written<'a>)>,
    /// Whether a placeholder decides about any of them.
    pub(crate) unknown: bool,
}

/// Looks at every address of a list.
pub(crate) fn flaws<'a>(texts: &Texts<'a>) -> Flaws<'a> {
    let known = texts.known.iter().map(|text| Written::Known(text));
    let partly = texts.unknown.iter().map(|text| Written::Partly(text));
    let mut flaws = Flaws { found: Vec::new(), unknown: false };
    for address in known.chain(partly) {
        match flaw(address) {
            Ok(flaw) => flaws.found.extend(flaw.map(|flaw| (flaw, address))),
            Err(()) => flaws.unknown = true,
        }
    }
    flaws
}

/// How bad each flaw of an address is; `None` where it is fine.
pub(crate) type Weights = fn(Flaw) -> Option<Severity>;

/// A list of addresses, judged by the worst; fine where there is none.
pub(crate) fn addresses(item: &Item, path: &str, weigh: Weights, title: &str) -> Answer {
    let Some(texts) = item.texts(path)? else { return Ok(Verdict::Passed) };
    let Flaws { found, unknown } = flaws(&texts);
    let bad: Vec<(Severity, Written<'_>)> =
        found.into_iter().filter_map(|(flaw, address)| Some((weigh(flaw)?, address))).collect();
    let Some(worst) = bad.iter().map(|(severity, _)| *severity).max() else {
        return if unknown { texts.all_known().map(|()| Verdict::Passed) } else { Ok(Verdict::Passed) };
    };
    let worst_ones: Vec<String> = bad
        .iter()
        .filter(|(severity, _)| *severity == worst)
        .map(|(_, Written::Known(text) | Written::Partly(text))| shown(text))
        .collect();
    failed(worst, title, &item.pointer(path), &first_few(&worst_ones), SAFE_ADDRESSES)
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
