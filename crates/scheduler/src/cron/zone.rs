//! Time zones by their IANA names.

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Of similar names, this many are shown.
const SHOWN: usize = 3;

/// Longer than any name, in bytes: nothing looks like it.
const LONGEST: usize = 60;

/// A name that no time zone has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{}' is not a time zone: {}", self.name, self.advice())]
pub struct ZoneError {
    /// What was asked for, cut where no name could go on.
    pub name: String,
    /// Names that look like it, the most similar first.
    pub near: Vec<String>,
}

impl ZoneError {
    fn advice(&self) -> String {
        match self.near[..] {
            [] => {
                "write a place of the IANA list, such as Europe/Berlin or America/New_York, or UTC".to_owned()
            }
            _ => format!("did you mean {}?", self.near.join(" or ")),
        }
    }
}

/// The time zone of an IANA name, whatever its capitals. Which names there are does not depend on the host; their rules are
/// the host's where it has them.
///
/// # Errors
///
/// With similar names when there is no such zone.
pub fn zone(name: &str) -> Result<TimeZone, ZoneError> {
    let built_in = TimeZoneDatabase::bundled();
    match built_in.get(name) {
        Ok(zone) if !zone.is_unknown() => Ok(rules_of_the_host(&zone).unwrap_or(zone)),
        _ => Err(ZoneError { name: name.chars().take(LONGEST).collect(), near: near(&built_in, name) }),
    }
}

fn rules_of_the_host(zone: &TimeZone) -> Option<TimeZone> {
    jiff::tz::db().get(zone.iana_name()?).ok()
}

/// The names that are a few slips of the pen away, or that end in such a one: people leave the continent out.
fn near(zones: &TimeZoneDatabase, name: &str) -> Vec<String> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let asked = name.trim().to_lowercase().replace(' ', "_");
    let slips = asked.chars().count() / 4;
    let mut near: Vec<(usize, String)> = zones
        .available()
        .map(|known| (distance(&asked, &known.as_str().to_lowercase()), known.to_string()))
        .filter(|(distance, _)| *distance <= slips.min(3))
        .collect();
    near.sort();
    near.into_iter().map(|(_, known)| known).take(SHOWN).collect()
}

fn distance(asked: &str, known: &str) -> usize {
    let place = known.rsplit('/').next().unwrap_or(known);
    strsim::damerau_levenshtein(asked, known).min(strsim::damerau_levenshtein(asked, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_capitals() {
        for (asked, found) in
            [("Europe/Berlin", "Europe/Berlin"), ("america/new_york", "America/New_York"), ("utc", "UTC")]
        {
            assert_eq!(zone(asked).unwrap().iana_name(), Some(found));
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_similar_ones() {
        for (asked, near) in [
            ("Europe/Berln", &["Europe/Berlin"][..]),
            ("Berlin", &["Europe/Berlin"]),
            ("new york", &["America/New_York"]),
            ("America/NewYork", &["America/New_York"]),
            ("PST", &[]),
            ("+02:00", &[]),
            ("", &[]),
            ("Etc/Unknown", &[]),
        ] {
            assert_eq!(zone(asked).unwrap_err().near, near, "{asked}");
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        let error = zone(&"x".repeat(100_000)).unwrap_err();
        assert_eq!(error.name.len(), LONGEST);
    }
}
