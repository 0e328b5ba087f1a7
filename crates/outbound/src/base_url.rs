//! Where a vendor is, as the configuration says it.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// The root of a vendor's API: https, or plain http to this very machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a text is no root of an API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// No address at all.
    #[error("not an address: write it like https://api.example.com")]
    NotAUrl,
    /// In the open.
    #[error(
        "{0} is not encrypted: use https; plain http is for this machine only (127.0.0.1, ::1, localhost)"
    )]
    Plain(String),
    /// More than an address.
    #[error("the address of {0} may hold no user, password, query or fragment")]
    Extra(String),
}

impl BaseUrl {
    /// The address of something below the root. Each segment is one segment, whatever is in it.
    #[must_use]
    pub fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            for segment in segments {
                // The two that would be taken for a way up are written so that they are not.
                match *segment {
                    "." => path.push("%2E"),
                    ".." => path.push("%2E%2E"),
                    segment => path.push(segment),
                };
            }
        }
        url
    }

    /// The host, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text).map_err(|_| BaseUrlError::NotAUrl)?;
        let host = url.host_str().ok_or(BaseUrlError::NotAUrl)?.to_owned();
        let extra = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if extra {
            return Err(BaseUrlError::Extra(host));
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback(&url) => Ok(Self(url)),
            "http" => Err(BaseUrlError::Plain(host)),
            _ => Err(BaseUrlError::NotAUrl),
        }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Whether an address is this machine's, by its name.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in
            ["https://api.github.com", "http://127.0.0.1:9/x", "http://[::1]:9", "http://localhost:80/"]
        {
            assert!(good.parse::<BaseUrl>().is_ok(), "{good}");
        }
        for bad in [
            "http://api.github.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "ftp://x",
            "api.github.com",
            "https://user:pw@x.com",
            "https://x.com/?a=b",
            "https://x.com/#a",
        ] {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_segment_stays_one() {
        let base: BaseUrl = "https://x.com/api".parse().unwrap();
        assert_eq!(base.join(&["users", "auth0|a/b"]).as_str(), "https://x.com/api/users/auth0|a%2Fb");
        for climbing in ["..", ".", "../..", "%2e%2e"] {
            let url = base.join(&[climbing, "x"]);
            assert!(url.path().starts_with("/api/") && url.path().ends_with("/x"), "{url}");
        }
        assert_eq!(base.to_string(), "https://x.com/api");
    }
}
