//! What a browser brings back from the tenant. Pure.

use std::collections::BTreeMap;

/// The parameters of `GET /callback?…`; nothing when the head of the request is another one.
#[must_use]
pub fn query(head: &[u8]) -> Option<BTreeMap<String, String>> {
    let head = std::str::from_utf8(head).ok()?;
    let target = head.strip_prefix("GET ")?.split([' ', '\r', '\n']).next()?;
    let (path, query) = target.split_once('?')?;
    (path == "/callback").then(|| url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_callback_is_read() {
        let found = query(b"GET /callback?code=a%20b&state=s HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!((found["code"].as_str(), found["state"].as_str()), ("a b", "s"));
        for head in [
            "POST /callback?a=b HTTP/1.1",
            "GET / HTTP/1.1",
            "GET /callback HTTP/1.1",
            "GET /callback2?a=b HTTP/1.1",
            "",
        ] {
            assert_eq!(query(head.as_bytes()), None, "{head}");
        }
    }
}
