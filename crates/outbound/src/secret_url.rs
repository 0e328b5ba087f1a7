//! An address that is a secret: whoever has it may use it.

use std::fmt;

use checkmate_domain::Secret;
use url::Url;

use crate::base_url::is_loopback;

/// Parts of an address that are shorter are words that anybody may say.
const TELLING: usize = 8;

/// An address of which nobody sees more than the host.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(Url);

/// Why a text is no address to send to. Repeats no more of it than the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretUrlError {
    /// No address at all.
    #[error("not an address: the file holds one line like https://hooks.example.com/…")]
    NotAUrl,
    /// In the open.
    #[error(
        "the address at {0} is not encrypted: use https; plain http is for this machine only (127.0.0.1, ::1, localhost)"
    )]
    Plain(String),
    /// More than an address.
    #[error("the address at {0} may hold no user, password or fragment")]
    Extra(String),
}

impl SecretUrl {
    /// Reads an address out of a secret; blanks and line ends around it do not count.
    ///
    /// # Errors
    /// When it is no address, or leads through the open.
    pub fn read(secret: &Secret) -> Result<Self, SecretUrlError> {
        let url = secret.with_bytes(|bytes| Url::parse(std::str::from_utf8(bytes).ok()?.trim()).ok());
        let url = url.filter(Url::has_host).ok_or(SecretUrlError::NotAUrl)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(SecretUrlError::Extra(host));
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback(&url) => Ok(Self(url)),
            "http" => Err(SecretUrlError::Plain(host)),
            _ => Err(SecretUrlError::NotAUrl),
        }
    }

    /// The host, which is no secret.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether it leads to this very machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// A text of somebody else's without what it repeats of the address.
    #[must_use]
    pub fn hidden_in(&self, text: &str) -> String {
        let path = self.0.path_segments().into_iter().flatten().map(str::to_owned);
        let raw = self.0.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let raw = raw.map(|(_, value)| value.to_owned());
        let read = self.0.query_pairs().map(|(_, value)| value.into_owned());
        let mut parts: Vec<String> =
            path.chain(raw).chain(read).filter(|part| part.len() >= TELLING).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        parts.iter().fold(text.to_owned(), |text, part| text.replace(part.as_str(), "…"))
    }

    pub(crate) fn url(&self) -> Url {
        self.0.clone()
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({}, …)", self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SecretUrl, SecretUrlError> {
        SecretUrl::read(&Secret::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn only_what_is_encrypted_or_near_is_an_address() {
        for good in ["https://x.com/a?sig=b\n", "  http://127.0.0.1:9/x", "https://x.com:443/"] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "x.com",
            "ftp://x.com",
            "http://x.com/secret",
            "https://u:secret@x.com",
            "https://x.com/#secret",
            "data:secret",
            "\u{0}",
        ] {
            let told = format!("{:?}", read(bad).unwrap_err());
            assert!(!told.contains("secret"), "{told}");
        }
        assert_eq!(SecretUrl::read(&Secret::new(vec![0xff])), Err(SecretUrlError::NotAUrl));
    }

    #[test]
    fn nobody_sees_more_than_the_host() {
        let address = read("https://x.com/hooks/T0123456789?v=1&sig=a%2Fb-0123456789").unwrap();
        assert_eq!((format!("{address:?}").as_str(), address.host()), ("SecretUrl(x.com, …)", "x.com"));
        let echo = "no /hooks/T0123456789?v=1&sig=a%2Fb-0123456789 (a/b-0123456789) at x.com";
        assert_eq!(address.hidden_in(echo), "no /hooks/…?v=1&sig=… (…) at x.com");
    }
}
