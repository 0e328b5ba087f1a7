//! Applies what `deploy/rabbitmq/` says. Doing it again changes nothing.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use super::plan::{self, Permissions, Version};
use super::{AdminConfig, RoleUser};
use crate::contract::BrokerError;
use crate::names::EXCHANGE_EVENTS;
use crate::rabbitmq::credentials::password_json;
use crate::rabbitmq::management::{Api, ApiError, segment};
use crate::rabbitmq::topology::{self, Binding};

/// What was done about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The thing.
    pub what: String,
    /// What became of it.
    pub change: Change,
}

/// What became of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was missing.
    Created,
    /// It was different.
    Changed,
    /// It was right.
    Unchanged,
    /// Passwords cannot be compared, so they are set each time.
    Set,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Set => "set",
        })
    }
}

/// Makes virtual host, users, permissions, policies, exchanges, queues and bindings what they should be.
///
/// # Errors
/// The first thing the broker refuses, with its words; what was done before stays.
pub async fn setup(config: &AdminConfig) -> Result<Vec<Step>, BrokerError> {
    let api = Api::new(config.management.clone(), config.answer_timeout)?;
    let vhost = segment(&config.vhost);
    let mut work = Setup { api: &api, config, vhost, steps: Vec::new() };
    work.vhost().await?;
    work.users().await?;
    // Before the queues, so that none is ever without its settings.
    work.policies().await?;
    work.topology().await?;
    Ok(work.steps)
}

struct Setup<'a> {
    api: &'a Api,
    config: &'a AdminConfig,
    vhost: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Overview {
    rabbitmq_version: String,
}

pub(super) async fn version(api: &Api) -> Result<(String, Version), BrokerError> {
    let overview: Overview = api.get("/api/overview").await?;
    let version = Version::parse(&overview.rabbitmq_version).ok_or_else(|| {
        BrokerError::Misconfigured(format!("no RabbitMQ version: {}", overview.rabbitmq_version))
    })?;
    Ok((overview.rabbitmq_version, version))
}

impl Setup<'_> {
    fn done(&mut self, what: impl Into<String>, change: Change) {
        self.steps.push(Step { what: what.into(), change });
    }

    async fn vhost(&mut self) -> Result<(), BrokerError> {
        let path = format!("/api/vhosts/{}", self.vhost);
        let change = match self.api.find::<Value>(&path).await? {
            Some(_) => Change::Unchanged,
            None => {
                self.api.put(&path, json!({"default_queue_type": "quorum"})).await?;
                Change::Created
            }
        };
        self.done(format!("virtual host '{}'", self.config.vhost), change);
        // Whoever sets it up must be able to make queues in it.
        let admin = segment(&self.config.management.user);
        let own = format!("/api/permissions/{}/{admin}", self.vhost);
        if self.api.find::<Value>(&own).await?.is_none() {
            self.api.put(&own, json!({"configure": ".*", "write": ".*", "read": ".*"})).await?;
        }
        Ok(())
    }

    async fn users(&mut self) -> Result<(), BrokerError> {
        let plan = plan::permissions()?;
        for user in &self.config.users {
            let Some(permissions) = plan.iter().find(|planned| planned.role == user.role) else { continue };
            self.user(user, permissions).await?;
            self.permissions(user, permissions).await?;
        }
        Ok(())
    }

    async fn user(&mut self, user: &RoleUser, permissions: &Permissions) -> Result<(), BrokerError> {
        let path = format!("/api/users/{}", segment(&user.name));
        let exists = self.api.find::<Value>(&path).await?.is_some();
        let change = match (&user.password, exists) {
            (Some(password), exists) => {
                let body = json!({"password": password_json(password), "tags": permissions.tags});
                // Another setup may make the user between looking and putting; the broker refuses that once.
                if exists || self.api.put(&path, body.clone()).await.is_err() {
                    self.api.put(&path, body).await?;
                }
                if exists { Change::Set } else { Change::Created }
            }
            (None, true) => Change::Unchanged,
            (None, false) => {
                return Err(BrokerError::Misconfigured(format!(
                    "user '{}' of the {} does not exist: name a password file for it, then run setup again",
                    user.name, user.role
                )));
            }
        };
        self.done(format!("user '{}' ({})", user.name, user.role), change);
        Ok(())
    }

    async fn permissions(&mut self, user: &RoleUser, planned: &Permissions) -> Result<(), BrokerError> {
        let Permissions { configure, write, read, topics, .. } = planned;
        let name = segment(&user.name);
        let path = format!("/api/permissions/{}/{name}", self.vhost);
        let body = json!({"configure": configure, "write": write, "read": read});
        self.bring(&format!("permissions of '{}'", user.name), &path, body).await?;
        let path = format!("/api/topic-permissions/{}/{name}", self.vhost);
        let body = json!({"exchange": EXCHANGE_EVENTS, "write": topics, "read": "^$"});
        let held: Option<Vec<Value>> = self.api.find(&path).await?;
        let change = match held.unwrap_or_default().iter().find(|one| one["exchange"] == EXCHANGE_EVENTS) {
            Some(held) if covers(held, &body) => Change::Unchanged,
            Some(_) => Change::Changed,
            None => Change::Created,
        };
        if change != Change::Unchanged {
            self.api.put(&path, body).await?;
        }
        self.done(format!("topic permissions of '{}'", user.name), change);
        Ok(())
    }

    async fn policies(&mut self) -> Result<(), BrokerError> {
        let (_, version) = version(self.api).await?;
        for policy in plan::policies()? {
            let path = format!("/api/policies/{}/{}", self.vhost, segment(&policy.name));
            let body = json!({
                "pattern": policy.pattern,
                "definition": policy.definition(version),
                "apply-to": "queues",
                "priority": PRIORITY,
            });
            self.bring(&format!("policy '{}'", policy.name), &path, body).await?;
        }
        Ok(())
    }

    async fn topology(&mut self) -> Result<(), BrokerError> {
        for exchange in topology::exchanges() {
            let path = format!("/api/exchanges/{}/{}", self.vhost, segment(&exchange.name));
            let body = json!({"type": exchange.kind, "durable": true, "auto_delete": false});
            self.make(&format!("exchange '{}'", exchange.name), &path, body).await?;
        }
        for queue in topology::queues() {
            let path = format!("/api/queues/{}/{}", self.vhost, segment(&queue));
            let body =
                json!({"durable": true, "auto_delete": false, "arguments": {"x-queue-type": "quorum"}});
            self.make(&format!("queue '{queue}'"), &path, body).await?;
        }
        for binding in topology::bindings() {
            let what = describe(&binding);
            let path = binding_path(&self.vhost, &binding);
            let held: Vec<Value> = self.api.get(&path).await?;
            let change = if held.iter().any(|one| one["routing_key"] == binding.key) {
                Change::Unchanged
            } else {
                self.api.post(&path, json!({"routing_key": binding.key})).await?;
                Change::Created
            };
            self.done(what, change);
        }
        Ok(())
    }

    /// Something that can be changed in place.
    async fn bring(&mut self, what: &str, path: &str, body: Value) -> Result<(), BrokerError> {
        let change = match self.api.find::<Value>(path).await? {
            Some(held) if covers(&held, &body) => Change::Unchanged,
            Some(_) => Change::Changed,
            None => Change::Created,
        };
        if change != Change::Unchanged {
            self.api.put(path, body).await?;
        }
        self.done(what, change);
        Ok(())
    }

    /// Something that cannot be changed, only deleted and made anew, which is for a person to decide.
    async fn make(&mut self, what: &str, path: &str, body: Value) -> Result<(), BrokerError> {
        let change = match self.api.find::<Value>(path).await? {
            Some(held) if covers(&held, &body) => Change::Unchanged,
            Some(_) => {
                return Err(BrokerError::Misconfigured(format!(
                    "{what} exists and is of another kind: see 'checkmate broker check'; empty and delete it, then run setup again"
                )));
            }
            None => {
                self.api.put(path, body).await.map_err(|error: ApiError| error)?;
                Change::Created
            }
        };
        self.done(what, change);
        Ok(())
    }
}

/// Above a catch-all that an operator may have.
pub(super) const PRIORITY: u64 = 100;

/// Whether everything asked for is there with the same value; more may be there.
pub(super) fn covers(held: &Value, asked: &Value) -> bool {
    match (held, asked) {
        (Value::Object(held), Value::Object(asked)) => {
            asked.iter().all(|(key, value)| held.get(key).is_some_and(|held| covers(held, value)))
        }
        _ => held == asked,
    }
}

pub(super) fn describe(binding: &Binding) -> String {
    let Binding { exchange, queue, key } = binding;
    if key.is_empty() {
        format!("binding of queue '{queue}' to exchange '{exchange}'")
    } else {
        format!("binding of queue '{queue}' to exchange '{exchange}' with key '{key}'")
    }
}

pub(super) fn binding_path(vhost: &str, binding: &Binding) -> String {
    format!("/api/bindings/{vhost}/e/{}/q/{}", segment(&binding.exchange), segment(&binding.queue))
}
