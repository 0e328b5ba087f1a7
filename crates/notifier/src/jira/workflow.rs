//! The way of a ticket through a workflow that nobody told us about; pure.
//!
//! Names and ids differ from site to site. What is the same everywhere is the kind of a status; so that is what is gone by.

use super::answer::{Category, Way};

/// Words of a way that ends a ticket without its problem being mended.
const GIVEN_UP: &[&str] =
    &["won't", "wont", "won’t", "duplicate", "cancel", "reject", "declin", "invalid", "obsolete", "abandon"];

/// What to do about the status of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Nothing: it is where it should be.
    Stay,
    /// This way, by its id.
    Go(String),
    /// There is no way, and why.
    Stuck(String),
}

/// Whether a status is where a ticket should be.
pub(super) fn fits(category: Category, open: bool) -> bool {
    (category == Category::Done) != open
}

/// The next step to where a ticket should be. Where no way leads there at once, one through work is taken.
pub(super) fn step(from: Category, open: bool, ways: &[Way]) -> Move {
    if fits(from, open) {
        return Move::Stay;
    }
    let wanted: &[Category] =
        if open { &[Category::New, Category::Indeterminate] } else { &[Category::Done] };
    let direct = wanted.iter().find_map(|category| best(ways, *category));
    let through =
        || if open || from == Category::Indeterminate { None } else { best(ways, Category::Indeterminate) };
    match direct.or_else(through) {
        Some(way) => Move::Go(way.id.clone()),
        None => Move::Stuck(stuck(open, ways)),
    }
}

/// The first way to a kind of status that asks for nothing and does not say that it was given up.
fn best(ways: &[Way], category: Category) -> Option<&Way> {
    let some = ways.iter().filter(|way| way.to.category() == category && demands(way).is_empty());
    some.min_by_key(|way| category == Category::Done && is_given_up(way))
}

fn is_given_up(way: &Way) -> bool {
    let text = format!("{} {}", way.name, way.to.name).to_lowercase();
    GIVEN_UP.iter().any(|word| text.contains(word))
}

/// Names of fields that must be filled in on the way.
fn demands(way: &Way) -> Vec<&str> {
    let some = way.fields.values().filter(|field| field.required && !field.has_default_value);
    some.map(|field| field.name.as_str()).collect()
}

fn stuck(open: bool, ways: &[Way]) -> String {
    let end = if open { "opens it again" } else { "closes it" };
    let wanted = |way: &&Way| fits(way.to.category(), open);
    let asked: Vec<String> = ways
        .iter()
        .filter(wanted)
        .map(|way| format!("'{}' asks for {}", way.name, demands(way).join(", ")))
        .collect();
    if asked.is_empty() {
        return format!("its workflow has no way that {end} from where it is: move it by hand");
    }
    format!("no way that {end} can be taken: {}; move it by hand", asked.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn way(id: &str, name: &str, to: &str, required: &[&str]) -> Value {
        let fields: serde_json::Map<String, Value> = required
            .iter()
            .map(|name| ((*name).to_owned(), json!({"required": true, "name": name})))
            .collect();
        json!({"id": id, "name": name, "to": {"name": name, "statusCategory": {"key": to}}, "fields": fields})
    }

    fn told(from: &str, open: bool, ways: &[Value]) -> Move {
        let from: Category = serde_json::from_value(json!(from)).unwrap();
        let ways: Vec<Way> = ways.iter().map(|way| serde_json::from_value(way.clone()).unwrap()).collect();
        step(from, open, &ways)
    }

    #[test]
    fn the_way_is_chosen_by_the_kind_of_status() {
        let go = |id: &str| Move::Go(id.to_owned());
        let start = way("11", "Los", "indeterminate", &[]);
        let wont = way("41", "Won't Do", "done", &[]);
        let done = way("31", "Fertig", "done", &[]);
        let asks = way("61", "Schluss", "done", &["Grund"]);
        let back = way("51", "Zurück", "new", &[]);
        let odd = way("71", "Odd", "something new", &[]);
        for (from, open, ways, end) in [
            ("done", false, vec![back.clone()], Move::Stay),
            ("new", true, vec![done.clone()], Move::Stay),
            ("undefined", true, vec![done.clone()], Move::Stay),
            ("new", false, vec![start.clone(), wont.clone(), done.clone()], go("31")),
            ("new", false, vec![wont.clone()], go("41")),
            ("new", false, vec![asks.clone(), done], go("31")),
            ("new", false, vec![asks.clone(), start.clone()], go("11")),
            ("done", true, vec![start.clone(), back], go("51")),
            ("done", true, vec![start.clone(), odd], go("11")),
        ] {
            assert_eq!(told(from, open, &ways), end, "{from} {open} {ways:?}");
        }
        let Move::Stuck(why) = told("indeterminate", false, &[asks, start]) else { panic!() };
        assert!(why.contains("Schluss") && why.contains("Grund"), "{why}");
        assert!(matches!(told("done", true, &[wont]), Move::Stuck(_)));
    }
}
