//! What the network access lists of a tenant do to a stranger: somebody who comes from an address that nobody listed.
//!
//! Auth0 goes through the active lists by ascending priority, and the first that matches decides. A list that only logs
//! decides nothing, and whom no list matches may pass. So a list that allows some addresses restricts nothing by itself:
//! a later one has to stop the rest. A stranger takes whichever country, network or program is let in; only his address
//! is none of the known ones.
//!
//! Where something is not known, the lists are gone through twice, taken for as strict and for as loose as they may be.

use std::net::IpAddr;

use checkmate_domain::{NotAssessed, Severity};

use super::address::is_auth0_host;
use super::allowlist;
use super::item::{Item, Texts};
use super::keyword;
use super::node::Node;

/// Which requests are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Management,
    Authentication,
    Registration,
}

impl Scope {
    /// Whether a list of this scope is about these requests; `tenant` is about all.
    fn is_within(self, word: &str) -> bool {
        let own = match self {
            Self::Management => "management",
            Self::Authentication => "authentication",
            Self::Registration => "dynamic_client_registration",
        };
        word == own || word == "tenant"
    }
}

/// What Auth0 takes where no priority is written.
const DEFAULT_PRIORITY: f64 = 50.0;
/// The two names of one signal: a request has an address of one kind only, and either matches.
const ADDRESSES: [[&str; 2]; 2] =
    [["ipv4_cidrs", "ipv6_cidrs"], ["connecting_ipv4_cidrs", "connecting_ipv6_cidrs"]];

/// Whether a scope is reached from known addresses only.
pub(crate) fn stops_strangers(lists: &[Item], scope: Scope) -> Result<bool, NotAssessed> {
    stops_both(lists, scope, Target::Any)
}

/// Whether a scope is reached from known addresses only, or not at all, on the tenant's own host. Where its name is not
/// known, every host of Auth0's that a list names counts as it.
pub(crate) fn stops_strangers_at_own_host(
    lists: &[Item],
    scope: Scope,
    host: Option<&str>,
) -> Result<bool, NotAssessed> {
    stops_both(lists, scope, Target::OwnHost(host))
}

/// Whether an active list stops anybody at all.
pub(crate) fn stops_somebody(list: &Item) -> Result<bool, NotAssessed> {
    Ok(list.stated_flag("active")? && action(list)? == Some(true))
}

/// What there is instead of a list that would do.
pub(crate) const fn lacking(lists: &[Item]) -> &'static str {
    if lists.is_empty() { "no such list" } else { "no list that does, in the order of priority" }
}

#[derive(Clone, Copy)]
enum Target<'a> {
    /// Whichever host lets the stranger in.
    Any,
    OwnHost(Option<&'a str>),
}

#[derive(Clone, Copy)]
struct Stranger<'a> {
    v6: bool,
    target: Target<'a>,
}

fn stops_both(lists: &[Item], scope: Scope, target: Target<'_>) -> Result<bool, NotAssessed> {
    let mut unknown = None;
    for v6 in [false, true] {
        match stops(lists, scope, Stranger { v6, target }) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or(Ok(true), Err)
}

fn stops(lists: &[Item], scope: Scope, stranger: Stranger<'_>) -> Result<bool, NotAssessed> {
    let rules: Vec<Rule> = lists.iter().map(|list| rule(list, scope, stranger)).collect();
    let (strict, loose) = (outcome(&rules, true), outcome(&rules, false));
    if strict == loose {
        return Ok(strict);
    }
    Err(rules.into_iter().find_map(|rule| rule.unclear).unwrap_or_else(|| {
        let why = "which of several network access lists of the same priority comes first is not stated";
        NotAssessed::Unknown(why.to_owned())
    }))
}

/// What a list does to a stranger: stop him, let him in, or nothing; at its strictest, and at its loosest.
#[derive(Default)]
struct Rule {
    priority: Option<f64>,
    strict: Option<bool>,
    loose: Option<bool>,
    unclear: Option<NotAssessed>,
}

/// Whether the first list that decides stops him. Of those whose order is not known, the strict ones come first when
/// all is taken for strict, and last when not.
fn outcome(rules: &[Rule], strict: bool) -> bool {
    let deciding = rules.iter().filter_map(|rule| {
        let stops = if strict { rule.strict } else { rule.loose }?;
        let late = stops != strict;
        let unknown = if late { f64::INFINITY } else { f64::NEG_INFINITY };
        Some((rule.priority.unwrap_or(unknown), late, stops))
    });
    deciding.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).is_some_and(|(_, _, stops)| stops)
}

fn rule(list: &Item, scope: Scope, stranger: Stranger<'_>) -> Rule {
    let (applies, action, fit) = (applies(list, scope), action(list), fit(list, stranger));
    if applies == Ok(false) || action == Ok(None) || fit == Ok(Fit::Never) {
        return Rule::default();
    }
    let stops = action != Ok(Some(false)) && fit != Ok(Fit::AtWill);
    let lets = action != Ok(Some(true));
    let priority = list.number("priority");
    let unclear = applies.err().or(action.err()).or(fit.err());
    let (strict, loose) = match unclear {
        None if stops => (Some(true), Some(true)),
        None => (lets.then_some(false), lets.then_some(false)),
        Some(_) => (stops.then_some(true), lets.then_some(false)),
    };
    Rule {
        strict,
        loose,
        unclear: unclear.or_else(|| priority.clone().err()),
        priority: priority.ok().map(|priority| priority.unwrap_or(DEFAULT_PRIORITY)),
    }
}

fn applies(list: &Item, scope: Scope) -> Result<bool, NotAssessed> {
    let path = "rule/scope";
    let active = list.stated_flag("active");
    let within = list.text(path).and_then(|word| word.ok_or_else(|| list.not_stated(path)));
    let within = within.map(|word| scope.is_within(word));
    if active == Ok(false) || within == Ok(false) {
        return Ok(false);
    }
    Ok(active? && within?)
}

/// Whether it stops whom it matches, lets him in, or neither.
fn action(list: &Item) -> Result<Option<bool>, NotAssessed> {
    let is = |word: &str| Ok(list.flag(&format!("rule/action/{word}"))? == Some(true));
    if is("log")? {
        Ok(None)
    } else if is("block")? || is("redirect")? {
        Ok(Some(true))
    } else if is("allow")? {
        Ok(Some(false))
    } else {
        Err(list.not_stated("rule/action"))
    }
}

/// Whether a condition holds for a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Never,
    /// When he wants it to.
    AtWill,
    Always,
}

fn fit(list: &Item, stranger: Stranger<'_>) -> Result<Fit, NotAssessed> {
    if list.flag("rule/match_all")? == Some(true) {
        return Ok(Fit::Always);
    }
    let mut signals = signals(list, "rule/match", stranger)?;
    signals.extend(none_of(self::signals(list, "rule/not_match", stranger)?));
    if signals.is_empty() {
        return Err(list.not_stated("rule/match"));
    }
    // All of them have to match.
    if signals.contains(&Ok(Fit::Never)) {
        return Ok(Fit::Never);
    }
    let fits = signals.into_iter().collect::<Result<Vec<Fit>, NotAssessed>>()?;
    Ok(if fits.contains(&Fit::AtWill) { Fit::AtWill } else { Fit::Always })
}

/// The contrary of several signals. Whether one that differs is enough, or all have to, is not documented: where it makes
/// a difference, the stranger gets his will.
fn none_of(signals: Vec<Result<Fit, NotAssessed>>) -> Option<Result<Fit, NotAssessed>> {
    let fits = match signals.into_iter().collect::<Result<Vec<Fit>, NotAssessed>>() {
        Ok(fits) => fits,
        Err(reason) => return Some(Err(reason)),
    };
    let first = *fits.first()?;
    let all_alike = fits.iter().all(|fit| *fit == first);
    Some(Ok(match first {
        Fit::Always if all_alike => Fit::Never,
        Fit::Never if all_alike => Fit::Always,
        _ => Fit::AtWill,
    }))
}

/// The signals of a condition. One without values is none.
fn signals(
    list: &Item,
    condition: &str,
    stranger: Stranger<'_>,
) -> Result<Vec<Result<Fit, NotAssessed>>, NotAssessed> {
    let entries = match list.find(condition)? {
        None => return Ok(Vec::new()),
        Some(Node::Map(entries)) => entries,
        Some(other) => return Err(list.unlike(condition, other, "an object")),
    };
    let addresses = ADDRESSES.iter().filter_map(|names| addresses(list, condition, *names, stranger));
    let mut signals: Vec<_> = addresses.collect();
    for (key, values) in entries {
        let path = format!("{condition}/{key}");
        let is_none =
            matches!(values, Node::Null) || matches!(values, Node::List(values) if values.is_empty());
        if is_none || ADDRESSES.as_flattened().contains(&key.as_str()) {
            continue;
        }
        signals.push(match key.as_str() {
            hidden if keyword::is_unknown(hidden) => Err(list.not_stated(&path)),
            "hostnames" => hosts(list, &path, stranger.target),
            _ => Ok(Fit::AtWill),
        });
    }
    Ok(signals)
}

fn addresses(
    list: &Item,
    condition: &str,
    names: [&str; 2],
    stranger: Stranger<'_>,
) -> Option<Result<Fit, NotAssessed>> {
    let read = |name: &str| list.texts(&format!("{condition}/{name}")).map(Option::unwrap_or_default);
    let (v4, v6) = match (read(names[0]), read(names[1])) {
        (Ok(v4), Ok(v6)) => (v4, v6),
        (Err(reason), _) | (_, Err(reason)) => return Some(Err(reason)),
    };
    let is_none = |texts: &Texts<'_>| texts.known.is_empty() && texts.unknown.is_empty();
    if is_none(&v4) && is_none(&v6) {
        return None;
    }
    Some(if stranger.v6 { within(&v6, true) } else { within(&v4, false) })
}

/// Whether a stranger comes from these addresses. So many that they are no particular ones hold some of his choice.
fn within(ranges: &Texts<'_>, v6: bool) -> Result<Fit, NotAssessed> {
    let mut fit = Ok(Fit::Never);
    for text in &ranges.known {
        match range(text, v6) {
            Some(Range::All) => return Ok(Fit::Always),
            Some(Range::Wide) => fit = fit.map(|_| Fit::AtWill),
            Some(Range::Narrow) => {}
            None => {
                fit = Err(NotAssessed::Unknown(format!("'{text}' is no range of addresses")));
            }
        }
    }
    ranges.all_known()?;
    fit
}

enum Range {
    All,
    Wide,
    Narrow,
}

fn range(text: &str, v6: bool) -> Option<Range> {
    let (ip, prefix) = text.split_once('/').map_or((text, None), |(ip, prefix)| (ip, Some(prefix)));
    let ip: IpAddr = ip.parse().ok().filter(|ip: &IpAddr| ip.is_ipv6() == v6)?;
    let prefix = prefix.map(str::parse::<u8>).transpose().ok()?;
    match prefix {
        Some(bits) if bits > if v6 { 128 } else { 32 } => None,
        Some(0) => Some(Range::All),
        Some(bits) if is_private(ip, bits) => Some(Range::Narrow),
        _ if allowlist::severity(&[text]) == Severity::High => Some(Range::Wide),
        _ => Some(Range::Narrow),
    }
}

/// Whether nobody comes from there over the internet, however wide it is.
fn is_private(ip: IpAddr, bits: u8) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.is_private() && bits >= if ip.octets()[0] == 10 { 8 } else { 12 })
}

fn hosts(list: &Item, path: &str, target: Target<'_>) -> Result<Fit, NotAssessed> {
    let hosts = list.texts(path)?.unwrap_or_default();
    let Target::OwnHost(own) = target else { return Ok(Fit::AtWill) };
    if hosts.known.iter().any(|named| names(&named.to_ascii_lowercase(), own)) {
        return Ok(Fit::Always);
    }
    hosts.all_known().map(|()| Fit::Never)
}

fn names(named: &str, own: Option<&str>) -> bool {
    match (own, named.strip_prefix("*.")) {
        (None, _) => is_auth0_host(named),
        (Some(own), Some(parent)) => own.strip_suffix(parent).is_some_and(|sub| sub.ends_with('.')),
        (Some(own), None) => own == named,
    }
}

#[cfg(test)]
mod tests {
    use checkmate_domain::ResourceId;

    use super::*;
    use crate::auth0::parse;

    /// A list: active, of the scope `management`, unless it says otherwise.
    fn list(json: &str) -> Item {
        let mut value = parse::json(json).expect("valid");
        if value.get("active").is_none() {
            value.set("active", Node::Bool(true));
        }
        if let Node::Map(entries) = &mut value
            && let Some(rule) = entries.get_mut("rule")
            && rule.get("scope").is_none()
        {
            rule.set("scope", Node::Text("management".to_owned()));
        }
        Item { id: ResourceId::new("a").expect("id"), name: "a".into(), at: "a.json#".into(), value }
    }

    fn asked(lists: &[&str], ask: impl Fn(&[Item]) -> Result<bool, NotAssessed>) -> &'static str {
        let lists: Vec<Item> = lists.iter().map(|json| list(json)).collect();
        match ask(&lists) {
            Ok(true) => "stopped",
            Ok(false) => "let in",
            Err(_) => "unclear",
        }
    }

    const OFFICE: &str = r#"{"priority": 1, "rule": {"action": {"allow": true}, "match": {"ipv4_cidrs": ["203.0.113.0/24"], "ipv6_cidrs": ["2001:db8::/48"]}}}"#;
    const REST: &str = r#"{"priority": 2, "rule": {"action": {"block": true}, "match_all": true}}"#;

    #[test]
    fn a_list_alone() {
        let cases = [
            ("stopped", r#""action": {"block": true}, "not_match": {"ipv4_cidrs": ["203.0.113.0/24"]}"#),
            ("stopped", r#""action": {"block": true}, "not_match": {"ipv4_cidrs": ["10.0.0.0/8"]}"#),
            ("let in", r#""action": {"block": true}, "not_match": {"ipv4_cidrs": ["172.16.0.0/8"]}"#),
            (
                "stopped",
                r#""action": {"block": true}, "not_match": {"connecting_ipv6_cidrs": ["2001:db8::/48"]}"#,
            ),
            ("stopped", r#""action": {"redirect": true}, "not_match": {"ipv4_cidrs": ["203.0.113.7"]}"#),
            (
                "stopped",
                r#""action": {"block": true}, "match": {"ipv4_cidrs": ["0.0.0.0/0"], "ipv6_cidrs": ["::/0"]}"#,
            ),
            ("stopped", r#""action": {"block": true}, "match_all": true"#),
            ("stopped", r#""scope": "tenant", "action": {"block": true}, "match_all": true"#),
            ("let in", r#""scope": "authentication", "action": {"block": true}, "match_all": true"#),
            ("let in", r#""action": {"block": true}, "match": {"ipv4_cidrs": ["0.0.0.0/0"]}"#),
            ("let in", r#""action": {"block": true}, "not_match": {"ipv4_cidrs": ["0.0.0.0/0"]}"#),
            ("let in", r#""action": {"block": true}, "not_match": {"ipv4_cidrs": ["128.0.0.0/1"]}"#),
            ("let in", r#""action": {"block": true}, "not_match": {"geo_country_codes": ["CH"]}"#),
            (
                "let in",
                r#""action": {"block": true}, "not_match": {"geo_country_codes": ["CH"], "ipv4_cidrs": ["203.0.113.7"]}"#,
            ),
            ("let in", r#""action": {"block": true}, "match": {"geo_country_codes": ["XX"]}"#),
            ("let in", r#""action": {"block": true}, "match": {"hostnames": ["acme.eu.auth0.com"]}"#),
            (
                "let in",
                r#""action": {"block": true}, "match": {"asns": [1], "ipv4_cidrs": ["0.0.0.0/0"], "ipv6_cidrs": ["::/0"]}"#,
            ),
            ("let in", r#""action": {"allow": true}, "match": {"ipv4_cidrs": ["203.0.113.0/24"]}"#),
            ("let in", r#""action": {"log": true}, "match_all": true"#),
            ("let in", r#""action": {"log": true, "block": true}, "match_all": true"#),
            ("let in", r###""action": {"allow": true}, "match": ##M##"###),
            ("let in", r###""action": {"block": true}, "match": {"geo_country_codes": ##C##}"###),
            ("unclear", r###""action": {"block": true}, "match": ##M##"###),
            ("unclear", r###""action": {"block": true}, "match": {"##SIGNAL##": ["x"]}"###),
            ("unclear", r###""action": {"block": true}, "not_match": {"ipv4_cidrs": [##OFFICE##]}"###),
            ("unclear", r#""action": {"block": true}, "not_match": {"ipv4_cidrs": ["203.0.113.0/40"]}"#),
            ("unclear", r#""action": {"block": true}, "match": {}"#),
            ("unclear", r#""action": {"block": true}"#),
            ("unclear", r#""match_all": true"#),
            ("unclear", r###""action": {"log": ##L##, "block": true}, "match_all": true"###),
            ("unclear", r###""scope": ##S##, "action": {"block": true}, "match_all": true"###),
        ];
        for (expected, rule) in cases {
            let json = format!(r#"{{"rule": {{{rule}}}}}"#);
            let got = asked(&[&json], |lists| stops_strangers(lists, Scope::Management));
            assert_eq!(got, expected, "{rule}");
        }
    }

    #[test]
    fn several_lists_by_priority() {
        let everybody =
            r#"{"priority": 1, "rule": {"action": {"allow": true}, "match": {"ipv4_cidrs": ["0.0.0.0/0"]}}}"#;
        let v6 = r#"{"priority": 1, "rule": {"action": {"allow": true}, "match": {"ipv6_cidrs": ["::/0"]}}}"#;
        let last =
            r#"{"priority": 3, "rule": {"action": {"allow": true}, "match": {"ipv4_cidrs": ["0.0.0.0/0"]}}}"#;
        let country =
            r#"{"priority": 1, "rule": {"action": {"allow": true}, "match": {"geo_country_codes": ["CH"]}}}"#;
        let trial = r#"{"priority": 1, "rule": {"action": {"log": true}, "match_all": true}}"#;
        let off =
            r#"{"active": false, "priority": 2, "rule": {"action": {"block": true}, "match_all": true}}"#;
        let maybe =
            r###"{"active": ##A##, "priority": 2, "rule": {"action": {"block": true}, "match_all": true}}"###;
        let same =
            r#"{"priority": 2, "rule": {"action": {"allow": true}, "match": {"ipv4_cidrs": ["0.0.0.0/0"]}}}"#;
        let somewhen =
            r###"{"priority": ##P##, "rule": {"action": {"allow": true}, "match": {"asns": [1]}}}"###;
        let unwritten = r#"{"rule": {"action": {"allow": true}, "match": {"asns": [1]}}}"#;
        let cases: [(&str, &[&str]); 14] = [
            ("let in", &[]),
            ("let in", &[OFFICE]),
            ("stopped", &[OFFICE, REST]),
            ("stopped", &[REST, OFFICE]),
            ("stopped", &[trial, REST]),
            ("stopped", &[REST, last]),
            ("let in", &[everybody, REST]),
            ("let in", &[v6, REST]),
            ("let in", &[country, REST]),
            ("let in", &[OFFICE, off]),
            ("unclear", &[OFFICE, maybe]),
            ("unclear", &[same, REST]),
            ("unclear", &[somewhen, REST]),
            ("stopped", &[unwritten, REST]),
        ];
        for (expected, lists) in cases {
            let got = asked(lists, |lists| stops_strangers(lists, Scope::Management));
            assert_eq!(got, expected, "{lists:?}");
        }
    }

    #[test]
    fn the_tenants_own_host() {
        let named = |condition: &str, hosts: &str| {
            format!(
                r#"{{"rule": {{"scope": "authentication", "action": {{"block": true}}, "{condition}": {{"hostnames": {hosts}}}}}}}"#
            )
        };
        let own = Some("acme.eu.auth0.com");
        let cases = [
            ("stopped", own, named("match", r#"["ACME.eu.auth0.com"]"#)),
            ("stopped", own, named("match", r#"["*.auth0.com"]"#)),
            ("stopped", own, named("not_match", r#"["login.example.com"]"#)),
            ("stopped", None, named("match", r#"["acme.eu.auth0.com"]"#)),
            ("let in", own, named("match", r#"["other.eu.auth0.com"]"#)),
            ("let in", own, named("match", r#"["*.auth0app.com"]"#)),
            ("let in", own, named("match", r#"["*.me.eu.auth0.com"]"#)),
            ("let in", None, named("match", r#"["login.example.com"]"#)),
            ("unclear", own, named("match", r###"[##HOST##]"###)),
        ];
        for (expected, host, json) in cases {
            let ask = |lists: &[Item]| stops_strangers_at_own_host(lists, Scope::Authentication, host);
            assert_eq!(asked(&[&json], ask), expected, "{json}");
        }
    }

    #[test]
    fn registration_has_a_scope_of_its_own() {
        for (expected, scope) in
            [("stopped", "dynamic_client_registration"), ("stopped", "tenant"), ("let in", "management")]
        {
            let json = format!(
                r#"{{"rule": {{"scope": "{scope}", "action": {{"block": true}}, "match_all": true}}}}"#
            );
            assert_eq!(asked(&[&json], |lists| stops_strangers(lists, Scope::Registration)), expected);
        }
    }
}
