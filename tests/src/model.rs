//! What every scan must find, as a pure function of (target, thing, round), and the transitions that follow from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use checkmate_domain::hash::derive;
use checkmate_domain::{FindingState, ResourceId, RuleId, Severity, TargetId, TransitionKind};
use serde::{Deserialize, Serialize};

/// The one rule there is.
pub const RULE: &str = "noop.thing";
/// The one collection.
pub const COLLECTION: &str = "things";

/// What an export of the tests holds: `model.json` in its folder. Read anew by every job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Another seed, other findings.
    pub seed: u64,
    /// Targets in the export: `export:NAME/0` and so on.
    pub targets: u32,
    /// Things in a target, each of which may have a finding.
    pub things: u32,
    /// Which state of the world is seen; changed between scans only.
    pub round: u32,
    /// How long a job takes, in milliseconds.
    pub sleep_ms: u64,
    /// Targets whose scan aborts the process.
    pub poison: BTreeSet<u32>,
    /// Targets whose first so many scans fail in a way that is worth another try.
    pub failing: BTreeMap<u32, u32>,
    /// Targets that are listed and cannot be scanned, now or later.
    pub broken: BTreeSet<u32>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            seed: 0,
            targets: 20,
            things: 4,
            round: 0,
            sleep_ms: 0,
            poison: BTreeSet::new(),
            failing: BTreeMap::new(),
            broken: BTreeSet::new(),
        }
    }
}

/// What a scan meets at one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meets {
    /// It fails the rule.
    Failing(Severity),
    /// It passes.
    Passing,
    /// It is listed and cannot be read.
    Unreadable,
    /// It is not there (the list is complete).
    Gone,
}

impl Model {
    /// Reads the model of an export.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = file(folder);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a model", path.display()))
    }

    /// Writes the model of an export; a reader sees the old or the new one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        let beside = folder.join("model.json.new");
        std::fs::write(&beside, serde_json::to_vec(self)?)?;
        std::fs::rename(&beside, file(folder))?;
        Ok(())
    }

    /// What a scan of this round meets.
    #[must_use]
    pub fn meets(&self, target: &TargetId, thing: u32) -> Meets {
        self.meets_in(target, thing, self.round)
    }

    fn meets_in(&self, target: &TargetId, thing: u32, round: u32) -> Meets {
        let dice = |what: &str, round: u32| self.dice(what, target, thing, round);
        match dice("meets", round) {
            0..6 => Meets::Unreadable,
            6..12 => Meets::Gone,
            12..56 => Meets::Passing,
            _ if dice("severity", round / 2) < 25 => Meets::Failing(Severity::High),
            _ => Meets::Failing(Severity::Low),
        }
    }

    /// 0 to 99.
    fn dice(&self, what: &str, target: &TargetId, thing: u32, round: u32) -> u32 {
        let fields = [self.seed.to_string(), thing.to_string(), round.to_string()];
        let digits = derive("noop.dice", &[what, &fields[0], target.as_str(), &fields[1], &fields[2]], 8);
        u32::from_str_radix(&digits, 16).unwrap_or(0) % 100
    }

    /// What becomes of one finding when the rounds in `assessed` were reconciled in this order: each transition with its
    /// round, and where it stands in the end (`None`: never found).
    #[must_use]
    pub fn story(&self, target: &TargetId, thing: u32, assessed: &BTreeSet<u32>) -> Story {
        let mut story = Story::default();
        let mut known = None;
        for round in assessed.iter().copied() {
            let open = story.state.is_some_and(FindingState::is_open);
            let (kind, state) = match (self.meets_in(target, thing, round), story.state) {
                (Meets::Failing(severity), before) => {
                    let changed = known.replace(severity).is_some_and(|known| known != severity);
                    match before {
                        None => (TransitionKind::Opened, FindingState::Open),
                        Some(_) if !open => (TransitionKind::Reopened, FindingState::Reopened),
                        Some(before) if changed => (TransitionKind::Changed, before),
                        Some(_) => continue,
                    }
                }
                (Meets::Passing, Some(_)) if open => (TransitionKind::Resolved, FindingState::Resolved),
                (Meets::Gone, Some(_)) if open => (TransitionKind::Withdrawn, FindingState::Withdrawn),
                (Meets::Passing | Meets::Gone | Meets::Unreadable, _) => continue,
            };
            story.transitions.push((round, kind));
            story.state = Some(state);
        }
        story
    }
}

/// What becomes of one finding over the rounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    /// Transitions, each with the round that caused it.
    pub transitions: Vec<(u32, TransitionKind)>,
    /// Where it stands in the end.
    pub state: Option<FindingState>,
}

/// The targets of an export, by number.
#[must_use]
pub fn target(export: &str, number: u32) -> TargetId {
    TargetId::new(format!("export:{export}/{number}")).expect("a short id")
}

/// Export and number of a target; `None` for one that is not of the tests.
#[must_use]
pub fn parts_of(target: &TargetId) -> Option<(&str, u32)> {
    let (export, number) = target.as_str().strip_prefix("export:")?.split_once('/')?;
    Some((export, number.parse().ok()?))
}

/// The thing with that number, in every target.
#[must_use]
pub fn thing(number: u32) -> ResourceId {
    ResourceId::new(format!("thing-{number}")).expect("a short id")
}

/// [`RULE`] as an id.
#[must_use]
pub fn rule() -> RuleId {
    RuleId::new(RULE).expect("a short id")
}

fn file(folder: &Path) -> PathBuf {
    folder.join("model.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_transition_happens() {
        let model = Model::default();
        let rounds: BTreeSet<u32> = (0..8).collect();
        let mut kinds = BTreeSet::new();
        for number in 0..20 {
            for at in 0..model.things {
                let story = model.story(&target("a", number), at, &rounds);
                kinds.extend(story.transitions.iter().map(|(_, kind)| *kind));
            }
        }
        assert_eq!(kinds.len(), 5, "{kinds:?}");
    }

    #[test]
    fn a_round_that_was_not_assessed_changes_nothing() {
        let model = Model::default();
        let none = model.story(&target("a", 1), 0, &BTreeSet::new());
        assert_eq!(none, Story::default());
    }

    #[test]
    fn names_can_be_read_back() {
        assert_eq!(parts_of(&target("a-b", 7)), Some(("a-b", 7)));
        assert_eq!(parts_of(&TargetId::new("auth0:x").unwrap()), None);
    }
}
