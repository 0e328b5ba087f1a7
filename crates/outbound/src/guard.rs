//! Keeps addresses that come from data out of private networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use url::{Host, Url};

use crate::error::CallError;

/// The public addresses an URL leads to, looked up once: the call must use just these.
///
/// # Errors
/// When one of them is not public, or there are none.
pub(crate) async fn public_addresses(url: &Url, within: Duration) -> Result<Vec<SocketAddr>, CallError> {
    let host = url.host_str().unwrap_or("?").to_owned();
    let refused = |why: &str| CallError::Refused { host: host.clone(), why: why.to_owned() };
    let port = url.port_or_known_default().ok_or_else(|| refused("it names no port"))?;
    let found: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(ip)) => vec![SocketAddr::new(ip.into(), port)],
        Some(Host::Ipv6(ip)) => vec![SocketAddr::new(ip.into(), port)],
        Some(Host::Domain(name)) => {
            let looking = tokio::net::lookup_host((name, port));
            let unreachable =
                |why: String| CallError::Unreachable { host: host.clone(), why, maybe_sent: false };
            match tokio::time::timeout(within, looking).await {
                Ok(Ok(found)) => found.collect(),
                Ok(Err(error)) => return Err(unreachable(error.to_string())),
                Err(_) => return Err(unreachable("its name is not looked up in time".to_owned())),
            }
        }
        None => return Err(refused("it names no host")),
    };
    if found.is_empty() {
        return Err(refused("its name leads nowhere"));
    }
    if found.iter().any(|address| !is_public(address.ip())) {
        return Err(refused("it leads into a private network"));
    }
    Ok(found)
}

/// Whether an address belongs to the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// By the registry of special addresses of IANA (RFC 6890 and its updates).
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = a == 0
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99);
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Addresses that stand for one of the old kind are judged as that.
    if let Some(ip) = ip.to_ipv4_mapped() {
        return is_public_v4(ip);
    }
    let part = ip.segments();
    let last = Ipv4Addr::from((u32::from(part[6]) << 16) | u32::from(part[7]));
    if part[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(last);
    }
    if part[0] == 0x2002 {
        return is_public_v4(Ipv4Addr::from((u32::from(part[1]) << 16) | u32::from(part[2])));
    }
    // Only what is given out at all, and of that neither documentation nor protocol assignments.
    (part[0] & 0xe000) == 0x2000
        && !(part[0] == 0x2001 && (part[1] < 0x200 || part[1] == 0xdb8))
        && !(part[0] == 0x3fff && part[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_private_from_public() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.9.9.9",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "::127.0.0.1",
            "3fff::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "172.32.0.1",
            "192.1.2.3",
            "140.82.121.6",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_where_it_leads() {
        for url in [
            "https://localhost/x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "http://0x7f.1/",
        ] {
            let url = Url::parse(url).unwrap();
            let refused = public_addresses(&url, Duration::from_secs(5)).await;
            assert!(matches!(refused, Err(CallError::Refused { .. })), "{url} {refused:?}");
        }
        let public = Url::parse("https://1.1.1.1/x").unwrap();
        let found = public_addresses(&public, Duration::from_secs(5)).await.unwrap();
        assert_eq!(found, ["1.1.1.1:443".parse().unwrap()]);
    }
}
