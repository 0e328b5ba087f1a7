//! What a page of the tenant does: what it shows without escaping, and whose scripts it runs.

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
/// Filters that make a value harmless.
const SAFE: [&str; 5] = ["escape", "escape_once", "url_encode", "strip_html", "json"];
/// Filters that undo it.
const RAW: [&str; 3] = ["raw", "unescaped", "safe"];

/// Reads a page.
pub(crate) fn read(html: &str) -> Page {
    Page { unescaped: unescaped(html), foreign_scripts: foreign_scripts(html) }
}

fn unescaped(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else { break };
        rest = after;
        let mut parts = inside.split('|').map(str::trim);
        let value = parts.next().unwrap_or_default().trim_start_matches(['{', '-', ' ']);
        let filters: Vec<&str> = parts.map(|part| part.split(':').next().unwrap_or(part).trim()).collect();
        let raw = filters.iter().any(|filter| RAW.contains(filter));
        let safe = !raw && filters.iter().any(|filter| SAFE.contains(filter));
        if FROM_REQUEST.contains(&value.trim()) && !safe && found.len() < 20 {
            found.push(value.trim().to_owned());
        }
    }
    found
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
        // Auth0's own scripts change with every release.
        let own = address.contains("cdn.auth0.com");
        if foreign && !own && attribute(tag, "integrity").is_none() && found.len() < 20 {
            let host =
                address.split("//").nth(1).unwrap_or_default().split(['/', '?']).next().unwrap_or_default();
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
    }

    #[test]
    fn scripts_of_others_need_a_fixed_content() {
        let page = read(
            "<script src=\"https://cdn.example.com/a.js\"></script><SCRIPT src='//b.example.com/b.js' integrity='sha384-x'>\
             <script src=/own.js></script><script>x</script><script src=\"https://cdn.auth0.com/js/lock.js\">",
        );
        assert_eq!(page.foreign_scripts, ["cdn.example.com"]);
    }
}
