//! What a report says of each fingerprint, and which of it was known.

use std::ops::Range;

use checkmate_domain::{Fingerprint, ReportFacts};

/// The findings of a report in the order of their fingerprints; those of one in the order of the report.
pub(super) struct Reported<'a> {
    said: Vec<(&'a Fingerprint, usize)>,
    /// Beside each, whether it was asked for.
    known: Vec<bool>,
}

impl<'a> Reported<'a> {
    pub(super) fn of(report: &'a ReportFacts) -> Self {
        let numbered = report.findings.iter().enumerate();
        let mut said: Vec<_> = numbered.map(|(position, finding)| (&finding.fingerprint, position)).collect();
        said.sort_unstable();
        Self { known: vec![false; said.len()], said }
    }

    /// Where the report speaks of it; it is known from now on.
    pub(super) fn take(&mut self, fingerprint: &Fingerprint) -> Vec<usize> {
        let found = self.range(fingerprint);
        self.known[found.clone()].fill(true);
        self.said[found].iter().map(|(_, position)| *position).collect()
    }

    /// What was asked for by nobody.
    pub(super) fn left(&self) -> Vec<usize> {
        let said = self.said.iter().zip(&self.known);
        said.filter(|(_, known)| !**known).map(|((_, position), _)| *position).collect()
    }

    fn range(&self, fingerprint: &Fingerprint) -> Range<usize> {
        let start = self.said.partition_point(|(one, _)| *one < fingerprint);
        let count = self.said[start..].iter().take_while(|(one, _)| *one == fingerprint).count();
        start..start + count
    }
}
