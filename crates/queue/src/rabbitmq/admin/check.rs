//! Compares a broker with what `deploy/rabbitmq/` says. Changes nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::plan::{self, Permissions, Policy, Version};
use super::setup::{binding_path, covers, describe, version};
use super::{AdminConfig, RoleUser};
use crate::contract::BrokerError;
use crate::names::EXCHANGE_EVENTS;
use crate::rabbitmq::management::{Api, segment};
use crate::rabbitmq::topology;

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The thing.
    pub what: String,
    /// Whether it is as it should be.
    pub verdict: Verdict,
    /// What is there.
    pub found: String,
    /// What should be.
    pub expected: String,
    /// What to do; empty when nothing.
    pub mend: String,
}

/// Whether a thing is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Ok,
    /// It is not.
    Wrong,
    /// It cannot be read on this broker.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Wrong => "WRONG",
            Self::Unknown => "unknown",
        })
    }
}

const SETUP: &str = "run 'checkmate broker setup'";

/// Looks at version, alarms, users, permissions, policies, exchanges, queues with their effective policy, and bindings.
///
/// # Errors
/// When the management API cannot be asked.
pub async fn check(config: &AdminConfig) -> Result<Vec<Line>, BrokerError> {
    let api = Api::new(config.management.clone(), config.answer_timeout)?;
    let mut work = Check { api: &api, config, vhost: segment(&config.vhost), lines: Vec::new() };
    let version = work.version().await?;
    work.alarms().await?;
    work.feature_flags().await?;
    if !work.there("virtual host", &config.vhost, &format!("/api/vhosts/{}", work.vhost)).await? {
        return Ok(work.lines);
    }
    work.users().await?;
    work.policies(version).await?;
    work.exchanges().await?;
    work.queues(version).await?;
    work.bindings().await?;
    work.consumer_timeout(version);
    Ok(work.lines)
}

struct Check<'a> {
    api: &'a Api,
    config: &'a AdminConfig,
    vhost: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Node {
    name: String,
    #[serde(default)]
    running: bool,
    #[serde(default)]
    mem_alarm: bool,
    #[serde(default)]
    disk_free_alarm: bool,
}

#[derive(Deserialize)]
struct FeatureFlag {
    name: String,
    state: String,
}

#[derive(Deserialize)]
struct HeldQueue {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    durable: bool,
    #[serde(default)]
    policy: Option<String>,
    #[serde(default)]
    effective_policy_definition: Value,
    #[serde(default)]
    arguments: Map<String, Value>,
}

impl Check<'_> {
    fn compare(
        &mut self,
        what: impl Into<String>,
        right: bool,
        found: impl Into<String>,
        expected: impl Into<String>,
        mend: &str,
    ) {
        let verdict = if right { Verdict::Ok } else { Verdict::Wrong };
        let mend = if right { String::new() } else { mend.to_owned() };
        self.lines.push(Line {
            what: what.into(),
            verdict,
            found: found.into(),
            expected: expected.into(),
            mend,
        });
    }

    async fn there(&mut self, kind: &str, name: &str, path: &str) -> Result<bool, BrokerError> {
        let exists = self.api.find::<Value>(path).await?.is_some();
        let found = if exists { "exists" } else { "missing" };
        self.compare(format!("{kind} '{name}'"), exists, found, "exists", SETUP);
        Ok(exists)
    }

    async fn version(&mut self) -> Result<Version, BrokerError> {
        let (text, version) = version(self.api).await?;
        let expected = format!("{} or newer", Version::OLDEST);
        self.compare("RabbitMQ version", version >= Version::OLDEST, text, expected, "upgrade the broker");
        Ok(version)
    }

    async fn alarms(&mut self) -> Result<(), BrokerError> {
        let nodes: Vec<Node> = self.api.get("/api/nodes").await?;
        for Node { name, running, mem_alarm, disk_free_alarm } in nodes {
            let (found, mend) = match (running, disk_free_alarm, mem_alarm) {
                (false, ..) => ("not running", "start the node"),
                (_, true, _) => {
                    ("disk alarm: publishers are blocked", "free disk space on the node's data folder")
                }
                (.., true) => {
                    ("memory alarm: publishers are blocked", "give the node more memory or drain its queues")
                }
                _ => ("running, no alarm", ""),
            };
            self.compare(format!("node '{name}'"), mend.is_empty(), found, "running, no alarm", mend);
        }
        Ok(())
    }

    async fn feature_flags(&mut self) -> Result<(), BrokerError> {
        let flags: Vec<FeatureFlag> = self.api.find("/api/feature-flags").await?.unwrap_or_default();
        for name in ["quorum_queue", "stream_queue"] {
            if let Some(flag) = flags.iter().find(|flag| flag.name == name) {
                let mend = format!("run 'rabbitmqctl enable_feature_flag {name}' on the broker");
                self.compare(
                    format!("feature flag '{name}'"),
                    flag.state == "enabled",
                    &flag.state,
                    "enabled",
                    &mend,
                );
            }
        }
        Ok(())
    }

    async fn users(&mut self) -> Result<(), BrokerError> {
        let plan = plan::permissions()?;
        for user in &self.config.users {
            let path = format!("/api/users/{}", segment(&user.name));
            let what = format!("user of the {}", user.role);
            if !self.there(&what, &user.name, &path).await? {
                continue;
            }
            if let Some(planned) = plan.iter().find(|planned| planned.role == user.role) {
                self.permissions(user, planned).await?;
            }
        }
        Ok(())
    }

    async fn permissions(&mut self, user: &RoleUser, planned: &Permissions) -> Result<(), BrokerError> {
        let Permissions { configure, write, read, topics, .. } = planned;
        let name = segment(&user.name);
        let held: Option<Value> = self.api.find(&format!("/api/permissions/{}/{name}", self.vhost)).await?;
        let expected = json!({"configure": configure, "write": write, "read": read});
        let held = held.unwrap_or_else(|| json!("none"));
        let found = only(&held, &expected);
        let right = covers(&held, &expected);
        self.compare(format!("permissions of '{}'", user.name), right, found, expected.to_string(), SETUP);

        let path = format!("/api/topic-permissions/{}/{name}", self.vhost);
        let held: Vec<Value> = self.api.find(&path).await?.unwrap_or_default();
        let held =
            held.into_iter().find(|one| one["exchange"] == EXCHANGE_EVENTS).unwrap_or_else(|| json!("none"));
        let expected = json!({"exchange": EXCHANGE_EVENTS, "write": topics, "read": "^$"});
        let (found, right) = (only(&held, &expected), covers(&held, &expected));
        self.compare(
            format!("topic permissions of '{}'", user.name),
            right,
            found,
            expected.to_string(),
            SETUP,
        );
        Ok(())
    }

    async fn policies(&mut self, version: Version) -> Result<(), BrokerError> {
        for policy in plan::policies()? {
            let path = format!("/api/policies/{}/{}", self.vhost, segment(&policy.name));
            let held: Option<Value> = self.api.find(&path).await?;
            let expected = json!({"pattern": policy.pattern, "definition": policy.definition(version)});
            let right = held.as_ref().is_some_and(|held| covers(held, &expected));
            let found = held.map_or_else(|| "missing".to_owned(), |held| only(&held, &expected));
            self.compare(format!("policy '{}'", policy.name), right, found, expected.to_string(), SETUP);
        }
        Ok(())
    }

    async fn exchanges(&mut self) -> Result<(), BrokerError> {
        for exchange in topology::exchanges() {
            let path = format!("/api/exchanges/{}/{}", self.vhost, segment(&exchange.name));
            let held: Option<Value> = self.api.find(&path).await?;
            let found =
                held.as_ref().map_or("missing", |held| held["type"].as_str().unwrap_or("unknown")).to_owned();
            let mend = if held.is_some() { "delete it, then run 'checkmate broker setup'" } else { SETUP };
            let expected = exchange.kind;
            self.compare(format!("exchange '{}'", exchange.name), found == expected, &*found, expected, mend);
        }
        Ok(())
    }

    async fn queues(&mut self, version: Version) -> Result<(), BrokerError> {
        let policies = plan::policies()?;
        for name in topology::queues() {
            let path = format!("/api/queues/{}/{}", self.vhost, segment(&name));
            let Some(held) = self.api.find::<HeldQueue>(&path).await? else {
                self.compare(format!("queue '{name}'"), false, "missing", "quorum, durable", SETUP);
                continue;
            };
            self.queue_kind(&name, &held);
            self.queue_policy(&name, &held, &policies, version);
        }
        Ok(())
    }

    fn queue_kind(&mut self, name: &str, held: &HeldQueue) {
        let right = held.r#type == "quorum" && held.durable;
        let found = format!("{}, {}", held.r#type, if held.durable { "durable" } else { "not durable" });
        let mend = "empty it, delete it, then run 'checkmate broker setup'";
        self.compare(format!("queue '{name}'"), right, found, "quorum, durable", mend);
        let foreign: Vec<&str> =
            held.arguments.keys().map(String::as_str).filter(|key| *key != "x-queue-type").collect();
        if !foreign.is_empty() {
            let what = format!("arguments of queue '{name}'");
            let mend = "they win over the policy and cannot be changed: empty and delete the queue, then run 'checkmate broker setup'";
            self.compare(what, false, foreign.join(", "), "none: policies set what a queue does", mend);
        }
    }

    /// What is in force on the queue, which another policy with a higher priority may decide.
    fn queue_policy(&mut self, name: &str, held: &HeldQueue, policies: &[Policy], version: Version) {
        let Some(policy) = policies.iter().find(|policy| applies(policy, name)) else { return };
        let expected = Value::Object(policy.definition(version));
        let right = covers(&held.effective_policy_definition, &expected);
        let by = held.policy.as_deref().unwrap_or("no policy");
        let found = format!("{by}: {}", only(&held.effective_policy_definition, &expected));
        let mend = match &held.policy {
            Some(other) if *other != policy.name => {
                format!(
                    "policy '{other}' wins over '{}': lower its priority or narrow its pattern",
                    policy.name
                )
            }
            _ => SETUP.to_owned(),
        };
        let expected = format!("{}: {expected}", policy.name);
        self.compare(format!("settings of queue '{name}'"), right, found, expected, &mend);
    }

    async fn bindings(&mut self) -> Result<(), BrokerError> {
        for binding in topology::bindings() {
            let held: Vec<Value> =
                self.api.find(&binding_path(&self.vhost, &binding)).await?.unwrap_or_default();
            let exists = held.iter().any(|one| one["routing_key"] == binding.key);
            let found = if exists { "exists" } else { "missing" };
            self.compare(describe(&binding), exists, found, "exists", SETUP);
        }
        Ok(())
    }

    fn consumer_timeout(&mut self, version: Version) {
        if version >= Version::CONSUMER_TIMEOUT_POLICY {
            return;
        }
        let millis = self.config.consumer_timeout.as_millis();
        self.lines.push(Line {
            what: "consumer time-out".to_owned(),
            verdict: Verdict::Unknown,
            found: format!("cannot be read before RabbitMQ {}", Version::CONSUMER_TIMEOUT_POLICY),
            expected: format!("consumer_timeout = {millis} in rabbitmq.conf"),
            mend: "compare it with rabbitmq.conf by eye (the default is 1800000)".to_owned(),
        });
    }
}

/// The patterns are known: a whole name, or a prefix for the two scan queues.
fn applies(policy: &Policy, queue: &str) -> bool {
    let plain = policy.pattern.replace('\\', "");
    let plain = plain.trim_start_matches('^');
    plain.strip_suffix('$').map_or_else(|| queue.starts_with(plain), |whole| queue == whole)
}

/// Of what is there, what was asked about.
fn only(held: &Value, asked: &Value) -> String {
    let (Value::Object(held), Value::Object(asked)) = (held, asked) else { return held.to_string() };
    let shown: BTreeMap<&String, &Value> = held.iter().filter(|(key, _)| asked.contains_key(*key)).collect();
    serde_json::to_string(&shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Queue;

    #[test]
    fn each_of_our_queues_finds_its_policy() {
        let policies = plan::policies().expect("readable");
        for queue in Queue::ALL {
            assert_eq!(policies.iter().filter(|policy| applies(policy, queue.name())).count(), 1, "{queue}");
        }
    }

    #[test]
    fn only_what_was_asked_about_is_shown() {
        let held = json!({"pattern": "x", "vhost": "/", "priority": 1});
        assert_eq!(only(&held, &json!({"pattern": "y"})), r#"{"pattern":"x"}"#);
        assert!(covers(&held, &json!({"pattern": "x"})));
        assert!(!covers(&held, &json!({"pattern": "x", "apply-to": "queues"})));
    }
}
