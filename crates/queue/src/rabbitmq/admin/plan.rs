//! What `deploy/rabbitmq/` says, as data.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::contract::BrokerError;

const POLICIES: &str = include_str!("../../../../../deploy/rabbitmq/policies.toml");
const USERS: &str = include_str!("../../../../../deploy/rabbitmq/users.toml");

/// A role with a broker user of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Releases jobs and keeps order.
    Scheduler,
    /// Runs jobs.
    Worker,
    /// Handles results.
    Notifier,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Scheduler, Self::Worker, Self::Notifier];

    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduler => "scheduler",
            Self::Worker => "worker",
            Self::Notifier => "notifier",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A policy for the queues of one pattern.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) pattern: String,
    definition: Map<String, Value>,
    #[serde(default)]
    since: BTreeMap<String, Map<String, Value>>,
}

impl Policy {
    /// What it sets on a broker of this version.
    pub(super) fn definition(&self, version: Version) -> Map<String, Value> {
        let added = self
            .since
            .iter()
            .filter(|(since, _)| Version::parse(since).is_some_and(|since| version >= since));
        self.definition.clone().into_iter().chain(added.flat_map(|(_, keys)| keys.clone())).collect()
    }
}

/// What a role's user may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Permissions {
    pub(super) role: Role,
    pub(super) configure: String,
    pub(super) write: String,
    pub(super) read: String,
    /// Routing keys that may be written to the event exchange.
    pub(super) topics: String,
    pub(super) tags: String,
}

#[derive(Deserialize)]
struct PolicyFile {
    policy: Vec<Policy>,
}

#[derive(Deserialize)]
struct UserFile {
    user: Vec<Permissions>,
}

/// All policies.
pub(super) fn policies() -> Result<Vec<Policy>, BrokerError> {
    let file: PolicyFile = toml::from_str(POLICIES).map_err(|error| built_wrong("policies", &error))?;
    Ok(file.policy)
}

/// What each role may do.
pub(super) fn permissions() -> Result<Vec<Permissions>, BrokerError> {
    let file: UserFile = toml::from_str(USERS).map_err(|error| built_wrong("users", &error))?;
    Ok(file.user)
}

/// A test reads both files, so this is never seen.
fn built_wrong(file: &str, error: &toml::de::Error) -> BrokerError {
    BrokerError::Misconfigured(format!("deploy/rabbitmq/{file}.toml, as built in, is wrong: {error}"))
}

/// Major and minor of a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32);

impl Version {
    /// The oldest with dead-lettering at least once and time-outs on quorum queues.
    pub(super) const OLDEST: Self = Self(3, 10);
    /// From here on a policy can set the consumer time-out.
    pub(super) const CONSUMER_TIMEOUT_POLICY: Self = Self(3, 12);

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(['.', '-', '+']).map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Queue, RETRY_LADDER};
    use crate::rabbitmq::topology;

    #[test]
    fn each_queue_has_exactly_one_policy_and_the_ladder_keeps_its_times() {
        let policies = policies().expect("readable");
        for queue in topology::queues() {
            // The patterns are anchored names with escaped dots, or a prefix.
            let matching: Vec<&Policy> = policies
                .iter()
                .filter(|policy| {
                    let plain = policy.pattern.replace('\\', "");
                    let plain = plain.trim_start_matches('^');
                    plain.strip_suffix('$').map_or(queue.starts_with(plain), |whole| queue == whole)
                })
                .collect();
            assert_eq!(matching.len(), 1, "{queue}: {matching:?}");
            let definition = matching[0].definition(Version(3, 10));
            assert_eq!(definition["overflow"], "reject-publish", "{queue}");
            if let Some(level) = queue.strip_prefix("checkmate.retry.") {
                let (_, delay) = RETRY_LADDER.iter().find(|(name, _)| *name == level).expect("a step");
                assert_eq!(
                    definition["message-ttl"].as_u64().map(u128::from),
                    Some(delay.as_millis()),
                    "{queue}"
                );
                assert_eq!(definition["dead-letter-exchange"], crate::names::EXCHANGE_WORK);
            }
        }
        assert_eq!(policies.len(), 4 + RETRY_LADDER.len(), "none that applies to nothing");
    }

    #[test]
    fn versions_decide_on_keys() {
        let policies = policies().expect("readable");
        let keys = |name: &str, version: &str| {
            let policy = policies.iter().find(|policy| policy.name == name).expect("exists");
            policy.definition(Version::parse(version).expect("version"))
        };
        assert_eq!(keys("checkmate-dead", "3.13.7").get("delivery-limit"), None, "-1 loses messages there");
        assert_eq!(keys("checkmate-dead", "4.0.0")["delivery-limit"], -1);
        assert_eq!(keys("checkmate-scan", "3.10.8").get("consumer-timeout"), None, "refused there");
        assert_eq!(keys("checkmate-scan", "3.12.0")["consumer-timeout"], 1_800_000);
        assert!(keys("checkmate-scan", "4.3.0")["delivery-limit"].as_i64() >= Some(100));
    }

    #[test]
    fn every_role_is_there_and_nobody_may_configure() {
        let permissions = permissions().expect("readable");
        let roles: Vec<Role> = permissions.iter().map(|user| user.role).collect();
        assert_eq!(roles, Role::ALL);
        for user in permissions {
            assert_eq!(user.configure, "^$", "{}", user.role);
            for pattern in [&user.write, &user.read] {
                assert!(pattern.starts_with('^') && pattern.ends_with('$'), "{}: {pattern}", user.role);
            }
            for (level, _) in RETRY_LADDER {
                assert!(user.write.contains(level), "{} cannot put off by {level}", user.role);
            }
        }
        assert_eq!(Queue::ALL.len(), 5, "a new queue needs a reader in users.toml");
    }

    #[test]
    fn versions() {
        assert_eq!(Version::parse("3.10.8"), Some(Version(3, 10)));
        assert_eq!(Version::parse("4.3.0-rc.1"), Some(Version(4, 3)));
        assert_eq!(Version::parse("new"), None);
        assert!(Version(3, 9) < Version::OLDEST && Version(4, 0) > Version::CONSUMER_TIMEOUT_POLICY);
    }
}
