//! What a scan really looked at. Only what was seen may resolve a finding, and only a complete list may say "gone".

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{CollectionId, ResourceId, RuleId};

/// The objects of one kind that are known to exist in the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectList {
    /// Whether there can be no others: every page was read, nothing was cut.
    pub complete: bool,
    /// Their ids, readable or not.
    pub ids: BTreeSet<ResourceId>,
}

/// Which objects a rule was really asked of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "seen", content = "ids")]
pub enum Seen {
    /// Every object of the list.
    All,
    /// Every object of the list but these.
    Except(BTreeSet<ResourceId>),
    /// These only: a part of a target.
    Only(BTreeSet<ResourceId>),
    /// None: the rule could not be asked.
    Nothing,
}

/// Coverage of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AsWritten")]
pub struct RuleCoverage {
    /// The list its resources come from.
    pub collection: CollectionId,
    /// What of it was seen.
    #[serde(flatten)]
    pub seen: Seen,
}

/// The same as it is written. A large report has hundreds, and what is flattened is read by way of a tree.
#[derive(Deserialize)]
struct AsWritten {
    collection: CollectionId,
    seen: SeenWord,
    ids: Option<BTreeSet<ResourceId>>,
}

/// The words of [`Seen`].
#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum SeenWord {
    All,
    Except,
    Only,
    Nothing,
}

impl TryFrom<AsWritten> for RuleCoverage {
    type Error = &'static str;

    fn try_from(AsWritten { collection, seen, ids }: AsWritten) -> Result<Self, Self::Error> {
        let seen = match (seen, ids) {
            (SeenWord::All, _) => Seen::All,
            (SeenWord::Nothing, _) => Seen::Nothing,
            (SeenWord::Except, Some(ids)) => Seen::Except(ids),
            (SeenWord::Only, Some(ids)) => Seen::Only(ids),
            (SeenWord::Except | SeenWord::Only, None) => return Err("ids of what was seen are missing"),
        };
        Ok(Self { collection, seen })
    }
}

/// Coverage of a report: the lists, and per rule (by [`crate::Rule::identity`]) what was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Objects by collection.
    pub objects: BTreeMap<CollectionId, ObjectList>,
    /// Rules by identity.
    pub rules: BTreeMap<RuleId, RuleCoverage>,
}

/// What a report says of one rule at one resource where it reports no finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// The check ran there.
    Ran,
    /// A complete list does not hold the resource any more.
    Gone,
    /// Nothing is known.
    Unknown,
}

impl Coverage {
    /// What this coverage says of a rule at a resource.
    #[must_use]
    pub fn statement(&self, rule: &RuleId, resource: &ResourceId) -> Statement {
        let Some(rule) = self.rules.get(rule) else {
            return Statement::Unknown;
        };
        let Some(list) = self.objects.get(&rule.collection) else {
            return Statement::Unknown;
        };
        let listed = list.ids.contains(resource);
        match &rule.seen {
            Seen::Nothing => Statement::Unknown,
            Seen::All if listed => Statement::Ran,
            Seen::Except(unseen) if listed && !unseen.contains(resource) => Statement::Ran,
            Seen::Except(unseen) if unseen.contains(resource) => Statement::Unknown,
            Seen::Only(seen) if seen.contains(resource) => Statement::Ran,
            Seen::All | Seen::Except(_) if list.complete => Statement::Gone,
            Seen::All | Seen::Except(_) | Seen::Only(_) => Statement::Unknown,
        }
    }

    /// The compact form of what is known about a rule, for ordering reports against each other.
    #[must_use]
    pub fn horizon(&self, rule: &RuleId) -> Horizon {
        let empty = ObjectList::default();
        let Some(rule) = self.rules.get(rule) else {
            return Horizon::Only(BTreeSet::new());
        };
        let list = self.objects.get(&rule.collection).unwrap_or(&empty);
        match &rule.seen {
            Seen::Nothing => Horizon::Only(BTreeSet::new()),
            Seen::Only(seen) => Horizon::Only(seen.clone()),
            Seen::All if list.complete => Horizon::AllBut(BTreeSet::new()),
            Seen::All => Horizon::Only(list.ids.clone()),
            Seen::Except(unseen) if list.complete => Horizon::AllBut(unseen.clone()),
            Seen::Except(unseen) => Horizon::Only(list.ids.difference(unseen).cloned().collect()),
        }
    }
}

/// For which resources a report says something about a rule: all but some, or only some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Horizon {
    /// Every resource there is or was, these excepted.
    AllBut(BTreeSet<ResourceId>),
    /// These resources.
    Only(BTreeSet<ResourceId>),
}

impl Horizon {
    /// Whether the resource is inside.
    #[must_use]
    pub fn knows(&self, resource: &ResourceId) -> bool {
        match self {
            Self::AllBut(unseen) => !unseen.contains(resource),
            Self::Only(seen) => seen.contains(resource),
        }
    }

    /// Whether nothing is outside.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::AllBut(unseen) if unseen.is_empty())
    }

    /// Whether nothing is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Only(seen) if seen.is_empty())
    }

    /// What either of two knows.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::AllBut(a), Self::AllBut(b)) => Self::AllBut(a.intersection(b).cloned().collect()),
            (Self::AllBut(unseen), Self::Only(seen)) | (Self::Only(seen), Self::AllBut(unseen)) => {
                Self::AllBut(unseen.difference(seen).cloned().collect())
            }
            (Self::Only(a), Self::Only(b)) => Self::Only(a.union(b).cloned().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resource(n: u8) -> ResourceId {
        ResourceId::new(format!("r{n}")).expect("id")
    }

    fn ids(numbers: &BTreeSet<u8>) -> BTreeSet<ResourceId> {
        numbers.iter().map(|n| resource(*n)).collect()
    }

    fn coverage(complete: bool, listed: &BTreeSet<u8>, seen: Seen) -> (Coverage, RuleId) {
        let collection = CollectionId::new("clients").expect("id");
        let rule = RuleId::new("r").expect("id");
        let coverage = Coverage {
            objects: BTreeMap::from([(collection.clone(), ObjectList { complete, ids: ids(listed) })]),
            rules: BTreeMap::from([(rule.clone(), RuleCoverage { collection, seen })]),
        };
        (coverage, rule)
    }

    fn seen() -> impl Strategy<Value = Seen> {
        let some = prop::collection::btree_set(0u8..6, 0..6);
        prop_oneof![
            Just(Seen::All),
            Just(Seen::Nothing),
            some.clone().prop_map(|s| Seen::Except(ids(&s))),
            some.prop_map(|s| Seen::Only(ids(&s))),
        ]
    }

    proptest! {
        #[test]
        fn the_horizon_knows_exactly_what_a_statement_is_made_about(
            complete in any::<bool>(), listed in prop::collection::btree_set(0u8..6, 0..6), seen in seen(), at in 0u8..6
        ) {
            let (coverage, rule) = coverage(complete, &listed, seen);
            let stated = coverage.statement(&rule, &resource(at)) != Statement::Unknown;
            prop_assert_eq!(coverage.horizon(&rule).knows(&resource(at)), stated);
        }

        #[test]
        fn a_union_knows_what_either_knows(a in seen(), b in seen(), at in 0u8..6) {
            let listed = BTreeSet::from([0, 1, 2]);
            let (a, rule) = coverage(true, &listed, a);
            let (b, _) = coverage(false, &listed, b);
            let (a, b) = (a.horizon(&rule), b.horizon(&rule));
            prop_assert_eq!(a.union(&b).knows(&resource(at)), a.knows(&resource(at)) || b.knows(&resource(at)));
        }
    }

    #[test]
    fn only_a_complete_list_says_gone() {
        let listed = BTreeSet::from([1]);
        for (complete, expected) in [(true, Statement::Gone), (false, Statement::Unknown)] {
            let (coverage, rule) = coverage(complete, &listed, Seen::All);
            assert_eq!(coverage.statement(&rule, &resource(2)), expected);
        }
    }

    #[test]
    fn coverage_is_read_as_it_was_written() {
        let ids = BTreeSet::from([ResourceId::new("a").unwrap()]);
        // Whoever adds a way to see has to say here how it is read.
        let read_as = |seen: &Seen| match seen {
            Seen::All => SeenWord::All,
            Seen::Except(_) => SeenWord::Except,
            Seen::Only(_) => SeenWord::Only,
            Seen::Nothing => SeenWord::Nothing,
        };
        for seen in [Seen::All, Seen::Except(ids.clone()), Seen::Only(ids), Seen::Nothing] {
            let coverage = RuleCoverage { collection: CollectionId::new("things").unwrap(), seen };
            let written = serde_json::to_string(&coverage).unwrap();
            assert_eq!(serde_json::from_str::<RuleCoverage>(&written).unwrap(), coverage, "{written}");
            let word = serde_json::from_str::<AsWritten>(&written).unwrap().seen;
            assert_eq!(word, read_as(&coverage.seen), "{written}");
            let cut = written.replace("ids", "others");
            let read = serde_json::from_str::<RuleCoverage>(&cut);
            assert_eq!(read.is_ok(), cut == written, "{cut}");
        }
    }
}
