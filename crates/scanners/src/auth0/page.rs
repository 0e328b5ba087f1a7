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
const RAW: [&str; 3] = ["raw", "unescaped", "safe"];

/// Reads a page.
pub(crate) fn read(html: &str) -> Page {
    Page { unescaped: unescaped(html), foreign_scripts: foreign_scripts(html) }
}

fn unescaped(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chosen: BTreeSet<String> = FROM_REQUEST.iter().map(|name| (*name).to_owned()).collect();
    let mut rest = html;
    while let Some((at, end)) = next_tag(rest) {
        let after = &rest[at + 2..];
        let Some((inside, after)) = after.split_once(end) else { break };
        rest = after;
        let inside = inside.trim_matches(['{', '-', ' ']);
        if end == "%}" {
            assigned(inside, &mut chosen);
            continue;
        }
        let (value, safe) = value(inside);
        if chosen.contains(value) && !safe && found.len() < 20 {
            found.push(value.to_owned());
        }
    }
    found
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
    let (value, safe) = value(from);
    if chosen.contains(value) && !safe {
        chosen.insert(name.trim().to_owned());
    } else {
        chosen.remove(name.trim());
    }
}

/// The value of an expression, and whether its filters make it harmless.
fn value(expression: &str) -> (&str, bool) {
    let mut parts = expression.split('|').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let filters: Vec<&str> = parts.map(|part| part.split(':').next().unwrap_or(part).trim()).collect();
    let raw = filters.iter().any(|filter| RAW.contains(filter));
    (value, !raw && filters.iter().any(|filter| SAFE.contains(filter)))
}

fn foreign_scripts(html: &str) -> Vec<String> {
    let lower = html.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, _) in lower.match_indices("<script") {
        let tag = &lower[at..];
        let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
        let Some(address) = attribute(tag, "src") else { continue };
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
        if foreign && !own && attribute(tag, "integrity").is_none() && found.len() < 20 {
            found.push(host.chars().take(100).collect());
        }
    }
    found
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.match_indices(name).find(|(at, _)| tag[at + name.len()..].trim_start().starts_with('='))?.0;
    let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next(),
        _ => value.split(char::is_whitespace).next(),
    }
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
    }

    #[test]
    fn scripts_of_others_need_a_fixed_content() {
        let page = read(
            "<script src=\"https://cdn.example.com/a.js\"></script><SCRIPT src='//b.example.com/b.js' integrity='sha384-x'>\
             <script src=/own.js></script><script>x</script><script src=\"https://cdn.auth0.com/js/lock.js\">",
        );
        assert_eq!(page.foreign_scripts, ["cdn.example.com"]);
        let page = read(
            "<script src='https://evil.example/cdn.auth0.com/a.js'></script><script src='https://cdn.auth0.com@evil.example/a.js'></script>",
        );
        assert_eq!(page.foreign_scripts, ["evil.example", "evil.example"]);
    }
}
