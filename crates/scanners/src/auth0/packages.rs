//! What is known of packages of the public registry, without asking anybody: a short list of those that Actions use most.
//!
//! Advisories by their GitHub or CVE ids, each with the first version in which it is mended. A package that is not here is
//! not known to be fine.

/// A published hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Advisory {
    name: &'static str,
    /// The first version without it.
    pub(crate) mended: &'static str,
    /// Its id.
    pub(crate) id: &'static str,
}

/// What is known of a version of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It has this hole.
    Hole(&'static Advisory),
    /// The holes on the list are mended.
    Mended,
    /// Nothing.
    Nothing,
}

/// High and critical ones.
const ADVISORIES: [Advisory; 18] = [
    advisory("crypto-js", "4.2.0", "CVE-2023-46233"),
    advisory("follow-redirects", "1.14.7", "CVE-2022-0155"),
    advisory("handlebars", "4.7.7", "CVE-2021-23369"),
    advisory("json5", "1.0.2", "CVE-2022-46175"),
    advisory("jsonwebtoken", "9.0.0", "CVE-2022-23539"),
    advisory("lodash", "4.17.21", "CVE-2021-23337"),
    advisory("minimist", "1.2.6", "CVE-2021-44906"),
    advisory("moment", "2.29.4", "CVE-2022-31129"),
    advisory("mysql2", "3.9.7", "CVE-2024-21508"),
    advisory("node-fetch", "2.6.7", "CVE-2022-0235"),
    advisory("node-forge", "1.3.0", "CVE-2022-24771"),
    advisory("node-jose", "2.2.0", "CVE-2023-25653"),
    advisory("semver", "5.7.2", "CVE-2022-25883"),
    advisory("ua-parser-js", "0.7.33", "CVE-2022-25927"),
    advisory("underscore", "1.12.1", "CVE-2021-23358"),
    advisory("ws", "5.2.4", "CVE-2024-37890"),
    advisory("xml-crypto", "2.1.6", "CVE-2025-29774"),
    advisory("ejs", "3.1.7", "CVE-2022-29078"),
];

const fn advisory(name: &'static str, mended: &'static str, id: &'static str) -> Advisory {
    Advisory { name, mended, id }
}

/// What is known of a version of a package. A version that is not exact may have every hole.
pub(crate) fn hole(name: &str, version: &str) -> Known {
    let mut known = Known::Nothing;
    for advisory in ADVISORIES.iter().filter(|advisory| advisory.name == name) {
        match (numbers(version), numbers(advisory.mended)) {
            (Some(version), Some(mended)) if version >= mended => known = Known::Mended,
            (Some(_), Some(_)) => return Known::Hole(advisory),
            _ => {}
        }
    }
    known
}

/// Whether a version is one version: `1.8.4`.
pub(crate) fn is_exact(version: &str) -> bool {
    numbers(version).is_some()
}

fn numbers(version: &str) -> Option<[u32; 3]> {
    let release = version.split(['-', '+']).next()?;
    let mut parts = release.split('.').map(str::parse);
    let numbers = [parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(matches!(hole("lodash", "4.17.9"), Known::Hole(_)));
        assert_eq!(hole("lodash", "4.17.21"), Known::Mended);
        assert_eq!(hole("lodash", "latest"), Known::Nothing);
        assert_eq!(hole("left-pad", "1.0.0"), Known::Nothing);
        for (version, exact) in
            [("1.2.3", true), ("1.2.3-beta.1", true), ("^1.2.3", false), ("1.x", false), ("latest", false)]
        {
            assert_eq!(is_exact(version), exact, "{version}");
        }
    }
}
