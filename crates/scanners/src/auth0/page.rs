//! What a page of the tenant does: what it shows without escaping, and whose scripts it runs.

use std::collections::BTreeSet;

/// What checks ask of a page. The page itself is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// Values of the request that are shown as they came: `{{ error_description }}`.
    pub(crate) unescaped: Vec<String>,
    /// Scripts of other hosts without a fixed content.
    pub(crate) foreign_scripts: Vec<String>,
}

/// Values that whoever makes the link chooses.
const FROM_REQUEST: [&str; 6] = ["error", "error_description", "tracking", "client_id", "lcid", "state"];
/// Filters that make a value harmless in a page. `json` makes a text of a script, which a page may end: `</script>`.
const SAFE: [&str; 5] = ["escape", "escape_once", "url_encode", "strip_html", "url_escape"];
/// Filters that undo it.
const RAW: [&str; 4] = ["raw", "unescaped", "safe", "url_decode"];

/// Reads a page.
pub(crate) fn read(html: &str) -> Page {
    Page { unescaped: unescaped(html), foreign_scripts: foreign_scripts(html) }
}

fn unescaped(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chosen: BTreeSet<String> = FROM_REQUEST.iter().map(|name| (*name).to_owned()).collect();
    let mut captured: Option<String> = None;
    let mut rest = html;
    while let Some((at, end)) = next_tag(rest) {
        let after = &rest[at + 2..];
        let Some((inside, after)) = after.split_once(end) else { break };
        rest = after;
        let inside = inside.trim_matches(|c: char| matches!(c, '{' | '-') || c.is_whitespace());
        if end == "%}" {
            assigned(inside, &mut chosen);
            captured = capture(inside, captured);
            continue;
        }
        let Some(value) = tainted(inside, &chosen).map(str::to_owned) else { continue };
        match &captured {
            // It is shown where the captured text is.
            Some(name) => drop(chosen.insert(name.clone())),
            None if found.len() < 20 => found.push(value),
            None => {}
        }
    }
    found
}

/// `capture x` ... `endcapture`: what is captured now.
fn capture(tag: &str, before: Option<String>) -> Option<String> {
    match tag.strip_prefix("capture") {
        Some(name) => Some(name.trim().trim_matches(['\'', '"']).to_owned()),
        None if tag.starts_with("endcapture") => None,
        None => before,
    }
}

/// Where the next tag of the template begins, and how it ends.
fn next_tag(text: &str) -> Option<(usize, &'static str)> {
    let output = text.find("{{").map(|at| (at, "}}"));
    let logic = text.find("{%").map(|at| (at, "%}"));
    [output, logic].into_iter().flatten().min()
}

/// `assign x = error_description`: x is what the link says, unless a filter made it harmless.
fn assigned(tag: &str, chosen: &mut BTreeSet<String>) {
    let Some((name, from)) = tag.strip_prefix("assign").and_then(|rest| rest.split_once('=')) else { return };
    if tainted(from, chosen).is_some() {
        chosen.insert(name.trim().to_owned());
    } else {
        chosen.remove(name.trim());
    }
}

/// What an expression shows as whoever made the link wrote it; `None` where its filters, one after the other, make it harmless.
fn tainted<'e>(expression: &'e str, chosen: &BTreeSet<String>) -> Option<&'e str> {
    let mut parts = expression.split('|').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let mut came = Some(value).filter(|value| chosen.contains(*value));
    let mut shows = came;
    for filter in parts {
        let (name, arguments) = filter.split_once(':').unwrap_or((filter, ""));
        let added =
            arguments.split([',', ':', ' ']).map(str::trim).find(|argument| chosen.contains(*argument));
        came = came.or(added);
        shows = match name.trim() {
            safe if SAFE.contains(&safe) => None,
            raw if RAW.contains(&raw) => came,
            _ => shows.or(added),
        };
    }
    shows
}

fn foreign_scripts(html: &str) -> Vec<String> {
    let lower = html.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, begin) in lower.match_indices("<script") {
        let attributes = attributes(&lower[at + begin.len()..]);
        let value = |name: &str| attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let Some(address) = value("src").map(str::trim) else { continue };
        let foreign =
            address.starts_with("http:") || address.starts_with("https:") || address.starts_with("//");
        let host = address
            .split("//")
            .nth(1)
            .unwrap_or_default()
            .split(['/', '?', '#', '\\'])
            .next()
            .unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        // Auth0's own scripts change with every release.
        let own = host == "cdn.auth0.com";
        let fixed = value("integrity").is_some_and(is_digest);
        if foreign && !own && !fixed && found.len() < 20 {
            found.push(host.chars().take(100).collect());
        }
    }
    found
}

/// `sha384-...`; a browser passes over anything else.
fn is_digest(integrity: &str) -> bool {
    integrity.split_whitespace().any(|one| {
        ["sha256-", "sha384-", "sha512-"]
            .iter()
            .any(|kind| one.strip_prefix(kind).is_some_and(|digest| digest.len() > 20))
    })
}

/// The attributes of a tag, from behind its name to its end.
fn attributes(tag: &str) -> Vec<(&str, &str)> {
    const MOST: usize = 50;
    let mut found = Vec::new();
    let mut rest = tag;
    while found.len() < MOST {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            break;
        }
        let name_end = rest[1..].find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'));
        let (name, after) = rest.split_at(name_end.map_or(rest.len(), |end| end + 1));
        let Some(after) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
            found.push((name, ""));
            rest = after;
            continue;
        };
        let (value, after) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            _ => after.split_at(after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len())),
        };
        found.push((name, value));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_as_it_came_is_told_from_escaped() {
        let page = read(
            "<p>{{ error_description }} {{error|escape}} {{ tracking | raw }} {{ tenant.name }} {{ client_id | url_encode }}</p>{{ broken",
        );
        assert_eq!(page.unescaped, ["error_description", "tracking"]);
        let page = read(
            "{% assign shown = error_description %}{%- assign fine = error | escape -%}<p>{{ shown }} {{ fine }}</p>\
             {% assign shown = tenant.name %}{{ shown }}<script>var e = {{ error | json }};</script>{% broken",
        );
        assert_eq!(page.unescaped, ["shown", "error"]);
        for (html, shown) in [
            ("{{ 'x' | append: error_description }}", &["error_description"][..]),
            ("{{ error | escape | append: error_description }}", &["error_description"]),
            ("{{ error | append: error_description | escape }}", &[]),
            ("{{ error | escape | upcase }}", &[]),
            ("{{ error | upcase | escape }}", &[]),
            ("{{ error | escape | url_decode }}", &["error"]),
            ("{{ error | escape | raw }}", &["error"]),
            ("{% assign x = '<b>' | append: error %}{{ x }}", &["x"]),
            ("{% capture x %}<b>{{ error }}</b>{% endcapture %}{{ x }}", &["x"]),
        ] {
            assert_eq!(read(html).unescaped, shown, "{html}");
        }
    }

    #[test]
    fn scripts_of_others_need_a_fixed_content() {
        let page = read(
            "<script src=\"https://cdn.example.com/a.js\"></script><SCRIPT src='//b.example.com/b.js' integrity='sha384-oqVuAfXRKap7fdgcCY5uykM6'>\
             <script src=/own.js></script><script>x</script><script src=\"https://cdn.auth0.com/js/lock.js\">",
        );
        assert_eq!(page.foreign_scripts, ["cdn.example.com"]);
        let page = read(
            "<script src='https://evil.example/cdn.auth0.com/a.js'></script><script src='https://cdn.auth0.com@evil.example/a.js'></script>",
        );
        assert_eq!(page.foreign_scripts, ["evil.example", "evil.example"]);
        for (html, foreign) in [
            ("<script src='https://a.example/a.js' integrity=\"\"></script>", true),
            (
                "<script src='https://a.example/a.js' data-integrity='sha384-oqVuAfXRKap7fdgcCY5uykM6'></script>",
                true,
            ),
            ("<script data-src='x' src='https://a.example/a.js'></script>", true),
            ("<script data-x='>' src='https://a.example/a.js'></script>", true),
            ("<script/src=https://a.example/a.js></script>", true),
            ("<script data-src='https://a.example/a.js'></script>", false),
            (
                "<script async src='https://a.example/a.js' integrity='sha384-oqVuAfXRKap7fdgcCY5uykM6'></script>",
                false,
            ),
        ] {
            assert_eq!(!read(html).foreign_scripts.is_empty(), foreign, "{html}");
        }
    }
}
