//! What is known of packages of the public registry, without asking anybody: a short list of those that Actions use most.
//!
//! Advisories by their GitHub or CVE ids. A package is kept in several branches, and each mends a hole in a version of
//! its own: 8.0.0 is later than 5.2.4, and not mended by it. A package that is not here is not known to be fine, nor is a
//! version in which all of these are mended.

/// The day as of which the list was made.
pub(crate) const AS_OF: &str = "2025-12-01";

/// A published hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Advisory {
    name: &'static str,
    /// Its id.
    id: &'static str,
    branches: &'static [Branch],
}

/// From this version on, until the first version that mends it.
type Branch = ([u32; 3], [u32; 3]);

/// A hole in one version of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    /// The advisory.
    pub(crate) id: &'static str,
    /// The first version of its branch without the hole.
    pub(crate) mended: [u32; 3],
}

/// High and critical ones.
const ADVISORIES: [Advisory; 22] = [
    advisory("crypto-js", "CVE-2023-46233", &[([0, 0, 0], [4, 2, 0])]),
    advisory("ejs", "CVE-2022-29078", &[([0, 0, 0], [3, 1, 7])]),
    advisory("follow-redirects", "CVE-2022-0155", &[([0, 0, 0], [1, 14, 7])]),
    advisory("handlebars", "CVE-2021-23369", &[([0, 0, 0], [4, 7, 7])]),
    advisory("json5", "CVE-2022-46175", &[([0, 0, 0], [1, 0, 2]), ([2, 0, 0], [2, 2, 2])]),
    advisory("jsonwebtoken", "CVE-2022-23539", &[([0, 0, 0], [9, 0, 0])]),
    advisory("lodash", "CVE-2021-23337", &[([0, 0, 0], [4, 17, 21])]),
    advisory("minimist", "CVE-2021-44906", &[([0, 0, 0], [0, 2, 4]), ([1, 0, 0], [1, 2, 6])]),
    advisory("moment", "CVE-2022-31129", &[([2, 18, 0], [2, 29, 4])]),
    advisory("mysql2", "CVE-2024-21508", &[([0, 0, 0], [3, 9, 4])]),
    advisory("mysql2", "CVE-2024-21511", &[([0, 0, 0], [3, 9, 7])]),
    advisory("node-fetch", "CVE-2022-0235", &[([0, 0, 0], [2, 6, 7]), ([3, 0, 0], [3, 1, 1])]),
    advisory("node-forge", "CVE-2022-24771", &[([0, 0, 0], [1, 3, 0])]),
    advisory("node-forge", "CVE-2025-12816", &[([0, 0, 0], [1, 3, 2])]),
    advisory("node-jose", "CVE-2023-25653", &[([0, 0, 0], [2, 2, 0])]),
    advisory(
        "semver",
        "CVE-2022-25883",
        &[([0, 0, 0], [5, 7, 2]), ([6, 0, 0], [6, 3, 1]), ([7, 0, 0], [7, 5, 2])],
    ),
    advisory(
        "ua-parser-js",
        "GHSA-pjwm-rvh2-c87w",
        &[([0, 7, 29], [0, 7, 30]), ([0, 8, 0], [0, 8, 1]), ([1, 0, 0], [1, 0, 1])],
    ),
    advisory("ua-parser-js", "CVE-2022-25927", &[([0, 0, 0], [0, 7, 33]), ([0, 8, 0], [1, 0, 33])]),
    advisory("underscore", "CVE-2021-23358", &[([1, 3, 2], [1, 12, 1])]),
    advisory("ws", "CVE-2016-10542", &[([0, 0, 0], [1, 1, 1])]),
    advisory(
        "ws",
        "CVE-2024-37890",
        &[([2, 1, 0], [5, 2, 4]), ([6, 0, 0], [6, 2, 3]), ([7, 0, 0], [7, 5, 10]), ([8, 0, 0], [8, 17, 1])],
    ),
    advisory(
        "xml-crypto",
        "CVE-2025-29774",
        &[([0, 0, 0], [2, 1, 6]), ([3, 0, 0], [3, 2, 1]), ([4, 0, 0], [6, 0, 1])],
    ),
];

const fn advisory(name: &'static str, id: &'static str, branches: &'static [Branch]) -> Advisory {
    Advisory { name, id, branches }
}

/// A hole that a version of a package is known to have. Of a version that is not exact nothing is known.
pub(crate) fn hole(name: &str, version: &str) -> Option<Hole> {
    let version = Version::parse(version)?;
    ADVISORIES.iter().filter(|advisory| advisory.name == name).find_map(|advisory| {
        let (_, mended) = advisory.branches.iter().find(|branch| version.is_in(branch))?;
        Some(Hole { id: advisory.id, mended: *mended })
    })
}

/// Whether a version is one version: `1.8.4`.
pub(crate) fn is_exact(version: &str) -> bool {
    Version::parse(version).is_some()
}

struct Version {
    numbers: [u32; 3],
    /// It comes before the version of these numbers.
    pre: bool,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        let (release, pre) = text.split_once('-').map_or((text, false), |(release, _)| (release, true));
        let mut parts = release.split('.').map(str::parse);
        let numbers = [parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?];
        parts.next().is_none().then_some(Self { numbers, pre })
    }

    fn is_in(&self, (from, mended): &Branch) -> bool {
        self.numbers >= *from && (self.numbers < *mended || (self.pre && self.numbers == *mended))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_mends_a_hole_in_a_version_of_its_own() {
        let holes = [
            ("lodash", "4.17.9", "4.17.21"),
            ("ws", "8.0.0", "8.17.1"),
            ("ws", "8.17.1-beta.1", "8.17.1"),
            ("ws", "7.5.9", "7.5.10"),
            ("ws", "6.2.2", "6.2.3"),
            ("ws", "5.2.3", "5.2.4"),
            ("json5", "2.2.0", "2.2.2"),
            ("json5", "1.0.1", "1.0.2"),
            ("semver", "7.3.0", "7.5.2"),
            ("semver", "6.3.0", "6.3.1"),
            ("semver", "5.7.1", "5.7.2"),
            ("node-fetch", "3.0.0", "3.1.1"),
            ("node-fetch", "2.6.6", "2.6.7"),
            ("ua-parser-js", "1.0.2", "1.0.33"),
            ("ua-parser-js", "0.8.1", "1.0.33"),
            ("ua-parser-js", "0.7.32", "0.7.33"),
            ("xml-crypto", "5.0.0", "6.0.1"),
            ("xml-crypto", "3.2.0", "3.2.1"),
            ("xml-crypto", "2.1.5", "2.1.6"),
            ("node-forge", "1.3.0", "1.3.2"),
        ];
        for (name, version, mended) in holes {
            let found =
                hole(name, version).map(|hole| hole.mended.map(|number| number.to_string()).join("."));
            assert_eq!(found.as_deref(), Some(mended), "{name} {version}");
        }
        let none = [
            ("lodash", "4.17.21"),
            ("lodash", "latest"),
            ("left-pad", "1.0.0"),
            ("ws", "8.17.1"),
            ("ws", "7.5.10"),
            ("ws", "6.2.3"),
            ("ws", "5.2.4+build-1"),
            ("json5", "1.0.2"),
            ("semver", "5.7.2"),
            ("semver", "6.3.1"),
            ("node-fetch", "2.6.7"),
            ("ua-parser-js", "0.7.33"),
            ("xml-crypto", "3.2.1"),
            ("node-forge", "1.3.2"),
        ];
        for (name, version) in none {
            assert_eq!(hole(name, version), None, "{name} {version}");
        }
    }

    #[test]
    fn branches_are_ranges_and_lie_apart() {
        for advisory in ADVISORIES {
            for (from, mended) in advisory.branches {
                assert!(from < mended, "{}", advisory.id);
            }
            for pair in advisory.branches.windows(2) {
                assert!(pair[0].1 <= pair[1].0, "{}", advisory.id);
            }
        }
    }

    #[test]
    fn one_version_is_exact() {
        for (version, exact) in
            [("1.2.3", true), ("1.2.3-beta.1", true), ("^1.2.3", false), ("1.x", false), ("latest", false)]
        {
            assert_eq!(is_exact(version), exact, "{version}");
        }
    }
}
