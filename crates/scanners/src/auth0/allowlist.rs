//! How much of the internet a list of allowed addresses lets past a protection.

use std::net::IpAddr;

use checkmate_domain::Severity;

use super::check::{Answer, Verdict, failed, first_few};
use super::item::Item;

/// Fails when any address is let past a protection: the wider, the worse.
pub(crate) fn empty(item: &Item, title: &str, expected: &str) -> Answer {
    const PATH: &str = "allowlist";
    let allowed = item.texts(PATH)?.unwrap_or_default();
    if allowed.known.is_empty() {
        return allowed.all_known().map(|()| Verdict::Passed);
    }
    failed(severity(&allowed.known), title, &item.pointer(PATH), &first_few(&allowed.known), expected)
}

/// How bad an exception for these addresses is: bad when it covers a large part of the internet, else worth a look.
pub(crate) fn severity(addresses: &[&str]) -> Severity {
    addresses.iter().map(|address| one(address)).max().unwrap_or(Severity::Info)
}

fn one(address: &str) -> Severity {
    let (ip, prefix) = match address.split_once('/') {
        Some((ip, prefix)) => (ip, prefix.parse::<u8>().ok()),
        None => (address, None),
    };
    // Of IPv6 one customer has a /48, as of IPv4 a single address: the same share ends 16 bits later.
    let (high, moderate) = match ip.trim().parse::<IpAddr>() {
        Ok(IpAddr::V6(_)) => (31, 47),
        _ => (15, 23),
    };
    match prefix {
        Some(prefix) if prefix <= high => Severity::High,
        Some(prefix) if prefix <= moderate => Severity::Moderate,
        _ => Severity::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_is_worse() {
        let cases = [
            ("203.0.113.7", Severity::Low),
            ("203.0.113.0/24", Severity::Low),
            ("10.0.0.0/16", Severity::Moderate),
            ("10.0.0.0/8", Severity::High),
            ("0.0.0.0/0", Severity::High),
            ("::/0", Severity::High),
            ("2001:db8::/32", Severity::Moderate),
            ("2001:db8::/48", Severity::Low),
            ("nonsense/x", Severity::Low),
        ];
        for (address, expected) in cases {
            assert_eq!(severity(&[address]), expected, "{address}");
        }
        assert_eq!(severity(&["203.0.113.7", "0.0.0.0/0"]), Severity::High);
    }
}
