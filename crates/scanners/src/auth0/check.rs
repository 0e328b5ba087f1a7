//! What a check is: data, and a small pure function over the snapshot.

use checkmate_domain::id::IdError;
use checkmate_domain::{Evidence, Exposure, NotAssessed, Reference, Remediation, Rule, RuleId, Severity};

use super::item::Item;
use super::snapshot::TenantSnapshot;
use super::source::Collection;

/// One check.
pub(crate) struct Check {
    pub(crate) meta: Meta,
    pub(crate) ask: Ask,
}

/// Everything a reader of its findings needs.
pub(crate) struct Meta {
    /// `auth0.<folder>.<file>` of the module that holds it.
    pub(crate) id: &'static str,
    /// Ids it had before, oldest first.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) title: &'static str,
    /// The worst it can be; a [`Problem`] may be less.
    pub(crate) severity: Severity,
    /// Who can reach what it finds.
    pub(crate) exposure: Exposure,
    pub(crate) rationale: &'static str,
    pub(crate) fix: &'static str,
    pub(crate) steps: &'static [&'static str],
    /// Title and `https` address.
    pub(crate) references: &'static [(&'static str, &'static str)],
    /// Validators of Auth0 CheckMate that ask the same.
    pub(crate) checkmate: &'static [&'static str],
}

/// Of what it is asked.
pub(crate) enum Ask {
    /// Of the tenant as a whole.
    Tenant(fn(&TenantSnapshot) -> Answer),
    /// Of every object of a collection.
    Each(Collection, fn(&Item, &TenantSnapshot) -> Answer),
}

/// The answer for one object; an error when it cannot be answered. At most one problem per object: with several, those
/// that cannot be seen any more would pass for mended because the others were seen.
pub(crate) type Answer = Result<Verdict, NotAssessed>;

/// The answer for one object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    Passed,
    /// There is nothing to ask here, for this reason.
    NotApplicable(&'static str),
    Failed(Problem),
}

/// What is wrong at one object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) severity: Severity,
    pub(crate) title: String,
    pub(crate) evidence: Evidence,
}

/// A failed verdict. What comes from the export is cut to one bounded line.
pub(crate) fn failed(severity: Severity, title: &str, pointer: &str, seen: &str, expected: &str) -> Answer {
    let evidence = Evidence { pointer: line(pointer), seen: line(seen), expected: expected.to_owned() };
    Ok(Verdict::Failed(Problem { severity, title: line(title), evidence }))
}

/// One line of at most 300 characters.
pub(crate) fn line(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// The first few of a list, and how many more there are.
pub(crate) fn first_few<T: AsRef<str>>(words: &[T]) -> String {
    const MOST: usize = 5;
    let shown: Vec<String> =
        words.iter().take(MOST).map(|word| word.as_ref().chars().take(50).collect()).collect();
    match words.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

impl Meta {
    /// What most checks have not: earlier ids, and validators that ask the same.
    pub(crate) const PLAIN: Self = Self {
        id: "",
        aliases: &[],
        title: "",
        severity: Severity::Info,
        exposure: Exposure::Internal,
        rationale: "",
        fix: "",
        steps: &[],
        references: &[],
        checkmate: &[],
    };

    /// The rule as reports carry it.
    pub(crate) fn rule(&self) -> Result<Rule, IdError> {
        let reference =
            |(title, url): &(&str, &str)| Reference { title: (*title).into(), url: (*url).into() };
        Ok(Rule {
            id: RuleId::new(self.id)?,
            aliases: self.aliases.iter().map(|id| RuleId::new(*id)).collect::<Result<_, _>>()?,
            title: self.title.to_owned(),
            severity: self.severity,
            rationale: self.rationale.to_owned(),
            remediation: Remediation {
                summary: self.fix.to_owned(),
                steps: self.steps.iter().map(|step| (*step).to_owned()).collect(),
            },
            references: self.references.iter().map(reference).collect(),
            equivalents: self.checkmate.iter().map(|name| format!("auth0-checkmate/{name}")).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_one_bounded_line() {
        assert_eq!(line("a\nb\tc"), "a b c");
        assert_eq!(line(&"é".repeat(300)).chars().count(), 300);
        let cut = line(&"é".repeat(301));
        assert_eq!(cut.chars().count(), 300);
        assert!(cut.ends_with('…'));
        assert_eq!(first_few(&["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d, e and 2 more");
    }
}
