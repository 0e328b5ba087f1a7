//! The one thing that no order of writes prevents: a sender that froze inside the write itself, or an index later than all
//! looks. Then there are two tickets, and this finds them.

use checkmate_domain::{DeliveryRecord, DeliveryState};
use checkmate_store::StoreError;

use super::Sender;
use super::answer::Issue;
use super::site::Site;
use crate::sender::Trouble;

/// What came of looking for second tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// There is none.
    Fine,
    /// These are closed, by their keys, each linked to the oldest, which stays.
    Closed(Vec<String>),
    /// It could not be looked for, or not be closed: come again.
    Later(String),
}

impl Sender {
    /// Looks whether a ticket that is there is there once; of several the oldest stays and the ledger names it. To be done
    /// for each delivery within the hour after it was sent a second time.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn watch(&self, record: &DeliveryRecord) -> Result<Watched, StoreError> {
        // What a person has to approve is left alone until they have.
        let is_there = record.state == DeliveryState::Delivered && record.approval.is_none();
        let Some(named) = record.remote.as_deref().filter(|_| is_there) else {
            return Ok(Watched::Fine);
        };
        let site = self.site(self.turns.clock().now().plus(self.turns.times().hold));
        let mut issues = match site.all(&record.id).await {
            Ok(issues) => issues,
            Err(trouble) => return Ok(Watched::Later(trouble.to_string())),
        };
        // One that was moved away is somebody else's.
        issues.retain(|issue| project(&issue.key) == project(named));
        let [oldest, younger @ ..] = issues.as_slice() else { return Ok(Watched::Fine) };
        if younger.is_empty() {
            return Ok(Watched::Fine);
        }
        if !self.name(record, &oldest.key).await? {
            return Ok(Watched::Later("somebody is at it".to_owned()));
        }
        Ok(match closed(&site, younger, &oldest.key).await {
            Ok(keys) => {
                let reason = format!("closed as duplicates of {}: {}", oldest.key, keys.join(", "));
                tracing::warn!(delivery.id = record.id.as_str(), reason, "a ticket was made twice");
                Watched::Closed(keys)
            }
            Err(trouble) => Watched::Later(trouble.to_string()),
        })
    }

    /// Makes the ledger name the ticket that stays, which is then brought to where it should be. False when somebody else has
    /// the row.
    async fn name(&self, record: &DeliveryRecord, key: &str) -> Result<bool, StoreError> {
        if record.remote.as_deref() == Some(key) {
            return Ok(true);
        }
        let now = self.turns.clock().now();
        let named = DeliveryRecord {
            remote: Some(key.to_owned()),
            state: DeliveryState::Planned,
            attempts: 0,
            due: Some(now),
            changed_at: now,
            ..record.clone()
        };
        Ok(self.turns.store().put_delivery(named).await?.is_some())
    }
}

async fn closed(site: &Site<'_>, younger: &[Issue], oldest: &str) -> Result<Vec<String>, Trouble> {
    let mut keys = Vec::new();
    for issue in younger {
        site.close_duplicate(issue, oldest).await?;
        keys.push(issue.key.clone());
    }
    Ok(keys)
}

/// The key of the project in that of a ticket.
fn project(key: &str) -> &str {
    key.rsplit_once('-').map_or(key, |(project, _)| project)
}
