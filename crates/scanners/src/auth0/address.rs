//! What is wrong with an address that tokens or logins are sent to.

use url::{Host, Url};

use super::item::Written;
use super::keyword;

/// What is wrong with an address, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flaw {
    /// It leads to the machine of the user: any program there can take it.
    Loopback,
    /// `*` stands for any subdomain.
    AnySubdomain,
    /// `*` stands for any host, or any path.
    AnyHostOrPath,
    /// It is not encrypted, or runs as a script.
    Insecure,
}

/// The flaw of an address: `Ok(None)` when it has none, an error when a placeholder decides. A `*` is one whatever
/// stands beside it.
pub(crate) fn flaw(address: Written<'_>) -> Result<Option<Flaw>, ()> {
    match address {
        Written::Known(text) => Ok(known(text.trim())),
        // The placeholder is taken for a domain: the least that it can make of the wildcard.
        Written::Partly(text) if text.contains('*') => {
            Ok(Some(wildcard(&keyword::replace(text.trim(), |_, _| "x.x".to_owned()))))
        }
        Written::Partly(_) => Err(()),
    }
}

/// Whether a host is one of Auth0's own, and no custom domain.
pub(crate) fn is_auth0_host(host: &str) -> bool {
    host.ends_with(".auth0.com") || host.ends_with(".auth0app.com")
}

/// Whether an address is encrypted whatever its placeholders stand for.
pub(crate) fn is_https(text: &str) -> bool {
    text.trim_start().get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

fn known(text: &str) -> Option<Flaw> {
    if text.contains('*') {
        return Some(wildcard(text));
    }
    let Ok(url) = Url::parse(text) else {
        // Not an address by the standard, so no browser is sent there; a bare 'http:' still counts.
        return text.to_ascii_lowercase().starts_with("http:").then_some(Flaw::Insecure);
    };
    match url.scheme() {
        "http" | "https" if is_loopback(&url) => Some(Flaw::Loopback),
        "http" | "javascript" | "data" | "vbscript" | "file" | "ftp" => Some(Flaw::Insecure),
        _ => None,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
        None => false,
    }
}

/// A wildcard in the leftmost label of a host that has a domain of its own beneath is the narrow kind.
fn wildcard(text: &str) -> Flaw {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(host_end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next().unwrap_or(host);
    let mut labels = host.split('.');
    let first = labels.next().unwrap_or_default();
    let below: Vec<&str> = labels.collect();
    let narrow = first.contains('*')
        && below.len() >= 2
        && below.iter().all(|label| !label.is_empty() && !label.contains('*'))
        && !path.contains('*')
        && !authority.contains("*:")
        && !authority.contains('@');
    match (scheme.eq_ignore_ascii_case("https"), narrow) {
        (true, true) => Flaw::AnySubdomain,
        _ if scheme.eq_ignore_ascii_case("http") => Flaw::Insecure,
        _ => Flaw::AnyHostOrPath,
    }
}

/// An address fit to be shown: without user, password, query and fragment, which may hold secrets.
pub(crate) fn shown(text: &str) -> String {
    let hidden = keyword::hide(text);
    let plain = hidden.split(['?', '#']).next().unwrap_or_default();
    let shown = match plain.split_once("://") {
        Some((scheme, rest)) => {
            let host_end = rest.find('/').unwrap_or(rest.len());
            let host_start = rest[..host_end].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[host_start..])
        }
        None => plain.to_owned(),
    };
    keyword::show(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn flaws_of_known_addresses() {
        let cases = [
            ("https://shop.example.com/callback", None),
            ("com.example.shop://callback", None),
            ("https://localhost.example.com/", None),
            ("not an address", None),
            ("http://shop.example.com/cb", Some(Flaw::Insecure)),
            ("HTTP://shop.example.com/cb", Some(Flaw::Insecure)),
            ("javascript:alert(1)", Some(Flaw::Insecure)),
            ("http://10.0.0.5/cb", Some(Flaw::Insecure)),
            ("http:", Some(Flaw::Insecure)),
            ("http://*.example.com/cb", Some(Flaw::Insecure)),
            ("http://localhost:3000/cb", Some(Flaw::Loopback)),
            ("https://LOCALHOST/cb", Some(Flaw::Loopback)),
            ("http://127.1.2.3/cb", Some(Flaw::Loopback)),
            ("http://[::1]:8080/cb", Some(Flaw::Loopback)),
            ("http://app.localhost/cb", Some(Flaw::Loopback)),
            ("https://*.example.com/cb", Some(Flaw::AnySubdomain)),
            ("https://pr-*.preview.example.com", Some(Flaw::AnySubdomain)),
            ("https://*.com", Some(Flaw::AnyHostOrPath)),
            ("https://*", Some(Flaw::AnyHostOrPath)),
            ("*", Some(Flaw::AnyHostOrPath)),
            ("https://example.com/*", Some(Flaw::AnyHostOrPath)),
            ("https://a.*.example.com/", Some(Flaw::AnyHostOrPath)),
            ("com.example://*", Some(Flaw::AnyHostOrPath)),
        ];
        for (text, expected) in cases {
            assert_eq!(flaw(Written::Known(text)), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_placeholder_decides_unless_a_wildcard_stands_beside_it() {
        assert_eq!(flaw(Written::Partly("https://##ENV##.example.com/")), Err(()));
        assert_eq!(flaw(Written::Partly("https://*.##DOMAIN##/")), Ok(Some(Flaw::AnySubdomain)));
        assert_eq!(flaw(Written::Partly("https://*.##ENV##.example.com/")), Ok(Some(Flaw::AnySubdomain)));
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let cases = [
            ("https://me:pw@example.com/cb?token=x#y", "https://example.com/cb"),
            ("https://##ENV##.example.com/cb", "https://##ENV##.example.com/cb"),
            ("https://##ENV##.example.com/cb?token=x", "https://##ENV##.example.com/cb"),
            ("https://me:@@PW@@@example.com/cb", "https://example.com/cb"),
            ("app://cb", "app://cb"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in ".{0,60}", address in "(https?://)?[a-z*.:@/#?\\[\\]]{0,20}") {
            for text in [&text, &address] {
                let known = flaw(Written::Known(text));
                prop_assert!(known.is_ok());
                prop_assert!(!text.contains('*') || known.is_ok_and(|flaw| flaw.is_some()));
                shown(text);
            }
        }
    }
}
